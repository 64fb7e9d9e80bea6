"""Pages: every word in order, nothing beyond margins, the same for the same seed."""

from __future__ import annotations

import re
import string
import warnings
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from gcodeparser import parse_gcode_lines
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from writemate_jax import pages, strokes
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.data import letter_size
from writemate_jax.drawing.gcode import Machine, OffTheBed
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.pages import ink as inks
from writemate_jax.pages import writing
from writemate_jax.pages.blocks import parse
from writemate_jax.pages.hyphens import OfOriginals
from writemate_jax.pages.layout import InvalidPage, Layout, hyphenation, rules
from writemate_jax.pages.page import text_of
from writemate_jax.pages.wrapping import break_points, wrap
from writemate_jax.pages.writing import TOUCH
from writemate_jax.sampling.writer import Writer
from writemate_jax.sampling.written import Written

TEXT = """# A letter

Dear Anna,
when I wrote the following pages I lived alone, in the woods, a mile from any neighbor.
- an axe, and a hammer that I had borrowed from a friend who lives on the other side
1. first

    Yours, Henry"""


class FakeWriter:
    """Writes a word as an arch; how wide a line comes out is drawn by its text and seed."""

    lanes = 4

    def __init__(self, spread: float = 0.1, usual: float = 0.9, complete=lambda text, seed: True):
        self.model = SimpleNamespace(
            alphabet=Alphabet(" " + string.ascii_letters + string.digits + string.punctuation)
        )
        self.spread, self.usual, self.complete = spread, usual, complete
        self.calls: list[list[str]] = []
        self.requests: list[dict] = []
        self.seeds: dict[str, list[int]] = {}

    def one_hand(self, style, seed, prime):
        return np.full(2, seed) if style == "random" or style is None and prime is None else style

    def write(self, texts, seed, **request):
        assert all(0 < len(text) <= 128 and text == text.strip() for text in texts)
        self.calls.append(list(texts))
        self.requests.append(request)
        for text, s in zip(texts, seed, strict=True):
            self.seeds.setdefault(text, []).append(s)
        return [self._line(text, s) for text, s in zip(texts, seed, strict=True)]

    def _line(self, text: str, seed: int):
        factor = abs(np.random.default_rng([seed, *text.encode()]).normal(self.usual, self.spread)) + 0.05
        left, ink = 0.0, []
        for word in text.split():
            width = letter_size.expected_width(word) * factor
            ink.append(np.array([[left, 0], [left + width / 2, 1.9], [left + width - 0.2 * factor, -0.9]]))
            left += width + factor
        return Ink(strokes.join(ink), text, self.complete(text, seed))


def words_of(leaves) -> list[str]:
    return text_of([line for page in leaves for line in page.lines]).split()


def ink_of(page) -> list[np.ndarray]:
    """The strokes of all lines of a page, in the order of writing."""
    return [stroke for line in page.lines for stroke in line.strokes]


def assert_within_margins(leaves, layout: Layout) -> None:
    top, right, bottom, left = layout.margins
    for page in leaves:
        points = np.concatenate(ink_of(page))
        assert (points >= (left - 1e-6, top - 1e-6)).all()
        assert (points <= (page.width - right + 1e-6, page.height - bottom + 1e-6)).all()


WORDS = st.text(string.ascii_letters + "-/.,4", min_size=1, max_size=14) | st.sampled_from(
    ["internationalization", "W" * 200, "i", "https://example.org/a-long-path/without-end?of=it"]
)
LINES = st.lists(WORDS, max_size=12).map(" ".join)
MARKERS = st.sampled_from(["", "", "# ", "## ", "- ", "1. ", "    "])
TEXTS = st.lists(st.tuples(MARKERS, LINES).map("".join), min_size=1, max_size=8).map("\n".join).filter(
    lambda text: re.search(r"\w", text)
)
LAYOUTS = st.fixed_dictionaries(
    {
        "page": st.sampled_from(["A6", "60x80", (300.0, 60.0)]),
        "margins": st.sampled_from([5.0, (9.0, 4.0, 0.0, 12.0)]),
        "letter": st.sampled_from([0.8, 2.5, 4.0]),
        "align": st.sampled_from(["left", "justified"]),
        "drift": st.sampled_from([0.0, 1.0, 3.0]),
    }
)


# The whole


