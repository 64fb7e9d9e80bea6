"""`Writer`: texts in, lines of ink out.

>>> from writemate_jax import Writer
>>> writer = Writer.load(lanes=4)
>>> [line] = writer.write("Hello", bias=0.75, seed=1)
>>> line.text, line.complete, line.strokes.shape[1]
('Hello', True, 3)
>>> line.save("hello.svg")  # doctest: +SKIP
"""

from __future__ import annotations

import difflib
import math
import numbers
import operator
import os
import warnings
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from writemate_jax import strokes
from writemate_jax.alphabet import UnknownCharacters
from writemate_jax.checkpoints.models import Model, load_model
from writemate_jax.compilation_cache import use_compilation_cache
from writemate_jax.data import own_ink
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import adapt, named_styles, primed, resemblance, text_fit
from writemate_jax.hands.styles import InvalidStyle, Style, load_style
from writemate_jax.limits import LARGEST_BIAS, LARGEST_SEED, MAX_CANDIDATES, MAX_CHARACTERS, MAX_POINTS
from writemate_jax.reading.reader import Reader
from writemate_jax.reading.reader import embedded as embedded_reader
from writemate_jax.sampling import leading, neatness
from writemate_jax.sampling.candidates import Draft, best, draft, faults, usual
from writemate_jax.sampling.candidates import seeds as candidate_seeds
from writemate_jax.sampling.lanes import Ended, Lanes, Track
from writemate_jax.sampling.leading import Leading, Led
from writemate_jax.sampling.levelling import level
from writemate_jax.sampling.line_ends import without_primer, without_stop
from writemate_jax.sampling.stray_ticks import starts_with_tick
from writemate_jax.sampling.written import Written
from writemate_jax.strokes import Rows

if TYPE_CHECKING:
    from writemate_jax.pages import Page

PRIMER_CHARACTERS = 1_000  # of a primer that is cut at a word, far below that
# Arrays come in these sizes alone, so that few programs are compiled. The window costs little beside the layers, and a
# short text loses little in a large array.
TEXT_CAPACITIES = (64, 256 + 2)
PRIMER_CAPACITIES = (512, 1024, 2048, 4096)  # what is not filled costs nothing
FREE_CHARACTERS = 4  # the cap on points counts these on top of the text: a short line is not cut for a slow start
MORE_BIAS = 0.5  # of a line's second try


class InvalidRequest(ValueError):
    """What was asked for cannot be written; the message says why and what to do."""


