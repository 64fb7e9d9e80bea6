"""Writes text by hand: python sample.py "Hello world" --out hello.svg; see python sample.py --help."""

from __future__ import annotations

import sys

from writemate_jax.sampling.command import main

if __name__ == "__main__":
    sys.exit(main())