@given(TEXTS, LAYOUTS, st.sampled_from([0.0, 0.1, 0.5]), st.integers(0, 2**32 - 1))
@example("a " * 300, {"page": (300.0, 60.0), "letter": 0.8}, 0.1, 0)  # lines of more than 128 characters
def test_every_word_is_on_a_page_in_order_and_nothing_beyond_the_margins(text, options, spread, seed):
    layout = Layout(**options)
    leaves = pages.write_pages(FakeWriter(spread), text, seed=seed, **options)
    expected = [word for line in text.splitlines() for word in re.sub(r"^#+\s+(?=\S)", "", line.strip()).split()]
    assert words_of(leaves) == expected
    assert_within_margins(leaves, layout)
    assert all(page.lines and len(page.lines) <= layout.rows for page in leaves)


def test_no_line_ends_at_a_no_break_space_but_where_all_spaces_are_such():
    text = "Elle a dit\u00a0: \u00ab\u202fOui\u202f\u00bb, et il y a 10\u00a0km. " * 8
    texts, copied = (
        [line.text for page in pages.write_pages(FakeWriter(), one, page="70x300", margins=5) for line in page.lines]
        for one in (text, text.replace(" ", "\u00a0"))
    )
    assert len(texts) > 10 and len(copied) > 10
    assert not any(text.startswith((":", ">>", "km")) or text.endswith(("<<", "10")) for text in texts)
    assert " ".join(copied).split() == " ".join(texts).split()  # no word is cut


def test_words_that_belong_together_and_fit_no_line_are_parted_between_words():
    text = "1.\u00a0Introduction et premiers\u00a0essais\n- WOMEN\u00a0AND\u00a0MEN\u00a0WELCOME\u00a0HERE\u00a0ALWAYS"
    [page] = pages.write_pages(FakeWriter(0.0), text, page="50x200", margins=4, drift=0, language=None)
    assert " ".join(line.text for line in page.lines) == text.replace("\u00a0", " ").replace("\n", " ")
    left = [min(stroke[:, 0].min() for stroke in line.strokes) for line in page.lines]
    first, *rest = left[: next(i for i, line in enumerate(page.lines) if line.text.startswith("-"))]
    mark = letter_size.expected_width("1.") + letter_size.WORD_GAP
    assert rest and np.allclose(rest, first + mark * Layout().letter, atol=0.3)


def test_what_is_written_like_a_mark_of_structure_is_none():
    [page] = pages.write_pages(FakeWriter(0.0), "\u2610 a new lamp\n# A list\n\u2022 2\u00bd cups", page="A5", drift=0)
    assert [line.text for line in page.lines] == ["# a new lamp", "A list", "* 2 1/2 cups"]
    heights = [np.ptp(np.concatenate(line.strokes)[:, 1]) for line in page.lines]
    assert heights[1] > 1.3 * heights[0] == pytest.approx(1.3 * heights[2])


def test_without_a_hyphen_in_the_alphabet_no_word_is_hyphenated():
    writer = FakeWriter()
    writer.model.alphabet = Alphabet(" " + string.ascii_letters)
    text = "unbelievable characteristics of handwriting " * 3
    look = {"page": "36x200", "margins": 4, "language": "en_US"}
    [page] = pages.write_pages(writer, text, **look)
    assert len(page.lines) > 4 and all(line.text.replace(" ", "").isalpha() for line in page.lines)
    [page] = pages.write_pages(FakeWriter(), text, **look)
    assert any(line.text.endswith("-") for line in page.lines)


def test_same_seed_is_the_same_page_and_another_seed_another():
    one, same, other = (pages.write_pages(FakeWriter(), TEXT, page="A6", seed=seed) for seed in (1, 1, 2))
    for a, b in zip(one, same, strict=True):
        assert all((x == y).all() for x, y in zip(ink_of(a), ink_of(b), strict=True))
    assert not np.array_equal(ink_of(one[0])[0], ink_of(other[0])[0])


def test_a_writers_pages_are_those_of_the_seed_and_the_options_that_it_is_given():
    def drawn(leaves) -> list[str]:
        return [page._repr_svg_() for page in leaves]

    text = "Dear Anna,\nI lived alone, in the woods."
    one, same, other = (drawn(Writer.write_page(FakeWriter(), text, seed=seed, page="A6")) for seed in (1, 1, 2))
    assert one == same == drawn(pages.write_pages(FakeWriter(), text, seed=1, page="A6")) != other


def test_lines_are_as_full_as_words_and_the_ink_allow():
    layout = Layout(page="A5", drift=0.0)
    text = " ".join(["the quick brown fox jumps over some lazy dogs and cats"] * 40)
    [*full, _] = [line for page in pages.write_pages(FakeWriter(0.05), text, page="A5", drift=0) for line in page.lines]
    widths = [np.ptp(np.concatenate(line.strokes)[:, 0]) / layout.letter for line in full]
    assert min(widths) > 0.7 * layout.line_width and np.mean(widths) > 0.86 * layout.line_width
    assert max(widths) <= layout.line_width


