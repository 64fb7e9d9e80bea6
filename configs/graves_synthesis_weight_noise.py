"""Graves' synthesis network trained on with adaptive weight noise (section 5.2), from the one without noise.

Command: python train.py --config configs/graves_synthesis.py --workdir runs/graves_synthesis
         python train.py --config configs/graves_synthesis_weight_noise.py --workdir runs/graves_synthesis_noise
The paper reports -1128.2 nats per line and SSE 0.23 on the validation set.
Not trained to its end: -1096.6 after 0.5 epochs in 43 minutes on 2 CPU cores, from the -1097.8 that
configs/graves_synthesis.py had after 4,800 updates of its last turn, with an average of the weights and a falling rate
(docs/experiments.md, 20; docs/reproduce.md, 3).
"""

from configs import graves_synthesis


def get_config():
    config = graves_synthesis.get_config()
    config.weights_from = "runs/graves_synthesis"
    config.optimizer.weight_noise = 0.075
    config.optimizer.deviations_first = 400  # until the noise fits the weights (docs/experiments.md, 10)
    return config
