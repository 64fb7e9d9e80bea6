"""A text as pages of handwriting: wrapped by the width of its ink, and placed on paper in millimetres.

>>> from writemate_jax import Writer, pages
>>> leaves = pages.write_pages(Writer.load(), "Dear Anna,\\n\\nit rains.", page="A5", seed=1)  # doctest: +SKIP
>>> pages.save(leaves, "letter.pdf")  # doctest: +SKIP
"""

from writemate_jax.pages.drawing import FORMATS, save
from writemate_jax.pages.layout import InvalidPage, Layout
from writemate_jax.pages.page import Page, PlacedLine
from writemate_jax.pages.writing import write_pages

__all__ = ["FORMATS", "InvalidPage", "Layout", "Page", "PlacedLine", "save", "write_pages"]
