"""Takes a trained network out of its work directory.

  python -m writemate_jax.training.export --workdir runs/x --out FOLDER

What is written is one checkpoint of the best weights and their description, without optimiser state: a few megabytes,
as the package ships them, and all that `sample.py --checkpoint FOLDER` needs. How the network writes where nothing is
asked for can be settled here, after it has been measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from writemate_jax.arguments import run
from writemate_jax.checkpoints.models import Model, export_model, load_model
from writemate_jax.limits import LARGEST_BIAS, MAX_CANDIDATES
from writemate_jax.sampling.candidates import OWN


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, required=True, help="of train.py")
    parser.add_argument("--out", type=Path, required=True, help="folder to make; must not exist")
    parser.add_argument("--bias", type=float, help="that it writes with where none is asked for")
    parser.add_argument("--reach", type=float, help="config.sampling.reach")
    parser.add_argument("--candidates", type=int, help="as --bias")
    parser.add_argument("--styles", type=Path, metavar="FILE", help="JSON list of the writers whose styles it draws"
                        " from where none is asked for")  # fmt: skip
    options = parser.parse_args(arguments)
    return run("export", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    styles = None if options.styles is None else json.loads(options.styles.read_text("utf-8"))
    model = with_defaults(
        load_model(options.workdir), bias=options.bias, reach=options.reach, candidates=options.candidates,
        styles=styles,
    )  # fmt: skip
    export_model(options.out, model, model.params)
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.1f} MB")


def with_defaults(model: Model, **sampling: Any) -> Model:
    """The model with other fields of `config.sampling`; None leaves what the configuration says.

    Raises ValueError for a style that is no writer of the model, and for what nothing can be written with.
    """
    styles = sampling.get("styles")
    if styles is not None:
        if not (isinstance(styles, Sequence) and all(isinstance(name, str) for name in styles)):
            raise ValueError(f"styles: {styles!r}; expected a list of names of writers")
        unknown = sorted(set(styles) - set(model.writers))
        if unknown:
            raise ValueError(f"styles: {unknown[0]!r} is no writer of this network")
        if not styles:
            raise ValueError("styles: the list is empty; expected names of writers, or no list, for all of them")
        sampling["styles"] = tuple(styles)
    for name, least, most in (
        ("bias", 0, LARGEST_BIAS), ("reach", 0, sys.float_info.max), ("candidates", 1, MAX_CANDIDATES // OWN)
    ):  # fmt: skip
        value = sampling.get(name)
        if value is not None and not least <= value <= most:
            raise ValueError(f"{name} is {value}; expected {least} to {most:g}")
    config = model.config.copy_and_resolve_references()
    config.sampling.update({name: value for name, value in sampling.items() if value is not None})
    return replace(model, config=config)


if __name__ == "__main__":
    sys.exit(main())
