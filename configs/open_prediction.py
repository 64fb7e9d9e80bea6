"""The unconditional network of the open corpus: 2 x 256 LSTM with M = 20, without a window.

Command: python train.py --config configs/open_prediction.py --workdir runs/open_prediction
"""

from configs import open_synthesis


def get_config():
    config = open_synthesis.get_config()
    config.model.window = False
    config.data.short_first = 0.0
    config.training.steps = 1_800
    config.training.evaluate_every = 300
    return config
