"""A network that is too small to write, for trying the whole way in a minute: 2 x 32 LSTM, K = 4, M = 4.

Command: python train.py --config configs/smoke.py --workdir runs/smoke
"""

from configs import open_synthesis


def get_config():
    config = open_synthesis.get_config()
    config.model.cells = 32
    config.model.mixtures, config.model.components = 4, 4
    config.data.buckets = 2
    config.data.max_points = 200
    config.data.points_per_batch = 4_000
    config.data.short_steps = 2
    config.training.steps = 40
    config.training.log_every = 10
    config.training.evaluate_every = 20
    config.training.save_every = 20
    config.training.validation_lines = 60
    config.sampling.texts = ("Hello",)
    config.sampling.termination_lines = 4
    return config
