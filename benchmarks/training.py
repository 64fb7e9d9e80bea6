"""Training steps of the embedded model's configuration on the open corpus: points/s, padding excluded."""

from __future__ import annotations

import itertools
import time

import jax
import numpy as np

from benchmarks.timing import gemm_peak
from configs import open_synthesis
from writemate_jax.data import corpus as corpora
from writemate_jax.training import optimizer, parallel, step
from writemate_jax.training.lines import prepare

STEPS = 60


def main() -> None:
    config = open_synthesis.get_config()
    description, batches, _ = prepare(config, corpora.load(config.corpus))
    network = description.network()
    rule = optimizer.make(config.optimizer, config.training.steps)
    state = step.initial_state(network, rule, config.seed, next(batches.ordered()))
    weights = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    state = parallel.replicate(state)
    train_step = step.make_train_step(description, rule, step.Units.of(batches, config.optimizer.loss_unit))
    proceed = np.zeros(jax.local_device_count(), np.float32)
    one_of_each = {batch.inputs.shape: batch for batch in batches.ordered()}.values()
    for batch in one_of_each:
        state, metrics = train_step(state, parallel.shard(batch), proceed)
    jax.block_until_ready(metrics)
    chosen = list(itertools.islice(batches.epoch(0, 0), STEPS))
    start = time.perf_counter()
    for batch in chosen:
        state, metrics = train_step(state, parallel.shard(batch), proceed)
    jax.block_until_ready(metrics)
    rate = sum(batch.mask.sum() for batch in chosen) / (time.perf_counter() - start)
    print(
        f"{weights:,} weights: {rate:,.0f} real points/s, {6 * weights * rate / gemm_peak():.2f} of the GEMM peak; "
        f"padded {batches.padded_fraction:.1%}; {len(one_of_each)} shapes"
    )


if __name__ == "__main__":
    main()
