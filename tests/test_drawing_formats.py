"""Files for other tools, read back by readers that are not ours: FontTools, PDFium, Pillow, gcodeparser, minidom."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from xml.dom import minidom

import hypothesis.strategies as st
import numpy as np
import pypdfium2
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from gcodeparser import parse_gcode_lines
from hypothesis import given
from hypothesis.extra import numpy as hnp
from PIL import Image

from writemate_jax import strokes
from writemate_jax.drawing import animated, curves, gcode, inkml, pdf, plotter, svg
from writemate_jax.drawing.files import save
from writemate_jax.drawing.formats import FORMATS, format_of
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.sheet import InkLine, InkSheet, sheet
from writemate_jax.drawing.strokes_json import Ink, InvalidInkFile
from writemate_jax.sampling.written import Written

ANGLE = np.linspace(0, 4 * np.pi, 60)
LOOPS = np.stack([ANGLE / 4 + np.cos(ANGLE), 0.5 + 0.5 * np.sin(ANGLE)], axis=1)
LINE = strokes.join([LOOPS, np.array([[1.0, 1.6]]), np.array([[6.0, 0.0], [5, 1]]), np.array([[4.0, 0], [4.5, 1]])])
TWO = sheet([LINE, LINE], ["Tom & <Jerry>", "two"], color="#1a3a8f", pen=0.4)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**99), max_value=2.0**99)


@st.composite
def rows(draw):
    line = np.concatenate([
        draw(hnp.arrays(np.float32, (6, 2), elements=finite)),
        draw(hnp.arrays(np.float32, (6, 1), elements=st.sampled_from([0.0, 1.0]))),
    ], axis=1)
    line[-1, 2] = 1
    return line


def drawn(path) -> np.ndarray:
    """Points along the only line of a path element, by FontTools' parser."""
    pen = RecordingPen()
    parse_path(path.getAttribute("d"), pen)
    (move, (start,)), *rest = [entry for entry in pen.value if entry[0] != "endPath"]
    assert move == "moveTo"
    points = [np.array([start], float)]
    for operator, controls in rest:
        segment = np.array([points[-1][-1], *controls], float)
        assert operator in ("curveTo", "lineTo")
        points.append(curves.flatten(segment[None], 16) if operator == "curveTo" else segment)
    return np.concatenate(points)


def gap(a: np.ndarray, b: np.ndarray) -> float:
    """The largest distance of a point of ``a`` to the nearest of ``b``."""
    return float(np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)).min(axis=1).max())


# SVG


@pytest.mark.parametrize("tolerance", [0.02, 0.1])
def test_fitted_curves_keep_within_the_distance_that_they_state(tolerance):
    noisy = LOOPS + np.random.default_rng(0).normal(scale=0.01, size=LOOPS.shape)
    fitted, off = curves.fit(noisy, tolerance)
    exact = curves.bezier(noisy)
    assert 0 < off <= tolerance and len(fitted) < len(exact)
    fine, truth = curves.flatten(fitted, 200), curves.flatten(exact, 200)
    assert gap(truth[::20], fine) <= off + 1e-3 and gap(fine[::20], truth) <= 1.5 * off + 1e-3
    np.testing.assert_array_equal(fine[[0, -1]], noisy[[0, -1]])
    # Tangents of neighbouring segments are the same: no corners.
    before, after = fitted[:-1, 3] - fitted[:-1, 2], fitted[1:, 1] - fitted[1:, 0]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-6)


def test_a_stroke_of_any_length_is_fitted_in_parts_that_join():
    way = np.linspace(0, 1200, 12 * curves.LONGEST)
    coil = np.stack([way * 0.1 + np.sin(way), np.cos(way)], axis=1)
    fitted, off = curves.fit(coil, 0.02)
    assert 0 < off <= 0.02 and len(fitted) < len(coil) / 2
    np.testing.assert_array_equal(fitted[:-1, 3], fitted[1:, 0])
    np.testing.assert_array_equal(fitted[[0, -1], [0, 3]], coil[[0, -1]])
    before, after = fitted[:-1, 3] - fitted[:-1, 2], fitted[1:, 1] - fitted[1:, 0]
    cosines = (before * after).sum(axis=1) / np.hypot(*before.T) / np.hypot(*after.T)
    assert cosines.min() > np.cos(np.radians(10))  # no corner that is seen


