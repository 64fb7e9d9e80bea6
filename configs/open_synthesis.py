"""The network of the embedded model: 2 x 256 LSTM with K = 10, M = 20 and a style for each writer, on the open corpus.

Command: python train.py --config configs/open_synthesis.py --workdir runs/open_synthesis
The embedded weights were made in three runs on 2 cores (AVX-512), shared with other work. The first was
    this configuration before there were styles, on an earlier build of the corpus: 82 minutes for 4,900 updates of
    about 9,000 points, 9 epochs; -0.877 nats/point on 36 held-out writers. The others went on from there:
    open_synthesis_continued, open_synthesis_annealed. This configuration as it stands, with styles from the start, has
    not been run to its end.
"""

from writemate_jax.config import default


def get_config():
    config = default()

    config.data.normalisation = "shared"  # one unit for both axes, so that slant and size keep their meaning
    config.data.rests = True
    config.data.batch_size = 0
    config.data.points_per_batch = 10_000
    config.data.buckets = 14  # pads by about 8%, where 8 buckets pad by 15%
    config.data.max_points = 640
    config.data.short_steps = 245
    config.data.short_points = 130
    config.data.slant = 0.12
    config.data.size = 0.08
    config.data.aspect = 0.08

    config.model.layers, config.model.cells = 2, 256
    config.data.unknown_hands = 0.2
    config.model.style_size = 32
    config.model.kappa_scale = 0.1  # the corpus has about 10 points a character
    config.model.sigma_floor = 0.02
    config.model.rho_max = 0.98

    config.optimizer.name = "adam"
    config.optimizer.learning_rate = 2e-3
    config.optimizer.loss_unit = "point"
    config.optimizer.global_norm = 1.0
    config.optimizer.warmup_steps = 150
    config.optimizer.cosine_to = 0.02
    config.optimizer.average_decay = 0.995

    config.training.steps = 4_900
    config.training.evaluate_every = 500
    config.training.save_every = 250
    config.training.validation_lines = 800
    config.sampling.points_per_character = 30
    return config
