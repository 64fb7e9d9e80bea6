"""Serves the page and the API: python serve.py; see python serve.py --help."""

from __future__ import annotations

import sys

from writemate_jax.web.server.command import main

if __name__ == "__main__":
    sys.exit(main())