def test_svg_is_in_millimetres_and_states_its_largest_deviation():
    root = minidom.parseString(svg.to_svg(TWO)).documentElement
    box = root.getAttribute("viewBox").split()
    assert [root.getAttribute(name) for name in ("width", "height")] == [f"{side}mm" for side in box[2:]]
    said = float(root.getElementsByTagName("desc")[0].firstChild.data.split()[2])
    assert 0 < said <= 0.06
    inked = [stroke for line in TWO.lines for stroke in line.strokes]
    for path, stroke in zip(root.getElementsByTagName("path"), inked, strict=True):
        assert gap(stroke, drawn(path)) < said + 0.15  # half of a chord of `drawn`


def test_svg_by_speed_is_thinner_where_the_pen_was_quick():
    quick = np.stack([np.concatenate([np.arange(20) * 0.1, 2 + np.arange(1, 21) * 0.5]), np.zeros(40)], axis=1)
    root = minidom.parseString(svg.to_svg(sheet([strokes.join([quick])], pen=0.5), by_speed=True)).documentElement
    widths = [float(path.getAttribute("stroke-width")) for path in root.getElementsByTagName("path")]
    assert len(widths) == 39 and min(widths[:15]) > 0.5 > max(widths[-15:]) > 0.25
    # Dots have no speed, and so leave the usual one as it is.
    dots = [np.array([[x, 1.0]]) for x in (0.0, 1.0, 2.0)]
    dotted = sheet([strokes.join([quick, *dots])], pen=0.5)
    root = minidom.parseString(svg.to_svg(dotted, by_speed=True)).documentElement
    among = [float(path.getAttribute("stroke-width") or "nan") for path in root.getElementsByTagName("path")]
    assert among[:39] == widths and len(among) == 42
    svg.to_svg(sheet([strokes.join(dots)]), by_speed=True)  # not a number in it, nor an error


# Plotter


def test_plotter_svg_has_a_layer_for_each_line_and_all_its_strokes_without_fill():
    root = minidom.parseString(plotter.to_plotter_svg(TWO)).documentElement
    groups = root.getElementsByTagName("g")
    assert [group.getAttribute("inkscape:label") for group in groups] == ["1: Tom & <Jerry>", "2: two"]
    assert {group.getAttribute("inkscape:groupmode") for group in groups} == {"layer"}
    assert {group.getAttribute("fill") for group in groups} == {"none"}
    for group, line in zip(groups, TWO.lines, strict=True):
        ends = sorted(sorted(map(tuple, drawn(path)[[0, -1]])) for path in group.getElementsByTagName("path"))
        expected = sorted(sorted(map(tuple, stroke[[0, -1]])) for stroke in line.strokes)
        np.testing.assert_allclose(ends, expected, atol=0.02)  # a dot is that long


@given(st.lists(hnp.arrays(np.float64, (2, 2), elements=st.floats(-50, 50)), min_size=1, max_size=8))
def test_the_plotters_order_never_travels_further_than_the_writers(many):
    ink = dataclasses.replace(TWO, lines=(dataclasses.replace(TWO.lines[0], strokes=tuple(many)),))
    (ordered,) = plotter.in_order(ink)
    assert plotter.travel(ordered, np.zeros(2)) <= plotter.travel(many, np.zeros(2)) + 1e-9
    assert sorted(sorted(stroke.tolist()) for stroke in ordered) == sorted(sorted(stroke.tolist()) for stroke in many)


# PNG and PDF


def test_png_has_the_size_that_its_resolution_says_its_colour_and_no_paper(tmp_path):
    save([Ink(LINE, "a")], tmp_path / "a.png", Look(dpi=200, color="#1a3a8f", pen=0.6, transparent=True))
    with Image.open(tmp_path / "a.png") as picture:
        laid = sheet([LINE])
        assert picture.mode == "RGBA" and picture.info["dpi"] == pytest.approx((200, 200), abs=0.1)
        np.testing.assert_allclose(picture.size, np.array([laid.width, laid.height]) / 25.4 * 200, atol=1.5)
        pixels = np.asarray(picture)
    assert (pixels[..., :3] == [0x1A, 0x3A, 0x8F]).all()
    assert pixels[0, 0, 3] == 0 and pixels[..., 3].max() == 255


