"""Characters: codes round trip, nearest likenesses, and names for what cannot be written."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from writemate_jax.alphabet import Alphabet, UnknownCharacters, is_blank

ASCII = Alphabet("".join(sorted(string.ascii_letters + string.digits + string.punctuation + " ")))
FEW = Alphabet("abc -")


@given(st.text(ASCII.characters))
def test_codes_round_trip(text):
    codes = ASCII.encode(text)
    assert codes.dtype == np.int32 and codes.shape == (len(text),)
    assert ((codes >= 1) & (codes <= ASCII.size)).all()
    assert ASCII.decode(codes) == text
    assert ASCII.decode(np.pad(codes, (0, 3))) == text  # 0 is past the end
    assert ASCII.transliterate(text) == (text, {})


def test_the_code_of_a_character_is_its_place_counted_from_one():
    assert [FEW.encode(c).tolist() for c in FEW.characters] == [[1], [2], [3], [4], [5]]


@pytest.mark.parametrize("code", [-1, 6])
def test_a_code_beyond_the_alphabet_is_named(code):
    with pytest.raises(ValueError, match=f"code {code}: expected 0 to 5"):
        FEW.decode([1, code])


def test_unknown_characters_are_all_named_once():
    with pytest.raises(UnknownCharacters, match=r"'x' \(U\+0078\), 'y'.*alphabet is 'abc -'") as caught:
        FEW.encode("axbyx")
    assert caught.value.characters == "xy"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\u201cIt\u2019s\u201d", '"It\'s"'),
        ("caf\u00e9", "cafe"),
        ("cafe\u0301", "cafe"),  # the accent apart
        ("na\u00efve \u2014 r\u00e9sum\u00e9\u2026", "naive - resume..."),
        ("1\u20132", "1-2"),
        ("a\u00a0b", "a b"),
        ("a\tb", "a b"),
        ("stra\u00dfe", "strasse"),
        ("2\u00bd cups, \u00bd cup", "2 1/2 cups, 1/2 cup"),  # not 21/2
        ("8\u00bd\u00d711", "8 1/2x11"),
        ("10\u2075, 10\u207b\u00b9\u00b2, m\u00b2", "10^5, 10^-12, m2"),  # not 105
        ("3\u00b74\u00b75, col\u00b7lega, 3\u22c54", "3*4*5, col-lega, 3*4"),
        ("a \u2260 b", "a =/= b"),
        ("n\u00b0 12, N\u00b05, ten\u00b0, 5 \u00b0C", "no 12, No5, tendeg, 5 degC"),
        ("5\u2030", "5 per mille"),
        ("\u0421\u041e\u042e\u0417, \u042e\u043b\u0438\u044f, \u042e.", "SOYUZ, Yuliya, Yu."),  # among capitals
        ("\u042e\u0301\u041b\u0418\u042f", "YULIYA"),  # with a mark of stress
        ("STRA\u1e9eE, \u0152UVRE, \u0152uvre, \u6c49A", "STRASSE, OEUVRE, Oeuvre, HanA"),
        ("\u041c\u0438\u0440", "Mir"),
        ("a\u200bb\u00adc", "abc"),  # characters without ink
        ("\u0645\u0631\u062d\u0628\u0627", "mrhba"),  # the alef, which the table of likenesses lacks
        ("\u0633\u0640\u0644\u0627\u0645", "slam"),  # stretched by a letter without a sound
    ],
)
def test_the_nearest_likeness_is_written(text, written):
    found, replaced = ASCII.transliterate(text)
    assert found == written
    assert set(replaced).isdisjoint(ASCII.characters) and replaced


def test_what_was_replaced_is_told():
    assert ASCII.transliterate("\u00e9\u2014\u00e9")[1] == {"\u00e9": "e", "\u2014": "-"}


def test_numbers_stay_as_they_are_where_the_alphabet_has_them():
    text = "2\u00bd 10\u2075 3\u00b74"
    assert Alphabet(" 012345\u00bd\u2075\u00b7").transliterate(text) == (text, {})
    replaced = {"\u00bd": "1/2", "\u2075": "^5", "\u00b7": "*"}
    assert ASCII.transliterate(text) == ("2 1/2 10^5 3*4", replaced)
    # Without the signs that it takes.
    assert Alphabet(" 012345-").transliterate(text[3:]) == ("105 3-4", {"\u2075": "5", "\u00b7": "-"})


@pytest.mark.parametrize("text", ["\U0001f600", "a\nb", "\x00", "a \u226e b", "a \u2271 b", "=\u20d2"])
def test_what_has_no_likeness_is_named(text):
    unknown = next(c for c in text if c not in ASCII.characters)
    with pytest.raises(UnknownCharacters) as caught:
        ASCII.transliterate(text)
    assert caught.value.characters == unknown
    assert f"U+{ord(unknown):04X}" in str(caught.value)


def test_a_likeness_outside_the_alphabet_does_not_help():
    with pytest.raises(UnknownCharacters) as caught:
        FEW.transliterate("\u00e1\u00e9")  # a with an accent can be written, e cannot
    assert caught.value.characters == "\u00e9"


@given(st.text(alphabet="ab \t\n\u200b\u00ad\u00a0\u00e9", max_size=20))
def test_a_line_has_single_spaces_within(text):
    line, _ = ASCII.line(text)
    assert line == " ".join(line.split()) and ASCII.line(line) == (line, {})
    assert line.split() == ASCII.transliterate(text.replace("\n", " "))[0].split()


@given(st.text(max_size=20))
def test_any_text_is_written_in_the_alphabet_or_refused(text):
    try:
        written, _ = ASCII.transliterate(text)
    except UnknownCharacters as error:
        assert error.characters
    else:
        assert set(written) <= set(ASCII.characters)


@pytest.mark.parametrize("characters", ["", "aba"])
def test_an_alphabet_has_distinct_characters(characters):
    with pytest.raises(ValueError, match="expected distinct characters"):
        Alphabet(characters)


@pytest.mark.parametrize(
    ("text", "blank"),
    [("", True), (" \t\u200b\ufeff", True), ("\u0301", True), (" . ", False), ("\u02b0", False)],  # a raised h
)
def test_a_text_without_anything_that_is_seen_is_blank(text, blank):
    assert is_blank(text) == blank
    assert (ASCII.line(text)[0] == "") == blank


@pytest.mark.parametrize(("alphabet", "text", "written"), [
    ("caf\u00e9", "cafe\u0301", "caf\u00e9"), ("cafe\u0301", "cafe\u0301", "cafe\u0301"),
    ("cafe\u0301", "caf\u00e9", "cafe\u0301"), ("cae\u0301\u00e9f", "cafe\u0301", "caf\u00e9"),
    ("\u0438\u0306", "\u0438\u0306", "\u0438\u0306"),
])  # fmt: skip
def test_an_alphabet_may_have_characters_whole_or_in_parts(alphabet, text, written):
    assert Alphabet(alphabet).transliterate(text) == (written, {})
    assert Alphabet(alphabet + " s").transliterate(text + " \u00df")[0] == written + " ss"  # whatever is beside it
