"""Configurations: one `ConfigDict` with every choice of a run, its default and the reason for it.

A file in `configs/` starts from `default()` and changes what its experiment changes; `train.py --config FILE
--config.section.field=VALUE` overrides single fields.
"""

from __future__ import annotations

import math
from typing import Any

from ml_collections import ConfigDict

from writemate_jax.shipped import OPEN_CORPUS

SAMPLE_TEXTS = (
    "Hello world",
    "the quick brown fox jumps",
    "Over 1,000 people came.",
    "What is this? A pen!",
    "Mohammed and Sanika",
    "BREAKING NEWS 333-4567",
)


class ConfigurationError(ValueError):
    """A run cannot begin as it is asked to; the message names the field or flag, its value and what to do."""


def default() -> ConfigDict:
    """The paper's synthesis network with the paper's training, on the open corpus."""
    config = ConfigDict()
    config.seed = 0
    # "open" for the corpus that comes with the package, or the path of a file that
    # `python -m writemate_jax.data` wrote.
    config.corpus = OPEN_CORPUS

    # A trained network whose weights the run begins with: a folder as --checkpoint of sample.py takes it, "embedded"
    # for the one that comes with the package, "" for fresh weights. Several, with commas: the mean of their weights,
    # which is of use where they have come from the same network (Wortsman et al. 2022, "Model soups").
    config.weights_from = ""

    data = config.data = ConfigDict()
    data.arrangement = "open"  # which splits train and which validate: corpus.ARRANGEMENTS
    data.normalisation = "per_axis"  # offsets to mean 0, std 1 on each axis (paper), or "shared": one std, no mean
    data.rests = False  # pen at rest on the baseline before and after a line, learned with it; needs known baselines
    data.batch_size = 32  # lines in a batch; 0: as many as points_per_batch allows (data.batches.lines_of)
    config.batch_size = data.get_ref("batch_size")  # the same field by a shorter name: --config.batch_size=32
    data.points_per_batch = 10_000
    data.buckets = 8  # batch lengths, and so compiled shapes
    data.max_points = 2_000  # longer lines are left out (never cut: a cut line with its whole text teaches skipping)
    data.short_steps = 0  # first steps, which see short lines only, so that attention locks early
    data.short_points = 120  # what "short" is there
    # Standard deviations of a random linear map of each line at each visit; 0 for none.
    data.slant = 0.0  # dx += slant * dy
    data.size = 0.0  # log scale of both axes
    data.aspect = 0.0  # log scale of x alone

    data.unknown_hands = 0.0  # share of the lines that forget their writer, where styles are learned

    model = config.model = ConfigDict()  # the fields of model.networks.Network
    model.layers = 3
    model.cells = 400
    model.mixtures = 20
    model.window = True
    model.components = 10
    model.peepholes = True
    model.style_size = 0  # length of the vector that each training writer's hand is learned as; 0 for none
    model.kappa_scale = 0.05  # about 1 / (points a character): see model.window.step
    model.sigma_floor = 0.001  # bounds the density where integer coordinates repeat exactly
    model.rho_max = 0.9999
    model.lstm_clip = 10.0  # the paper's clipping of derivatives, on summed losses
    model.output_clip = 100.0

    optimizer = config.optimizer = ConfigDict()
    optimizer.name = "rmsprop"  # the paper's, eqs 38-45; or "adam"
    optimizer.learning_rate = 1e-4
    optimizer.loss_unit = "line"  # gradients are of the mean over all lines (paper) or over all points
    optimizer.global_norm = 0.0  # bound of the gradient's norm; 0 for none (paper)
    # Updates in which the rate rises from 0. With 0 (paper) RMSProp's first steps are up to 4.5 times too long, as its
    # averages of squares begin at 0, which throws trained weights (weights_from) far back.
    optimizer.warmup_steps = 0
    optimizer.cosine_to = 1.0  # the last learning rate over the first; 1 for constant (paper)
    optimizer.b1 = 0.9  # of adam
    optimizer.b2 = 0.99  # of adam; 0.99 forgets the early, tiny gradients sooner than 0.999
    optimizer.average_decay = 0.0  # moving average of the weights for evaluation and sampling; 0 for none
    # Standard deviation that a posterior over every weight begins with (adaptive weight noise, training.weight_noise);
    # the paper: 0.075, from trained weights (weights_from). Evaluated and sampled with are its means. 0 for none.
    optimizer.weight_noise = 0.0
    # A step for the logarithm of a deviation over one for a mean: 60 is a change by 6% where a mean moves by 0.001.
    optimizer.deviation_steps = 60.0
    # Updates in which the deviations of weight noise move alone, before the means do; nothing is evaluated in them.
    optimizer.deviations_first = 0

    training = config.training = ConfigDict()
    training.steps = 20_000
    training.log_every = 20  # steps between lines of the log
    training.evaluate_every = 1_000  # steps between validations (with samples; the best weights are kept)
    training.save_every = 500  # steps between checkpoints; one is made before each validation, too
    training.validation_lines = 0  # of the validation split, about so many lines, evenly; 0 for all
    # What operands of the LSTM's products are rounded to in training: "bfloat16" is faster where the hardware has it
    # (model.unrolling). Weights, sums and all else stay float32, and so does what is evaluated.
    training.products = "float32"
    training.minutes = 0.0  # stop in order after so many, to be gone on with by the same command; 0 for no limit

    sampling = config.sampling = ConfigDict()
    sampling.bias = 0.75  # default of the trained model
    # At bias b the pen stays within reach / b standard deviations of where it is meant to go, and these are not
    # narrowed; 0 for the paper's bias, which narrows them (eq 61).
    sampling.reach = 0.0
    sampling.styles = ()  # writers whose styles are drawn from where none is asked for; () for all of the training
    sampling.candidates = 1  # written of each line, the best kept, by default of the trained model
    sampling.points_per_character = 50  # cap of a line's length: this times (characters + 4)
    sampling.texts = SAMPLE_TEXTS  # written at every evaluation with fixed seeds
    sampling.termination_lines = 48  # lines whose rate of ending by themselves is measured at every evaluation
    sampling.points = 500  # of an unconditional sample
    sampling.points_per_second = 40  # pace of the pen, for animations: about 4 characters a second
    return config