def test_pdf_has_pages_of_real_size_with_vector_ink_where_the_strokes_are(tmp_path):
    pdf.write_pdf(tmp_path / "a.pdf", [TWO, TWO])
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    assert len(document) == 2 and document.get_metadata_dict()["Title"] == "Tom & <Jerry>"
    page = document[0]
    np.testing.assert_allclose(np.array(page.get_size()) * 25.4 / 72, [TWO.width, TWO.height], atol=0.01)
    assert {thing.type for thing in page.get_objects()} <= {pypdfium2.raw.FPDF_PAGEOBJ_PATH,
                                                            pypdfium2.raw.FPDF_PAGEOBJ_FORM}
    zoom = 20 * 25.4 / 72  # 20 pixels a mm
    ink = 255 - np.asarray(page.render(scale=zoom, grayscale=True).to_pil().convert("L"))
    for stroke in (stroke for line in TWO.lines for stroke in line.strokes):
        columns, rows_ = (stroke * 20).astype(int).T
        assert (ink[rows_, columns] > 100).all()
    assert (ink > 100).mean() < 0.2
    with pytest.raises(ValueError, match="no sheets"):
        pdf.write_pdf(tmp_path / "b.pdf", [])


# G-code


def test_gcode_draws_each_stroke_with_the_pen_down_and_travels_with_it_up():
    machine = gcode.Machine(origin=(20, 100), feed=900, travel=2500, pen_up="M5", pen_down="M3 S90", seconds=0.2)
    commands = list(parse_gcode_lines(gcode.to_gcode(TWO, machine), include_comments=False))
    names = [command.command for command in commands]
    assert names[:3] == [("G", 21), ("G", 90), ("M", 5)] and names[-1] == ("M", 2)
    down, place, strokes_drawn = False, np.zeros(2), []
    for command in commands:
        if command.command in (("M", 3), ("M", 5)):
            down = command.command == ("M", 3)
            if down:
                strokes_drawn.append([place])
        elif "X" in command.params:
            assert command.command == ("G", 1 if down else 0)
            place = np.array([command.params["X"], command.params["Y"]])
            if down:
                strokes_drawn[-1].append(place)
    assert {c.params["F"] for c in commands if "F" in c.params} == {900, 2500}
    assert {c.params["P"] for c in commands if c.command == ("G", 4)} == {0.2}
    assert not down and (place == 0).all()
    corner = np.array([20, 100 + TWO.height])
    expected = [corner + stroke * [1, -1] for line in plotter.in_order(TWO) for stroke in line]
    for found, stroke in zip(map(np.array, strokes_drawn), expected, strict=True):
        np.testing.assert_allclose(found[[0, -1]], stroke[[0, -1]], atol=1e-3)
        assert gap(stroke, found) < 1e-3
        if len(stroke) > 2:
            assert np.hypot(*np.diff(found, axis=0).T).max() <= gcode.CHORD * 1.5


def test_gcode_has_texts_as_comments_that_no_machine_takes_for_a_command():
    line = InkLine("a\rG1 Z-9\x85\u2028(b) %\u00e9;~\nc!", TWO.lines[0].strokes, None)
    program = gcode.to_gcode(dataclasses.replace(TWO, lines=(line,)))
    assert program.isascii() and program.splitlines() == program.split("\n")[:-1]
    assert program.split("\n")[:3] == ["; a_G1 Z-9___b_ ____", "; c_", "G21 ; mm"]


def test_gcode_of_a_long_paragraph_has_comments_that_every_machine_can_take():
    words = "a paragraph of a letter that goes on over many lines of its page "
    line = InkLine(words * 20 + "x" * 200, TWO.lines[0].strokes, None)
    program = gcode.to_gcode(dataclasses.replace(TWO, lines=(line,))).split("\n")
    comments = [part.removeprefix("; ") for part in program if part.startswith("; ")]
    assert max(map(len, comments)) == 70 and min(map(len, comments[:-4])) > 50
    assert " ".join(comments[:-3]) == (words * 20).strip() and "".join(comments[-3:]) == "x" * 200


