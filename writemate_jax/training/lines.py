"""What a configuration makes of a corpus, and the order in which its lines are trained on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import jax
import numpy as np
from ml_collections import ConfigDict

from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import Description
from writemate_jax.config import ConfigurationError
from writemate_jax.data.batches import Batch, Batches, steps_of
from writemate_jax.data.corpus import ARRANGEMENTS, Corpus
from writemate_jax.strokes import UNIT


def prepare(config: ConfigDict, corpus: Corpus) -> tuple[Description, Batches, Batches]:
    """What a configuration makes of a corpus: the model's description, training and validation batches."""
    train, held_out = (corpus.select(splits) for splits in ARRANGEMENTS[config.data.arrangement])
    if config.training.validation_lines:
        # Spread over the whole split, so that a part of it still holds all its writers.
        held_out = held_out[:: max(1, len(held_out) // config.training.validation_lines)]
    if config.data.rests and corpus.unit != UNIT:
        raise ConfigurationError(
            f"config.data.rests is {config.data.rests} and the corpus in the unit {corpus.unit!r}; rests are half an"
            f" x-height from letters on a known baseline, which a corpus in {UNIT!r} has: use False"
        )
    statistics = corpus.statistics(train)
    mean, std = statistics.mean, statistics.std
    if config.data.normalisation == "shared":
        mean, std = np.zeros(2, np.float32), np.full(2, statistics.shared_std, np.float32)
    short = steps_of(corpus, train, rests=config.data.rests) <= config.data.max_points
    # Of writers whose lines are all left out nothing would be learned.
    writers = sorted({corpus.writer(i) for i in train[short]}) if config.model.style_size else ()
    strangers = sorted({*config.sampling.styles} - {*writers})
    if strangers:
        raise ConfigurationError(
            f"config.sampling.styles has {strangers[0]!r}, which is no training writer of a network with styles; leave "
            "it out"
        )
    description = Description(config, Alphabet(corpus.alphabet), mean, std, corpus.unit, tuple(writers))
    return (
        description,
        batches(description, corpus, train, writers=description.writers),
        batches(description, corpus, held_out, writers=description.writers),
    )


def batches(
    description: Description,
    corpus: Corpus,
    indices: Sequence[int],
    *,
    writers: Sequence[str] = (),
    batch_size: int | None = None,
) -> Batches:
    """Lines as a network is trained on them; by default in its configuration's batches, and of no known hand."""
    data = description.config.data
    return Batches(
        corpus,
        indices,
        description.alphabet,
        description.mean,
        description.std,
        buckets=data.buckets,
        batch_size=data.batch_size if batch_size is None else batch_size,
        points_per_batch=data.points_per_batch,
        multiple_of=jax.device_count(),
        rests=data.rests,
        max_points=data.max_points,
        with_text=description.config.model.window,
        writers=writers,
    )


def order(training: Batches, config: ConfigDict, first: int) -> Iterator[Batch]:
    """This process's batches of the steps `first`, `first` + 1, ... without end; a function of (seed, step) alone."""
    at, epoch = 0, 0
    while True:
        short = at < config.data.short_steps
        longest = config.data.short_points if short else None
        count = training.steps(longest=longest)
        if short:
            count = min(count, config.data.short_steps - at)
        start = max(0, first - at)
        if start < count:
            batch = training.epoch(
                config.seed,
                epoch,
                process_index=jax.process_index(),
                process_count=jax.process_count(),
                longest=longest,
                start=start,
            )
            yield from itertools.islice(batch, count - start)
        at, epoch = at + count, epoch + 1