def to_json(config: ConfigDict) -> dict:
    """A plain dictionary of the configuration, as checkpoints store it."""
    return {
        key: to_json(value) if isinstance(value, ConfigDict) else list(value) if isinstance(value, tuple) else value
        for key, value in config.items()
    }


def from_json(stored: dict) -> ConfigDict:
    """The configuration of a checkpoint; fields that are newer than the checkpoint take their defaults.

    Raises:
      ConfigurationError: the stored configuration has a field that this version does not know.
    """
    config = default()
    data = dict(stored.get("data", {}))
    if "short_first" in data:  # of the time when it was a share of the steps
        data["short_steps"] = math.ceil(data.pop("short_first") * stored["training"]["steps"])
        stored = {**stored, "data": data}
    noise = stored.get("optimizer", {}).get("weight_noise", 0.0)
    if noise:  # of the time when the steps for deviations were no choice
        config.optimizer.deviation_steps = 1 / noise
    _overlay(config, stored, "config")
    return config


def identity(stored: dict) -> dict:
    """What may not change between two starts of a run, of a configuration as `to_json` gives it.

    How long to train and how often to look may, and what is written then; not the lines that are looked at, by which
    the best is chosen. Where the corpus lies may, as a checkpoint keeps the checksum of what it holds beside this.
    """
    free = {"steps", "log_every", "evaluate_every", "save_every", "minutes"}
    training = {key: value for key, value in stored["training"].items() if key not in free}
    return {**{key: value for key, value in stored.items() if key not in ("sampling", "corpus")}, "training": training}


def difference(ours: Any, theirs: Any, path: str) -> str:
    """Names the first field in which two dictionaries, or what else lies at `path`, are not the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours.keys() | theirs.keys():
            if ours.get(key) != theirs.get(key):
                return difference(ours.get(key), theirs.get(key), f"{path}.{key}")
    return f"{path}: {theirs!r} there, {ours!r} here"


def _overlay(config: ConfigDict, stored: dict, path: str) -> None:
    for key, value in stored.items():
        if key not in config:
            raise ConfigurationError(
                f"{path}.{key} is not known to this version; use the version that wrote the checkpoint"
            )
        if isinstance(config[key], ConfigDict):
            _overlay(config[key], value, f"{path}.{key}")
        else:
            config[key] = tuple(value) if isinstance(value, list) else value
