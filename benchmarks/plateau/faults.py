"""The faults, each as a change to a sound training; nothing of them is in the product's own modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from writemate_jax.data.batches import Batch
from writemate_jax.model import mdn
from writemate_jax.model.networks import Network
from writemate_jax.model.window import Text

EPSILON = 1e-20  # added to the probability
LONG_VALIDATION, PHI_FACTOR, NO_CLIPPING, PROBABILITY_SPACE, KAPPA_ONE, CONSTANT_ADAM = ORIGIN = (
    "long_validation",
    "phi_factor",
    "no_clipping",
    "probability_space",
    "kappa_one",
    "constant_adam",
)
CUT_TRAINING = "cut_training"  # others' fault, of the same kind as the first
UNREAD = "unread"  # no fault: the same network without a text, whose loss is that of a network that does not read
SAYS = {  # in the order in which they are run
    "none": "without faults",
    UNREAD: "a network without a text, for comparison",
    "all": "the next six at once",
    KAPPA_ONE: "kappa moves by exp(kappa-hat), a character a point at first",
    PROBABILITY_SPACE: "-log(p + 1e-20) of probabilities, no floor under sigma, rho up to 1, pen unguarded",
    NO_CLIPPING: "no derivative and no gradient is clipped",
    CONSTANT_ADAM: "Adam at 8e-4 from the first to the last update, b2 0.999",
    PHI_FACTOR: "phi times (longest text / text) in training, not in sampling",
    LONG_VALIDATION: "trains on the shorter lines; validates on the longer, cut, with their whole text",
    CUT_TRAINING: "a fault of others: trains on the longer lines cut, too, with their whole text",
    "all_but_" + KAPPA_ONE: "all six but the window's pace",
}


class UnknownRun(ValueError):
    """A run's name is none of `SAYS` or all_but_FAULT; the message says which there are."""


def faults_of(run: str) -> frozenset[str]:
    """The faults of a run: of none, of one, of `all` the origin's, or of all but one. Raises `UnknownRun`."""
    if run in (*ORIGIN, CUT_TRAINING):
        return frozenset([run])
    if run in ("none", UNREAD):
        return frozenset()
    if run == "all":
        return frozenset(ORIGIN)
    spared = run.removeprefix("all_but_")
    if spared != run and spared in ORIGIN:
        return frozenset(ORIGIN) - {spared}
    raise UnknownRun(f"no run is called {run!r}; choose from {', '.join(SAYS)} and all_but_FAULT")


def says(run: str) -> str:
    """What a run does, in a few words."""
    return SAYS.get(run) or f"all, with {run.removeprefix('all_but_')} mended"


def configured(config: ConfigDict, faults: frozenset[str]) -> ConfigDict:
    """A copy of a sound configuration with those of the faults that are a choice of its fields."""
    config = config.copy_and_resolve_references()
    if NO_CLIPPING in faults:
        config.model.lstm_clip = config.model.output_clip = config.optimizer.global_norm = 0.0
    if PROBABILITY_SPACE in faults:
        config.model.sigma_floor, config.model.rho_max = 0.0, 1.0
    if KAPPA_ONE in faults:
        config.model.kappa_scale = 1.0
    if CONSTANT_ADAM in faults:
        config.optimizer.update(
            name="adam", learning_rate=8e-4, warmup_steps=0, cosine_to=1.0, b1=0.9, b2=0.999, average_decay=0.0
        )
    return config


class LoudNetwork(Network):
    """`Network` with the fault `phi_factor`.

    Attributes:
      longest: characters of the longest text of all; phi is multiplied by (longest / characters of the line's text).
    """

    longest: int = 0

    def characters(self, text: Text) -> tuple[jax.Array, jax.Array]:
        # The window multiplies phi by this mask: the factor stands where the fault has it.
        codes, reachable = super().characters(text)
        return codes, reachable * (self.longest / jnp.maximum(text.length, 1))[..., None]


def network(config: ConfigDict, faults: frozenset[str], alphabet_size: int, longest: int) -> Network:
    """The network that such a training unrolls; its weights fit every other network of the study with a text."""
    if PHI_FACTOR in faults:
        return LoudNetwork.from_config(config.model, alphabet_size).clone(longest=longest)
    return Network.from_config(config.model, alphabet_size)


def log_space(mixture: mdn.Mixture, points: jax.Array) -> jax.Array:
    """The sound loss of points [..., 3], nats [...]."""
    return -mdn.log_prob(mixture, points)


def probability_space(mixture: mdn.Mixture, points: jax.Array) -> jax.Array:
    """The loss as -log(p + epsilon), eq 26 as it is often written down, nats [...].

    Where all components underflow, it is the constant -log(epsilon) = 46.05, and its derivative is zero.
    """
    z1, z2 = jnp.moveaxis((points[..., None, :2] - mixture.mu) / jnp.exp(mixture.log_sigma), -1, 0)
    s1, s2 = jnp.moveaxis(jnp.exp(mixture.log_sigma), -1, 0)
    one_minus_rho2 = 1.0 - mixture.rho**2
    normal = jnp.exp(-(z1**2 + z2**2 - 2.0 * mixture.rho * z1 * z2) / (2.0 * one_minus_rho2))
    normal = normal / (2.0 * jnp.pi * s1 * s2 * jnp.sqrt(one_minus_rho2))
    density = (jnp.exp(mixture.log_pi) * normal).sum(axis=-1)
    eos, up = jax.nn.sigmoid(mixture.eos_logit), points[..., 2]
    return -jnp.log(density + EPSILON) - jnp.log(up * eos + (1.0 - up) * (1.0 - eos))


def loss_of(faults: frozenset[str]) -> Callable[[mdn.Mixture, jax.Array], jax.Array]:
    """The loss that such a training falls along."""
    return probability_space if PROBABILITY_SPACE in faults else log_space


def cut(batch: Batch, points: int) -> Batch:
    """The first points of each line of a batch, with the whole texts."""
    return batch._replace(
        inputs=batch.inputs[:, :points], targets=batch.targets[:, :points], mask=batch.mask[:, :points]
    )


def training_lines(
    faults: frozenset[str], lines: Sequence[int], points: Sequence[int], most: int
) -> tuple[Sequence[int], int]:
    """The lines that such a training sees, and how many points of each; 0 for all of them.

    Args:
      lines: the sound choice.
      points: of every line of the corpus.
      most: longer lines are what the faults leave out or cut.
    """
    if LONG_VALIDATION in faults:
        return [i for i in lines if points[i] <= most], 0
    return lines, most if CUT_TRAINING in faults else 0
