"""The embedded model, trained on: from weights that are there already, with a lower rate and a longer average.

Command: python train.py --config configs/open_synthesis_continued.py --workdir runs/continued
    It began with the weights of the first run of open_synthesis; "embedded" now names those of open_synthesis_annealed.
Hardware: 2 cores of an AMD EPYC (AVX-512), shared with other work: 104 minutes for 6,300 updates of about 8,000 points,
    9 epochs, at 6,000 to 13,500 points/s. Its cosine was laid out for 7,000 steps until step 5,337.
Result, seed 0, 909 lines of the 36 held-out writers, no style: -154.8 nats/line, -0.935 nats/point (offsets over 0.364
    x-heights, rests included), SSE 0.294; training, with styles, -1.31 nats/point. The held-out figure has stood still
    since step 4,000 (-0.937); what the training's writers gain since then is their own.
"""

from configs import open_synthesis


def get_config():
    config = open_synthesis.get_config()
    config.weights_from = "embedded"
    config.data.short_steps = 0
    config.optimizer.learning_rate = 1e-3
    config.optimizer.average_decay = 0.998
    config.training.steps = 6_300
    return config
