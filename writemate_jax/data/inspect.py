"""Looks at a packed corpus: figures as text, histograms, and a contact sheet of random lines with their texts."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np

from writemate_jax.data.corpus import Corpus
from writemate_jax.drawing.contact_sheet import contact_sheet
from writemate_jax.drawing.default_rc import default_rc
from writemate_jax.replacing import replacing

QUANTILES = (0, 5, 50, 95, 100)


def points_per_character(corpus: Corpus) -> np.ndarray:
    """Points of each line over the characters of its text, float64 [L]."""
    return corpus.lengths / characters_per_line(corpus)


def characters_per_line(corpus: Corpus) -> np.ndarray:
    """Characters of each line's text, int [L]."""
    return np.array([len(text) for text in corpus.texts])


def summary(corpus: Corpus) -> str:
    """The corpus in figures: splits, lengths, offsets, characters and where it comes from."""
    characters = characters_per_line(corpus)
    rows = [f"{len(corpus):,} lines, {corpus.lengths.sum():,} points, {characters.sum():,} characters, "
            f"{len(set(corpus.writers)):,} writers", f"unit: {corpus.unit}, in steps of {corpus.quantum:g}", ""]
    rows.append(f"{'split':<12}{'lines':>9}{'points':>13}{'characters':>12}{'writers':>9}"
                f"{'mean dx':>10}{'mean dy':>10}{'std dx':>10}{'std dy':>10}{'shared':>10}")
    for split in dict.fromkeys(corpus.splits):
        chosen = corpus.select([split])
        found = corpus.statistics(chosen)
        rows.append(f"{split:<12}{len(chosen):>9,}{corpus.lengths[chosen].sum():>13,}"
                    f"{sum(len(corpus.text(i)) for i in chosen):>12,}{len({corpus.writer(i) for i in chosen}):>9,}"
                    + "".join(f"{value:>10.4g}" for value in (*found.mean, *found.std, found.shared_std)))
    rows += ["", f"{'quantile, %':<26}" + "".join(f"{q:>10}" for q in QUANTILES)]
    for label, values in (("points a line", corpus.lengths), ("characters a line", characters),
                          ("points a character", points_per_character(corpus)),
                          ("lines a writer", list(Counter(corpus.writers).values()))):
        rows.append(f"{label:<26}" + "".join(f"{value:>10.4g}" for value in np.percentile(values, QUANTILES)))
    counts = sorted(corpus.character_counts.items(), key=lambda item: -item[1])
    rows += ["", f"{len(counts)} characters:"]
    for first in range(0, len(counts), 8):
        rows.append("".join(f"{character!r:>5} {count:<9,}" for character, count in counts[first : first + 8]).rstrip())
    return "\n".join(rows + ["", *(f"{key}: {value}" for key, value in corpus.provenance.items())])


@default_rc()
def save_histograms(corpus: Corpus, path: str | os.PathLike) -> None:
    """Writes a PNG: points a line, characters a line, points a character, offsets, lines a writer, characters."""
    from matplotlib.figure import Figure

    figure = Figure((13, 10), layout="constrained")
    places = figure.subplot_mosaic([["points", "characters", "density"], ["offsets", "offsets", "writers"],
                                    ["alphabet", "alphabet", "alphabet"]])
    _histogram(places["points"], corpus.lengths, 1, "points a line", "lines")
    _histogram(places["characters"], characters_per_line(corpus), 1, "characters a line", "lines")
    _histogram(places["density"], points_per_character(corpus), 0.01, "points a character", "lines")
    _histogram(places["writers"], list(Counter(corpus.writers).values()), 1, "lines a writer", "writers")
    _offsets(places["offsets"], corpus)
    counts = sorted(corpus.character_counts.items(), key=lambda item: -item[1])
    bars = places["alphabet"]
    bars.bar(range(len(counts)), [count for _, count in counts], color="#1f4e9c")
    names = [c.replace(" ", "\N{OPEN BOX}") for c, _ in counts]
    bars.set_xticks(range(len(counts)), names, fontsize=8, parse_math=False)
    bars.set_xlim(-1, len(counts))
    bars.set(yscale="log", ylabel="times", title=f"{len(counts)} characters")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def save_contact_sheet(corpus: Corpus, path: str | os.PathLike, *, lines: int = 40, seed: int = 0) -> np.ndarray:
    """Writes a PNG of random lines, each under its text, and returns their indices (ascending)."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(corpus), min(lines, len(corpus)), replace=False))
    titles = [f"{corpus.text(i)}   [{_shortened(corpus.source(i))}, {corpus.split(i)}]" for i in chosen]
    contact_sheet([corpus.strokes(i) for i in chosen], titles, path, columns=2 if len(chosen) > 1 else 1)
    return chosen


def _shortened(name: str, length: int = 32) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}\N{HORIZONTAL ELLIPSIS}"


def _histogram(axes, values, step: float, label: str, unit: str) -> None:
    values = np.asarray(values)
    top = np.percentile(values, 99.8)  # a few outliers would flatten the rest
    axes.hist(np.minimum(values, top), bins=_edges(values.min(), top, step, 60), color="#1f4e9c")
    axes.axvline(np.median(values), color="#c0392b", label=f"median {np.median(values):.4g}")
    axes.set(xlabel=label, ylabel=unit)
    axes.legend(frameon=False)


def _offsets(axes, corpus: Corpus) -> None:
    moved = np.ones(corpus.offsets.shape[1], bool)
    moved[corpus.starts] = False  # row 0 is where the line lies
    pen_up = np.concatenate([[False], corpus.eos[:-1] == 1])
    for which, pen, style in ((moved & ~pen_up, "down", "-"), (moved & pen_up, "up", ":")):
        shown = zip(corpus.offsets[:, which], ("dx", "dy"), ("#1f4e9c", "#c0392b"), strict=True)
        for values, name, color in shown:
            if not values.size:
                continue
            reach = np.percentile(np.abs(values), 99)
            density, edges = np.histogram(values, _edges(-reach, reach, 1, 120), density=True)
            middles = (edges[1:] + edges[:-1]) / 2 * corpus.quantum
            axes.plot(middles, density / corpus.quantum, style, color=color, label=f"{name}, pen {pen}")
    axes.set(yscale="log", xlabel=f"offset, {corpus.unit}", ylabel="density")
    axes.legend(frameon=False)


def _edges(low: float, high: float, step: float, bins: int) -> np.ndarray:
    """Edges of about so many bins, each as wide as a whole number of steps: values on a grid fill them evenly."""
    width = max(1, round((high - low) / bins / step)) * step
    return np.arange(low - step / 2, high + width, width)
