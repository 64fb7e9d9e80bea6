"""Measures a trained network; python evaluate.py --help lists how."""

from __future__ import annotations

import sys

from writemate_jax.evaluation.command import main

if __name__ == "__main__":
    sys.exit(main())
