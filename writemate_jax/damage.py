"""What reading a damaged archive of arrays and JSON raises."""

from __future__ import annotations

import zipfile
import zlib

# Which of them NumPy, zipfile, json and Orbax raise depends on the byte that is broken.
DAMAGE = (
    AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
