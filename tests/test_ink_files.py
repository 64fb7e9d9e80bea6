"""Ink that is brought in files: written in another size, place and direction by other means, it is the same ink."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from writemate_jax import strokes
from writemate_jax.data import corpus as corpora
from writemate_jax.data import own_ink
from writemate_jax.data.ink_files import read_ink, with_text
from writemate_jax.data.own_ink import UnfitInk, like_the_corpus
from writemate_jax.drawing import animated, inkml, plotter, svg, svg_reader
from writemate_jax.drawing.sheet import sheet
from writemate_jax.drawing.strokes_json import Ink, InvalidInkFile
from writemate_jax.hands.ink_folder import read_lines
from writemate_jax.replacing import write_text

CORPUS = corpora.load(Path(corpora.__file__).parent.parent / "assets" / "open_corpus.npz")


def _lines(count: int) -> list[tuple[np.ndarray, str]]:
    """Lines of several words by held-out writers."""
    held_out = CORPUS.select(["validation"])
    long = [i for i in held_out if CORPUS.text(i).count(" ") >= 2 and len(CORPUS.text(i)) >= 18]
    return [(CORPUS.strokes(i), CORPUS.text(i)) for i in long[:: len(long) // count][:count]]


LINES = _lines(4)


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    """How far the ink of two lines is apart at most, measured along both."""
    dense = [np.concatenate([strokes.resample_uniform(s, 0.05) for s in strokes.split(line)]) for line in (a, b)]
    distances = np.hypot(*(dense[0][:, None] - dense[1][None]).transpose(2, 0, 1))
    return max(distances.min(axis=0).max(), distances.min(axis=1).max())


def _as_json(path: Path, points: list[np.ndarray], text: str) -> None:
    rows, before = [], np.zeros(2)
    for stroke in points:
        for k, point in enumerate(stroke):
            rows.append([*(point - before).tolist(), int(k == len(stroke) - 1)])
            before = point
    path.write_text(json.dumps({"text": text, "strokes": rows}))


def _as_inkml(path: Path, points: list[np.ndarray], text: str) -> None:
    traces = "".join(
        "<trace>" + ", ".join(f"{x:.3f} {y:.3f}" for x, y in stroke * [1, -1]) + "</trace>" for stroke in points
    )
    truth = f'<annotation type="truth">{text}</annotation>'
    path.write_text(f'<ink xmlns="http://www.w3.org/2003/InkML">{truth}{traces}</ink>')


def _as_svg(path: Path, points: list[np.ndarray], text: str) -> None:
    """Polylines, paths and lines, half of them within a group that is moved and made larger."""
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": "-5000 -5000 9000 9000",
                                       "width": "90mm", "height": "90mm"})  # fmt: skip
    ElementTree.SubElement(root, "title").text = text
    ElementTree.SubElement(root, "style").text = ".pen{fill:none;stroke:#123456}"
    paper = {"x": "-5000", "y": "-5000", "width": "9000", "height": "9000", "fill": "ivory"}
    ElementTree.SubElement(root, "rect", paper)
    for k, stroke in enumerate(points):
        place = stroke * [1, -1]
        parent = root
        if k % 2:
            parent = ElementTree.SubElement(root, "g", {"transform": "translate(30 -7) scale(4)"})
            place = (place - [30, -7]) / 4
        numbers = [f"{x:.4f},{y:.4f}" for x, y in place]
        if len(numbers) == 2:
            (x1, y1), (x2, y2) = (each.split(",") for each in numbers)
            ElementTree.SubElement(parent, "line", {"class": "pen", "x1": x1, "y1": y1, "x2": x2, "y2": y2})
        elif k % 3:
            ElementTree.SubElement(parent, "polyline", {"class": "pen", "points": " ".join(numbers)})
        else:
            ElementTree.SubElement(parent, "path", {"class": "pen", "d": "M" + " L".join(numbers)})
    path.write_text(ElementTree.tostring(root, encoding="unicode"))


@pytest.mark.parametrize("write", [_as_json, _as_inkml, _as_svg])
def test_lines_of_the_corpus_come_back_from_any_file_in_any_size_and_place(tmp_path, write):
    for line, text in LINES:
        path = tmp_path / f"line.{write.__name__[4:]}"
        write(path, [stroke * 37.5 + [400, -250] for stroke in strokes.split(line)], text)
        [ink] = with_text(read_ink(path), path)
        ours, theirs = like_the_corpus(ink.strokes, ink.text), like_the_corpus(line, text)
        assert ink.text == text and ours[:, 2].sum() == theirs[:, 2].sum()
        assert _gap(ours, theirs) < 0.02


def test_the_corpus_hardly_changes_by_being_made_like_the_corpus():
    for line, text in LINES:
        ours = like_the_corpus(line, text)
        assert ours[:, 2].sum() == line[:, 2].sum() and 0.85 < len(ours) / len(line) < 1.15
        assert 0.75 < np.ptp(strokes.to_points(ours)[:, 1]) / np.ptp(strokes.to_points(line)[:, 1]) < 1.3
        # Made so again, it stays.
        assert _gap(like_the_corpus(ours, text), ours) < 0.3  # at the ends of lines of up to 70


def test_our_own_files_are_read_back(tmp_path):
    lines, texts = zip(*LINES[:2], strict=True)
    ink = sheet(lines, texts)
    write_text(tmp_path / "two.svg", svg.to_svg(ink))
    write_text(tmp_path / "speed.svg", svg.to_svg(sheet(lines[:1], texts[:1]), by_speed=True))
    write_text(tmp_path / "moving.animated.svg", animated.to_animated_svg(sheet(lines[:1], texts[:1])))
    inkml.write_inkml(tmp_path / "two.inkml", [Ink(*pair) for pair in LINES[:2]])
    for name, count in (("two.svg", 2), ("two.inkml", 2), ("speed.svg", 1), ("moving.animated.svg", 1)):
        found = read_ink(tmp_path / name)
        assert [one.text for one in found] == list(texts[:count])
        for one, line in zip(found, lines, strict=False):
            assert one.strokes[:, 2].sum() == line[:, 2].sum()
            # Curves have points enough to be smoothed as a device's are.
            assert _gap(like_the_corpus(one.strokes, one.text), like_the_corpus(line, one.text)) < 0.3
    write_text(tmp_path / "a.plotter.svg", plotter.to_plotter_svg(ink))
    with pytest.raises(InvalidInkFile, match="a.plotter.svg: its strokes are in a plotter's order"):
        read_ink(tmp_path / "a.plotter.svg")


def test_a_text_may_stand_beside_the_ink(tmp_path):
    points = strokes.split(LINES[0][0])
    _as_svg(tmp_path / "a.svg", points, "")
    _as_inkml(tmp_path / "b.inkml", points, "")
    with pytest.raises(InvalidInkFile, match=r"a.svg: line 1 has no text; put what it says into a.txt .* <title>"):
        read_lines(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("\ufeff" + LINES[0][1] + "\n", "utf-8")
    lines, names = read_lines(tmp_path)
    assert [line.text for line in lines] == [LINES[0][1]] * 2
    assert names == [str(tmp_path / "a.svg"), str(tmp_path / "b.inkml")]
    _as_svg(tmp_path / "a.svg", points, "drawing 1")  # a title as drawing programs give
    assert read_lines(tmp_path)[0][0].text == LINES[0][1]
    (tmp_path / "a.txt").write_text(" \n")
    assert read_ink(tmp_path / "a.svg")[0].text == "drawing 1"
    (tmp_path / "a.txt").write_text("two\nlines")
    with pytest.raises(InvalidInkFile, match=r"a.svg: its text has 2 lines, its ink 1"):
        read_lines(tmp_path)


@pytest.mark.parametrize("greeting", ["t", "to", "lot", "tool", "lot to lot"])
def test_lines_below_each_other_are_told_apart_however_short_the_first(tmp_path, greeting):
    rng, texts = np.random.default_rng(0), [greeting, "oil to tool lot", "to", "lotto lot"]
    rows = [strokes.split(tiny.line(text, 0.01, rng)) for text in texts]
    points = [stroke - [0, 4 * row] for row, drawn in enumerate(rows) for stroke in drawn]
    _as_json(tmp_path / "a.json", points, "\n".join(texts))
    found = read_ink(tmp_path / "a.json")
    assert [line.text for line in found] == texts
    assert [line.strokes[:, 2].sum() for line in found] == [len(drawn) for drawn in rows]


def test_a_comma_behind_the_first_letter_begins_no_line(tmp_path):
    comma = np.array([[0.6, 0.1], [0.5, -0.4]])
    letters = [np.array([[x, 0.0], [x + 0.5, 1.0]]) for x in range(1, 13)]
    points = [np.array([[0.0, 2.0], [0.0, 0.0]]), comma, *letters]
    _as_json(tmp_path / "a.json", points, "I, as always\nmore")
    with pytest.raises(InvalidInkFile, match="its text has 2 lines, its ink 1, counted"):
        read_ink(tmp_path / "a.json")


@pytest.mark.parametrize("suffix", ["json", "inkml"])
def test_a_text_beside_fills_what_the_file_leaves_out(tmp_path, suffix):
    texts = ["one", "", "three"]
    if suffix == "json":
        lines = [{"text": text, "strokes": [[[0, 0], [k, 1]]]} for k, text in enumerate(texts)]
        content = json.dumps({"lines": lines})
    else:
        content = inkml.dumps([Ink(LINES[0][0], text) for text in texts])
    (path := tmp_path / f"a.{suffix}").write_text(content)
    with pytest.raises(InvalidInkFile, match=r"line 2 has no text; put .* into a.txt beside it, a line for each line"):
        read_lines(tmp_path)
    (tmp_path / "a.txt").write_text("another\ntwo\nof a name\n")
    assert [line.text for line in with_text(read_ink(path), path)] == ["one", "two", "three"]
    (tmp_path / "a.txt").write_text("two\n")
    with pytest.raises(InvalidInkFile, match=r"a.txt: has 1 lines of text for 3 lines of ink in a.\w+; expected one"):
        read_lines(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.svg", "<svg", "a.svg: not XML"),
        ("a.svg", "<ink/>", "the root is <ink>; expected <svg>"),
        ("a.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>', "one for each stroke; it has none"),
        ("a.svg", '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9L1 9z"/></svg>', "1 filled shapes, whose"),
        ("a.svg", '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>', "save it as plain SVG"),
        *[
            ("a.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{damaged}<path stroke="red" d="M0 0L9 9"/></svg>', said)
            for damaged, said in (
                ('<path d="M1,1 L2,2 LNaN,3 L4,4"/>', "a path has damaged data, d='M1,1 L2,2 LNaN,3 L4,4'"),
                (f'<path d="M123.45,678.90 {"L124.125,679.335 " * 999}L125.01,NaN"/>', "a path has damaged data"),
                ('<polyline points="10,20 30,40 50 60,70"/>', "a polyline has damaged data"),
                ('<path d="M1 1Lundefined 3"/>', "a path has damaged data"),
                ('<path d="X1 0"/>', "a path has damaged data"), ('<path d="M1 1L3 3 5"/>', "a path has damaged data"),
                ('<polyline points="1,2 NaN,4 5,6 7,8"/>', "a polyline has .*expected an even number of numbers"),
                ('<polyline points="1,1 2,2 3"/>', "a polyline has"),
                ('<line x1="NaN" x2="3"/>', "a line has .*x1='NaN'"),
            )
        ],
        ("a.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{"<g>" * 5000}{"</g>" * 5000}</svg>', "RecursionError"),
        ("a.inkml", "<svg/>", "expected InkML"),
        ("a.bmp", "BM", "a.bmp: not JSON: .*; ink is read from .json, .inkml, .svg"),
    ],
)  # fmt: skip
def test_files_that_are_no_ink_are_refused_by_name(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidInkFile, match=message):
        read_ink(tmp_path / name)
    with pytest.raises(InvalidInkFile, match=f"absent.{name[2:]}: cannot be read"):
        read_ink(tmp_path / f"absent.{name[2:]}")


@pytest.mark.parametrize("undrawn", [
    '<path visibility="hidden" stroke="red" d="{}"/>', '<g style="visibility:hidden"><path stroke="red" d="{}"/></g>',
    '<path stroke="none" fill="none" d="{}"/>', '<mask><path stroke="red" d="{}"/></mask>',
    '<symbol id="s"><path stroke="red" d="{}"/></symbol>', '<defs><marker><path stroke="red" d="{}"/></marker></defs>',
    '<marker><path stroke="red" d="{}"/></marker>', '<g display="none"><path stroke="red" d="{}"/></g>',
    '<path stroke="red" d="none"/>', '<path stroke="red" d="M"/>', '<path stroke="red" d="M1 1 L"/>',
    '<path display="none" d="MNaN"/>', '<defs><path d="NaN"/></defs>', '<path stroke="red" fill="none"/>',
    '<defs><path id="p" stroke="red"/></defs><use href="#p"/>',
])  # fmt: skip
def test_what_an_svg_does_not_draw_is_no_ink(undrawn):
    page = '<svg xmlns="http://www.w3.org/2000/svg">{}<path style="fill:none;stroke:var(--pen)" d="M1 1L2 3"/></svg>'
    ink = svg_reader.loads(page.format(undrawn.format("M9 9L8 8")).encode())
    np.testing.assert_array_equal(strokes.to_points(ink.strokes), [[1, -1], [2, -3]])


@pytest.mark.parametrize("size", [
    'style="width:100%;height:auto"', 'width="auto" height="auto"', 'width="100%" height="auto"', 'width="10em"',
    'width="0" height="5"', 'width="10" height="5" style="max-width:100%"',
])  # fmt: skip
def test_an_svg_is_read_whatever_its_size_depends_on(size):
    page = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5" {}><path stroke="red" d="M1 1L2 3"/></svg>'
    ink = svg_reader.loads(page.format(size).encode())
    np.testing.assert_array_equal(strokes.to_points(ink.strokes), [[1, -1], [2, -3]])


def test_styles_of_an_svg_may_stand_behind_its_ink_and_those_that_are_not_read_are_told():
    bar, own = '<g><path {} d="M2 9L4 9.5L5 9"/></g>', "fill:none;stroke:red"  # as small as a dot
    page = '<svg xmlns="http://www.w3.org/2000/svg"><path style="fill:none;stroke:red" d="M0 0V10M5 0V10"/>{}</svg>'
    behind = bar.format('class="a"') + f"<style>.a{{{own}}}</style>"
    ink = svg_reader.loads(page.format(behind).encode())
    assert ink.strokes[:, 2].sum() == 3
    with pytest.warns(UserWarning, match="left out 1 shapes .*; of its <style>, rules for elements in others"):
        ink = svg_reader.loads(page.format(f"<style>g path{{{own}}}</style>{bar.format('')}").encode())
    assert ink.strokes[:, 2].sum() == 2  # the bar is no dot
    page = page.replace(' style="fill:none;stroke:red"', ' class="b"')
    ink = svg_reader.loads(page.format(f"<style>.b{{fill:red;stroke:none}}</style><style>.b{{{own}}}</style>").encode())
    assert ink.strokes[:, 2].sum() == 2  # the last rule is the one


def test_a_size_of_an_svg_is_its_size_wherever_it_stands():
    page = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50" {}><path stroke="red" d="M1 1V11"/></svg>'
    sizes = ('width="100mm" height="50mm"', 'style="width:100mm; height:50mm"')
    tall = [np.ptp(strokes.to_points(svg_reader.loads(page.format(size).encode()).strokes)[:, 1]) for size in sizes]
    np.testing.assert_allclose(tall, 100 / 25.4 * 96 / 10, rtol=1e-5)


def test_an_arc_without_a_radius_is_a_line():
    page = '<svg xmlns="http://www.w3.org/2000/svg"><path stroke="red" d="M0 0L10 10A0 5 0 0 1 15 15L20 10"/></svg>'
    points = strokes.to_points(svg_reader.loads(page.encode()).strokes)
    assert [15, -15] in points.tolist() and points[-1].tolist() == [20, -10]


@pytest.mark.parametrize(
    "matrix", [(2, 0, 0, 1, 3, 4), (1, 0, 0.5, 1, 0, 0), (0, 1, -1, 0, 2, 2), (1, 0.3, 0.2, -1, 0, 0)]
)
def test_arcs_of_an_svg_lie_where_their_group_puts_them(matrix):
    page = '<svg xmlns="http://www.w3.org/2000/svg"><g transform="{}">' \
        '<path stroke="red" d="M1 2A5 3 30 1 0 4 6"/></g></svg>'  # fmt: skip
    there, moved = (
        strokes.to_points(svg_reader.loads(page.format(f"matrix{one}").encode()).strokes) * [1, -1]
        for one in ((1, 0, 0, 1, 0, 0), matrix)
    )
    a, b, c, d, e, f = matrix
    np.testing.assert_allclose(moved, there @ [[a, b], [c, d]] + [e, f], atol=1e-4)
    x, y = ((there - [there.mean(axis=0)]) @ [[np.cos(0.5236), -np.sin(0.5236)], [np.sin(0.5236), np.cos(0.5236)]]).T
    fit = np.linalg.lstsq(np.stack([x**2, y**2, x, y], axis=1), np.ones(len(x)), rcond=None)[0]
    assert np.sqrt(fit[1] / fit[0]) == pytest.approx(5 / 3, rel=0.01)  # an ellipse as it was meant


def test_a_symbol_of_an_svg_is_drawn_where_it_is_used():
    page = '<svg xmlns="http://www.w3.org/2000/svg"><symbol id="s"><path stroke="red" d="M1 1L2 3"/></symbol>' \
        '<use href="#s" x="5"/></svg>'  # fmt: skip
    np.testing.assert_array_equal(strokes.to_points(svg_reader.loads(page.encode()).strokes), [[6, -1], [7, -3]])


def test_missing_pen_lifts_are_named():
    line, text = LINES[0]
    joined, every = line.copy(), line.copy()
    joined[:-1, 2], every[:, 2] = 0, 1
    with pytest.raises(UnfitInk, match=f"has 1 strokes for the {text.count(' ') + 1} words .* mark every lift"):
        like_the_corpus(joined, text)
    with pytest.raises(UnfitInk, match="mark only where the pen lifts, not every point"):
        like_the_corpus(every, text)


def test_ink_that_goes_on_and_on_is_refused_before_it_is_made_finer(monkeypatch):
    there_and_back = np.tile([[0, 0], [22_000, 180]], (2000, 1)).astype(float)
    monkeypatch.setattr(own_ink, "resampled", lambda *_: pytest.fail("this would be 15 million points"))
    with pytest.raises(UnfitInk, match=r"^mine: the pen goes \d+ x-heights for each character .* at most 76: check"):
        like_the_corpus(strokes.join([there_and_back]), "W" * 46, "mine")


def test_ink_that_trembles_is_taken_though_it_is_longer():
    for line, text in LINES:
        fine = [strokes.resample_uniform(stroke, 0.03) for stroke in strokes.split(line)]
        trembling = [stroke + np.random.default_rng(1).normal(scale=0.02, size=stroke.shape) for stroke in fine]
        assert sum(strokes.arc_length(s)[-1] for s in trembling) > 1.3 * sum(strokes.arc_length(s)[-1] for s in fine)
        assert like_the_corpus(strokes.join(trembling), text)[:, 2].sum() == line[:, 2].sum()


def _svg(*drawn: str) -> bytes:
    head = '<svg xmlns="http://www.w3.org/2000/svg"><style>.pen{fill:none;stroke:black}</style>'
    return f"{head}{''.join(drawn)}</svg>".encode()


STEM = '<path class="pen" d="M1 0V10M6 0V10"/>'


@pytest.mark.parametrize("dot", [
    '<circle cx="3" cy="-4" r="1"/>', '<circle cx="3" cy="-4" r="1" class="pen"/>',
    '<ellipse cx="3" cy="-4" rx=".5" ry="1.5"/>', '<polygon points="2,-4 3,-5 4,-4 3,-3"/>',
    '<path d="M2 -4a1 1 0 1 0 2 0a1 1 0 1 0-2 0z"/>', '<path stroke="none" d="M2-5h2v2h-2z"/>',
    '<g transform="translate(3 -4) scale(.1)"><circle r="9"/></g>', '<defs><circle id="i" r="1"/></defs>'
    '<use href="#i" x="3" y="-4"/>',
])  # fmt: skip
def test_a_small_shape_of_an_svg_is_a_dot_in_its_place(recwarn, dot):
    ink = svg_reader.loads(_svg(STEM, dot, '<path class="pen" d="M8 0V10"/>'))
    assert [len(stroke) for stroke in strokes.split(ink.strokes)] == [2, 2, 1, 2]
    np.testing.assert_allclose(strokes.split(ink.strokes)[2], [[3, 4]], atol=1e-6)
    assert not recwarn.list


def test_dots_of_one_path_are_as_many_and_those_before_and_behind_all_strokes_stay_there():
    two, one = '<path d="M2-4h1v1h-1zM8-4h1v1h-1z"/>', '<circle cx="12" cy="9" r=".5"/>'
    ink = svg_reader.loads(_svg(two, STEM, one))
    places = [stroke.mean(axis=0).tolist() for stroke in strokes.split(ink.strokes)]
    assert places == [[2.5, 3.5], [8.5, 3.5], [1, -5], [6, -5], [12, -9]]


def test_larger_shapes_of_an_svg_are_left_out_with_a_warning():
    letter = '<path d="M20 0h9v10h-9zM22 2v1h1z"/>'  # with a small counter, which is no dot
    paper, hidden = '<rect width="90" height="90"/>', '<circle r="9" visibility="hidden"/>'
    with pytest.warns(UserWarning, match="mine.svg: left out 2 shapes .* as paths without fill"):
        ink = svg_reader.loads(_svg(paper, hidden, letter, STEM, '<circle r="9"/>'), "mine.svg")
    assert ink.strokes[:, 2].sum() == 2
    with pytest.raises(InvalidInkFile, match="it has 1 filled shapes"):
        svg_reader.loads(_svg('<circle r="1"/>'))


def _ill(left: float) -> list[np.ndarray]:
    """Three stems, then the dot of the first."""
    places = ((0, 1), (0.8, 2), (1.6, 2))
    stems = [np.stack([np.full(9, left + x), np.linspace(top, 0, 9)], axis=1) for x, top in places]
    return [*stems, np.array([[left + 0.1, 1.5], [left + 0.4, 1.55]])]


@given(st.floats(-15, 15))
@settings(max_examples=20)
def test_dots_go_back_to_their_letters_however_the_line_slopes(degrees):
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = [stroke @ [[cosine, sine], [-sine, cosine]] for k in range(5) for stroke in _ill(3.2 * k)]
    line = like_the_corpus(strokes.join(turned), "ill ill ill ill ill")
    dots = [np.ptp(stroke[:, 1]) < 0.6 for stroke in strokes.split(line)]
    assert dots == [False, True, False, False] * 5


# Long primers: lines of one writer beside each other, so that some of the words' gaps are known.


def _beside(pieces: list[tuple[np.ndarray, str]], gap: float) -> tuple[np.ndarray, str, dict[str, int]]:
    """The ink and text of lines side by side, and how many strokes stand before each seam, by the text before it."""
    drawn, said, seams, left = [], [], {}, 0.0
    for line, text in pieces:
        parts = strokes.split(line)
        first = min(s[:, 0].min() for s in parts)
        drawn += [s + [left - first, 0.0] for s in parts]
        left = max(s[:, 0].max() for s in drawn) + gap
        said.append(text)
        seams[" ".join(said)] = len(drawn)
    return strokes.join(drawn), " ".join(said), seams


def test_long_primers_are_cut_at_a_word_with_their_text():
    held_out = CORPUS.select(["validation"])
    checked = known = 0
    for writer in sorted({CORPUS.writer(i) for i in held_out})[::3]:
        mine = [i for i in held_out if CORPUS.writer(i) == writer and 12 <= len(CORPUS.text(i)) <= 19][:3]
        if len(mine) < 3:
            continue
        line, text, seams = _beside([(CORPUS.strokes(i), CORPUS.text(i)) for i in mine], 1.0)
        try:
            part, said = own_ink.shortened(line, text, 40, 500)
        except UnfitInk:  # no gap of this line is sure
            continue
        checked += 1
        assert len(said) <= 40 and len(part) <= 500 and part[-1, 2] == 1
        assert text.startswith(said + " ") or text.endswith(" " + said)
        assert strokes.bounds(part)[0] == pytest.approx(0, abs=1e-4)
        count, total = int(part[:, 2].sum()), int(line[:, 2].sum())
        before = said if text.startswith(said) else text[: -len(said) - 1]
        if before in seams:  # a seam whose place is known, not one within a line
            known += 1
            assert count == (seams[before] if text.startswith(said) else total - seams[before])
    assert checked >= 6 and known >= 3


def test_short_primers_stay_and_those_without_a_gap_are_refused():
    line, text = LINES[0]
    same, said = own_ink.shortened(line, text, len(text), len(line))
    assert said == text and same is line
    word = CORPUS.select(["validation"])
    word = next(i for i in word if " " not in CORPUS.text(i) and len(CORPUS.text(i)) >= 6)
    with pytest.raises(UnfitInk, match="no sure gap between words"):
        own_ink.shortened(CORPUS.strokes(word), CORPUS.text(word), 4, 500)
    with pytest.raises(UnfitInk, match="3 characters or more"):
        own_ink.primer(line, "ab")
