"""Graves' prediction network trained on with adaptive weight noise (section 4.2), from the one without noise.

Command: python train.py --config configs/graves_prediction.py --workdir runs/graves_prediction
         python train.py --config configs/graves_prediction_weight_noise.py --workdir runs/graves_prediction_noise
The paper reports -1057.7 nats per line and SSE 0.41 on the validation set.
From today's training with augmented lines instead (configs/graves_prediction_today.py, -1051.9), with a falling rate:
-1055.5 after 3.8 epochs in 83 minutes on 2 CPU cores (docs/experiments.md, 14; docs/reproduce.md, 3).
"""

from configs import graves_prediction


def get_config():
    config = graves_prediction.get_config()
    config.weights_from = "runs/graves_prediction"
    config.optimizer.weight_noise = 0.075
    config.optimizer.deviations_first = 400  # until the noise fits the weights (docs/experiments.md, 10 and 12)
    return config
