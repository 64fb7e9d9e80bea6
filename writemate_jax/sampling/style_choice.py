"""Which style vector is meant: by a name, a file, a fitted style or numbers."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from writemate_jax.checkpoints.models import Model, digest
from writemate_jax.hands import named_styles
from writemate_jax.hands.named_styles import NamedStyle
from writemate_jax.hands.styles import FILE, InvalidStyle, Style, load_style
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.warning import warn

Asked = str | os.PathLike | np.ndarray | Style | NamedStyle | None  # as `Writer.write` takes it


class StyleChoice:
    """The styles that can be asked for of one network."""

    def __init__(self, model: Model):
        self._model, self._network = model, model.network()
        self._told: set[str] = set()  # names that were warned of

    def vectors(self, style: Asked, seeds: Sequence[int]) -> np.ndarray:
        """The style vectors float32 [lines, s] for lines of these seeds, or longer where the style's are
        (`Network.style_gates`); s is 0 for a network without styles.

        Raises `InvalidRequest` for a style that there is not.
        """
        style = self.loaded(style)
        if not self._network.styles:
            if not (style is None or isinstance(style, str) and style in ("random", "unknown")):
                raise InvalidRequest(f"style is {style!r}, but this network knows no styles; leave it out")
            return np.zeros((len(seeds), 0), np.float32)
        if style is None or isinstance(style, str):
            return self._by_name("random" if style is None else style, seeds)
        return self._as_given(style.whole if isinstance(style, (Style, NamedStyle)) else style, len(seeds))

    def one_hand(self, style: Asked, seed: int, primed: bool) -> Asked:
        """The style with which lines of several seeds are by one hand: that of this seed, where seeds draw it.

        primed: whether there is ink to go on from, whose hand is found where no style is asked for.
        """
        drawn = style == "random" if isinstance(style, str) else style is None and not primed
        return self._drawn(seed) if drawn and self._network.styles else style

    def _drawn(self, seed: int) -> str:
        """The writer whose style a line of this seed has where none is asked for."""
        choice = self._model.hands
        return choice[np.random.default_rng([seed, 0]).integers(len(choice))]

    def _by_name(self, name: str, seeds: Sequence[int]) -> np.ndarray:
        hand = {writer: i for i, writer in enumerate(self._model.writers, start=1)} | {"unknown": 0}
        if name == "random":
            names = [self._drawn(seed) for seed in seeds]
        elif name in hand:
            names = [name] * len(seeds)
        else:
            raise InvalidRequest(self._no_such_style(name, [*(one.name for one in self.named), "random", *hand]))
        return np.asarray(self._model.params["styles"])[[hand[name] for name in names]]

    def _as_given(self, style: np.ndarray, count: int) -> np.ndarray:
        try:
            vectors = np.asarray(style, np.float32)
        except (ValueError, TypeError) as error:
            raise InvalidRequest(f"style is {style!r}; expected one for all lines, or numbers; write lines in"
                                 " other styles by calls of their own") from error  # fmt: skip
        lengths = (self._network.style_size, self._network.longest_style)
        if vectors.shape[-1:] not in [(n,) for n in lengths] or vectors.shape[:-1] not in ((), (count,)):
            raise InvalidRequest(
                f"style has the shape {vectors.shape}; expected {lengths[:1]}, or {lengths[1:]} as train.py adapt"
                " makes it for this network"
            )
        if not np.isfinite(vectors).all():
            raise InvalidRequest("style holds numbers that are not finite; adapt it again")
        return np.broadcast_to(vectors, (count, vectors.shape[-1]))

    def loaded(self, style: Asked) -> str | np.ndarray | Style | NamedStyle | None:
        """What is asked for, with the style itself in place of its name or of the folder that holds it; a name goes
        before a folder, and warns where it is both.

        Raises `InvalidRequest` for a folder without one, and for a style of another network.
        """
        if isinstance(style, str) and style not in named_styles.RESERVED:
            by_name = {one.name: one for one in self.named}
            if style in by_name or style in self._model.writers:
                if (Path(style) / FILE).is_file() and style not in self._told:
                    self._told.add(style)
                    warn(f"style {style!r} is the one of this name that comes along; for the folder give ./{style}")
                return by_name.get(style, style)
            style = Path(style) if os.path.exists(style) else style
        found = style
        if isinstance(style, os.PathLike):
            try:
                found = load_style(style)
            except InvalidStyle as error:
                raise InvalidRequest(f"style: {error}") from error
        if isinstance(found, (Style, NamedStyle)) and found.weights not in (None, self._digest):
            named = f"style in {style}" if isinstance(style, os.PathLike) else "style"
            raise InvalidRequest(
                f"{named} was fitted for another network than this, whose weights differ; give that one with"
                " --checkpoint, or make the style again for this one with train.py adapt"
            )
        return found

    @cached_property
    def named(self) -> tuple[NamedStyle, ...]:
        """The package's styles; none where they were fitted for another network than this."""
        return tuple(one for one in self._package if one.weights == self._digest)

    @cached_property
    def _package(self) -> tuple[NamedStyle, ...]:
        return named_styles.load()

    @cached_property
    def _digest(self) -> str:
        return digest(self._model.params)

    def _no_such_style(self, style: str, known: Sequence[str]) -> str:
        if style in [one.name for one in self._package]:
            return (
                f"style {style!r} was fitted for another network than this, whose weights differ; leave it out, take a"
                " writer of this network, or fit a style to this checkpoint with train.py adapt"
            )
        close = difflib.get_close_matches(style, known, n=3)
        hint = f" (close: {', '.join(close)})" if close else ""
        return (
            f"style is {style!r}{hint}; expected a name that sample.py --list-styles shows, a writer of the network,"
            ' "random", "unknown", or a folder that train.py adapt made'
        )
