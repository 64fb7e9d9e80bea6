"""`Writer`: texts in, lines of ink out.

>>> from writemate_jax import Writer
>>> writer = Writer.load(lanes=4)
>>> [line] = writer.write("Hello", bias=0.75, seed=1)
>>> line.text, line.complete, line.strokes.shape[1]
('Hello', True, 3)
>>> line.save("hello.svg")  # doctest: +SKIP
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model, load_model
from writemate_jax.compilation_cache import use_compilation_cache
from writemate_jax.data import own_ink
from writemate_jax.drawing import letters
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import adapt, primed, text_fit
from writemate_jax.hands.ink_folder import read_lines
from writemate_jax.hands.named_styles import NamedStyle
from writemate_jax.hands.styles import Style
from writemate_jax.limits import LARGEST_BIAS, MAX_CANDIDATES, MAX_CHARACTERS, MAX_POINTS
from writemate_jax.reading.reader import Reader
from writemate_jax.reading.reader import embedded as embedded_reader
from writemate_jax.sampling import leading, neatness
from writemate_jax.sampling.candidates import loop_of, usual
from writemate_jax.sampling.lanes import Ended, Lanes, Track
from writemate_jax.sampling.leading import Leading, Led
from writemate_jax.sampling.levelling import level, on_baseline
from writemate_jax.sampling.lines import TEXT_CAPACITIES, Line, Primer, capacity_of, from_own_origin
from writemate_jax.sampling.priming import Priming
from writemate_jax.sampling.requests import InvalidRequest, biases_of, seeds_of
from writemate_jax.sampling.style_choice import Asked, StyleChoice
from writemate_jax.sampling.texts import readable
from writemate_jax.sampling.trial import Trial, trial
from writemate_jax.sampling.written import Written
from writemate_jax.strokes import Rows

if TYPE_CHECKING:
    from writemate_jax.pages import Page

FREE_CHARACTERS = 4  # the cap on points counts these on top of the text: a short line is not cut for a slow start


class Writer:
    """Writes with one trained network.

    The ink of a line is a function of its text, seed, bias, style, primer and number of candidates, to the bit,
    whatever is written in the same call: lines are computed in always `lanes` lanes, the text
    padded to a capacity that its own length chooses.
    A matrix product of another number of lanes rounds differently; so other lanes, like other machines, agree to
    about 1e-5 of the ink's unit until, rarely, a draw falls on the other side of an edge.

    Args:
      model: see `checkpoints.models.load_model`.
      lanes: lines computed at once; by default 16 on a CPU, where more gain little, and 256 elsewhere.
    """

    def __init__(self, model: Model, *, lanes: int | None = None):
        self.model = model
        on_cpu = jax.default_backend() == "cpu"
        self.lanes = (16 if on_cpu else 256) if lanes is None else lanes
        if not isinstance(self.lanes, numbers.Integral) or self.lanes < 1:
            raise ValueError(f"lanes is {lanes}; expected a whole number from 1 up")
        self.led_at_once = 4 if on_cpu else 64  # along a primer: one line takes nearly as long
        self._network = model.network()
        self._params = jax.device_put(model.params)
        self._styles = StyleChoice(model)
        self._priming = Priming(model)
        self._last_hand: tuple[tuple[str, bytes], np.ndarray] | None = None

    @classmethod
    def load(cls, checkpoint: str | os.PathLike | None = None, *, lanes: int | None = None) -> Writer:
        """The writer of a checkpoint folder, or of the network that comes with the package.

        Compiled code is kept between processes (`use_compilation_cache`).
        Raises `checkpoints.models.CheckpointNotFound` for a folder that holds none.
        """
        use_compilation_cache()
        return cls(load_model(checkpoint), lanes=lanes)

    def write(
        self,
        texts: Sequence[str] | str,
        bias: float | Sequence[float] | None = None,
        seed: int | Sequence[int] = 0,
        prime: Ink | Rows | None = None,
        prime_text: str | None = None,
        attention: bool = False,
        style: Asked = None,
        candidates: int | None = None,
    ) -> list[Written]:
        """Writes each text as one line.

        Args:
          texts: lines of 1 to 128 characters. Space around them is left out, and several spaces are one; characters
            that the network does not know are replaced by their nearest likeness, with a warning.
          bias: b >= 0 of eqs 61-62, one for all or one for each line; the larger, the neater and the more alike.
            By default what the network's configuration says; more in a style that has a primer and for a text of
            at most 12 characters (`neatness`).
          seed: one for all or one for each line. The same text with the same seed is the same ink, in any call.
          prime: a line of ink (float32 [T, 3], or as files hold it) whose hand is continued, in the style that suits it
            best (`hands.primed`; of a network that learns no hands, in none) unless another is asked for. A network of
            lines between rests in x-heights takes any size and place, and of a long line the part that ends at a word
            (`own_ink.primer`); another takes ink in its own unit.
          prime_text: its text, where ``prime`` does not say it or says another; it is taken at its word
            (`hands.text_fit.check` tells whether the ink says it).
          attention: whether to keep phi and kappa.
          style: the hand: a name of `named_styles`, what `adapt` made or a folder of `train.py adapt`, each with its
            primer unless there is another; the name of a training writer, "unknown" for the network's own, "random"
            (the default) for one that each line's seed draws from `sampling.styles`, or style vectors [s] or
            [lines, s] (or longer, see `Network.style_gates`), which are nobody's own hand.
          candidates: how many are written of each line, of which the best is kept (`sampling.candidates`); where none
            of several passes, or none in an own hand is read as its text, as many again with more bias. By default
            what the network's configuration says, and of a short text and in an own hand more
            (`sampling.candidates.usual`).

        Raises:
          InvalidRequest: for whatever of this cannot be met.
          UnknownCharacters: a text has characters without a likeness in the network's alphabet.
        """
        style = self._styles.loaded(style)  # once, for its vector and its primer
        if prime is None and prime_text is not None:
            raise InvalidRequest(f"prime_text is {prime_text!r}, but there is no ink of it; give prime, too")
        primer = self._priming.of_style(style) if prime is None else self._priming.of_ink(prime, prime_text)
        asked = self.lines(texts, bias, seed, style, candidates, primer)
        # What still asks for candidates to be written, and what it asks for.
        trying = {i: self.trial(line, count) for i, (line, count) in enumerate(asked)}
        wanted = {i: next(tries) for i, tries in trying.items()}
        beginnings = self.led([line for line, _ in asked])
        chosen: dict[int, Ended] = {}
        while wanted:
            drafts = iter(self._drafts([(line, beginnings[i]) for i in wanted for line in wanted[i]], attention))
            wanted, done = {}, {i: [next(drafts) for _ in lines] for i, lines in wanted.items()}
            for i, own in done.items():
                try:
                    wanted[i] = trying[i].send(own)
                except StopIteration as end:
                    chosen[i] = end.value
        found = [self.finished(line, chosen[i]) for i, (line, _) in enumerate(asked)]
        # Of all lines: a dash alone tells little.
        x_height = letters.x_height([one.strokes for one in found], self.model.unit)
        return [replace(one, x_height=x_height) for one in found]

    def lines(
        self, texts: Sequence[str] | str, bias: float | Sequence[float] | None, seed: int | Sequence[int],
        style: Asked, candidates: int | None, primer: Primer | None = None,
    ) -> list[tuple[Line, int]]:  # fmt: skip
        """What `write` is asked for, checked: each line, and how many candidates of it are wanted."""
        if not self._network.window:
            raise InvalidRequest("this is a prediction network, which knows no text; use unconditional()")
        primer = primer or self._priming.none()
        texts = [texts] if isinstance(texts, str) else list(texts)
        texts = [self.readable(text, f"text {i}") for i, text in enumerate(texts)]
        style = self._styles.loaded(style)
        if bias is None:
            # Of a hand with ink of its own; to a line of ink that is another's the plain bias is nearest.
            learned = primer.length > 0 and style is not None and not isinstance(style, str)
            bias = [self._usual_bias(text, learned) for text in texts]
        biases = biases_of(bias, len(texts))
        seeds = seeds_of(seed, len(texts))
        if primer.length and style is None:  # or each line's seed would draw another hand
            style = self._hand(primer) if self.model.learns_hands else "unknown"
        hands = self.styles(style, seeds)
        configured = self.model.config.sampling.candidates
        counts = [usual(configured, text, primer.own) if candidates is None else candidates for text in texts]
        if candidates is not None and not (
            isinstance(candidates, numbers.Integral) and 1 <= candidates <= MAX_CANDIDATES
        ):
            raise InvalidRequest(f"candidates is {candidates}; expected a whole number from 1 to {MAX_CANDIDATES}")
        per_character = self.model.config.sampling.points_per_character
        limits = [per_character * (len(text) + FREE_CHARACTERS) for text in texts]
        lines = [Line(primer, *one) for one in zip(texts, hands, seeds, biases, limits, strict=True)]
        return list(zip(lines, counts, strict=True))

    def _hand(self, primer: Primer) -> np.ndarray:
        """The style that suits a primer best; found once for as long as no other is asked for, as a page does not."""
        key, last = (primer.prefix, primer.forced.tobytes()), self._last_hand
        if last is None or last[0] != key:
            ink = self._denormalise(primer.forced[: primer.length])
            self._last_hand = last = key, primed.hand(self.model, ink, primer.prefix.rstrip())
        return last[1]

    def lanes_of(self, capacity: int) -> Lanes:
        """Empty lanes for lines of a `capacity_of` (0 for a prediction network)."""
        return Lanes(self._network, self._params, self.lanes, capacity, rests=self.model.config.data.rests)

    def led(self, lines: Sequence[Line]) -> list[Led]:
        """Where each line begins to be drawn: behind its primer, if it has one. The same for all its candidates."""
        found = [None if line.primer.length else Led(line.primer.start) for line in lines]
        alike: dict[tuple[int, int], list[int]] = {}
        for i, line in enumerate(lines):
            if line.primer.length:
                alike.setdefault((capacity_of(line), len(line.primer.forced)), []).append(i)
        for (capacity, _), places in alike.items():
            ours = [
                Leading(self._codes(line), line.style, line.primer.start, line.primer.forced, line.primer.length)
                for line in (lines[i] for i in places)
            ]
            led = leading.led(self._network, self._params, ours, capacity, at_once=self.led_at_once)
            for i, one in zip(places, led, strict=True):
                found[i] = one
        return found

    def track(self, line: Line, attention: bool = False, led: Led | None = None) -> Track:
        """The line as lanes take it; `led`, of `led`, where it has a primer."""
        if led is None:
            if line.primer.length:
                raise ValueError(f"track: a line with the primer's text {line.primer.prefix!r} begins where `led` says")
            led = Led(line.primer.start)
        reach = self._reach(line.bias)
        return Track(self._codes(line), line.style, line.seed, line.bias, reach, line.limit, led, attention)

    def _codes(self, line: Line) -> np.ndarray:
        return self.model.alphabet.encode(line.whole_text)  # none of a prediction network's empty text

    def trial(self, line: Line, candidates: int) -> Trial:
        """`sampling.trial.trial` of a line by this network."""
        return trial(line, candidates, self.model.x_height, self._unread, loop_of(self.model.config.model.kappa_scale))

    def _unread(self, line: Line, drafts: Sequence[Ended]) -> np.ndarray | None:
        """How unlikely each draft says the text, in nats, to a reader of such ink; None where there is none."""
        if self.reader is None:
            return None
        nats = np.full(len(drafts), np.inf)  # where nothing is left of a draft, nothing is said
        inked = [i for i, draft in enumerate(drafts) if len(draft.points)]
        rows = [self._from_start(line.primer, self._denormalise(drafts[i].points)) for i in inked]
        if rows:
            nats[inked] = self.reader.nats(rows, line.text)
        return nats

    @cached_property
    def reader(self) -> Reader | None:
        """Of ink such as this network's, where there is one."""
        known = embedded_reader() if self.model.sized else None
        return known if known and set(self.model.alphabet.characters) <= set(known.alphabet.characters) else None

    def _drafts(self, lines: Sequence[tuple[Line, Led]], attention: bool) -> list[Ended]:
        """Every line written from where it begins, in their order."""
        drafts: list = [None] * len(lines)
        for capacity in TEXT_CAPACITIES:
            waiting = [i for i, (line, _) in enumerate(lines) if capacity_of(line) == capacity]
            waiting.sort(key=lambda i: len(lines[i][0].text))  # the longest begins first, as the last to end decides
            lanes = self.lanes_of(capacity) if waiting else None
            while waiting or (lanes and lanes.busy):
                while waiting and lanes.free:
                    i = waiting.pop()
                    line, led = lines[i]
                    lanes.enter((i,), self.track(line, attention, led))
                for (i,), _, ended in lanes.advance():
                    if ended:
                        drafts[i] = ended
        return drafts

    def write_page(self, text: str, seed: int = 0, **options: Any) -> list[Page]:
        """Writes a text on pages: `pages.write_pages`, which lists the options; `pages.save` puts them into files."""
        from writemate_jax.pages import write_pages

        return write_pages(self, text, seed=seed, **options)

    def adapt(self, ink: str | os.PathLike | Sequence[Ink]) -> Style:
        """The style of 5 to 20 lines by one hand, as `train.py adapt` makes it: takes seconds; for `write`.

        ink: a folder of files with lines of it, or the lines: in any size, y up, with their texts.
        `hands.styles.save_style` keeps a style in a folder.
        Raises `UnfitInk` for a line that cannot be used or hardly says its text, `InvalidInkFile` for a file that holds
        no ink, ValueError for a network without styles, or no lines.
        """
        adapt.check_network(self.model)
        if isinstance(ink, (str, os.PathLike)):
            lines, names = read_lines(Path(ink))
        else:
            lines, names = [ink] if isinstance(ink, Ink) else list(ink), None
            for i, line in enumerate(lines):
                if not isinstance(line, Ink):
                    raise own_ink.UnfitInk(f"line {i} is {line!r}; expected ink with its text, or the path of a folder")
        own = own_ink.sized(lines, self.model.alphabet, names)
        text_fit.check(self.model, own)
        return adapt.fit(self.model, own, deep=True)

    def unconditional(self, points: int | None = None, bias: float | None = None, seed: int = 0) -> Written:
        """Lets a prediction network write ``points`` points of whatever it likes (by default as configured).

        Raises `InvalidRequest` for a synthesis network, or for points below 1 or beyond 65,536.
        """
        if self._network.window:
            raise InvalidRequest("this is a synthesis network, which needs texts; use write()")
        points = self.model.config.sampling.points if points is None else points
        if not (isinstance(points, numbers.Integral) and 1 <= points <= MAX_POINTS):
            raise InvalidRequest(f"points is {points!r}; expected a whole number from 1 to {MAX_POINTS}")
        primer = self._priming.none()
        seeds = seeds_of(seed, 1)
        biases = biases_of(self.model.config.sampling.bias if bias is None else bias, 1)
        line = Line(primer, "", self.styles(None, seeds)[0], seeds[0], biases[0], points - len(primer.lead))
        if line.limit == 0:  # the start is all that was asked for
            return self._written(line, np.zeros((0, 3), np.float32), True)
        lanes = self.lanes_of(0)
        lanes.enter(line, self.track(line))
        ended = None
        while ended is None:
            [(_, _, ended)] = lanes.advance()
        return replace(self.finished(line, ended), complete=True)

    def styles(self, style: Asked, seeds: Sequence[int]) -> np.ndarray:
        """The style vectors float32 [lines, s] that `write` takes for these seeds, or longer where the style's are
        (`Network.style_gates`); s is 0 for a network without styles.

        Raises `InvalidRequest` for a style that there is not.
        """
        return self._styles.vectors(style, seeds)

    def one_hand(self, style: Asked, seed: int, prime: Ink | Rows | None = None) -> Asked:
        """The style for `write`, with which lines of several seeds are by one hand.

        That is the one that is asked for; where seeds draw the style, the one that this seed draws. Lines of one seed
        have one hand, too, but those that begin alike have the same ink for as long.
        """
        return self._styles.one_hand(style, seed, prime is not None)

    def named_styles(self) -> tuple[NamedStyle, ...]:
        """The styles that come with the package, by name; none where they were fitted for another network than this."""
        return self._styles.named

    def primer(self, style: Asked | Ink) -> Primer:
        """What lines in a style begin with: a named one or a folder of `train.py adapt` has a primer, as has given ink.

        Raises `InvalidRequest` for ink that cannot be one.
        """
        if isinstance(style, Ink):
            return self._priming.of_ink(style)
        return self._priming.of_style(self._styles.loaded(style))

    def finished(self, line: Line, ended: Ended) -> Written:
        """The line as ink, from what lanes made of it."""
        written = self._written(line, self._denormalise(ended.points), ended.complete)
        if ended.phi is not None:
            skip, lead = len(line.primer.prefix), len(line.primer.lead)
            phi, kappa = ended.phi[:, skip : skip + len(line.text) + 1], ended.kappa - skip
            # No step drew the points in the lead: the window was where the first step found it.
            written = replace(
                written,
                phi=np.concatenate([phi[:1]] * lead + [phi]),
                kappa=np.concatenate([kappa[:1]] * lead + [kappa]),
            )
        return written

    def _from_start(self, primer: Primer, rows: Rows) -> Rows:
        """Drawn points as a line of its own, from its own origin."""
        rows = np.concatenate([primer.lead, rows])
        rows[-1, 2] = 1  # the pen lifts at the end, also where a cap ended the line
        if primer.length:
            rows = from_own_origin(rows, primer.end, on_baseline=self.model.config.data.rests)
        return rows

    def _written(self, line: Line, rows: Rows, complete: bool) -> Written:
        rows = self._from_start(line.primer, rows)
        if self.model.config.data.rests:
            rows = level(rows)
        if self.model.sized:
            rows = on_baseline(rows, line.text)
        pace = self.model.config.sampling.points_per_second
        x_height = letters.x_height([rows], self.model.unit)
        return Written(rows, line.text, complete, line.bias, line.seed, pace, x_height)

    def readable(self, text: str, name: str = "text", limit: int = MAX_CHARACTERS) -> str:
        """The line that is written for a text, as `write` has it; warns where that is another (`texts.readable`)."""
        return readable(self.model.alphabet, text, name, limit)

    def _usual_bias(self, text: str, learned: bool) -> float:
        """Of a text where nobody says; learned: in a hand of more than a primer's ink."""
        return min(LARGEST_BIAS, neatness.times(text, learned) * float(self.model.config.sampling.bias))

    def _reach(self, bias: float) -> float:
        reach = self.model.config.sampling.reach
        return reach / bias if reach and bias else math.inf

    def _denormalise(self, rows: Rows) -> Rows:
        return strokes.denormalise(rows, self.model.mean, self.model.std)
