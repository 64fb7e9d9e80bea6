"""WriteMate JAX: a text becomes handwriting, after Graves (2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Writer", "__version__"]

if TYPE_CHECKING:
    from writemate_jax.sampling.writer import Writer


def __getattr__(name: str) -> Any:
    """Imports `Writer`, and with it JAX, on first use (PEP 562): the readers and renderers do without."""
    if name == "Writer":
        from writemate_jax.sampling.writer import Writer

        return Writer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
