"""Graves' prediction network (section 4) on IAM-OnDB: 3 x 400 LSTM, M = 20, RMSProp.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_prediction.py --workdir runs/graves_prediction
The paper reports -1041.0 nats per line and SSE 0.41 on the validation set.
Not trained to its end: -1049.1 after 2.7 epochs in 135 minutes on 2 CPU cores, from the synthesis network by the same
optimiser, which had 7.8 epochs, less what read the text; at up to twice this rate, with a warm-up, a bound of the
gradient's norm and an average of the weights (docs/experiments.md, 19; docs/reproduce.md, 3). From fresh weights -941.8
after 3.9 epochs (16 there).
"""

from configs import graves_synthesis


def get_config():
    config = graves_synthesis.get_config()
    config.model.window = False
    return config
