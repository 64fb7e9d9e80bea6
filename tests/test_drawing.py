"""Pictures and JSON of ink, read back by parsers that are not ours."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path
from types import SimpleNamespace
from xml.dom import minidom

import hypothesis.strategies as st
import matplotlib.style
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy.interpolate import CubicHermiteSpline

import tiny
from writemate_jax import strokes
from writemate_jax.drawing import curves, png, strokes_json, svg
from writemate_jax.drawing.attention import plot_attention_sheet
from writemate_jax.drawing.contact_sheet import contact_sheet
from writemate_jax.drawing.files import sheet_of
from writemate_jax.drawing.letters import PADDING, PEN
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.sheet import InkSheet, sheet
from writemate_jax.drawing.strokes_json import Ink, InvalidInkFile
from writemate_jax.replacing import replacing, write_text

ZIGZAG = strokes.join([
    np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 0.0], [3.0, 2.0]]),
    np.array([[3.5, 1.0]]),  # a dot
    np.array([[4.0, 0.0], [4.0, 0.0], [6.0, -1.0]]),  # with a repeated point
])
finite = st.floats(-1e6, 1e6, width=32)
eighths = st.integers(-80, 80).map(lambda n: n / 8)
any_float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def lines(draw, numbers=finite):
    length = draw(st.integers(1, 12))
    rows = np.concatenate([
        draw(hnp.arrays(np.float32, (length, 2), elements=numbers)),
        draw(hnp.arrays(np.float32, (length, 1), elements=st.sampled_from([0.0, 1.0]))),
    ], axis=1)
    rows[-1, 2] = 1
    return rows


def darkness(path) -> np.ndarray:
    """[height, width], 0 for white to 1 for black."""
    return 1 - np.asarray(Image.open(path).convert("L"), np.float64) / 255


# Curves


def test_curve_passes_through_every_point_and_has_the_slope_of_a_centripetal_catmull_rom_spline():
    points = np.random.default_rng(0).normal(size=(9, 2))
    knots = np.concatenate([[0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1)))])
    # The slope at a point is that of the parabola through it and its neighbours.
    slopes = [(points[1] - points[0]) / (knots[1] - knots[0])]
    for i in range(1, 8):
        t = knots[i - 1 : i + 2] - knots[i]
        slopes.append([np.polyfit(t, points[i - 1 : i + 2, axis], 2)[1] for axis in range(2)])
    slopes.append((points[8] - points[7]) / (knots[8] - knots[7]))
    oracle = CubicHermiteSpline(knots, points, np.array(slopes))
    times = np.concatenate([np.linspace(a, b, 9)[(i > 0):] for i, (a, b) in enumerate(itertools.pairwise(knots))])
    np.testing.assert_allclose(curves.flatten(curves.bezier(points), 8), oracle(times), atol=1e-9)


@given(lines())
def test_curves_are_finite_and_start_and_end_where_the_stroke_does(line):
    for stroke in strokes.split(line):
        segments = curves.bezier(stroke)
        assert np.isfinite(segments).all()
        if len(segments):
            np.testing.assert_array_equal(segments[0, 0], stroke[0])
            np.testing.assert_array_equal(segments[-1, 3], stroke[-1])
        else:
            assert (stroke == stroke[0]).all()


# Sheet


def strokes_of(ink: InkSheet) -> list[np.ndarray]:
    return [stroke for line in ink.lines for stroke in line.strokes]


@given(st.lists(lines(), min_size=1, max_size=4))
def test_all_ink_is_on_the_sheet_and_lines_are_in_order(written):
    laid = sheet(written)
    points = np.concatenate(strokes_of(laid))
    slack = 1e-6 * max(laid.width, laid.height)
    assert (points >= laid.pen / 2 - slack).all()
    assert (points <= np.array([laid.width, laid.height]) - laid.pen / 2 + slack).all()
    lowest = -np.inf
    for placed, line in zip(laid.lines, written, strict=True):
        assert len(placed.strokes) == len(strokes.split(line))
        y = np.concatenate(placed.strokes)[:, 1]
        assert y.min() >= lowest - slack
        lowest = y.max()


def test_a_sheet_is_the_same_for_any_unit_of_the_ink():
    small, large = sheet([ZIGZAG]), sheet([tiny.scaled(ZIGZAG, 400.0)])
    for name in ("width", "height", "pen"):
        assert getattr(large, name) == pytest.approx(400 * getattr(small, name))


@pytest.mark.parametrize("mark", [[[0, 0]], [[0, 0], [0.6, 0.0]], [[0, 0], [0.6, 0.03]]])
def test_marks_alone_have_the_pen_and_the_margin_of_letters_where_the_x_height_is_known(mark):
    letters, marks = Ink(ZIGZAG, "Z"), Ink(strokes.join([4 * np.array(mark)]), "-", x_height=4.0)
    alone = sheet_of([marks], Look(x_height=3.0))
    assert alone.pen == pytest.approx(PEN * 3.0) and alone.height >= 2 * PADDING * 3.0
    assert sheet_of([letters, marks], Look()).pen == sheet_of([letters], Look()).pen == sheet([ZIGZAG]).pen


def test_no_lines_is_an_error():
    with pytest.raises(ValueError, match="no lines to draw"):
        sheet([])


# SVG


def test_svg_has_one_round_unfilled_path_for_each_stroke():
    root = minidom.parseString(svg.to_svg(sheet([ZIGZAG], ['Tom & "Jerry" <3']))).documentElement
    assert root.getElementsByTagName("title")[0].firstChild.data == 'Tom & "Jerry" <3'
    paths = root.getElementsByTagName("path")
    assert len(paths) == len(strokes.split(ZIGZAG))
    group = paths[0].parentNode
    attributes = {name: group.getAttribute(name) for name in ("fill", "stroke-linecap", "stroke-linejoin")}
    assert attributes == {"fill": "none", "stroke-linecap": "round", "stroke-linejoin": "round"}


@given(lines(eighths), st.text(max_size=20))
def test_svg_is_well_formed_and_its_paths_keep_the_shape_of_the_ink(line, title):
    laid = sheet([line], [title], x_height=2.0)
    root = minidom.parseString(svg.to_svg(laid, 2 * svg.TOLERANCE)).documentElement
    box = [float(x) for x in root.getAttribute("viewBox").split()]
    assert box[:2] == [0, 0] and min(box[2:]) > 0
    np.testing.assert_allclose(box[2:], [laid.width, laid.height], atol=0.002)
    paths = root.getElementsByTagName("path")
    for element, stroke in zip(paths, strokes_of(laid), strict=True):
        segments = curves.bezier(stroke)
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", element.getAttribute("d"))]
        if not len(segments):
            np.testing.assert_allclose(numbers[:2], stroke[0], atol=0.002)
            continue
        places = np.array(numbers).reshape(-1, 2)
        drawn = [np.stack([places[i], *places[i + 1 : i + 4]]) for i in range(0, len(places) - 1, 3)]
        drawn, ink = (curves.flatten(np.array(of), 32) for of in (drawn, segments))
        np.testing.assert_allclose(drawn[[0, -1]], ink[[0, -1]], atol=0.002)
        distances = np.hypot(*(drawn[:, None] - ink[None]).transpose(2, 0, 1))
        apart = max(np.hypot(*np.diff(of, axis=0).T).max() for of in (drawn, ink)) / 2
        assert max(distances.min(axis=0).max(), distances.min(axis=1).max()) < 2 * svg.TOLERANCE + apart + 0.002


def test_svg_of_several_lines_stacks_them():
    one, two = (minidom.parseString(svg.to_svg(sheet([ZIGZAG] * n))).documentElement for n in (1, 2))
    assert len(two.getElementsByTagName("path")) == 2 * len(one.getElementsByTagName("path"))
    sizes = (map(float, root.getAttribute("viewBox").split()[2:]) for root in (one, two))
    width, height = zip(*sizes, strict=True)
    assert width[0] == width[1] and height[1] > height[0]


# PNG


def test_png_is_black_on_white_with_its_title(tmp_path):
    png.write_png(tmp_path / "a.png", sheet([ZIGZAG], ["caf\u00e9"]))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.text["Title"] == "caf\u00e9"
    ink = darkness(tmp_path / "a.png")
    assert ink[0].max() == ink[-1].max() == ink[:, 0].max() == ink[:, -1].max() == 0
    assert ink.max() == 1
    assert ((ink > 0) & (ink < 1)).any()  # antialiased


def test_png_has_ink_exactly_along_the_strokes(tmp_path):
    laid, zoom = sheet([ZIGZAG]), 20.0
    png.write_png(tmp_path / "a.png", laid, dpi=zoom * 25.4)
    ink = darkness(tmp_path / "a.png")
    path = [curves.flatten(curves.bezier(s), 64) if len(s) > 1 else s for s in strokes_of(laid)]
    path = np.concatenate(path) * zoom
    columns, rows = path.astype(int).T
    assert ink[rows, columns].min() > 0.5
    yy, xx = np.mgrid[: ink.shape[0], : ink.shape[1]] + 0.5
    distance = np.min(np.hypot(xx[..., None] - path[:, 0], yy[..., None] - path[:, 1]), axis=-1)
    assert ink[distance > laid.pen * zoom / 2 + 1.5].max() == 0


def test_png_default_height_grows_with_the_lines(tmp_path):
    png.write_png(tmp_path / "a.png", sheet([ZIGZAG] * 3))
    assert Image.open(tmp_path / "a.png").height == 3 * png.LINE_PIXELS


def test_a_png_that_is_too_large_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="pixels; expected 1 to"):
        png.write_png(tmp_path / "a.png", sheet([ZIGZAG]), dpi=1e6)
    assert not list(tmp_path.iterdir())


# Contact sheet and attention


@pytest.mark.parametrize("columns", [1, 2])
def test_contact_sheet_shows_each_line(tmp_path, columns):
    contact_sheet([ZIGZAG] * 3, ["one", "$two$", "\\three {"], tmp_path / "sheet.png", columns=columns)
    ink = darkness(tmp_path / "sheet.png") > 0.9
    bands = ink.any(axis=1)
    written = np.flatnonzero(np.diff(bands.astype(int)) == 1)
    assert len(written) >= 3 / columns
    assert ink.sum() > 300


def test_contact_sheet_needs_a_title_for_each_line(tmp_path):
    with pytest.raises(ValueError, match="2 lines, 1 titles"):
        contact_sheet([ZIGZAG] * 2, ["one"], tmp_path / "sheet.png")


def _attended(line, text, phi):
    return SimpleNamespace(strokes=line, text=text, phi=phi, complete=True)


def test_attention_map_is_dark_where_phi_is_large(tmp_path):
    line = strokes.join([np.stack([np.arange(40.0), np.zeros(40)], axis=1), np.array([[41.0, 4.0]])])
    phi = np.zeros((41, 8))  # wider than the text needs: padding is left out
    phi[:, 1] = 1.0
    plot_attention_sheet([_attended(line, "a$c", phi)], tmp_path / "a.png")
    ink = darkness(tmp_path / "a.png")
    black = (ink > 0.95).mean(axis=1) > 0.8  # rows of the picture that are black nearly all the way
    height = black.sum() / len(ink)
    assert 0.05 < height < 0.5


def test_sheets_are_the_same_pictures_under_any_matplotlibrc(tmp_path, monkeypatch):
    phi = np.eye(len(ZIGZAG), 4)

    def both(name):
        contact_sheet([ZIGZAG], ["one"], tmp_path / f"{name}-sheet.png")
        plot_attention_sheet([_attended(ZIGZAG, "abc", phi)], tmp_path / f"{name}-map.png")

    both("usual")
    for key, value in {**matplotlib.style.library["dark_background"], "savefig.bbox": "tight"}.items():
        monkeypatch.setitem(matplotlib.rcParams, key, value)
    both("dark")
    assert matplotlib.rcParams["savefig.bbox"] == "tight"  # it is still the user's
    for kind in ("sheet", "map"):
        assert (tmp_path / f"dark-{kind}.png").read_bytes() == (tmp_path / f"usual-{kind}.png").read_bytes()


def test_attention_map_must_fit_the_line_and_the_text(tmp_path):
    for phi in (np.ones((len(ZIGZAG), 3)), np.ones((len(ZIGZAG) - 1, 4)), np.ones(len(ZIGZAG))):
        with pytest.raises(ValueError, match="phi has the shape"):
            plot_attention_sheet([_attended(ZIGZAG, "abc", phi)], tmp_path / "a.png")
    with pytest.raises(ValueError, match="'abc' has no phi; write it with attention=True"):
        plot_attention_sheet([_attended(ZIGZAG, "abc", None)], tmp_path / "a.png")
    with pytest.raises(ValueError, match="no lines"):
        plot_attention_sheet([], tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


# JSON


@given(
    st.builds(
        Ink,
        strokes=lines(any_float32),
        text=st.text(max_size=10),
        complete=st.booleans(),
        bias=st.floats(0, 1e300),
        seed=st.integers(0, 2**63),
        points_per_second=st.none() | st.floats(1e-9, 1e300),
    )
)
def test_json_round_trip_loses_nothing(ink):
    [back] = strokes_json.loads(strokes_json.dumps(ink))
    assert back.strokes.dtype == np.float32
    assert back.strokes.tobytes() == ink.strokes.tobytes()
    for field in dataclasses.fields(Ink):
        if field.name != "strokes":
            assert getattr(back, field.name) == getattr(ink, field.name)


def test_json_holds_exactly_the_documented_fields(tmp_path):
    strokes_json.write_json(tmp_path / "a.json", Ink(ZIGZAG, "Z\u00fc", True, 0.75, 3, 30.0))
    with open(tmp_path / "a.json", encoding="utf-8") as file:
        fields = json.load(file)
    assert list(fields) == ["text", "strokes", "complete", "bias", "seed", "points_per_second"]
    assert fields["strokes"] == [[float(x), float(y), int(eos)] for x, y, eos in ZIGZAG]
    assert fields["text"] == "Z\u00fc" and fields["complete"] is True
    [back] = strokes_json.read_json(tmp_path / "a.json")
    assert (back.strokes == ZIGZAG).all()


def test_json_of_other_tools_needs_only_text_and_strokes():
    [ink] = strokes_json.loads('{"text": "I", "strokes": [[0, 0, 0], [0, -1, 1]], "device": "pen"}')
    assert ink.strokes.tolist() == [[0, 0, 0], [0, -1, 1]] and ink.points_per_second is None


def test_json_of_the_page_is_a_list_of_lines_or_a_drawn_hand():
    line = '{"text": "I", "strokes": [[1, 2, 0], [0, -1, 1]]}'
    assert [ink.text for ink in strokes_json.loads(f"[{line}, {line}]")] == ["I", "I"]
    drawn = {"text": "it", "strokes": [[[10, 20], [10, 25]], [[13.5, 21]]]}  # as a screen has it, y down
    [ink] = strokes_json.loads(json.dumps({"learned": None, "lines": [{"text": "not drawn", "strokes": []}, drawn]}))
    assert ink.text == "it"
    assert [stroke.tolist() for stroke in strokes.split(ink.strokes)] == [[[10, -20], [10, -25]], [[13.5, -21]]]
    for content in (drawn, [drawn]):  # the same without the page's frame
        [bare] = strokes_json.loads(json.dumps(content))
        assert bare.text == "it" and bare.strokes.tolist() == ink.strokes.tolist()


def test_the_forms_of_json_in_the_docs_are_the_same_ink():
    docs = (Path(__file__).parent.parent / "docs" / "files.md").read_text("utf-8")
    places, offsets = (strokes_json.loads(line) for line in docs.splitlines() if line.startswith('    {"text"'))
    np.testing.assert_array_equal(places[0].strokes[1:], offsets[0].strokes[1:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("1", "holds 1; expected an object"),
        ("[1]", r"\[0\]: holds 1; expected an object"),
        ("[]", "holds no line of ink"),
        ('[{"text": "a", "strokes": []}]', r"\[0\]: .*no points"),
        ('{"lines": 1}', "lines is 1; expected a list of lines"),
        ('{"lines": [{"text": "a", "strokes": []}]}', "holds no line of ink"),
        ('{"lines": [[]]}', r"lines\[0\]: holds a list; expected an object"),
        ('{"lines": [{"text": "a", "strokes": [[]]}]}', r"lines\[0\]: strokes\[0\] is \[\]; expected a list of \[x, y"),
        ('{"lines": [{"text": "a", "strokes": [[[1, 2, 3]]]}]}', r"strokes\[0\]\[0\] is \[1, 2, 3\]; expected \[x, y"),
        ('{"lines": [{"text": "a", "strokes": [[[1, null]]]}]}', r"strokes\[0\]\[0\] holds null; expected numbers"),
        ("{}", "no field strokes; found: none"),
        ('{"text": "a"}', "no field strokes; found: text"),
        ('{"text": 3, "strokes": [[0, 0, 1]]}', "text is 3; expected a string"),
        ('{"text": "a", "strokes": {}}', "strokes is an object"),
        ('{"text": "a", "strokes": []}', "no points"),
        ('{"text": "a", "strokes": [[0, 0, 1], [0, 1]]}', r"strokes\[1\] is \[0, 1\]; expected \[dx, dy"),
        ('{"text": "a", "strokes": [[[1, 2], [3, 4]], [5, 6]]}', r"strokes\[1\]\[0\] is 5; expected \[x, y\]"),
        ('{"text": "a", "strokes": [[[1, 2, 3]]]}', r"strokes\[0\]\[0\] is \[1, 2, 3\]; expected \[x, y\]"),
        ('{"text": "a", "strokes": [[0, "b", 1]]}', r'strokes\[0\] holds "b"; expected numbers'),
        ('{"text": "a", "strokes": [[0, true, 1]]}', r"strokes\[0\] holds true; expected numbers"),
        ('{"text": "a", "strokes": [[0, NaN, 1]]}', r"strokes\[0\] holds nan; expected finite"),
        ('{"text": "a", "strokes": [[0, 1e39, 1]]}', r"strokes\[0\] holds 1e\+39; expected finite"),
        ('{"text": "a", "strokes": [[0, 0, 0.5], [0, 0, 1]]}', "row 0 of a line has eos 0.5"),
        ('{"text": "a", "strokes": [[0, 0, 0]]}', "the last row of a line has eos 0"),
        ('{"text": "a", "strokes": [[0, 0, 1]], "bias": -1}', "bias is -1; expected a number from 0 up"),
        ('{"text": "a", "strokes": [[0, 0, 1]], "bias": 1e999}', "bias is inf"),
        ('{"text": "a", "strokes": [[0, 0, 1]], "complete": 1}', "complete is 1; expected true or false"),
        ('{"text": "a", "strokes": [[0, 0, 1]], "seed": 1.5}', "seed is 1.5; expected a whole number"),
        ('{"text": "a", "strokes": [[0, 0, 1]], "seed": true}', "seed is true; expected a whole number"),
        ('{"text": "a", "strokes": [[0, 0, 1]], "points_per_second": 0}', "points_per_second is 0; expected"),
    ],
)
def test_json_that_is_no_ink_is_an_error_that_says_why(tmp_path, text, message):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(InvalidInkFile, match=f"bad.json: .*{message}"):
        strokes_json.read_json(tmp_path / "bad.json")


def test_json_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(InvalidInkFile, match="absent.json: cannot be read"):
        strokes_json.read_json(tmp_path / "absent.json")
    (tmp_path / "latin.json").write_bytes(b'{"text": "\xe9"}')
    with pytest.raises(InvalidInkFile, match="latin.json: not a UTF-8 text"):
        strokes_json.read_json(tmp_path / "latin.json")


# Files


def test_a_file_that_cannot_be_written_is_the_one_that_is_named(tmp_path):
    (tmp_path / "file").write_text("a")
    with pytest.raises(NotADirectoryError, match=f"Not a directory: '{tmp_path}/file'"):
        write_text(tmp_path / "file" / "a.txt", "b")
    too_long = tmp_path / ("a" * 300 + ".txt")
    with pytest.raises(OSError, match=f"'{too_long}'"):
        write_text(too_long, "b")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_two_may_write_one_file_at_once_and_a_name_may_be_as_long_as_any(tmp_path):
    target = tmp_path / ("ä" * 125 + "a.txt")
    with replacing(target) as first, replacing(target) as second:
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "new" / "a.txt"
    with replacing(target) as temporary:
        temporary.write_text("old")
    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]
