"""Serves the page and the API: python serve.py; see python serve.py --help."""

from __future__ import annotations

import os
import sys

# NumPy's products are small ones, of the reader, beside those of JAX, which take all cores: with threads of their own
# they wait for each other, and 64 clients got 12 lines/s instead of 50. It is read when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from writemate_jax.web.server.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
