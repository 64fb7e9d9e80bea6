"""Connectionist temporal classification (Graves et al. 2006): what a recogniser's frames say about a text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

BLANK = 0


def nll(log_probs: np.ndarray, codes: Sequence[int]) -> float:
    """-ln of the probability of a text: the sum over all its alignments to the frames.

    Args:
      log_probs: [T, C], ln of the probability of each class in each frame; class 0 is the blank.
      codes: [U], the text as classes from 1 on.

    Returns:
      Nats; infinite where the text needs more frames than there are (equal neighbours need a blank between them).
    """
    return float(nlls(np.asarray(log_probs)[None], [len(log_probs)], codes)[0])


def nlls(log_probs: np.ndarray, lengths: Sequence[int], codes: Sequence[int]) -> np.ndarray:
    """`nll` of one text for several lines side by side: [n] nats, of log_probs [n, T, C] and their frames' numbers."""
    log_probs = np.asarray(log_probs, np.float64)
    labels = np.full(2 * len(codes) + 1, BLANK)
    labels[1::2] = codes
    # A label is entered from itself, from the one before, and past a blank from one that differs.
    skips = np.concatenate([[False, False], (labels[2:] != BLANK) & (labels[2:] != labels[:-2])])[: len(labels)]
    skipping = skips.astype(float)
    emitted = log_probs[:, :, labels].swapaxes(0, 1)  # [T, n, 2 U + 1]
    highest = emitted.max(axis=-1, keepdims=True)
    likely, highest = np.exp(emitted - highest), highest[..., 0]
    # Probabilities and not their logarithms, for speed; what they sum to is taken out at every frame.
    alpha = np.zeros(likely.shape[1:])
    alpha[:, :2] = 1.0
    taken, found = np.zeros(len(log_probs)), np.full(len(log_probs), np.inf)
    with np.errstate(divide="ignore"):  # the logarithm of nothing is meant
        for t, frame in enumerate(likely):
            into = alpha.copy()
            if t:
                into[:, 1:] += alpha[:, :-1]
                into[:, 2:] += alpha[:, :-2] * skipping[2:]
            alpha = into * frame
            total = alpha.sum(axis=1)
            alpha /= np.where(total > 0, total, 1.0)[:, None]
            taken += np.log(total) + highest[t]
            ending = [i for i, length in enumerate(lengths) if length == t + 1]
            if ending:
                found[ending] = -(taken[ending] + np.log(alpha[ending, -2:].sum(axis=1)))
    needed = len(codes) + sum(one == next_one for one, next_one in pairwise(codes))  # frames
    for i in np.flatnonzero(np.isinf(found)):
        if lengths[i] >= needed:  # its alignments were lost among others that are likelier by hundreds of nats
            found[i] = _in_logarithms(log_probs[i, : lengths[i], labels].T, skips)
    return found


def _in_logarithms(emitted: np.ndarray, skips: np.ndarray) -> float:
    """`nll` of emitted [T, 2 U + 1], ln of the probability of each state's label; of every text that fits, but slow."""
    alpha = np.full(emitted.shape[1], -np.inf)
    alpha[:2] = emitted[0, :2]
    for frame in emitted[1:]:
        into = alpha.copy()
        into[1:] = np.logaddexp(into[1:], alpha[:-1])
        into[2:] = np.logaddexp(into[2:], np.where(skips[2:], alpha[:-2], -np.inf))
        alpha = into + frame
    return -float(np.logaddexp.reduce(alpha[-2:]))


def best_path(log_probs: np.ndarray) -> list[int]:
    """The codes of the likeliest alignment: the best class of each frame, repeats and blanks left out."""
    path = np.asarray(log_probs).argmax(axis=1)
    changed = np.concatenate([[True], path[1:] != path[:-1]])
    return path[changed & (path != BLANK)].tolist()
