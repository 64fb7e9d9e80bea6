"""Graves' prediction network (section 4) on IAM-OnDB: 3 x 400 LSTM, M = 20, RMSProp.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_prediction.py --workdir runs/graves_prediction
The paper reports -1041.0 nats per line and SSE 0.41 on the validation set.
Not trained to its end: -941.8 after 1.6 epochs in 56 minutes on 2 CPU cores, from 2.3 epochs of the training split
alone, with an average of the weights and a falling rate (docs/experiments.md, 16; docs/reproduce.md, 3).
"""

from configs import graves_synthesis


def get_config():
    config = graves_synthesis.get_config()
    config.model.window = False
    return config