@pytest.mark.parametrize("usual", [0.5, 0.87, 1.5])
def test_letters_keep_their_size_whatever_the_width_of_the_hand(usual):
    leaves = pages.write_pages(FakeWriter(0.03, usual), TEXT.split("\n", 1)[1], page="A5", letter=2, drift=0)
    heights = [np.ptp(stroke[:, 1]) for page in leaves for stroke in ink_of(page)]
    np.testing.assert_allclose(heights, heights[0], rtol=0.01)  # squeezed at most in width


def test_most_lines_are_written_once_and_all_lines_of_a_page_together():
    writer = FakeWriter(0.05)
    text = "\n".join(" ".join(f"{word}{n}" for word in ("many", "different", "words", "of", "a", "page")) for n in
                     range(40))
    leaves = pages.write_pages(writer, text, page="A4")
    written = [text for call in writer.calls for text in call]
    assert len(set(written)) == len(written) <= 1.3 * sum(len(page.lines) for page in leaves)
    assert len(writer.calls[0]) == writer.lanes and max(map(len, writer.calls)) == writing.AT_ONCE * writer.lanes


def test_too_wide_a_line_is_wrapped_again_and_not_made_small():
    class Wide(FakeWriter):
        def _line(self, text, seed):
            self.usual = 1.3 if text.startswith("three") else 0.9
            return super()._line(text, seed)

    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    leaves = pages.write_pages(Wide(0.0), text, page="60x150", margins=5, drift=0)
    sizes = [np.ptp(stroke[:, 1]) for stroke in ink_of(leaves[0])]
    np.testing.assert_allclose(sizes, sizes[0], rtol=0.01)
    assert words_of(leaves) == text.split()


def test_equal_lines_differ_in_ink():
    lines = pages.write_pages(FakeWriter(), "- milk\n" * 20, drift=0)[0].lines
    assert len({np.ptp(np.concatenate(line.strokes)[:, 0]).round(6) for line in lines}) == 20


def test_lines_that_begin_alike_have_seeds_of_their_own():
    writer = FakeWriter()
    pages.write_pages(writer, "Thank you for the book.\nThank you for the cake.\nThank you for the cake.", seed=3)
    seeds = [seed for text in writer.seeds for seed in writer.seeds[text]]
    assert len(seeds) == len(set(seeds)) == 3
    again = FakeWriter()  # a line's ink is known before it is known which lines there are
    pages.write_pages(again, "Thank you for the cake.", seed=3)
    assert again.seeds["Thank you for the cake."] == writer.seeds["Thank you for the cake."][:1]


def test_line_that_does_not_end_is_tried_with_other_seeds_then_warned_of():
    writer = FakeWriter(complete=lambda text, seed: len(writer.seeds[text]) > 1)
    pages.write_pages(writer, "Hello", seed=7)
    assert len(set(writer.seeds["Hello"])) == 2
    with pytest.warns(UserWarning, match="1 lines were cut before their end, 'Hello' first") as caught:
        pages.write_pages(FakeWriter(complete=lambda text, seed: False), "Hello", seed=7)
    assert caught[0].filename == __file__


def test_a_random_style_is_drawn_once_and_options_reach_the_writer():
    writer = FakeWriter()
    pages.write_pages(writer, TEXT, page="A6", seed=3, style="random", bias=0.5)
    assert all(request["style"].tolist() == [3, 3] for request in writer.requests)
    assert all(request["bias"] == 0.5 for request in writer.requests)


@pytest.mark.parametrize(("options", "style"), [({}, [3, 3]), ({"prime": "ink"}, None)])
def test_a_primer_brings_its_hand_to_a_page_where_no_style_is_asked_for(options, style):
    writer = FakeWriter()
    pages.write_pages(writer, TEXT, page="A6", seed=3, **options)
    found = [request.get("style") for request in writer.requests]
    assert all(one is None if style is None else one.tolist() == style for one in found)


