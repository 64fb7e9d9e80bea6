"""The unconditional network of the open corpus: 2 x 256 LSTM with M = 20, without a window.

Command: python train.py --config configs/open_prediction.py --workdir runs/open_prediction
Hardware: 2 cores of an AMD EPYC (AVX-512), shared with another training: 34 minutes for 1,800 updates of about 9,000
    points, 3 epochs, at about 8,000 points/s.
Result, seed 0, 36 held-out writers, no style: -31.1 nats/line, -0.188 nats/point (offsets over 0.364 x-heights, rests
    included), SSE 0.808. Training is at -0.15: more time is what it needs.
"""

from configs import open_synthesis


def get_config():
    config = open_synthesis.get_config()
    config.model.window = False
    config.data.short_steps = 0
    config.training.steps = 1_800
    config.training.evaluate_every = 300
    return config