@pytest.mark.parametrize(("seconds", "unit", "pause"), [
    (0.2, "s", "G4 P0.2"), (0.2, "ms", "G4 P200"), (0.0704, "ms", "G4 P70"), (1.5, "ms", "G4 P1500"), (0.0, "ms", None),
])
def test_gcode_gives_the_pen_its_seconds_in_the_machines_unit(seconds, unit, pause):
    pen = {"pen_up": "M5", "pen_down": "M3 S90"}
    lines = gcode.to_gcode(TWO, gcode.Machine(seconds=seconds, dwell_unit=unit, **pen)).splitlines()
    after = {lines[i + 1] for i, line in enumerate(lines) if line in pen.values()}
    assert after == {pause} if pause else not any(line.startswith("G4") for line in lines)


@pytest.mark.parametrize("machine", [{"bed": (20.0, 20.0)}, {"origin": (-5.0, 0.0)}, {"origin": (0.0, 290.0)}])
def test_gcode_off_the_bed_is_refused(machine):
    with pytest.raises(gcode.OffTheBed, match="not wholly on the bed of"):
        gcode.to_gcode(TWO, gcode.Machine(**machine))


def test_a_curve_may_pass_the_bed_s_edge_by_a_hair_and_is_drawn_along_it():
    arc = np.array([[0.5, 3.0], [0.02, 2.0], [0.02, 1.0], [0.5, 0.0]])
    assert curves.flatten(curves.bezier(arc), 20)[:, 0].min() < -0.01
    page = InkSheet(10.0, 3.0, (InkLine("a", (arc,), None),))
    places = [c.params["X"] for c in parse_gcode_lines(gcode.to_gcode(page)) if "X" in c.params]
    assert min(places) == 0
    with pytest.raises(gcode.OffTheBed):
        gcode.to_gcode(dataclasses.replace(page, lines=(InkLine("a", (arc - [0.1, 0.0],), None),)))


@pytest.mark.parametrize(("field", "value"), [
    ("feed", 0.0), ("feed", 0.0001), ("travel", float("nan")), ("bed", (0.0, 9.0)), ("origin", (1.0,)),
    ("pen_up", "M5\nM3"), ("pen_down", " "), ("seconds", -1.0), ("dwell_unit", "minutes"),
])
def test_a_machine_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*; expected"):
        gcode.Machine(**{field: value})


# Animations


def test_animated_svg_draws_every_stroke_in_turn_and_shows_all_without_motion():
    text = animated.to_animated_svg(TWO)
    root = minidom.parseString(text).documentElement
    assert "prefers-reduced-motion" in root.getElementsByTagName("style")[0].firstChild.data
    assert "script" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
    begins, durations = [], set()
    for path in root.getElementsByTagName("path"):
        assert not path.hasAttribute("stroke-dashoffset") and path.getAttribute("pathLength") == "1"
        (motion,) = path.getElementsByTagName("animate")
        times, values = ([float(x) for x in motion.getAttribute(name).split(";")] for name in ("keyTimes", "values"))
        assert len(times) == len(values) and times[0] == 0 and times[-1] == 1
        assert times == sorted(times) and values == sorted(values, reverse=True) and values[0] > 1 and values[-1] == 0
        begins.append(times[1])
        durations.add(motion.getAttribute("dur"))
    assert begins == sorted(begins) and len(durations) == 1


def test_strokes_take_the_pens_time_and_lifts_are_pauses():
    ink = sheet([LINE], ["a"], paces=[20.0])
    timed, end = animated.timeline(ink)
    for stroke, times in timed:
        np.testing.assert_allclose(np.diff(times), 1 / 20)
        assert len(times) == len(stroke)
    for (_, before), (_, after) in zip(timed, timed[1:], strict=False):
        assert after[0] - before[-1] >= animated.LIFT
    assert end > timed[-1][1][-1]