class Writer:
    """Writes with one trained network.

    The ink of a line is a function of its text, seed, bias and primer, to the bit, whatever is written in the same
    call: lines are computed in always `lanes` lanes, the text padded to a capacity that its own length chooses.
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
        if self.lanes < 1:
            raise ValueError(f"lanes is {lanes}; expected at least 1")
        self.led_at_once = 4 if on_cpu else 64  # along a primer: one line takes nearly as long
        self._network = model.network()
        self._params = jax.device_put(model.params)
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
        style: str | os.PathLike | np.ndarray | Style | None = None,
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
            best (`hands.primed`) unless another is asked for. A network of lines between rests in x-heights takes
            any size and place, and of a long line the part that ends at a word (`own_ink.primer`); another takes ink
            in its own unit.
          prime_text: its text, where ``prime`` does not say it or says another; it is taken at its word
            (`hands.text_fit.check` tells whether the ink says it).
          attention: whether to keep phi and kappa.
          style: the hand: a name of `named_styles`, what `adapt` made or a folder of `train.py adapt`, each with its
            primer unless there is another; the name of a training writer, "unknown" for the network's own, "random"
            (the default) for one that each line's seed draws from `sampling.styles`, or style vectors [s] or
            [lines, s], which are nobody's own hand.
          candidates: how many are written of each line, of which the best is kept (`sampling.candidates`); where none
            of several passes, or none in an own hand is read as its text, as many again with more bias. By default
            what the network's configuration says, and of a short text and in an own hand more
            (`sampling.candidates.usual`).

        Raises:
          InvalidRequest: for whatever of this cannot be met.
          UnknownCharacters: a text has characters without a likeness in the network's alphabet.
        """
        style = self._loaded(style)  # once, for its vector and its primer
        primed_by_style = prime is None and prime_text is None
        primer = self.primer(style) if primed_by_style else self._primer(prime, prime_text)
        asked = self.lines(texts, bias, seed, style, candidates, primer)
        # What still asks for candidates to be written, and what it asks for.
        trying = {i: self.trial(line, count, primer) for i, (line, count) in enumerate(asked)}
        wanted = {i: next(tries) for i, tries in trying.items()}
        beginnings = self.led([(line, primer) for line, _ in asked])
        chosen: dict[int, Ended] = {}
        while wanted:
            drafts = iter(self._drafts([(line, beginnings[i]) for i in wanted for line in wanted[i]], attention))
            wanted, done = {}, {i: [next(drafts) for _ in lines] for i, lines in wanted.items()}
            for i, own in done.items():
                try:
                    wanted[i] = trying[i].send(own)
                except StopIteration as end:
                    chosen[i] = end.value
        return [self.finished(line, chosen[i], primer) for i, (line, _) in enumerate(asked)]

    def lines(
        self, texts: Sequence[str] | str, bias: float | Sequence[float] | None, seed: int | Sequence[int],
        style: str | os.PathLike | np.ndarray | Style | None, candidates: int | None, primer: Primer | None = None,
    ) -> list[tuple[Line, int]]:  # fmt: skip
        """What `write` is asked for, checked: each line, and how many candidates of it are wanted."""
        if not self._network.window:
            raise InvalidRequest("this is a prediction network, which knows no text; use unconditional()")
        primer = primer or self._primer(None, None)
        texts = [texts] if isinstance(texts, str) else list(texts)
        texts = [self.readable(text, f"text {i}") for i, text in enumerate(texts)]
        if bias is None:
            known = style is not None and not (isinstance(style, str) and style in named_styles.RESERVED)
            learned = primer.length > 0 and known
            bias = [self._usual_bias(text, learned) for text in texts]
        biases = self._biases(bias, len(texts))
        seeds = _seeds(seed, len(texts))
        if primer.length and style is None and self._network.styles and self.model.config.data.rests:
            style = self._hand(primer)
        hands = self.styles(style, seeds)
        configured = self.model.config.sampling.candidates
        counts = [usual(configured, text, primer.own) if candidates is None else candidates for text in texts]
        if candidates is not None and not (
            isinstance(candidates, numbers.Integral) and 1 <= candidates <= MAX_CANDIDATES
        ):
            raise InvalidRequest(f"candidates is {candidates}; expected a whole number from 1 to {MAX_CANDIDATES}")
        per_character = self.model.config.sampling.points_per_character
        return [
            (Line(primer.prefix, text, hands[i], seeds[i], biases[i], per_character * (len(text) + FREE_CHARACTERS),
                  self._x_height, primer.trait), counts[i])
            for i, text in enumerate(texts)
        ]

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

    def led(self, lines: Sequence[tuple[Line, Primer]]) -> list[Led]:
        """Where each line begins to be drawn: behind its primer, if it has one. The same for all its candidates."""
        found = [None if primer.length else Led(primer.start) for _, primer in lines]
        alike: dict[tuple[int, int], list[int]] = {}
        for i, (line, primer) in enumerate(lines):
            if primer.length:
                alike.setdefault((capacity_of(line), len(primer.forced)), []).append(i)
        for (capacity, _), places in alike.items():
            ours = [
                Leading(self._codes(line), line.style, primer.start, primer.forced, primer.length)
                for line, primer in (lines[i] for i in places)
            ]
            led = leading.led(self._network, self._params, ours, capacity, at_once=self.led_at_once)
            for i, one in zip(places, led, strict=True):
                found[i] = one
        return found

    def track(self, line: Line, attention: bool = False, led: Led | None = None) -> Track:
        """The line as lanes take it; `led`, of `led`, where it has a primer."""
        if led is None:
            if line.prefix:
                raise ValueError(f"track: a line with the primer's text {line.prefix!r} begins where `led` says")
            led = Led(self._primer(None, None).start)
        reach = self._reach(line.bias)
        return Track(self._codes(line), line.style, line.seed, line.bias, reach, line.limit, led, attention)

    def _codes(self, line: Line) -> np.ndarray:
        return self.model.alphabet.encode(line.prefix + line.text)  # none of a prediction network's empty text

    def trial(self, line: Line, candidates: int, primer: Primer | None = None) -> Trial:
        """Asks once, and where nothing good comes again, for lines to be written; is sent them; returns the best."""
        primer = primer or self._primer(None, None)
        drafts = _trimmed(line, (yield [line._replace(seed=seed) for seed in candidate_seeds(line.seed, candidates)]))
        if candidates == 1:
            return drafts[0]
        known, unread = [_known(line, one) for one in drafts], self._unread(line, drafts, primer)
        if all(faults(known, line.text, unread, primer.own)):
            # A second try for what failed: by other seeds, and neater.
            again = line._replace(bias=line.bias + MORE_BIAS)
            more = yield [again._replace(seed=seed) for seed in candidate_seeds(line.seed, candidates, 1)]
            drafts += _trimmed(line, more)
            known, unread = [_known(line, one) for one in drafts], self._unread(line, drafts, primer)
        return drafts[best(known, line.text, _unlike(line, drafts), unread, primer.own)]

    def _unread(self, line: Line, drafts: Sequence[Ended], primer: Primer) -> np.ndarray | None:
        """How unlikely each draft says the text, in nats, to a reader of such ink; None where there is none."""
        if self.reader is None:
            return None
        nats = np.full(len(drafts), np.inf)  # where nothing is left of a draft, nothing is said
        inked = [i for i, draft in enumerate(drafts) if len(draft.points)]
        rows = [self._from_start(primer, self._denormalise(drafts[i].points)) for i in inked]
        if rows:
            nats[inked] = self.reader.nats(rows, line.text)
        return nats

    @cached_property
    def reader(self) -> Reader | None:
        """Of ink such as this network's, where there is one."""
        reads = self.model.unit == "x-height" and self.model.config.data.rests
        known = embedded_reader() if reads else None
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

    def adapt(self, lines: Sequence[Ink]) -> Style:
        """The style of 5 to 20 lines by one hand, as `train.py adapt` makes it: takes seconds; for `write`.

        lines: ink in any size, y up, with its text. `hands.styles.save_style` keeps a style in a folder.
        Raises `UnfitInk` for a line that cannot be used or hardly says its text, ValueError for a network without
        styles, or no lines.
        """
        text_fit.check(self.model, lines, [f"line {i}" for i in range(len(lines))])
        return adapt.fit(self.model, lines, deep=True)

    def unconditional(self, points: int | None = None, bias: float | None = None, seed: int = 0) -> Written:
        """Lets a prediction network write ``points`` points of whatever it likes (by default as configured).

        Raises `InvalidRequest` for a synthesis network, or for points below 1 or beyond 65,536.
        """
        if self._network.window:
            raise InvalidRequest("this is a synthesis network, which needs texts; use write()")
        points = self.model.config.sampling.points if points is None else points
        if not 1 <= points <= MAX_POINTS:
            raise InvalidRequest(f"{points} points; expected 1 to {MAX_POINTS}")
        primer = self._primer(None, None)
        seeds = _seeds(seed, 1)
        biases = self._biases(self.model.config.sampling.bias if bias is None else bias, 1)
        line = Line("", "", self.styles(None, seeds)[0], seeds[0], biases[0], points - len(primer.lead))
        if line.limit == 0:  # the start is all that was asked for
            return self._written(line, primer, np.zeros((0, 3), np.float32), True)
        lanes = self.lanes_of(0)
        lanes.enter(line, self.track(line))
        ended = None
        while ended is None:
            [(_, _, ended)] = lanes.advance()
        return replace(self.finished(line, ended), complete=True)

    def styles(self, style: str | os.PathLike | np.ndarray | Style | None, seeds: Sequence[int]) -> np.ndarray:
        """The style vectors float32 [lines, s] that `write` takes for these seeds; s is 0 for a network without styles.

        Raises `InvalidRequest` for a style that there is not.
        """
        style = self._loaded(style)
        if not self._network.styles:
            if not (style is None or isinstance(style, str) and style in ("random", "unknown")):
                raise InvalidRequest(f"style is {style!r}, but this network knows no styles; leave it out")
            return np.zeros((len(seeds), 0), np.float32)
        table = np.asarray(self.model.params["styles"])
        named = {one.name: one.vector for one in self.named_styles()} if isinstance(style, str) else {}
        if isinstance(style, Style):
            style = style.whole
        elif isinstance(style, str) and style in named:
            style = named[style]
        if not (style is None or isinstance(style, str)):
            try:
                vectors = np.asarray(style, np.float32)
            except (ValueError, TypeError) as error:
                raise InvalidRequest(f"style is {style!r}; expected one for all lines, or numbers") from error
            lengths = (self._network.style_size, self._network.longest_style)
            if vectors.shape[-1:] not in [(n,) for n in lengths] or vectors.shape[:-1] not in ((), (len(seeds),)):
                raise InvalidRequest(
                    f"style has the shape {vectors.shape}; expected {lengths[:1]}, or {lengths[1:]} as train.py adapt"
                    " makes it for this network"
                )
            if not np.isfinite(vectors).all():
                raise InvalidRequest("style holds numbers that are not finite; adapt it again")
            return np.broadcast_to(vectors, (len(seeds), vectors.shape[-1]))
        hand = {"unknown": 0} | {writer: i for i, writer in enumerate(self.model.writers, start=1)}
        if style in (None, "random"):
            choice = self.model.config.sampling.styles or self.model.writers
            names = [choice[np.random.default_rng([seed, 0]).integers(len(choice))] for seed in seeds]
        elif style in hand:
            names = [style] * len(seeds)
        else:
            raise InvalidRequest(self._no_such_style(style, [*named, "random", *hand]))
        return table[[hand[name] for name in names]]

    def primer(self, style: str | os.PathLike | Ink | np.ndarray | Style | None) -> Primer:
        """What lines in a style begin with: a named one or a folder of `train.py adapt` has a primer, as has given ink.

        Raises `InvalidRequest` for ink that cannot be one.
        """
        if isinstance(style, Ink):
            return self._primer(style, None)
        style = self._loaded(style)
        if isinstance(style, Style):
            return self._own_primer(style)
        named = {one.name: one.ink for one in self.named_styles()} if isinstance(style, str) else {}
        if isinstance(style, str) and style in named:
            return self._primer(named[style], None)._replace(own=False)
        return self._primer(None, None)

    def _own_primer(self, style: Style) -> Primer:
        """Of a hand that was learned: its line, if there is one, and what is typical of it, if more is known."""
        try:
            primer = self._primer(style.primer, None)._replace(own=True)
        except (InvalidRequest, UnknownCharacters) as error:  # of an earlier version, which kept what is of no use
            raise InvalidRequest(
                f"style: writing cannot go on from the line that is kept with it ({error}); make the style again with"
                " train.py adapt"
            ) from error
        return primer if style.trait is None else primer._replace(trait=style.trait)

    def _loaded(self, style: str | os.PathLike | np.ndarray | Style | None) -> str | np.ndarray | Style | None:
        """What is asked for, with the style itself in place of the folder that holds it; a name goes before a folder.

        Raises `InvalidRequest` for a folder without one, and for a style of another network.
        """
        if isinstance(style, str):
            known = (*named_styles.RESERVED, *(one.name for one in self.named_styles()))
            style = Path(style) if style not in known and os.path.exists(style) else style
        found = style
        if isinstance(style, os.PathLike):
            try:
                found = load_style(style)
            except InvalidStyle as error:
                raise InvalidRequest(f"style: {error}") from error
        if isinstance(found, Style) and found.weights not in (None, self._digest):
            named = "style" if found is style else f"style in {style}"
            raise InvalidRequest(
                f"{named} was fitted for another network than this, whose weights differ; give that one with"
                " --checkpoint, or make the style again for this one with train.py adapt"
            )
        return found

    def named_styles(self) -> tuple[named_styles.NamedStyle, ...]:
        """The styles that come with the package, by name; none where they were fitted for another network than this."""
        return tuple(one for one in self._package_styles if one.weights == self._digest)

    @cached_property
    def _package_styles(self) -> tuple[named_styles.NamedStyle, ...]:
        return named_styles.load()

    @cached_property
    def _digest(self) -> str:
        return named_styles.digest(self.model.params)

    def _no_such_style(self, style: str, known: Sequence[str]) -> str:
        if style in [one.name for one in self._package_styles]:
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

    def finished(self, line: Line, ended: Ended, primer: Primer | None = None) -> Written:
        """The line as ink, from what lanes made of it."""
        primer = primer or self._primer(None, None)
        written = self._written(line, primer, self._denormalise(ended.points), ended.complete)
        if ended.phi is not None:
            skip, lead = len(line.prefix), len(primer.lead)
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
            rows = _from_own_origin(rows, primer.end, on_baseline=self.model.config.data.rests)
        return rows

    def _written(self, line: Line, primer: Primer, rows: Rows, complete: bool) -> Written:
        rows = self._from_start(primer, rows)
        if self.model.config.data.rests:
            rows = level(rows)
        pace = self.model.config.sampling.get("points_per_second")
        return Written(rows, line.text, complete, line.bias, line.seed, pace)

    def _primer(self, prime: Ink | Rows | None, text: str | None) -> Primer:
        rests = self.model.config.data.rests
        if prime is None:
            if text is not None:
                raise InvalidRequest(f"prime_text is {text!r}, but there is no ink of it; give prime, too")
            # A line of known origin begins with the pen at rest there, which is no ink; another with its first point.
            start = np.array([[0, 0, 1 if rests else 0]], np.float32)
            lead = start[:0] if rests else start
            return Primer("", self._normalise(start)[0], np.zeros((0, 3), np.float32), 0, lead, np.zeros(2))
        ink, text = (prime.strokes, text or prime.text) if isinstance(prime, Ink) else (prime, text)
        if not text:
            raise InvalidRequest("the primer has no text; give prime_text, what its ink says")
        sized = rests and self.model.unit == "x-height"
        text = self.readable(text, "prime_text", PRIMER_CHARACTERS if sized else MAX_CHARACTERS)
        try:
            ink = strokes.check(ink)
            if sized:  # the size of letters is measured, whatever it came in
                ink, text = own_ink.primer(ink, text)
        except (strokes.InvalidInk, own_ink.UnfitInk) as error:
            raise InvalidRequest(f"prime: {error}") from error
        start, forced = (np.array([0, 0, 1], np.float32), ink) if rests else (ink[0] * [0, 0, 1], ink[1:])
        if not 0 < len(forced) <= PRIMER_CAPACITIES[-1]:
            raise InvalidRequest(f"prime has {len(ink)} points; expected 2 to {PRIMER_CAPACITIES[-1]}")
        padded = np.zeros((_capacity(len(forced), PRIMER_CAPACITIES), 3), np.float32)
        padded[: len(forced)] = self._normalise(forced)
        end = strokes.to_points(ink)[-1]
        trait = resemblance.trait([ink]) if self._x_height else None
        return Primer(text + " ", self._normalise(start[None])[0], padded, len(forced), ink[:0], end, trait, own=True)

    def readable(self, text: str, name: str = "text", limit: int = MAX_CHARACTERS) -> str:
        """The line that is written for a text, as `write` has it; warns where that is another.

        name: of the text in messages. limit: characters. Raises as `write` does.
        """
        stripped = text.strip()
        if not stripped:
            raise InvalidRequest(f"{name} is empty; expected 1 to {limit} characters")
        breaks = sorted({c for c in stripped if c in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"})
        if breaks:
            raise InvalidRequest(f"{name} has a line break ({breaks[0]!r}); give each line as a text of its own")
        readable, replaced = self.model.alphabet.line(stripped, name)
        if replaced:
            changes = ", ".join(f"{old!r} as {new!r}" for old, new in replaced.items())
            warnings.warn(f"{name}: the network does not know all of its characters; it writes {changes}", stacklevel=3)
        if not 1 <= len(readable) <= limit:
            raise InvalidRequest(
                f"{name} has {len(readable)} characters; expected 1 to {limit}: split it into several lines"
            )
        return readable

    @cached_property
    def _x_height(self) -> float:
        """Of normalised offsets; 0 where it is not known."""
        known = self.model.unit == "x-height" and self.model.config.data.normalisation == "shared"
        return 1.0 / float(self.model.std[0]) if known else 0.0

    def _usual_bias(self, text: str, learned: bool) -> float:
        """Of a text where nobody says; learned: in a hand of more than a primer's ink."""
        return neatness.times(text, learned) * float(self.model.config.sampling.bias)

    def _biases(self, bias: float | Sequence[float], count: int) -> list[float]:
        try:
            biases = np.asarray(bias, np.float64)
        except (ValueError, TypeError) as error:
            raise InvalidRequest(f"bias is {bias!r}; expected a number, or one for each line") from error
        if biases.ndim and biases.shape != (count,):
            raise InvalidRequest(f"bias has the shape {biases.shape}; expected a number, or {count}, one for each line")
        wrong = biases[~((biases >= 0) & (biases <= LARGEST_BIAS))]
        if wrong.size:
            raise InvalidRequest(f"bias is {wrong.flat[0]:g}; expected a number from 0 up to {LARGEST_BIAS:g}")
        return np.broadcast_to(biases, (count,)).tolist()

    def _reach(self, bias: float) -> float:
        reach = self.model.config.sampling.reach
        return reach / bias if reach and bias else math.inf

    def _normalise(self, rows: Rows) -> Rows:
        return strokes.normalise(rows, self.model.mean, self.model.std)

    def _denormalise(self, rows: Rows) -> Rows:
        return strokes.denormalise(rows, self.model.mean, self.model.std)


class Line(NamedTuple):
    """One line to write.

    prefix: the primer's text and a space. style: vector [s]. limit: most points. x_height: of normalised offsets; 0
    where it is not known. trait: of the hand (`resemblance`), None where that is not known.
    """

    prefix: str
    text: str
    style: np.ndarray
    seed: int
    bias: float
    limit: int
    x_height: float = 0.0
    trait: np.ndarray | None = None


class Primer(NamedTuple):
    """How a line begins.

    prefix: text of the primer and a space. start: [3] first input, normalised. forced: [p, 3], normalised and padded,
    `length` of them real. lead: [0 or 1, 3] rows of ink that are there before any is drawn. end: [2], position of the
    primer's last point. trait: of the hand, as in `Line`. own: whether the hand is the user's, none of the package's.
    """

    prefix: str
    start: np.ndarray
    forced: np.ndarray
    length: int
    lead: np.ndarray
    end: np.ndarray
    trait: np.ndarray | None = None
    own: bool = False


# Asks for lines to be written, is sent them, and returns one.
Trial = Generator[list[Line], list[Ended], Ended]


def capacity_of(line: Line) -> int:
    """The text capacity that a line is computed with."""
    return _capacity(len(line.prefix) + len(line.text) + 1, TEXT_CAPACITIES)


def _trimmed(line: Line, drafts: Sequence[Ended]) -> list[Ended]:
    """Without what is none of the line, where the size of letters is known."""
    if not line.x_height:
        return list(drafts)
    if line.prefix:
        drafts = [without_primer(one, len(line.prefix)) for one in drafts]
    return [without_stop(one, line.text, line.x_height) for one in drafts]


def _known(line: Line, ended: Ended) -> Draft:
    tick = line.x_height > 0 and len(ended.points) > 0 and starts_with_tick(ended.points, line.text, line.x_height)
    return draft(ended.complete, ended.place - len(line.prefix), ended.points[:, 2], len(line.text), tick)


def _unlike(line: Line, drafts: Sequence[Ended]) -> list[float] | None:
    """How far each draft is from the line's hand, where that and the size of letters are known."""
    if line.trait is None or not line.x_height or len(drafts) == 1:
        return None
    return [resemblance.unlike(one.points * [1 / line.x_height, 1 / line.x_height, 1], line.trait) for one in drafts]


def _capacity(size: int, capacities: Sequence[int]) -> int:
    return next(capacity for capacity in capacities if capacity >= size)


def _seeds(seed: int | Sequence[int], count: int) -> list[int]:
    try:
        seeds = [operator.index(s) for s in seed] if np.ndim(seed) else [operator.index(seed)] * count
    except TypeError as error:
        raise InvalidRequest(f"seed is {seed!r}; expected a whole number, or one for each line") from error
    if len(seeds) != count:
        raise InvalidRequest(f"{len(seeds)} seeds for {count} lines; expected a number, or one for each line")
    for s in seeds:
        if not 0 <= s <= LARGEST_SEED:
            raise InvalidRequest(f"seed is {s}; expected 0 to {LARGEST_SEED}")
    return seeds


def _from_own_origin(rows: Rows, end: np.ndarray, on_baseline: bool) -> Rows:
    """The rows with row 0, an offset from the primer's last point ``end``, made one from the line's own origin.

    That is the left edge of the new ink on the primer's baseline where this is known, and else the first new point.
    """
    rows = rows.copy()
    first = np.zeros(2)
    if on_baseline:
        points = strokes.to_points(rows) + end
        first = points[0] - [points[:, 0].min(), 0.0]
    rows[0, :2] = first
    return rows
