"""What is looked at during training: the validation loss, and free-running lines with their attention."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from writemate_jax.checkpoints.models import Description, Model
from writemate_jax.data.batches import Batches
from writemate_jax.data.corpus import Corpus
from writemate_jax.training import losses, parallel

if TYPE_CHECKING:
    from writemate_jax.sampling.writer import Writer


def validate(evaluation_step: Callable, params: Any, validation: Batches) -> losses.Sums:
    """Loss sums over every validation line, over all devices.

    Args:
      evaluation_step: see `step.make_evaluation_step`.
      params: replicated weights.
      validation: its batches; each process runs its slice of every one.
    """
    total = None
    for batch in validation.ordered(process_index=jax.process_index(), process_count=jax.process_count()):
        sums = parallel.unreplicate(evaluation_step(params, parallel.shard(batch)))
        # float64 on the host: float32 totals of a million points lose the digits that are compared.
        sums = jax.tree.map(np.float64, sums)
        total = sums if total is None else jax.tree.map(np.add, total, sums)
    return total


def write_samples(
    description: Description, params: Any, validation: Batches, corpus: Corpus, folder: Path, step: int
) -> float:
    """Writes lines with the weights of a step and draws them; returns the share that ended by themselves.

    Makes `folder/STEP.png`, the configured texts at fixed seeds with the attention of each; a prediction network makes
    lines without text there, which do not end by themselves. NaN for these, and where `termination_lines` is 0.
    """
    from writemate_jax.drawing.attention import plot_attention_sheet
    from writemate_jax.drawing.contact_sheet import contact_sheet
    from writemate_jax.sampling.writer import Writer

    folder.mkdir(parents=True, exist_ok=True)
    config = description.config
    writer = Writer(Model(**vars(description), params=params))
    picture = folder / f"{step:06d}.png"
    if not config.model.window:
        lines = [writer.unconditional(points=config.sampling.points, seed=seed) for seed in range(4)]
        contact_sheet([line.strokes for line in lines], [f"seed {line.seed}" for line in lines], picture)
        return math.nan
    texts = [text for text in config.sampling.texts if set(text) <= set(description.alphabet.characters)]
    if texts:
        lines = writer.write(texts, bias=config.sampling.bias, seed=0, attention=True, candidates=1)
        plot_attention_sheet(lines, picture)
    if not config.sampling.termination_lines:
        return math.nan
    held_out = [text for i in validation.indices if _can_write(writer, text := corpus.text(i))]
    if not held_out:
        return math.nan
    count = config.sampling.termination_lines
    texts = held_out[:: max(1, len(held_out) // count)][:count]
    seeds = range(1, 1 + len(texts))  # with styles, each of another hand
    written = writer.write(texts, bias=config.sampling.bias, seed=seeds, candidates=1)
    return float(np.mean([line.complete for line in written]))


def _can_write(writer: Writer, text: str) -> bool:
    """Whether a text that a corpus has can also be asked for."""
    from writemate_jax.alphabet import UnknownCharacters
    from writemate_jax.sampling.requests import InvalidRequest

    try:
        writer.readable(text)
    except (InvalidRequest, UnknownCharacters):
        return False
    return True