def test_gif_begins_empty_gains_ink_and_lasts_as_long_as_the_writing(tmp_path):
    animated.write_gif(tmp_path / "a.gif", sheet([LINE], color="#1a3a8f"), height=40)
    with Image.open(tmp_path / "a.gif") as picture:
        inked, lasted = [], 0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            lasted += picture.info["duration"]
            inked.append((255 - np.asarray(picture.convert("L"), int)).sum())
        assert picture.info["loop"] == 0 and picture.height == 40
    assert inked[0] == 0 and (np.diff(inked) >= 0).all() and inked[-1] > 0
    end = animated.timeline(sheet([LINE]))[1] + animated.REST
    assert lasted / 1000 == pytest.approx(end, abs=0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
def test_gif_of_a_long_text_takes_the_memory_of_one_picture_and_ends_complete(tmp_path):
    script = """if True:
        import resource, sys
        import numpy as np
        from writemate_jax.drawing import animated, sheet
        path, line = sys.argv[1], np.load(sys.argv[2])
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        animated.write_gif(path, sheet.sheet([line]), height=40)
        before = peak()
        animated.write_gif(path, sheet.sheet([line] * 10))
        print(peak() - before)
    """
    path = tmp_path / "a.gif"
    np.save(tmp_path / "line.npy", LINE)
    found = subprocess.run([sys.executable, "-c", script, path, tmp_path / "line.npy"], cwd=Path(__file__).parents[1],
                           stdout=subprocess.PIPE, text=True, check=True)
    ink = sheet([LINE] * 10)
    timed, end = animated.timeline(ink)
    with Image.open(path) as picture:
        pixels, frames, lasted = picture.width * picture.height, picture.n_frames, 0
        for frame in range(frames):
            picture.seek(frame)
            lasted += picture.info["duration"]
        last = np.asarray(picture.convert("L"))
    assert frames > 300 and int(found.stdout) < 30 * pixels
    assert lasted / 1000 == pytest.approx(end + animated.REST, abs=0.1)
    x, y = (np.concatenate([stroke for stroke, _ in timed]) * len(last) / ink.height).astype(int).T
    assert (last[y, x] < 128).all() and last[0].min() == 255


def test_gif_of_a_pen_that_hardly_moves_is_one(tmp_path):
    animated.write_gif(tmp_path / "a.gif", sheet([LINE], paces=[1e-5]), height=40)
    with Image.open(tmp_path / "a.gif") as picture:
        picture.seek(1)
        assert picture.info["duration"] == animated.LONGEST_PAUSE


def test_gif_that_is_too_large_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="a GIF of"):
        animated.write_gif(tmp_path / "a.gif", TWO, height=10**5)


# InkML


@given(st.lists(st.builds(
    Ink, strokes=rows(), text=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]),
                                      max_size=8),
    complete=st.booleans(), bias=st.floats(0, 1e300), seed=st.integers(0, 2**63),
    points_per_second=st.none() | st.floats(1e-9, 1e300)), min_size=1, max_size=2))
def test_inkml_round_trip_loses_nothing(lines):
    back = inkml.loads(inkml.dumps(lines).encode())
    for found, ink in zip(back, lines, strict=True):
        assert found.strokes.dtype == np.float32
        np.testing.assert_array_equal(found.strokes, ink.strokes)
        for field in dataclasses.fields(Ink):
            if field.name != "strokes":
                assert getattr(found, field.name) == getattr(ink, field.name)


def test_inkml_places_are_y_down_as_another_reader_sees_them():
    root = minidom.parseString(inkml.dumps([Ink(LINE, "a & b")])).documentElement
    [form] = root.getElementsByTagName("traceFormat")
    assert form.parentNode.tagName == "context"  # the schema has none directly in the ink
    assert root.namespaceURI == inkml.NAMESPACE
    assert root.getElementsByTagName("annotation")[0].firstChild.data == "a & b"
    for trace, stroke in zip(root.getElementsByTagName("trace"), strokes.split(LINE), strict=True):
        points = [[float(x) for x in point.split()] for point in trace.firstChild.data.split(",")]
        np.testing.assert_allclose(points, stroke * [1, -1], atol=1e-6)


def test_inkml_of_other_tools_is_read():
    text = """<ink xmlns="http://www.w3.org/2003/InkML"><traceFormat><channel name="X"/><channel name="Y"/>
        <channel name="F"/></traceFormat><annotation type="truth">hi</annotation>
        <trace>1 2 9, '1 '-1 '0, "1 "0 "0</trace><trace type="penUp">9 9 9</trace><trace>5 5 0</trace></ink>"""
    (ink,) = inkml.loads(text)
    assert ink.text == "hi"
    np.testing.assert_array_equal(strokes.to_points(ink.strokes), [[1, -2], [2, -1], [4, 0], [5, -5]])
    assert ink.strokes[:, 2].tolist() == [0, 0, 1, 1]


