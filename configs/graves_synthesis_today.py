"""Graves' synthesis network on IAM-OnDB with today's training: Adam, warm-up, cosine, an average of the weights.

Command: python -m writemate_jax.data iam --root IAM_ONDB --out runs/iam.npz
         python train.py --config configs/graves_synthesis_today.py --workdir runs/graves_synthesis_today
The network, the data, their split and the units are those of configs/graves_synthesis.py, so that the figures can be
compared: the paper reports -1096.9 nats per line, and -1128.2 with adaptive weight noise.
On 2 CPU cores: -1098.3 after 11 epochs in 236 minutes with a device for each core (docs/experiments.md, 7 and 8).
"""

from configs import graves_synthesis


def get_config():
    config = graves_synthesis.get_config()

    # Batches of about 10 lines, of all lengths about as many points, so that long lines fit into memory. An update of
    # half as many points teaches nearly as much here, so that an epoch has twice as many (docs/experiments.md, 7).
    config.data.batch_size = 0
    config.data.points_per_batch = 10_000
    config.data.buckets = 12
    config.data.short_steps = 240
    config.data.short_points = 450

    config.optimizer.name = "adam"
    config.optimizer.learning_rate = 2e-3
    config.optimizer.loss_unit = "point"
    config.optimizer.global_norm = 1.0
    config.optimizer.warmup_steps = 40
    config.optimizer.cosine_to = 0.01
    config.optimizer.average_decay = 0.995

    config.training.products = "bfloat16"
    config.training.steps = 12_000
    config.training.evaluate_every = 900
    config.training.save_every = 200
    return config
