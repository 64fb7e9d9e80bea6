"""What lines begin with: nothing, ink that is given, or the ink of a style."""

from __future__ import annotations

import os

import numpy as np

from writemate_jax import strokes
from writemate_jax.alphabet import UnknownCharacters
from writemate_jax.checkpoints.models import Description
from writemate_jax.data import own_ink
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import resemblance
from writemate_jax.hands.named_styles import NamedStyle
from writemate_jax.hands.styles import Style
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.sampling.lines import PRIMER_CAPACITIES, Primer, room_for
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.texts import readable
from writemate_jax.strokes import Rows

PRIMER_CHARACTERS = 1_000  # of a primer that is cut at a word, far below that
# As a factor, of a primer that is not measured: of IAM-OnDB each line has its points 0.47 to 2.4 times as far apart.
SPACING = 6.0


class Priming:
    """The primers of lines by one network."""

    def __init__(self, model: Description):
        self._model = model

    def none(self) -> Primer:
        """Of a line that begins from nothing."""
        rests = self._model.config.data.rests
        # A line of known origin begins with the pen at rest there, which is no ink; another with its first point.
        start = np.array([[0, 0, 1 if rests else 0]], np.float32)
        lead = start[:0] if rests else start
        return Primer("", self._normalised(start)[0], np.zeros((0, 3), np.float32), 0, lead, np.zeros(2))

    def of_style(self, style: str | np.ndarray | Style | NamedStyle | None) -> Primer:
        """Of what `style_choice` loaded: a named style or one of `train.py adapt` has a primer, another has none.

        Raises `InvalidRequest` for ink that cannot be one.
        """
        if isinstance(style, NamedStyle):
            return self.of_ink(style.ink)._replace(own=False)
        if not isinstance(style, Style):
            return self.none()
        try:
            primer = self.none() if style.primer is None else self.of_ink(style.primer)
        except (InvalidRequest, UnknownCharacters) as error:  # of an earlier version, which kept what is of no use
            raise InvalidRequest(
                f"style: writing cannot go on from the line that is kept with it ({error}); make the style again with"
                " train.py adapt"
            ) from error
        primer = primer._replace(own=True)
        return primer if style.trait is None else primer._replace(trait=style.trait)

    def of_ink(self, prime: Ink | Rows, text: str | None = None) -> Primer:
        """Of a line of ink, as `Writer.write` takes it with its text.

        Raises `InvalidRequest` for ink that cannot be one, `UnknownCharacters` for a text that the network has not.
        """
        if isinstance(prime, (str, os.PathLike)):
            raise InvalidRequest(
                f"prime is {str(prime)!r}; expected ink, which writemate_jax.data.ink_files.read_ink reads from a file"
            )
        if isinstance(prime, (list, tuple)) and prime and all(isinstance(one, Ink) for one in prime):
            if len(prime) > 1:
                raise InvalidRequest(
                    f"prime holds {len(prime)} lines of ink; expected one. A hand of several is learned:"
                    " style=writer.adapt(lines)"
                )
            [prime] = prime
        sized, rests = self._model.sized, self._model.config.data.rests
        ink, text = (prime.strokes, text or prime.text) if isinstance(prime, Ink) else (prime, text)
        if not text:
            raise InvalidRequest("the primer has no text; give prime_text, what its ink says")
        if " " not in self._model.alphabet.characters:
            raise InvalidRequest("prime: this network's alphabet has no space, which stands between a primer and what"
                                 " follows it; it goes on from no line")  # fmt: skip
        limit = PRIMER_CHARACTERS if sized else MAX_CHARACTERS
        text = readable(self._model.alphabet, text, "prime_text", limit)
        try:
            ink = strokes.check(ink)
            if sized:  # the size of letters is measured, whatever it came in
                ink, text = own_ink.primer(ink, text)
        except (strokes.InvalidInk, own_ink.UnfitInk) as error:
            raise InvalidRequest(f"prime: {error}") from error
        start, forced = (np.array([0, 0, 1], np.float32), ink) if rests else (ink[0] * [0, 0, 1], ink[1:])
        if not 0 < len(forced) <= PRIMER_CAPACITIES[-1]:
            raise InvalidRequest(f"prime has {len(ink)} points; expected 2 to {PRIMER_CAPACITIES[-1]}")
        if not sized:
            self._check_spacing(ink)
        padded = np.zeros((room_for(len(forced)), 3), np.float32)
        padded[: len(forced)] = self._normalised(forced)
        end = strokes.to_points(ink)[-1]
        trait = resemblance.trait([ink]) if self._model.x_height else None
        return Primer(text + " ", self._normalised(start[None])[0], padded, len(forced), ink[:0], end, trait, own=True)

    def _check_spacing(self, ink: Rows) -> None:
        """Raises InvalidRequest for ink that is taken as it stands and cannot be in the network's unit."""
        spacing = float(np.sqrt(np.square(ink[1:, :2] / self._model.std).mean())) if len(ink) > 1 else 1.0
        if not 1 / SPACING < spacing < SPACING:
            raise InvalidRequest(
                f"prime: its points lie {spacing:.3g} times as far apart as those of the lines that this network"
                " learned; it takes ink as it stands, in the unit of its corpus"
                f" ({self._model.unit}): scale it, and space its points likewise"
            )

    def _normalised(self, rows: Rows) -> Rows:
        return strokes.normalise(rows, self._model.mean, self._model.std)