def points_of(text: str) -> list:
    return [(strokes.to_points(ink.strokes).tolist(), ink.strokes[:, 2].tolist()) for ink in inkml.loads(text)]


CHANNELS = '<channel name="X"/><channel name="Y"/>'


@pytest.mark.parametrize(("body", "lines"), [
    # ! ends the differences; orientation says that Y grows upward.
    ("<trace>1 1, '2 '2, !7 !9</trace>", [([[1, -1], [3, -3], [7, -9]], [0, 0, 1])]),
    ('<traceFormat><channel name="X"/><channel name="Y" orientation="-ve"/></traceFormat><trace>1 2</trace>',
     [([[1, 2]], [1])]),
    # Groups that only point to their traces, as handwritten mathematics has it, and a trace beside the groups.
    ('<trace id="0">1 1</trace><trace id="1">2 2</trace><traceGroup><traceGroup><traceView traceDataRef="0"/>'
     '<traceView traceDataRef="#1"/></traceGroup></traceGroup>', [([[1, -1], [2, -2]], [1, 1])]),
    ('<trace id="0">1 1</trace><traceGroup><traceView traceDataRef="0"/></traceGroup>'
     '<traceGroup><trace>2 2</trace></traceGroup>', [([[1, -1]], [1]), ([[2, -2]], [1])]),
    ("<traceGroup><trace>1 1</trace></traceGroup><trace>2 2</trace>", [([[1, -1], [2, -2]], [1, 1])]),
    # A trace's own context, not all that the document describes; a device's where the context has none.
    (f'<context xml:id="c"><inkSource><traceFormat>{CHANNELS}<channel name="F"/></traceFormat></inkSource>'
     f'<traceFormat>{CHANNELS}</traceFormat></context><trace>1 1</trace>', [([[1, -1]], [1])]),
    (f'<definitions><inkSource xml:id="pen"><traceFormat>{CHANNELS}<channel name="F"/></traceFormat></inkSource>'
     '<context xml:id="a"/><context xml:id="b" inkSourceRef="#pen"/></definitions>'
     '<traceGroup contextRef="#b"><trace>1 1 9</trace></traceGroup>', [([[1, -1]], [1])]),
    # A context that is based on another, and two that are based on each other.
    (f'<context xml:id="a"><traceFormat>{CHANNELS}</traceFormat></context><context xml:id="b"><traceFormat>{CHANNELS}'
     '<channel name="F"/></traceFormat></context><context xml:id="c" contextRef="#b"/>'
     '<trace contextRef="#c">1 1 9</trace>', [([[1, -1]], [1])]),
    ('<context xml:id="a" contextRef="#b"/><context xml:id="b" contextRef="#a"/><trace contextRef="#a">1 1</trace>',
     [([[1, -1]], [1])]),
    (f'<traceFormat xml:id="f"><channel name="T"/>{CHANNELS}</traceFormat><context traceFormatRef="#f"/>'
     "<trace>9 1 1</trace>", [([[1, -1]], [1])]),
    (f'<traceFormat>{CHANNELS}<intermittentChannels><channel name="B"/></intermittentChannels></traceFormat>'
     "<trace>1 1, 2 2 0, 3 3</trace>", [([[1, -1], [2, -2], [3, -3]], [0, 0, 1])]),
    ('<trace continuation="begin">1 1</trace><trace continuation="middle">2 2</trace>'
     '<trace continuation="end">3 3</trace><trace continuation="begin">4 4</trace>',
     [([[1, -1], [2, -2], [3, -3], [4, -4]], [0, 0, 1, 1])]),
    # Whether a button is down, a value as before, and one that is not known: of channels that are left out.
    (f'<traceFormat>{CHANNELS}<channel name="B" type="boolean"/><channel name="F"/></traceFormat>'
     "<trace>1 1 T ?, '2'2F'9, 3 -1 * *</trace>", [([[1, -1], [3, -3], [6, -2]], [0, 0, 1])]),
])
def test_inkml_is_read_as_the_standard_has_it(body, lines):
    assert points_of(f"<ink>{body}</ink>") == lines


