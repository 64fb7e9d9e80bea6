"""Takes a trained network out of its work directory.

  python -m writemate_jax.training.export --workdir runs/x --out FOLDER

What is written is one checkpoint of the best weights and their description, without optimiser state: a few megabytes,
as the package ships them, and all that `sample.py --checkpoint FOLDER` needs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from writemate_jax.training.checkpoints import CheckpointNotFound, export_model, load_model


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, required=True, help="of train.py")
    parser.add_argument("--out", type=Path, required=True, help="folder to make; must not exist")
    options = parser.parse_args(arguments)
    try:
        model = load_model(options.workdir)
        export_model(options.out, model, model.params)
    except (CheckpointNotFound, FileExistsError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