def test_characters_are_named_once_before_any_is_written():
    writer = FakeWriter()
    with pytest.raises(UnknownCharacters) as caught:
        pages.write_pages(writer, "a \u4e16\n" * 3 + "b \u03c0\U0001f600 \U0001f600")
    assert not writer.calls and len(caught.value.characters) == len(set(caught.value.characters))
    with pytest.raises(UnknownCharacters, match="the text, at first in line 3: cannot write '\U0001f600'"):
        pages.write_pages(writer, "a\n\n b \U0001f600\n\U0001f600")
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        leaves = pages.write_pages(writer, "caf\u00e9\n\u00fcber\ncaf\u00e9")
    assert words_of(leaves) == ["cafe", "uber", "cafe"]
    assert len(messages) == 1 and "'\u00e9' as 'e', '\u00fc' as 'u'" in str(messages[0].message)


def test_long_texts_are_several_pages_in_order():
    words = [f"w{n}" for n in range(3000)]
    text = "\n".join(" ".join(words[i : i + 100]) for i in range(0, 3000, 100))
    leaves = pages.write_pages(FakeWriter(), text, page="A5")
    assert words_of(leaves) == words and len(leaves) > 10


# Shapes


def lines_of(text, **options):
    return [line for page in pages.write_pages(FakeWriter(0.0), text, drift=0, **options) for line in page.lines]


def places(line):
    """(left edge, baseline by the fake's arches) in mm."""
    points = np.concatenate(line.strokes)
    return points[:, 0].min(), (points[:, 1].min() * 0.9 + points[:, 1].max() * 1.9) / 2.8


def test_empty_lines_stay_and_baselines_are_evenly_spaced():
    layout = Layout(page="A5")
    leaves = lines_of("one\n\n\ntwo\nthree", page="A5")
    _, y = np.array([places(line) for line in leaves]).T
    np.testing.assert_allclose(np.diff(y) / layout.line_spacing, [3, 1], atol=0.05)
    assert [line.after for line in leaves] == ["\n\n\n", "\n", "\n"]


def test_lists_hang_and_indents_stay():
    item = "- " + "word " * 30
    lines = lines_of(f"{item}\n    Yours", page="A5")
    x = [places(line)[0] for line in lines]
    assert x[0] == pytest.approx(20) and len(set(np.round(x[1:-1], 6))) == 1
    assert 20 + 2.5 < x[1] < 20 + 3 * 2.5 and x[-1] == pytest.approx(20 + 4 * 2.5)


def test_headings_are_larger_have_room_and_are_not_left_alone():
    lines = lines_of("word\n# Title\nword", page="A5")
    heights = [np.ptp(np.concatenate(line.strokes)[:, 1]) for line in lines]
    assert lines[1].text == "Title" and heights[1] > 1.3 * heights[0]
    y = [places(line)[1] for line in lines]
    assert y[1] - y[0] > 1.7 * Layout().line_spacing
    rows = Layout(page="A5").rows
    for before in range(rows - 4, rows + 1):
        leaves = pages.write_pages(FakeWriter(), "word\n" * before + "# Title\n\nend", page="A5")
        assert all(page.lines[-1].text != "Title" for page in leaves)


def test_lines_of_a_heading_are_not_written_into_each_other():
    text = "word\n# Of many happy birthday photographs of jolly good fellows\nword\n## And of a party with a long name"
    for page in pages.write_pages(FakeWriter(0.0), text, page="A6", drift=0):
        ends = [(points[:, 1].min(), points[:, 1].max()) for points in map(np.concatenate, (
            line.strokes for line in page.lines))]  # fmt: skip
        for (_, low), (high, _) in pairwise(ends):
            assert high - low > -TOUCH * page.letter - 1e-6
    rows = Layout(page="A6").rows
    for before in range(rows + 1):
        leaves = pages.write_pages(FakeWriter(0.0), "word\n" * before + text, page="A6")
        last = [page.lines[-1].text for page in leaves]
        assert not any(line in text.split("\n")[1] for line in last) and last[-1] in text
        assert all(stroke[:, 1].max() <= page.height for page in leaves for stroke in ink_of(page))


def test_words_are_broken_where_the_language_breaks_them_with_their_accents():
    text = "l\u00edneas re\u0301presente\u0301 \u043f\u0440\u0430\u0432\u0438\u0442\u0435\u043b\u0438"
    alphabet = FakeWriter().model.alphabet
    for language, word, original in (
        ("es", "lineas", "l\u00edneas"), ("fr", "represente", "r\u00e9present\u00e9"), ("ru", "praviteli", "\u043f")
    ):  # fmt: skip
        hyphenator = hyphenation(language)
        found = [int(point) for point in OfOriginals(hyphenator, text, alphabet).positions(word)]
        if language == "es":
            assert found == [2] == hyphenator.positions(original)
        assert found and found == sorted(found) and 0 < found[0] < found[-1] + 1 <= len(word)
        assert OfOriginals(hyphenator, "", alphabet).positions(word) == hyphenator.positions(word)
    word = "\u043e\u0431\u0440\u0430\u0437\u043e\u0432\u0430\u043d\u0438\u0435"
    with pytest.warns(UserWarning, match="does not know all characters"):
        leaves = pages.write_pages(FakeWriter(0.0), f"{word} " * 30, page="60x100", margins=5, language="ru")
    assert any(line.after == "-" for page in leaves for line in page.lines)


