"""Graves' prediction network of one layer (section 4) on IAM-OnDB: 1 x 900 LSTM, M = 20, RMSProp.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_prediction_1x900.py --workdir runs/graves_prediction_1x900
The paper reports -1025.7 nats per line and SSE 0.40 on the validation set.
Here: -1030.5 and SSE 0.70 after 10.6 epochs in 298 minutes on 2 CPU cores, in batches of 8 lines and three turns at
a rate that fell from four times the paper's, with a warm-up, a bound of the gradient's norm and an average of the
weights (docs/experiments.md, 18; docs/reproduce.md, 3).
"""

from configs import graves_prediction


def get_config():
    config = graves_prediction.get_config()
    config.model.layers, config.model.cells = 1, 900
    return config
