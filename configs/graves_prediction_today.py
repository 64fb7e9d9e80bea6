"""Graves' prediction network on IAM-OnDB with today's training, from the synthesis network less its text.

Command: python train.py --config configs/graves_synthesis_today.py --workdir runs/graves_synthesis_today
         python train.py --config configs/graves_prediction_today.py --workdir runs/graves_prediction_today
The network, the data, their split and the units are those of configs/graves_prediction.py, so that the figures can be
compared: the paper reports -1041.0 nats per line, and -1057.7 with adaptive weight noise.
On 2 CPU cores: -1040.3 after 3,000 updates, three epochs, with --config.training.steps=900, gone on with by 1300 and
5600; from there on it learned by heart (docs/experiments.md, 8, 10 and 11). After weight noise (-1043.3) and three
more epochs of this with augmented lines, 81 minutes: -1051.9 (12 to 14 there; docs/reproduce.md, 3).
"""

from configs import graves_synthesis_today


def get_config():
    config = graves_synthesis_today.get_config()
    config.weights_from = "runs/graves_synthesis_today"
    config.model.window = False
    config.data.short_steps = 0  # there is no attention to lock
    config.optimizer.learning_rate = 1e-3  # what was learned is to be kept
    return config
