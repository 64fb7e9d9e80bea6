"""The embedded model: 2 x 256 LSTM with K = 10 and M = 20 on the open corpus.

Command: python train.py --config configs/open_synthesis.py --workdir runs/open_synthesis
Hardware: 2 cores of an AMD EPYC (AVX-512), shared with other work: 82 minutes, pauses included, for 4,900 updates of about 9,000
    points, 9 epochs, at 8,000 to 15,500 points/s. Its cosine was first laid out for 6,500 steps and shortened twice on the way
    (at steps 2,636 and 3,606), so another run follows the same path only roughly.
Result, seed 0, 826 lines of the 36 held-out writers: -147.5 nats/line, -0.877 nats/point (offsets over 0.365
    x-heights on both axes, rests included), SSE 0.307; every one of 48 lines ended by itself at each evaluation from
    step 500 on. Training is at -1.1 nats/point: more writers or a longer run would both still help.
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
    config.data.short_first = 0.05
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
