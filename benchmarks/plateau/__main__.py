"""The command line of the study: `python -m benchmarks.plateau --corpus runs/iam.npz --out runs/plateau`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from writemate_jax.training.huge_pages import use_huge_pages

EXAMPLES = """\
  python -m benchmarks.plateau --corpus runs/iam.npz --out runs/plateau      # as in docs/plateau.md
  python -m benchmarks.plateau --corpus open --thin 1 --longest 260 --most 210 --out runs/plateau_open
  python -m benchmarks.plateau --corpus runs/iam.npz --out runs/plateau --only kappa_one all_but_kappa_one
  python -m benchmarks.plateau --out runs/plateau --draw docs/plateau        # pictures and tables of what there is

Runs that are finished are not made again; one that was cut short goes on from its last evaluation.
"""


def main(arguments: list[str] | None = None) -> int:
    from benchmarks.plateau import faults, report, running
    from writemate_jax.compilation_cache import use_compilation_cache
    from writemate_jax.data import corpus as corpora

    every = tuple(faults.SAYS)
    parser = argparse.ArgumentParser(
        "python -m benchmarks.plateau", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    defaults = running.Settings("open", "open")
    parser.add_argument("--corpus", help='a packed corpus, or "open"; without it nothing is run')
    parser.add_argument("--arrangement", help='which splits train and validate; "open" or "graves" by the corpus')
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs' tables")
    parser.add_argument("--only", nargs="+", metavar="RUN", help=f"of {', '.join(every)}, all_but_FAULT")
    parser.add_argument(
        "--until", type=int, help="updates after which runs stop, on the same schedule; later they go on"
    )
    parser.add_argument("--draw", type=Path, help="folder for the pictures and tables; --out by default")
    for name, what in {
        "steps": "updates of a run", "seed": "of the weights and the order of lines", "lines": "that train",
        "cells": "of a layer", "layers": "of the network", "thin": "one point in so many is kept",
        "longest": "points of a line; longer ones are left out",
        "most": "points of a line at which the faults cut", "batch": "lines of an update",
        "held_out": "lines that validate", "long_lines": "lines validated on cut", "evaluations": "of a run",
    }.items():  # fmt: skip
        default = getattr(defaults, name)
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=int, default=default, help=f"{what}; {default:,} by default")
    given = parser.parse_args(arguments)
    try:
        names = given.only or every
        for name in names:
            faults.faults_of(name)  # before an hour is spent on the others
        if given.corpus:
            if given.arrangement not in (None, *corpora.ARRANGEMENTS):
                raise ValueError(f"--arrangement {given.arrangement}: use one of {', '.join(corpora.ARRANGEMENTS)}")
            for name in ("steps", "batch", "thin", "evaluations"):
                if getattr(given, name) < 1:
                    raise ValueError(f"--{name} {getattr(given, name)}: expected at least 1")
            arrangement = given.arrangement or ("open" if given.corpus == "open" else "graves")
            fields = {k: v for k, v in vars(given).items() if k in running.Settings.__dataclass_fields__}
            settings = running.Settings(**fields | {"arrangement": arrangement})
            use_compilation_cache()
            data = running.Data(settings)
            for name in names:
                running.run(name, settings, data, given.out, given.until, say=lambda line: print(line, flush=True))
        others = sorted(path.stem for path in given.out.glob("all_but_*.csv") if "course" not in path.name)
        found = report.collect(given.out, [*every, *others])
        if not found[0]:
            raise ValueError(f"{given.out} holds no runs; give --corpus to make them")
        report.write(*found, given.draw or given.out)
        print(report.markdown(found[0]))
    except (ValueError, OSError) as error:
        print(f"benchmarks.plateau: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # so small products gain nothing by it
    use_huge_pages()
    sys.exit(main())