def test_a_text_without_spaces_is_wrapped_in_time_like_its_length():
    asked = []
    fits = lambda text, row, share: (asked.append(text), len(text) <= 40 * share)[1]  # noqa: E731
    for word, hyphenator in (("a" * 4000, None), ("a-" * 2000, None), ("bedeutung" * 440, hyphenation("de"))):
        asked.clear()
        lines = list(wrap([word], fits, hyphenator))
        assert "".join(line.text[:-1] if line.after == "-" else line.text for line in lines) == word
        assert all(20 <= len(line.text) <= 40 for line in lines[:-1]) and len(asked) < 30 * len(lines)


def test_reflow_joins_lines_of_a_paragraph():
    text = "# T\na b\nc\n- d\n  e\n- f\n\ng\nh"
    assert [block.words for block in parse(text, reflow=True)] == [
        ("T",), ("a", "b", "c"), ("-", "d", "e"), ("-", "f"), (), ("g", "h")
    ]


@pytest.mark.parametrize("mark", "-*+\u2013\u2022\u25e6\u00b7\u25cf")
def test_items_of_a_list_may_have_any_usual_mark(mark):
    blocks = parse(f"{mark} one\n{mark} two", reflow=True)
    assert [block.words for block in blocks] == [(mark, "one"), (mark, "two")] and blocks[0].rest > 1


def test_an_aside_that_a_line_of_a_paragraph_begins_with_is_no_item():
    prose, listed = "He went out\n\u2013 as always \u2013 and\ncame back", "\u2013 one\n  more\n\u2013 two"
    text = f"{prose}\n\n{listed}\n\nor\n\u00b7 b\n\u00b7 c"
    assert [" ".join(block.words) for block in parse(text, reflow=True)] == [
        " ".join(prose.split()), "", "\u2013 one more", "\u2013 two", "", "or", "\u00b7 b", "\u00b7 c",
    ]  # fmt: skip


def test_no_line_ends_at_a_firm_hyphen():
    text = "Call (0)171\u20111234567 or the mother-in-law " * 4
    for width in range(60, 120, 5):
        with pytest.warns(UserWarning, match="it writes '\u2011' as '-'"):
            said = [line.text for line in lines_of(text, page=f"{width}x200", margins=5)]
        assert not any("\u2011" in line or line.endswith("171-") for line in said)
        assert "".join(said).count("171-1234567") == 4


def test_justified_lines_end_at_the_margin_but_for_the_last():
    text = "the quick brown fox jumps over some lazy dogs " * 6
    lines = lines_of(text, page="A5", align="justified")
    layout = Layout(page="A5", drift=0)
    right = [np.concatenate(line.strokes)[:, 0].max() for line in lines]
    np.testing.assert_allclose(right[:-1], layout.width - 20, atol=1e-6)
    assert right[-1] < layout.width - 20


def test_gaps_between_words_are_widened_and_words_are_not():
    ink = [np.array([[0.0, 0.0], [2.0, 1.0]]), np.array([[1.0, 2.0]]), np.array([[2.2, 0.0], [4.0, 0.0]]),
           np.array([[5.0, 0.0], [7.0, 1.0]])]
    wide = inks.justify(ink, "ab c", 8.0)
    spans = [(stroke[0, 0], stroke[-1, 0]) for stroke in wide]
    assert spans[-1][1] == pytest.approx(8.0)
    stretch = inks.STRETCH
    assert spans[2][0] - spans[0][1] == pytest.approx(0.2 * stretch)
    assert spans[3][0] - spans[2][1] == pytest.approx(8.0 - stretch * 6.0)


# Wrapping alone


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(3, 60), st.booleans())
def test_wrapped_words_can_be_put_together_again(words, room, hyphens):
    asked = []

    def fits(text, row, share):
        asked.append(row)
        return len(text) <= room * share

    lines = list(wrap(words, fits, hyphenation("en_US") if hyphens else None))
    assert " ".join(words) == "".join(text[:-1] if after == "-" else text + after for text, after in lines).rstrip("\n")
    assert all(len(text) <= room / 0.7 for text, _ in lines)
    assert max(asked) <= len(lines)
    assert all(" " not in text for text, _ in lines if len(text) > room)


