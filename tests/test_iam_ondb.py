"""IAM-OnDB's reader: on a made-up folder with every kind of bad input, and on the raw data where it is given."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from writemate_jax import strokes as ink
from writemate_jax.data import __main__ as data_command
from writemate_jax.data import corpus as corpora
from writemate_jax.data import iam_ondb
from writemate_jax.data.iam_ondb import LayoutError, build, read_strokes

LISTS = {"trainset": ["a01-000u"], "testset_v": ["a01-001"], "testset_t": ["b02-010z"], "testset_f": []}
TEXTS = {"a01-000u": ["First line", "second, it's"], "a01-001": ["Alone"], "b02-010z": ["x y z"],
         "c03-000": ["Unlisted"]}
INK = [[(10, 50), (12, 40), (15, 60)], [(20, 50)]]


def xml(strokes=INK, head='<?xml version="1.0" encoding="ISO-8859-1"?>\n') -> str:
    times = range(9, 0, -1)  # backwards, as in some real lines
    points = [
        [f'<Point x="{x}" y="{y}" time="{t}"/>' for (x, y), t in zip(stroke, times, strict=False)]
        for stroke in strokes
    ]
    body = "".join(f"<Stroke>{''.join(stroke)}</Stroke>" for stroke in points)
    return f"{head}<WhiteboardCaptureSession><StrokeSet>{body}</StrokeSet></WhiteboardCaptureSession>"


def place(root: Path, form: str, number: int | None = None) -> Path:
    below, name = ("ascii", f"{form}.txt") if number is None else ("lineStrokes", f"{form}-{number:02}.xml")
    path = root / below / form[:3] / form[:7] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "iam"
    for form, texts in TEXTS.items():
        place(folder, form).write_text("OCR:\n\nignored\n\nCSR: \n\n" + "\n".join(texts) + "\n\n", "latin-1")
        for number in range(1, len(texts) + 1):
            place(folder, form, number).write_text(xml())
    for name, forms in LISTS.items():
        (folder / f"{name}.txt").write_text("".join(f" {form} \n" for form in forms))
    return folder


def sources(lines):
    return [line.source for line in lines]


WHOLE = ["a01-000u-01", "a01-000u-02", "a01-001-01", "b02-010z-01", "c03-000-01"]


def test_lines_pair_with_their_texts_and_splits(root):
    lines, report = build(root)
    assert sources(lines) == WHOLE
    assert [line.text for line in lines] == ["First line", "second, it's", "Alone", "x y z", "Unlisted"]
    assert [line.split for line in lines] == ["train", "train", "testset_v", "testset_t", "none"]
    assert lines[0].writer == lines[1].writer != lines[2].writer
    assert not report.skipped and report.counts["lines kept, train"] == 2 and report.counts["points kept"] == 20
    assert "each form counts as its own writer" in report.text()


def test_ink_stands_upright_from_its_first_point(root):
    rows = build(root)[0][0].strokes
    np.testing.assert_array_equal(ink.check(rows), [[0, 0, 0], [2, 10, 0], [3, -20, 1], [5, 10, 1]])


def test_archives_may_nest_their_folders(root):
    plain, _ = build(root)
    for name in ("lineStrokes", "ascii"):
        (root / f"{name}-all").mkdir()
        (root / name).rename(root / f"{name}-all" / name)
    nested, _ = build(root)
    assert sources(nested) == sources(plain)


def test_lists_lie_in_the_root_below_it_or_where_one_says(root, tmp_path):
    for folder, given in ((root / "task1", None), (tmp_path / "elsewhere", tmp_path / "elsewhere")):
        folder.mkdir()
        for path in iam_ondb.find_splits(root).glob("*set*.txt"):
            path.rename(folder / path.name)
        assert [line.split for line in build(root, given)[0]][:3] == ["train", "train", "testset_v"]
    with pytest.raises(LayoutError, match="no lists of forms in .*iam.*trainset.txt, testset_v.txt.*--splits DIR"):
        build(root)
    with pytest.raises(LayoutError, match="no lists of forms in .*nowhere"):
        build(root, tmp_path / "nowhere")


def test_each_list_is_needed_and_a_form_is_in_one(root):
    with (root / "testset_f.txt").open("a") as file:
        file.write("a01-001\n")
    with pytest.raises(LayoutError, match="form a01-001 is in testset_v and in testset_f"):
        build(root)
    (root / "testset_f.txt").unlink()
    with pytest.raises(LayoutError, match="no list .*testset_f.txt"):
        build(root)


def test_a_wrong_folder_says_which_layout_was_expected(root, tmp_path):
    with pytest.raises(LayoutError, match="no folder.*lineStrokes/ and ascii/"):
        build(tmp_path / "absent")
    with pytest.raises(LayoutError, match="no lineStrokes/ in.*expected a folder with lineStrokes/ and ascii/"):
        build(tmp_path)
    (root / "ascii").rename(root / "texts")
    with pytest.raises(LayoutError, match="no ascii/"):
        build(root)
    (root / "texts").rename(root / "ascii")
    for path in (root / "lineStrokes").rglob("*.xml"):
        path.unlink()
    with pytest.raises(LayoutError, match="no files such as a01/a01-000/a01-000u-01.xml"):
        build(root)


def test_two_files_of_one_name_are_not_taken_for_one(root):
    [path] = (root / "lineStrokes").rglob("a01-000u-01.xml")
    other = root / "lineStrokes" / "copy" / "a01-000u-02.xml"
    other.parent.mkdir()
    other.write_bytes(path.read_bytes())
    with pytest.raises(LayoutError, match="a01-000u-02.xml' and '.*a01-000u-02.xml' have one name"):
        build(root)


def test_an_archive_of_which_nothing_can_be_used_is_said_to_be(root, tmp_path, capsys):
    for path in (root / "ascii").rglob("*.txt"):
        path.unlink()
    arguments = ["iam", "--root", str(root), "--splits", str(root), "--out", str(tmp_path / "x.npz")]
    assert data_command.main(arguments) == 2
    captured = capsys.readouterr()
    assert "form without a transcription" in captured.out and "is the archive whole?" in captured.err


# Wild forms and lines


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (xml()[:-60], "form with a stroke file that is cut off or no XML"),
        ("", "form with a stroke file that is cut off or no XML"),
        (xml(head='<?xml version="1.0" encoding="no-such"?>'), "form with a stroke file that is cut off or no XML"),
        (xml(head='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "form with a stroke file that declares a document type"),
    ],
)
def test_a_broken_stroke_file_drops_its_form(root, content, reason):
    place(root, "a01-000u", 2).write_text(content)
    lines, report = build(root)
    assert sources(lines) == WHOLE[2:]
    assert report.skipped == {reason: ["a01-000u (a01-000u-02.xml)"]}
    assert f"1  skipped: {reason}: a01-000u" in report.text()


@pytest.mark.parametrize("content", [None, "", "OCR:\nno block", "CSR:\n\n  \n"])
def test_a_form_without_a_transcription_is_dropped(root, content):
    path = place(root, "a01-001")
    path.unlink() if content is None else path.write_text(content)
    lines, report = build(root)
    assert sources(lines) == [name for name in WHOLE if name != "a01-001-01"]
    assert report.skipped == {"form without a transcription": ["a01-001"]}


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1,), (2, 3)])
def test_a_form_with_other_numbers_of_files_and_texts_is_dropped(root, numbers):
    for number in (1, 2):
        place(root, "a01-000u", number).unlink()
    for number in numbers:
        place(root, "a01-000u", number).write_text(xml())
    lines, report = build(root)
    assert sources(lines) == WHOLE[2:]
    reason = "form whose stroke files and text lines differ in number"
    assert report.skipped == {reason: [f"a01-000u ({len(numbers)} and 2)"]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (xml([]), "line without strokes"),
        (xml([INK[0], []]), "line with an empty stroke"),
        (xml([[(1, "nan")]]), "line with a coordinate that is no finite number"),
        (xml([[(1, "inf"), (1, 1)]]), "line with a coordinate that is no finite number"),
        (xml([[(1, "many")]]), "line with a coordinate that is no finite number"),
        (xml().replace(' x="12"', ""), "line with a coordinate that is no finite number"),
        (xml([[(0, 0), (0, 40_000)]]), "line with a jump beyond 32767"),
    ],
)
def test_a_wild_line_is_left_out_alone(root, content, reason):
    place(root, "a01-000u", 1).write_text(content)
    lines, report = build(root)
    assert sources(lines) == WHOLE[1:]
    assert report.skipped == {reason: ["a01-000u-01"]}
    corpora.pack(lines, quantum=iam_ondb.QUANTUM, unit=iam_ondb.UNIT, provenance=iam_ondb.PROVENANCE)


def test_files_of_other_names_are_named(root):
    (place(root, "a01-001", 1).parent / "a01-001-01 (copy).xml").write_text(xml())
    lines, report = build(root)
    assert sources(lines) == WHOLE
    assert report.skipped == {"stroke file not named like a01-000u-01.xml": ["a01-001-01 (copy).xml"]}


def test_known_writers_are_checked_to_stay_in_one_split(root):
    known = {"a01-000u": 7, "a01-001": 8}
    (root / "form_writer.json").write_text(json.dumps(known))
    lines, report = build(root)
    assert [line.writer for line in lines] == ["7", "7", "8", "unknown-b02-010z", "unknown-c03-000"]
    assert "known for 2 of 4 forms; 2 known writers, each in one split only" in report.text()
    (root / "form_writer.json").write_text(json.dumps(known | {"a01-001": 7}))
    assert "in more than one split: 7" in build(root)[1].text()
    for wrong in ({"a01-000u": ["x"]}, {"a01-000u": None}, {"a01-000u": ""}, {"a01-000u": True}):
        (root / "form_writer.json").write_text(json.dumps(wrong))
        with pytest.raises(LayoutError, match="form_writer.json.*the writer of a01-000u is"):
            build(root)
    (root / "form_writer.json").write_text("[1")
    with pytest.raises(LayoutError, match="form_writer.json.*no JSON object"):
        build(root)


def test_listed_forms_without_strokes_are_told(root):
    with (root / "testset_f.txt").open("a") as file:
        file.write("z99-999\n")
    assert "1 forms of the lists have no strokes: z99-999" in build(root)[1].text()


def test_a_missing_stroke_file_is_an_error_of_its_own(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_strokes(tmp_path / "a01-000u-01.xml")


# The raw data


@pytest.mark.skipif("WRITEMATE_IAM_ONDB" not in os.environ,
                    reason="set WRITEMATE_IAM_ONDB to the folder of IAM-OnDB (and WRITEMATE_IAM_ONDB_SPLITS)")
def test_the_raw_data_has_the_known_counts():
    folder = Path(os.environ["WRITEMATE_IAM_ONDB"])
    if not folder.is_dir():
        pytest.skip(f"WRITEMATE_IAM_ONDB: no folder {folder}")
    lines, report = build(folder, os.environ.get("WRITEMATE_IAM_ONDB_SPLITS"))
    paired = {"train": 5363, "testset_v": 1438, "testset_t": 1518, "testset_f": 3859, "none": 9}
    assert {split: report.counts[f"lines that pair with a text, {split}"] for split in paired} == paired
    assert sum(paired.values()) == 12_187
    # Two forms whose numbers of strokes and texts differ take 9 of these lines with them.
    assert report.skipped == {"form whose stroke files and text lines differ in number":
                              ["a08-551z (9 and 8)", "z01-000z (8 and 1)"]}
    kept = paired | {"train": 5355, "none": 8}
    assert {split: sum(line.split == split for line in lines) for split in kept} == kept
    corpus = corpora.pack(lines, quantum=iam_ondb.QUANTUM, unit=iam_ondb.UNIT, provenance=iam_ondb.PROVENANCE)
    assert corpus.lengths.sum() == 7_646_304 and len(corpus.alphabet) == 81
    assert (np.median(corpus.lengths), corpus.lengths.max()) == (620, 1940)
    found = corpus.statistics(corpus.select(corpora.ARRANGEMENTS["iam"][0]))
    np.testing.assert_allclose([*found.mean, *found.std], [8.4604, -0.0845, 42.7357, 36.5053], atol=1e-3)
