"""Graves' synthesis network (section 5) on IAM-OnDB: 3 x 400 LSTM, K = 10, M = 20, RMSProp.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_synthesis.py --workdir runs/graves_synthesis
The paper reports -1096.9 nats per line and SSE 0.23 on the validation set.
Here: -1113.4 and SSE 0.42, still falling, after 7.5 epochs in 420 minutes on 2 CPU cores, from 3.0 epochs of half the
lines, with batches of 4,000 points, an average of the weights, and a rate that fell five times, the last two times from
twice the paper's (docs/experiments.md, 17).
"""

from writemate_jax.config import default


def get_config():
    config = default()
    config.corpus = "runs/iam.npz"
    config.data.arrangement = "graves"
    return config
