"""The embedded model, trained on: from weights that are there already, with a lower rate and a longer average."""

from configs import open_synthesis


def get_config():
    config = open_synthesis.get_config()
    config.weights_from = "embedded"
    config.data.short_first = 0.0
    config.optimizer.learning_rate = 1e-3
    config.optimizer.average_decay = 0.998
    config.training.steps = 6_300
    return config