WORD = '<traceGroup>{}<trace>1 1</trace></traceGroup>'
HI, HO = (f'<annotation type="truth">{text}</annotation>' for text in ("hi", "hi ho"))


@pytest.mark.parametrize(("body", "texts"), [
    (WORD.format(HI) + WORD.format(HO), ["hi", "hi ho"]), (WORD.format("") * 2, ["", ""]),
    (HO + WORD.format("") * 2, ["hi ho"]),  # words of one line
    (HO + WORD.format(HI) + WORD.format(""), ["hi", ""]), (HO + WORD.format("") + "<trace>2 2</trace>", ["hi ho"]),
    # Lines of a page, of which one has groups for its words, and a drawing beside.
    (f"<traceGroup>{WORD.format(HI)}<traceGroup>{HO}{WORD.format(HI) * 2}</traceGroup></traceGroup>" + WORD.format(""),
     ["hi", "hi ho", ""]),
])  # fmt: skip
def test_inkml_has_the_lines_that_say_what_they_are(body, texts):
    found = inkml.loads(f"<ink>{body}</ink>")
    assert [ink.text for ink in found] == texts
    assert sum(ink.strokes[:, 2].sum() for ink in found) == body.count("<trace>")


BOMB = '<!DOCTYPE ink [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><ink><trace>&b;</trace></ink>'


@pytest.mark.parametrize(("text", "message"), [
    (BOMB, "document type"), ('<!DOCTYPE ink SYSTEM "file:///etc/passwd"><ink/>', "document type"),
    ("", "not XML"), ("<ink>", "not XML"), ("<svg/>", "the root is <svg>"), ("<ink/>", "holds no ink"),
    ("<ink><trace>1 2, 3</trace></ink>", "trace 0, point 1: '3'; expected numbers for X Y"),
    ("<ink><trace>1 b</trace></ink>", "point 0: '1 b'"), ("<ink><trace>1 T</trace></ink>", "'1 T'; expected numbers"),
    (f"<ink>{WORD.format(HI)}<trace>7 8, 9 9</trace></ink>", "outside of the .*: trace 1 .'7 8, 9 9'., .* or remove"),
    (f"<ink><traceGroup>{WORD.format(HI)}<trace>7 8</trace></traceGroup></ink>", "outside of the .*: trace 1 .'7 8'."),
    ("<ink><trace>1e99 0</trace></ink>", "no place for ink"),
    ("<ink><trace>1e50 0</trace></ink>", "expected finite float32"),
    ('<ink><traceFormat><channel name="X"/></traceFormat><trace>1</trace></ink>', "expected X and Y"),
    ('<ink><annotation type="bias">b</annotation><trace>1 1</trace></ink>', "annotation is no number"),
    ('<ink><annotation type="bias">-1</annotation><trace>1 1</trace></ink>', "bias is -1"),
])
def test_inkml_that_is_no_ink_is_an_error_that_says_why(tmp_path, text, message):
    (tmp_path / "bad.inkml").write_text(text)
    with pytest.raises(InvalidInkFile, match=f"bad.inkml: .*{message}"):
        inkml.read_inkml(tmp_path / "bad.inkml")
    with pytest.raises(InvalidInkFile, match="absent.inkml: cannot be read"):
        inkml.read_inkml(tmp_path / "absent.inkml")


def test_inkml_refuses_a_text_that_xml_cannot_hold():
    with pytest.raises(ValueError, match="XML cannot"):
        inkml.dumps([Ink(LINE, "a\x00b")])


# All of them


def test_a_written_line_saves_itself_as_every_format(tmp_path):
    line = Written(LINE, "hi", points_per_second=40.0)
    for kind, suffix in FORMATS.items():
        assert format_of(f"a.b{suffix}") == kind
        line.save(tmp_path / f"a{suffix}", x_height=2.0)
    assert len(list(tmp_path.iterdir())) == len(FORMATS)
    assert "<title>hi</title>" in line._repr_svg_()


@pytest.mark.parametrize(("field", "value"), [
    ("x_height", 0.0), ("pen", -1.0), ("pen", float("inf")), ("color", "navy"), ("dpi", 0.0)])
def test_a_look_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*; expected"):
        Look(**{field: value})
