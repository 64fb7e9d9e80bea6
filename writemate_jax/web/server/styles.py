"""Which hands can be asked for by name. A name is looked up in a table and is never a path."""

from __future__ import annotations

from typing import Any

import numpy as np

from writemate_jax.sampling.writer import Writer
from writemate_jax.web.server.problems import Problem


class Hands:
    """The hands of one network."""

    def __init__(self, writer: Writer):
        network = writer.model.network()
        self.size = network.style_size if network.styles else 0
        table = np.asarray(writer.model.params["styles"]) if self.size else np.zeros((1, 0), np.float32)
        self._vectors: dict[str, np.ndarray | None] = {"random": None, "unknown": table[0] if self.size else None}
        self._vectors |= dict(zip(writer.model.writers, table[1:], strict=True)) if self.size else {}
        self.named: list[dict[str, Any]] = []
        for style in writer.named_styles() if self.size else ():
            self._vectors[style.name] = style.vector
            title = style.name.replace("-", " ").capitalize()
            self.named.append({"name": style.name, "title": title, "note": style.note, "writer": style.writer})

    def vector(self, style: str, own: list[float] | None) -> np.ndarray | None:
        """What `Writer.lines` takes as style. Raises `Problem`."""
        if own is not None:
            if len(own) != self.size:
                raise Problem(422, "invalid", f"vector has {len(own)} numbers; expected {self.size}.")
            return np.array(own, np.float32)
        if style not in self._vectors:
            raise Problem(422, "invalid", "There is no such style; /api/v1/styles lists those there are.")
        return self._vectors[style]
