"""Graves' prediction network on IAM-OnDB with today's training: Adam, warm-up, cosine, an average of the weights.

Command: python train.py --config configs/graves_prediction_today.py --workdir runs/graves_prediction_today
The network, the data, their split and the units are those of configs/graves_prediction.py, so that the figures can be
compared: the paper reports -1041.0 nats per line, and -1057.7 with adaptive weight noise.
Not trained here: docs/results says what has been.
"""

from configs import graves_synthesis_today


def get_config():
    config = graves_synthesis_today.get_config()
    config.model.window = False
    config.data.short_first = 0.0  # there is no attention to lock
    return config
