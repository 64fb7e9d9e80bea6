"""Which hands can be asked for: by name, which is looked up in a table and is never a path, or as they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.sampling.lines import Primer
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.web import learned_for
from writemate_jax.web.server import messages, problems
from writemate_jax.web.server.problems import Problem
from writemate_jax.web.server.requested import said


class Asked(NamedTuple):
    """A hand as `Writer.lines` takes it: style, None for one that the seed draws, and what lines begin with."""

    style: np.ndarray | None
    primer: Primer


class Hands:
    """The hands of one network."""

    def __init__(self, writer: Writer):
        network = writer.model.network()
        self._writer = writer
        self._size = network.style_size if network.styles else 0
        self._gates = network.longest_style - self._size if self._size else 0
        self._weights = learned_for.weights(writer.model)
        # As a line goes on from another only where it learned to come to rest, and a hand is fitted to such lines.
        self.learnable = writer.model.learns_hands
        self._unprimed = writer.primer(None)
        self._own_unprimed = self._unprimed._replace(own=True)
        table = np.asarray(writer.model.params["styles"]) if self._size else np.zeros((1, 0), np.float32)
        vectors = dict(zip(writer.model.writers, table[1:], strict=True)) if self._size else {}
        vectors |= {"random": None, "unknown": table[0] if self._size else None}  # whoever has these names
        self._named = {name: Asked(vector, self._unprimed) for name, vector in vectors.items()}
        self.listed: list[dict[str, str]] = []
        for style in writer.named_styles() if self._size else ():
            self._named[style.name] = Asked(style.vector, writer.primer(style.name))
            self.listed.append(style.card())

    @property
    def network(self) -> dict[str, str | int | list[str]]:
        """What the page tells by whether a hand was learned for this network; and the writers that "random" draws from,
        of whom it picks one for a whole text where no style has a name.
        """
        hands = self._writer.model.hands if self._size and not self.listed else []
        return {"weights": self._weights, "styleSize": self._size, "hands": [*hands]}

    def asked(self, body: messages.Write) -> Asked:
        """The hand of a request. Raises `Problem`, also for one of another network, and a primer that is no ink."""
        if body.hand is not None:
            return self._own(body.hand)
        if body.vector is not None:
            return Asked(self._vector(body.vector, "vector"), self._own_unprimed)
        if body.style not in self._named:
            raise Problem(422, "invalid", "There is no such style; /api/v1/styles lists those there are.")
        return self._named[body.style]

    def _own(self, hand: messages.Hand) -> Asked:
        if hand.weights not in (None, self._weights):
            raise problems.of_another_network()
        style = self._vector(hand.vector, "hand.vector")
        if hand.gates is not None:
            if len(hand.gates) != self._gates:
                raise _wrong_length("hand.gates", len(hand.gates), self._gates)
            style = np.concatenate([style, np.array(hand.gates, np.float32)])
        primer = self._own_unprimed if hand.primer is None else self._primer(hand.primer)
        return Asked(style, primer if hand.trait is None else primer._replace(trait=np.array(hand.trait, np.float32)))

    def _primer(self, given: messages.Primer) -> Primer:
        if not self.learnable:
            raise Problem(422, "invalid", "This network goes on from no other line; leave hand.primer out.")
        text = said(self._writer, given.text)
        try:
            return self._writer.primer(Ink(np.array(given.strokes, np.float32), text))
        except InvalidRequest as error:
            raise problems.of_ink(f"hand.{error}", error.__cause__) from error

    def _vector(self, numbers: list[float], name: str) -> np.ndarray:
        if len(numbers) != self._size:
            raise _wrong_length(name, len(numbers), self._size)
        return np.array(numbers, np.float32)


def _wrong_length(name: str, length: int, expected: int) -> Problem:
    return Problem(422, "invalid", f"{name} has {length} numbers; expected {expected}.")