def test_words_are_broken_by_syllables_after_hyphens_or_not_at_all():
    hyphenator = hyphenation("en_US")
    assert ("inter", "-") in [("internationally"[:cut], hyphen) for cut, hyphen in
                              break_points("internationally", hyphenator)]
    assert break_points("a-b", None) == [(2, "")] and break_points("e.g.", None) == break_points("3.14", None) == []
    assert break_points("house", None) == break_points("1999", None) == []


@pytest.mark.parametrize(
    "address", ["anna.schoenfelder@example.com", "https://example.org/international/well-known?a=internationally"]
)
def test_an_address_gets_no_hyphen(address):
    words = ["write", "at", "once", "to", address, "by", "May"]
    for width in range(12, 60):
        fits = lambda text, row, share, width=width: len(text) <= width * share  # noqa: E731
        lines = list(wrap(words, fits, hyphenation("en_US")))
        assert "".join(line.text + line.after for line in lines).split() == words
        assert all(line.after in (" ", "", "\n") and not line.text.endswith("-") for line in lines)



@given(st.text("ab ", min_size=1, max_size=700).map(lambda text: " ".join(text.split())).filter(bool))
@settings(max_examples=100)
def test_long_lines_are_written_in_parts(text):
    parts = writing.parts(text)
    assert all(0 < len(part) <= 128 and part == part.strip() for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    if all(len(word) <= 40 for word in text.split()):
        assert " ".join(parts) == text


# Paper


@pytest.mark.parametrize("paper", ["ruled", "squared", "dotted"])
def test_baselines_lie_on_the_papers_lines(paper):
    layout = Layout(page="A5", paper=paper)
    lines, dots = rules(layout)
    y = np.concatenate([lines[lines[:, 0, 1] == lines[:, 1, 1], 0, 1], dots[:, 1]])
    for row in range(layout.rows):
        assert np.abs(y - layout.baseline(row)).min() < 1e-6
    places = np.concatenate([lines.reshape(-1, 2), dots])
    assert (places >= 0).all() and (places <= np.array(layout.page) + 1e-6).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"page": "A9"}, "page is 'A9'; expected A3"),
        ({"page": "0x10"}, "page is 0 x 10 mm"),
        ({"page": "40x100"}, "a line would be"),
        ({"page": "100x45"}, "no line fits"),
        ({"margins": -1.0}, "margins are"),
        ({"margins": (1.0, 2.0)}, "margins are"),
        ({"letter": float("nan")}, "letter is nan"),
        ({"line_spacing": 1.0}, "line_spacing is 1"),
        ({"align": "middle"}, "align is 'middle'; expected one of left, justified"),
        ({"paper": "silk"}, "paper is 'silk'"),
        ({"ink": "invisible"}, "ink is 'invisible', which is no colour"),
        ({"ink": "rgb(300,0,0)"}, "ink is 'rgb(300,0,0)', which is no colour"),
        ({"ink": "#11223344"}, "ink is '#11223344', which is no colour"),
        ({"pen": 0.0}, "pen is 0"),
        ({"drift": -1.0}, "drift is -1"),
        ({"language": "xx"}, "language is 'xx'"),
    ],
)
def test_pages_that_cannot_be_are_refused(options, message):
    with pytest.raises(InvalidPage, match=re.escape(message)):
        pages.write_pages(FakeWriter(), "Hello", **options)


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_no_text_is_refused(text):
    with pytest.raises(InvalidPage, match="the text is empty"):
        pages.write_pages(FakeWriter(), text)


# Files


@pytest.fixture(scope="module")
def leaves():
    return pages.write_pages(FakeWriter(), "a < b & c\n" + "word " * 120, page="100x150", paper="squared", ink="red")


def test_svg_has_the_pages_size_and_all_ink(leaves, tmp_path):
    files = pages.save(leaves, tmp_path / "letter.svg")
    assert [file.name for file in files] == [f"letter-{n}.svg" for n in range(1, len(leaves) + 1)]
    for file, page in zip(files, leaves, strict=True):
        svg = ElementTree.parse(file).getroot()
        assert (svg.get("width"), svg.get("height"), svg.get("viewBox")) == ("100mm", "150mm", "0 0 100 150")
        space = {"s": "http://www.w3.org/2000/svg"}
        assert svg.find("s:title", space).text == page.text
        ink = svg.find("s:g[@id='ink']", space)
        assert ink.get("stroke") == "#ff0000" and ink.get("fill") == "none"
        assert [group.get("aria-label") for group in ink] == [line.text for line in page.lines]
        for path, stroke in zip(ink.iterfind(".//s:path", space), ink_of(page), strict=True):
            numbers = np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(-1, 2)
            np.testing.assert_allclose(numbers[[0, -1]], stroke[[0, -1]], atol=6e-4)


