"""Graves' synthesis network (section 5) on IAM-OnDB: 3 x 400 LSTM, K = 10, M = 20, RMSProp.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_synthesis.py --workdir runs/graves_synthesis
The paper reports -1096.9 nats per line and SSE 0.23 on the validation set.
Not trained to its end: -798.3 after 1.4 epochs in 32 minutes on 2 CPU cores, with batches of 8,000 points
(docs/experiments.md, 9).
"""

from writemate_jax.config import default


def get_config():
    config = default()
    config.corpus = "runs/iam.npz"
    config.data.arrangement = "graves"
    return config
