"""Makes packed corpora and looks at them: python -m writemate_jax.data --help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from writemate_jax import strokes
from writemate_jax.arguments import positive, run, whole
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import CorpusError, Line
from writemate_jax.data.report import Report
from writemate_jax.shipped import OPEN_CORPUS

DESCRIPTION = """\
Makes the packed corpus that training reads, from raw handwriting, and looks at it.

  iam      from IAM-OnDB. For non-commercial research only: register at its home and download it yourself,
           https://fki.tic.heia-fr.ch/databases/iam-on-line-handwriting-database
  unipen   from UNIPEN train_r01_v07 (CC BY 4.0), https://doi.org/10.5281/zenodo.1195803:
           the open corpus, which is already part of this package
  inspect  figures of a packed corpus, or of open, the one in this package; with --out, histograms and a contact sheet
           of random lines
"""
EXAMPLES = """\
examples:
  python -m writemate_jax.data iam --root ~/iam-ondb --out iam.npz
  python train.py --config configs/graves_synthesis.py --config.corpus=iam.npz --workdir runs/graves
  python -m writemate_jax.data inspect open
  python -m writemate_jax.data inspect iam.npz --out iam-pictures
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    options = _parser().parse_args(arguments)
    return run("python -m writemate_jax.data", lambda: options.run(options))


def _iam(options: argparse.Namespace) -> None:
    from writemate_jax.data import iam_ondb

    lines, report = iam_ondb.build(options.root, options.splits)
    _write(lines, report, options.out, iam_ondb.QUANTUM, iam_ondb.UNIT, iam_ondb.PROVENANCE)


def _unipen(options: argparse.Namespace) -> None:
    from writemate_jax.data import open_corpus

    lines, report = open_corpus.build(options.root, options.seed)
    _write(lines, report, options.out, open_corpus.QUANTUM, strokes.UNIT, open_corpus.PROVENANCE)


def _write(lines: list[Line], report: Report, out: Path, quantum: float, unit: str, provenance: dict[str, str]) -> None:
    print(report.text())
    if not lines:
        raise CorpusError("no line can be used; the report above says why: is the archive whole?")
    corpora.save(out, corpora.pack(lines, quantum=quantum, unit=unit, provenance=provenance))
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")
    for key in ("licence", "publication", "source"):
        print(f"  {key}: {provenance[key]}")


def _inspect(options: argparse.Namespace) -> None:
    from writemate_jax.data import inspect

    corpus = corpora.load(options.file)
    written = []
    if options.out is not None:
        histograms, sheet = options.out / "histograms.png", options.out / "lines.png"
        inspect.save_histograms(corpus, histograms)
        inspect.save_contact_sheet(corpus, sheet, lines=options.lines, seed=options.seed)
        written = ["", str(histograms), str(sheet)]
    print("\n".join([inspect.summary(corpus), *written]))


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m writemate_jax.data", description=DESCRIPTION, epilog=EXAMPLES,
                                     formatter_class=raw)
    commands = parser.add_subparsers(metavar="iam | unipen | inspect", required=True)

    iam = commands.add_parser("iam", help="pack IAM-OnDB", description="Packs IAM-OnDB's lines with their splits.")
    iam.add_argument("--root", type=Path, required=True, metavar="DIR",
                     help="folder with lineStrokes/ and ascii/, as the archives unpack")
    iam.add_argument("--splits", type=Path, metavar="DIR",
                     help="folder with trainset.txt, testset_v.txt, testset_t.txt, testset_f.txt "
                          "(default: the root, or a folder right below it)")
    iam.add_argument("--out", type=Path, required=True, metavar="FILE", help="corpus to write, .npz")
    iam.set_defaults(run=_iam)

    unipen = commands.add_parser("unipen", help="make the open corpus of UNIPEN",
                                 description="Makes the open corpus from UNIPEN train_r01_v07.")
    unipen.add_argument("--root", type=Path, required=True, metavar="DIR", help="folder with data/ and include/")
    unipen.add_argument("--seed", type=whole, default=0, help="of the lines that are composed (default: %(default)s)")
    unipen.add_argument("--out", type=Path, required=True, metavar="FILE", help="corpus to write, .npz")
    unipen.set_defaults(run=_unipen)

    inspect = commands.add_parser("inspect", help="look at a packed corpus", description="Looks at a packed corpus.")
    inspect.add_argument("file", metavar="FILE", help=f"corpus, .npz, or {OPEN_CORPUS} for that of this package")
    inspect.add_argument("--out", type=Path, metavar="DIR", help="write histograms.png and lines.png there")
    inspect.add_argument("--lines", type=positive, default=40, metavar="N", help="lines shown (default: %(default)s)")
    inspect.add_argument("--seed", type=whole, default=0, help="which lines (default: %(default)s)")
    inspect.set_defaults(run=_inspect)
    return parser


if __name__ == "__main__":
    sys.exit(main())
