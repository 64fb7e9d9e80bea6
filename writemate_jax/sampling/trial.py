"""A line's trial: which candidates of it are written, and which is kept."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np

from writemate_jax.hands import resemblance
from writemate_jax.sampling.candidates import Draft, best, draft, faults, seeds
from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.line_ends import without_primer, without_stop
from writemate_jax.sampling.lines import Line
from writemate_jax.sampling.stray_ticks import starts_with_tick

MORE_BIAS = 0.5  # of a line's second try

# Asks for lines to be written, is sent them, and returns one.
Trial = Generator[list[Line], list[Ended], Ended]


def trial(
    line: Line, count: int, x_height: float, unread: Callable[[Line, Sequence[Ended]], np.ndarray | None],
    loop: int,
) -> Trial:
    """Asks once, and where nothing good comes again, for lines to be written; is sent them; returns the best.

    Args:
      count: candidates of a try.
      x_height: of normalised offsets; 0 where it is not known.
      unread: how unlikely each draft says the text, in nats; None where nobody reads such ink.
      loop: points for one character of which more are a loop.
    """
    drafts = _trimmed(line, x_height, (yield [line._replace(seed=seed) for seed in seeds(line.seed, count)]))
    if count == 1:
        return drafts[0]
    known, nats = [_known(line, x_height, one, loop) for one in drafts], unread(line, drafts)
    if all(faults(known, line.text, nats, line.primer.own)):
        # A second try for what failed: by other seeds, and neater.
        again = line._replace(bias=line.bias + MORE_BIAS)
        more = yield [again._replace(seed=seed) for seed in seeds(line.seed, count, 1)]
        drafts += _trimmed(line, x_height, more)
        known, nats = [_known(line, x_height, one, loop) for one in drafts], unread(line, drafts)
    return drafts[best(known, line.text, _unlike(line, x_height, drafts), nats, line.primer.own)]


def _trimmed(line: Line, x_height: float, drafts: Sequence[Ended]) -> list[Ended]:
    """Without what is none of the line, where the size of letters is known."""
    if not x_height:
        return list(drafts)
    prefix = len(line.primer.prefix)
    if prefix:
        drafts = [without_primer(one, prefix) for one in drafts]
    return [without_stop(one, line.text, x_height) for one in drafts]


def _known(line: Line, x_height: float, ended: Ended, loop: int) -> Draft:
    tick = x_height > 0 and len(ended.points) > 0 and starts_with_tick(ended.points, line.text, x_height)
    place = ended.place - len(line.primer.prefix)
    return draft(ended.complete, place, ended.points[:, 2], len(line.text), tick, loop)


def _unlike(line: Line, x_height: float, drafts: Sequence[Ended]) -> list[float] | None:
    """How far each draft is from the line's hand, where that and the size of letters are known."""
    trait = line.primer.trait
    if trait is None or not x_height or len(drafts) == 1:
        return None
    return [resemblance.unlike(one.points * [1 / x_height, 1 / x_height, 1], trait) for one in drafts]
