"""Warnings that name the line of who uses the package, however deep in it they come up."""

from __future__ import annotations

import os
import sys
import warnings

PACKAGE = os.path.dirname(__file__) + os.sep


def warn(message: str) -> None:
    """`warnings.warn` of a UserWarning, in the name of the nearest caller outside the package."""
    frame, level = sys._getframe(1), 2  # from Python 3.12 on, skip_file_prefixes does this
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
