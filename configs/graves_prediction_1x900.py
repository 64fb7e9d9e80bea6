"""Graves' prediction network of one layer (section 4) on IAM-OnDB: 1 x 900 LSTM, M = 20, RMSProp.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_prediction_1x900.py --workdir runs/graves_prediction_1x900
The paper reports -1025.7 nats per line and SSE 0.40 on the validation set.
Not trained to its end: -810.3 after 0.3 epochs in 24 minutes on 2 CPU cores, from 2.0 epochs of the training split
alone, with an average of the weights and a falling rate (docs/experiments.md, 18; docs/reproduce.md, 3).
"""

from configs import graves_prediction


def get_config():
    config = graves_prediction.get_config()
    config.model.layers, config.model.cells = 1, 900
    return config
