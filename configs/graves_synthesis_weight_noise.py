"""Graves' synthesis network trained on with adaptive weight noise (section 5.2), from the one without noise.

Command: python train.py --config configs/graves_synthesis.py --workdir runs/graves_synthesis
         python train.py --config configs/graves_synthesis_weight_noise.py --workdir runs/graves_synthesis_noise
The paper reports -1128.2 nats per line and SSE 0.23 on the validation set.
Not trained to its end: -1069.3 after 0.9 epochs in 23 minutes on 2 CPU cores, from configs/graves_synthesis_today.py
and with optimizer.deviation_steps=13.333 (docs/experiments.md, 10).
"""

from configs import graves_synthesis


def get_config():
    config = graves_synthesis.get_config()
    config.weights_from = "runs/graves_synthesis"
    config.optimizer.weight_noise = 0.075
    config.optimizer.deviations_first = 400  # until the noise fits the weights (docs/experiments.md, 10)
    return config
