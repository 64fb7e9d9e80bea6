"""The embedded model's last run: from the weights that are there already, with little augmentation and a falling rate.

Command: python train.py --config configs/open_synthesis_annealed.py --workdir runs/annealed
    "embedded" now names the result of this run; it began with the weights of open_synthesis_continued.
    python -m writemate_jax.training.export --workdir runs/annealed --out EMBEDDED --bias 1 --reach 0.75
        --candidates 4 --styles STYLES
Hardware: 2 cores of an Intel Xeon (AVX-512), shared with other work: 60 minutes for 2,200 updates of about 8,000
    points, 4 epochs, at 1,600 to 13,400 points/s. Its cosine was laid out for 4,500 steps until step 754.
Result, seed 0, all 2,725 lines of the 36 held-out writers, no style: -155.3 nats/line, -0.952 nats/point (offsets over
    0.364 x-heights, rests included), SSE 0.291; the weights before it had -151.6 and -0.929 on the same lines.
"""

from configs import open_synthesis_continued


def get_config():
    config = open_synthesis_continued.get_config()
    # Augmentation blurs what a style can say of slant and size; the last epochs see hands as they are.
    config.data.slant, config.data.size, config.data.aspect = 0.05, 0.03, 0.03
    config.optimizer.learning_rate = 6e-4
    config.training.steps = 2_200
    config.training.evaluate_every = 1_500
    config.training.validation_lines = 400
    return config
