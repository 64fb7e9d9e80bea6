"""The UNIPEN reader on files that hold every trap of the format, and on the real distribution where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from writemate_jax.data.report import Report
from writemate_jax.data.unipen import (
    End,
    MissingInclude,
    UnipenError,
    check_root,
    contributors,
    parse_file,
    parse_segment,
    read_samples,
)


def write(root: Path, data: str, **included: str) -> Path:
    """A distribution in `root` with one data file of contributor `abc` in category 7, and its includes."""
    path = root / "data" / "7" / "abc" / "a.dat"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data, "latin-1")
    (root / "include" / "abc").mkdir(parents=True, exist_ok=True)
    for name, content in included.items():
        (root / "include" / "abc" / f"{name}.dat").write_text(content, "latin-1")
    return path


def samples(root: Path) -> tuple[list, Report]:
    report = Report("test")
    return list(read_samples(root, "7", "abc", report)), report


def test_empty_blocks_are_no_components(tmp_path):
    write(tmp_path, ".PEN_DOWN\n.PEN_UP\n.PEN_DOWN\n1 2\n3 4\n.PEN_UP\n \n.PEN_DOWN\n5 6\n"
                    '.SEGMENT WORD 0 OK "a"\n.SEGMENT WORD 1 OK "b"\n')
    (first, second), _ = samples(tmp_path)
    np.testing.assert_array_equal(first.strokes, [[[1, 2], [3, 4]]])
    np.testing.assert_array_equal(second.strokes, [[[5, 6]]])


def test_pen_up_blocks_with_points_count_but_are_no_ink(tmp_path):
    write(tmp_path, '.PEN_DOWN\n1 1\n.PEN_UP\n2 2\n.PEN_DOWN\n3 3\n.SEGMENT WORD 0-2 ? "ab"\n.SEGMENT WORD 1 ? "x"\n')
    kept, report = samples(tmp_path)
    assert [[s.tolist() for s in sample.strokes] for sample in kept] == [[[[1, 1]], [[3, 3]]]]
    assert report.skipped["segment without ink"] == ["7/abc/a.dat"]


def test_includes_are_resolved_in_place_and_nested(tmp_path):
    write(tmp_path, ".INCLUDE words.lex\n.WRITER_ID ann\n.PEN_DOWN\n0 0\n.INCLUDE abc/outer.dat\n"
                    '.SEGMENT WORD 0-2 OK "abc"\n',
          outer=".COORD X Y T\n.INCLUDE abc/inner.dat\n.PEN_DOWN\n2 2 9\n",
          inner=".POINTS_PER_SECOND 200\n.PEN_DOWN\n1 1\n")
    (sample,), _ = samples(tmp_path)
    assert [s.tolist() for s in sample.strokes] == [[[0, 0]], [[1, 1]], [[2, 2]]]
    assert sample.writer == "ann"


def test_an_include_of_itself_ends_in_an_error(tmp_path):
    path = write(tmp_path, ".INCLUDE abc/loop.dat\n", loop=".INCLUDE abc/loop.dat\n")
    with pytest.raises(UnipenError, match="nest deeper"):
        parse_file(tmp_path, path)


def test_components_are_cut_at_points_both_ends_included(tmp_path):
    ink = ".PEN_DOWN\n0 0\n1 1\n2 2\n3 3\n.PEN_DOWN\n4 4\n5 5\n6 6\n"
    write(tmp_path, ink + '.SEGMENT CHARACTER 0:2-1:1 OK "a"\n.SEGMENT CHARACTER 0:1-0:2,1 OK "b"\n')
    (first, second), _ = samples(tmp_path)
    assert [s[:, 0].tolist() for s in first.strokes] == [[2, 3], [4, 5]]
    assert [s[:, 0].tolist() for s in second.strokes] == [[1, 2], [4, 5, 6]]


def test_a_missing_include_skips_its_segments_by_name(tmp_path):
    path = write(tmp_path, '.INCLUDE abc/gone.dat\n.SEGMENT WORD 0 OK "a"\n.SEGMENT WORD 1 OK "b"\n')
    with pytest.raises(MissingInclude, match="abc/gone.dat"):
        parse_file(tmp_path, path)
    kept, report = samples(tmp_path)
    assert not kept and sum(map(len, report.skipped.values())) == 2
    assert "abc/gone.dat" in report.skipped["segment of a file with a missing include"][0]


@pytest.mark.parametrize("block, message", [
    ("1 2\n3\n", "same columns"),  # cut off
    ("10 20 1\n30\n", "same columns"),  # as many numbers as two rows of two would have
    ("1 2\nx 3\n", "not a number"),
    ("1 2\nnan 3\n", "not finite"),
    ("1 2\n1e400 3\n", "not finite"),
    ("1\n2\n", "x and y first"),
])
def test_malformed_blocks_are_named_and_skipped(tmp_path, block, message):
    path = write(tmp_path, f'.PEN_DOWN\n{block}.SEGMENT WORD 0 OK "a"\n')
    with pytest.raises(UnipenError, match=f"a.dat, pen block at line 1: .*{message}"):
        parse_file(tmp_path, path)
    kept, report = samples(tmp_path)
    assert not kept and sum(map(len, report.skipped.values())) == 1


def test_a_segment_past_the_ink_is_skipped(tmp_path):
    write(tmp_path, '.PEN_DOWN\n1 2\n.SEGMENT WORD 0-4 OK "a"\n')
    kept, report = samples(tmp_path)
    assert not kept and report.skipped == {"segment past the ink": ["7/abc/a.dat"]}


def test_segment_lines():
    segment = parse_segment(r'TEXT 3:10-5:2,7 ? "say \"a\/b\""')
    assert segment.text == 'say "a/b"'
    assert segment.spans == ((End(3, 10), End(5, 2)), (End(7), End(7)))
    for wrong in ('WORD 1-2-3 OK "a"', "WORD 1 OK a", 'WORD 1: OK "a"', "WORD"):
        with pytest.raises(UnipenError, match="segment"):
            parse_segment(wrong)


def test_the_wrong_folder_is_named(tmp_path):
    with pytest.raises(UnipenError, match="no folder 'data'"):
        check_root(tmp_path)


def label_ink_correlation(found: list) -> float:
    """Of the label's length and the number of points: near 0 where labels do not belong to their ink."""
    letters = [len(sample.text.replace(" ", "")) for sample in found]
    return np.corrcoef(letters, [sum(map(len, sample.strokes)) for sample in found])[0, 1]


RAW = os.environ.get("WRITEMATE_UNIPEN")


@pytest.mark.skipif(not RAW or not Path(RAW, "data").is_dir(),
                    reason="WRITEMATE_UNIPEN does not name the unpacked train_r01_v07")
def test_the_distribution():
    root, report = Path(RAW), Report("real")
    assert len(contributors(root, "8")) == 27 and len(contributors(root, "1a")) == 17
    art = list(read_samples(root, "7", "art", report))
    assert len(art) == 933 and len({s.writer for s in art}) == 3
    assert label_ink_correlation(art) > 0.9  # 0.33 when empty blocks are counted
    assert len(list(read_samples(root, "8", "aga", report, ("TEXT",)))) == 605
    assert sum(map(len, report.skipped.values())) == 0
    list(read_samples(root, "8", "att", report, ("TEXT",)))
    assert len(report.skipped["segment of a file with a missing include"]) == 395