def test_a_written_line_is_saved_in_the_look_that_is_asked_for(tmp_path):
    Written(FakeWriter()._line("word", 0).strokes, "word").save(tmp_path / "a.svg", color="#1a3a8f", pen=0.4)
    ink = ElementTree.parse(tmp_path / "a.svg").find("{http://www.w3.org/2000/svg}g")
    assert (ink.get("stroke"), ink.get("stroke-width")) == ("#1a3a8f", "0.4")


def test_png_has_ink_where_the_page_has(leaves, tmp_path):
    page = leaves[0]
    [file] = pages.save([page], tmp_path / "letter.png", dpi=127)  # 5 pixels a mm
    picture = Image.open(file)
    assert picture.size == (500, 750)
    red = np.asarray(picture.convert("RGB")).astype(int)
    red = (red[..., 0] > 180) & (red[..., 1] < 130)
    for x, y in (stroke[0] * 5 for stroke in ink_of(page)):
        assert red[max(int(y) - 2, 0) : int(y) + 3, max(int(x) - 2, 0) : int(x) + 3].any()


def test_files_have_the_pages_in_their_size_and_on_white_whatever_matplotlibrc_says(leaves, tmp_path, monkeypatch):
    dark = {f"{what}.facecolor": "black" for what in ("figure", "axes", "savefig")}
    for name, value in {"savefig.bbox": "tight", "savefig.transparent": True, **dark}.items():
        monkeypatch.setitem(matplotlib.rcParams, name, value)
    for transparent, paper in ((False, (255, 255, 255, 255)), (True, (255, 255, 255, 0))):
        [file] = pages.save(leaves[:1], tmp_path / "letter.png", dpi=50.8, transparent=transparent)
        picture = Image.open(file).convert("RGBA")
        assert picture.size == (200, 300)
        assert max(picture.getcolors(picture.width * picture.height))[1] == paper  # of most pixels
    [file] = pages.save(leaves, tmp_path / "letter.pdf")
    boxes = re.findall(rb"/MediaBox \[([^]]*)\]", file.read_bytes())
    assert len(boxes) == len(leaves) > 1
    for box in boxes:
        np.testing.assert_allclose(np.array(box.split(), float), [0, 0, 100 / 25.4 * 72, 150 / 25.4 * 72], atol=0.01)


def test_other_formats_and_no_pages_are_refused(leaves, tmp_path):
    with pytest.raises(ValueError, match="as .pdf, .svg, .png, .plotter.svg, .animated.svg or .gcode, not .gif"):
        pages.save(leaves, tmp_path / "a.gif")
    with pytest.raises(ValueError, match="no pages"):
        pages.save([], tmp_path / "a.pdf")
    with pytest.raises(ValueError, match="a picture of 0 x 0 pixels"):
        pages.save(leaves, tmp_path / "a.png", dpi=0)
    with pytest.raises(ValueError, match="a picture of 11811 x 17717 pixels; .* at most 150 million"):
        pages.save(leaves, tmp_path / "a.png", dpi=3000)
    assert not list(tmp_path.iterdir())


def test_plotters_and_browsers_get_a_file_for_each_page_with_all_its_ink(leaves, tmp_path):
    space = {"s": "http://www.w3.org/2000/svg"}
    for suffix in (".plotter.svg", ".animated.svg"):
        files = pages.save(leaves, tmp_path / f"letter{suffix}")
        assert [file.name for file in files] == [f"letter-{n}{suffix}" for n in range(1, len(leaves) + 1)]
        for file, page in zip(files, leaves, strict=True):
            svg = ElementTree.parse(file).getroot()
            assert (svg.get("width"), svg.get("viewBox")) == ("100mm", "0 0 100 150")
            assert (svg.find("s:path[@id='rules']", space) is None) == (suffix == ".plotter.svg")  # it draws no paper
            paths = svg.findall(".//s:g//s:path", space)
            assert len(paths) == len(ink_of(page))
            starts = np.array([re.findall(r"-?[\d.]+", path.get("d"))[:2] for path in paths], float)
            ends = np.array([point for stroke in ink_of(page) for point in stroke[[0, -1]]])
            assert np.hypot(*(starts[:, None] - ends).transpose(2, 0, 1)).min(axis=1).max() < 0.01


