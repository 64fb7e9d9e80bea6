"""Ink as PDF: vector curves at their real size, without a ground."""

from __future__ import annotations

import os
from collections.abc import Sequence

from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.drawing.figure import figure
from writemate_jax.drawing.sheet import Sheet
from writemate_jax.replacing import replacing


def write_pdf(path: str | os.PathLike, sheets: Sequence[Sheet]) -> None:
    """Writes a PDF with a page of its size for each sheet; its title is the first line of the text.

    Raises ValueError without sheets.
    """
    if not sheets:
        raise ValueError("no sheets to write; expected at least one")
    from matplotlib.backends.backend_pdf import PdfPages

    notes = {"Title": sheets[0].text.split("\n")[0], "Creator": "WriteMate JAX"}
    with default_rc(), replacing(path) as temporary, PdfPages(temporary, metadata=notes) as pdf:
        for ink in sheets:
            pdf.savefig(figure(ink), transparent=True)
