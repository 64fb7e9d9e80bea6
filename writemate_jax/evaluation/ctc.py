"""Connectionist temporal classification (Graves et al. 2006): what a recogniser's frames say about a text."""

from __future__ import annotations

from collections.abc import Sequence

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
    log_probs = np.asarray(log_probs, np.float64)
    labels = np.full(2 * len(codes) + 1, BLANK)
    labels[1::2] = codes
    # A label is entered from itself, from the one before, and past a blank from one that differs.
    skips = np.concatenate([[False, False], (labels[2:] != BLANK) & (labels[2:] != labels[:-2])])[: len(labels)]
    alpha = np.full(len(labels), -np.inf)
    alpha[:2] = 0.0
    shifted = np.full((3, len(labels)), -np.inf)
    for t, frame in enumerate(log_probs):
        if t:
            shifted[0], shifted[1, 1:], shifted[2, 2:] = alpha, alpha[:-1], alpha[:-2]
            shifted[2, ~skips] = -np.inf
            alpha = np.logaddexp.reduce(shifted, axis=0)
        alpha = alpha + frame[labels]
    return float(-np.logaddexp.reduce(alpha[-2:]))


def best_path(log_probs: np.ndarray) -> list[int]:
    """The codes of the likeliest alignment: the best class of each frame, repeats and blanks left out."""
    path = np.asarray(log_probs).argmax(axis=1)
    changed = np.concatenate([[True], path[1:] != path[:-1]])
    return path[changed & (path != BLANK)].tolist()