def test_gcode_of_pages_draws_each_page_on_the_bed_or_none(leaves, tmp_path):
    machine = Machine(bed=(100.0, 150.0))
    files = pages.save(leaves, tmp_path / "letter.gcode", machine=machine)
    assert [file.name for file in files] == [f"letter-{n}.gcode" for n in range(1, len(leaves) + 1)]
    for file, page in zip(files, leaves, strict=True):
        lines = parse_gcode_lines(file.read_text())
        drawn = np.array([[line.params["X"], line.params["Y"]] for line in lines
                          if line.command == ("G", 1) and "X" in line.params])  # fmt: skip
        ink = np.concatenate([stroke for stroke in ink_of(page) if len(stroke) > 1])
        for k, whole in ((0, ink[:, 0]), (1, 150 - ink[:, 1])):
            assert abs(drawn[:, k].min() - whole.min()) < 0.3 and abs(drawn[:, k].max() - whole.max()) < 0.3
    with pytest.raises(OffTheBed, match="not wholly on the bed"):
        pages.save(leaves, tmp_path / "off.gcode", machine=Machine(bed=(60.0, 150.0)))
    assert not list(tmp_path.glob("off*"))
    with pytest.warns(UserWarning, match=r"letter-1.gcode, .*letter-2.gcode.*: of pages that were written before"):
        pages.save(leaves[:1], tmp_path / "letter.gcode", machine=machine)  # a plotter may be given those as well


def test_transparent_png_has_ink_alone(leaves, tmp_path):
    [file] = pages.save(leaves[:1], tmp_path / "letter.png", dpi=50, transparent=True)
    shades = np.asarray(Image.open(file).convert("RGBA"))[..., 3]
    assert (shades == 0).any() and (shades > 0).any()


# The command


@pytest.fixture
def sample(monkeypatch, tmp_path, capsys):
    """Runs sample.py with the fake writer in an empty folder: (exit code, stdout lines, stderr)."""
    from writemate_jax.sampling import command, writer

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writer.Writer, "load", lambda checkpoint=None: FakeWriter())

    def run(*arguments):
        try:
            code = command.main(arguments)
        except SystemExit as exit:
            code = exit.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return run


def test_command_writes_a_file_as_pages(sample, tmp_path):
    (tmp_path / "letter.txt").write_text(TEXT)
    assert sample("--text-file", "letter.txt", "--page", "A6", "--letter-size", "4", "--margins", "9,8,7,6", "--paper",
                  "dotted", "--out", "a.svg", "--ink", "green", "--seed", "3")[:2] == (0, ["a-1.svg", "a-2.svg"])
    leaves = pages.write_pages(FakeWriter(), TEXT, page="A6", letter=4.0, margins=(9, 8, 7, 6), paper="dotted",
                               ink="green", seed=3, style=None, bias=None)
    for file, page in zip(["a-1.svg", "a-2.svg"], leaves, strict=True):
        assert (tmp_path / file).read_text() == page._repr_svg_()
    assert sample("caf\u00e9", "--page", "A6", "--out", "deep/")[:2] == (0, ["deep/pages.pdf"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Hello", "--paper", "ruled"], "--page is missing"),
        (["Hello", "--page", "A9"], "page is 'A9'"),
        (["Hello", "--page", "A4", "--margins", "wide"], "argument --margins: 'wide'"),
        (["Hello", "--page", "A4", "--margins", "1,2"], "margins are"),
        (["Hello", "--page", "A4", "--out", "a.json"], ".png, .plotter.svg, .animated.svg or .gcode, not .json"),
        (["Hello", "--page", "A4", "--by-speed"], "--page writes pages; leave out --by-speed"),
        (["Hello", "--page", "A4", "--out", "a.gcode", "--bed", "100,100"], "not wholly on the bed of 100 x 100 mm"),
        (["Hello", "--page", "A4", "--plot-attention"], "leave out --plot-attention"),
        (["Hello", "--page", "A4", "--prime-text", "a"], "--prime-text needs --prime"),
        (["--page", "A4"], "no text to write"),
        (["Hello", "\U0001f600", "--page", "A4"], "cannot write '\U0001f600'"),
    ],
)
def test_what_cannot_be_done_is_said_and_exits_with_2(sample, tmp_path, arguments, message):
    code, out, err = sample(*arguments)
    assert (code, out) == (2, []) and message in err and "Traceback" not in err
    assert not list(tmp_path.iterdir())
