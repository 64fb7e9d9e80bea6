"""Makes the figures of a synthesis and of a prediction network, in the order of the paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from writemate_jax.data.corpus import Corpus
from writemate_jax.drawing.attention import plot_attention_sheet
from writemate_jax.figures import samples
from writemate_jax.figures.choices import TEXTS, Choices
from writemate_jax.figures.course import follow
from writemate_jax.figures.density_plot import plot_density
from writemate_jax.figures.ink_blocks import Block, draw_blocks
from writemate_jax.figures.real_lines import RealLine, choose
from writemate_jax.sampling.requests import seeds_of
from writemate_jax.sampling.writer import Writer

SLIGHT, PRIMED = 0.15, 1.0  # the paper's biases
LINES, SAMPLES, COLUMNS, PREDICTED, PRIMERS = 3, 4, 3, 6, 4  # how much of each is shown
# Characters of the real lines: short ones where detail counts or three stand side by side.
SHORT, USUAL = (8, 20), (14, 30)


class Named(NamedTuple):
    """A network and what it is called."""

    writer: Writer
    name: str

    @property
    def about(self) -> str:
        model = self.writer.model.config.model
        return f"{self.name}, {model.layers} x {model.cells} LSTM, M = {model.mixtures}"

    @property
    def in_hand(self) -> str:
        """Of lines that are not primed; the paper's networks know no styles, and there is nothing to say."""
        return ", a hand not known" if self.writer.model.writers else ""

    @property
    def bias(self) -> str:
        """What a bias of b does."""
        reach = float(self.writer.model.config.sampling.reach)
        if reach:
            return f"at bias b, draws stay within {reach:g}/b standard deviations (in place of eq 61), weights by eq 62"
        return "at bias b, deviations by eq 61, weights by eq 62"


@dataclass(frozen=True)
class Source:
    """Where real lines come from: corpus, indices of lines, and what they are called."""

    corpus: Corpus
    indices: Sequence[int]
    name: str


@dataclass(frozen=True)
class Figure:
    """A figure that was made. paper: which of the paper's it answers. files: names in the folder."""

    name: str
    paper: int
    title: str
    caption: str
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default=())


class NoSuchLine(ValueError):
    """The split lacks real lines that a figure could show; the message says which."""


def check(network: Named, source: Source, *, window: bool) -> None:
    """Raises ValueError for a network of the other kind, or lines in another unit than its."""
    model = network.writer.model
    if bool(model.config.model.window) != window:
        found, wanted = ("prediction", "synthesis") if window else ("synthesis", "prediction")
        raise ValueError(f"{network.name} is a {found} network; expected a {wanted} network")
    if model.unit != source.corpus.unit:
        raise ValueError(f"{source.name} is in the unit {source.corpus.unit!r}, {network.name} knows {model.unit!r};"
                         " give the --corpus that it was trained on")  # fmt: skip


def make(
    folder: Path, synthesis: Named | None, prediction: Named | None, source: Source, choices: Choices,
    begun: Callable[[int], None] = lambda figures: None, progress: Callable[[str], None] = lambda name: None,
) -> tuple[list[Figure], dict[str, str]]:  # fmt: skip
    """Writes the figures into a folder; returns them, and why others were left out, by name.

    A network that is not given has no figures. begun: is told how many there may be, once nothing is refused. progress:
    is told the name of each before it is made. Raises ValueError as `check` does, and for what `Writer` refuses.
    """
    seeds_of(choices.seed, 1)
    plan: list[tuple[str, Callable[[], Figure]]] = []
    if prediction is not None:
        check(prediction, source, window=False)
        plan += [
            ("prediction-density", lambda: _density(folder, prediction, source, choices, "prediction", 10)),
            ("prediction-samples", lambda: _predicted(folder, prediction, choices)),
        ]
    if synthesis is not None:
        check(synthesis, source, window=True)
        # What cannot be written is said before anything is.
        asked = [choices.text_of(name) for name in TEXTS] + [choices.text_of("biased")] * len(choices.biases)
        biases = [0.0] * len(TEXTS) + [*choices.biases]
        synthesis.writer.lines(asked, biases, choices.seed, samples.UNKNOWN, 1)
        plan += [
            ("window", lambda: _window(folder, synthesis, choices)),
            ("synthesis-density", lambda: _density(folder, synthesis, source, choices, "synthesis", 14)),
            ("synthesis-samples", lambda: _written(folder, synthesis, source, choices, "synthesis-samples", 0.0, 15)),
            ("biased", lambda: _biased(folder, synthesis, choices)),
            ("slight-bias", lambda: _written(folder, synthesis, source, choices, "slight-bias", SLIGHT, 17)),
            ("primed", lambda: _primed(folder, synthesis, source, choices, "primed", 0.0, 18)),
            ("primed-biased", lambda: _primed(folder, synthesis, source, choices, "primed-biased", PRIMED, 20)),
        ]
    begun(len(plan))
    made, left_out = [], {}
    for name, figure in plan:
        progress(name)
        try:
            made.append(figure())
        except NoSuchLine as reason:
            left_out[name] = str(reason)
    return made, left_out


def _density(folder: Path, network: Named, source: Source, choices: Choices, kind: str, paper: int) -> Figure:
    [line] = _lines(network, source, choices, SHORT, 1)
    figure = Figure(
        f"{kind}-density",
        paper,
        f"What the {kind} network predicts along a real line",
        "Above, the line. In the middle, the densities of the next point, one for each step, laid where the pen was and"
        " added together: small bright spots along the strokes, wide dim ones where the pen was lifted and the next"
        " stroke may begin. Below, the weights of the mixture's components, step by step, the most used first. The"
        " network is given the real points; no bias.",
        (network.about, f"\u201c{line.text}\u201d, writer {line.writer}, of {source.name}; no bias"),
        (f"{kind}-density.png",),
    )
    model = network.writer.model
    course = follow(model, line.strokes, line.text)
    plot_density(line.strokes, course, folder / figure.files[0], heading=figure.title, notes=figure.notes,
                 unit=model.unit, dpi=choices.dpi)  # fmt: skip
    return figure


def _predicted(folder: Path, network: Named, choices: Choices) -> Figure:
    seeds = choices.seeds(PREDICTED)
    styled = bool(network.writer.model.writers)
    figure = Figure(
        "prediction-samples",
        11,
        "What the prediction network writes by itself",
        f"Lines of {choices.points} points each, of no text and without bias.",
        (network.about, f"{choices.points} points each, bias 0" + (", styles by the seeds" if styled else "")),
    )
    return _draw(folder, figure, choices, samples.predicted(network.writer, choices.points, seeds))


def _window(folder: Path, network: Named, choices: Choices) -> Figure:
    text = choices.text_of("window")
    [line] = network.writer.write(text, 0.0, choices.seed, style=samples.UNKNOWN, candidates=1, attention=True)
    figure = Figure(
        "window",
        13,
        "Where the window looks while a line is written",
        "Above, the line; below, the window's weight phi(t, u) on each character of the text, from top to bottom, at"
        " each point. Ink has the colour of the character that the window was on.",
        (network.about + network.in_hand, f"bias 0, seed {choices.seed}"),
        ("window.png",),
    )
    heading = f"{figure.title}\n{figure.notes[0]}; {figure.notes[1]}"
    plot_attention_sheet([line], folder / "window.png", dpi=choices.dpi, heading=heading)
    return figure


def _written(
    folder: Path, network: Named, source: Source, choices: Choices, name: str, bias: float, paper: int
) -> Figure:
    lines = _lines(network, source, choices, USUAL, LINES)
    seeds = choices.seeds(SAMPLES)
    figure = Figure(
        name,
        paper,
        "Real lines, and their texts as the network writes them" + (f", bias {bias:g}" if bias else ""),
        "In each block the first line, blue, is real; the others are"
        + (f" written with a bias of {bias:g}." if bias else " written without bias."),
        (
            network.about + network.in_hand,
            f"real: {source.name}; written: bias {bias:g}, seeds {_span(seeds)}",
            *([network.bias] if bias else []),
        ),
    )
    return _draw(folder, figure, choices, samples.real_and_written(network.writer, lines, bias, seeds))


def _biased(folder: Path, network: Named, choices: Choices) -> Figure:
    seeds = choices.seeds(COLUMNS)
    figure = Figure(
        "biased",
        16,
        "The same text with more and more bias",
        "A row for each bias, a column for each seed. The hands grow neater and more alike.",
        (network.about + network.in_hand, network.bias),
    )
    blocks = samples.biased(network.writer, choices.text_of("biased"), choices.biases, seeds)
    return _draw(folder, figure, choices, blocks, [f"seed {seed}" for seed in seeds])


def _primed(
    folder: Path, network: Named, source: Source, choices: Choices, name: str, bias: float, paper: int
) -> Figure:
    primers = _lines(network, source, choices, SHORT, PRIMERS, primers=True)
    seeds = choices.seeds(2)
    styled = " and, as the network has styles, in the one that suits it" if network.writer.model.learns_hands else ""
    figure = Figure(
        name,
        paper,
        "Going on from real lines" + (f", bias {bias:g}" if bias else ""),
        f"In each row at the left, blue, a real line, and beside it what is written after it{styled}. The first row is"
        " of the same seeds without a primer, in a hand not known.",
        (
            network.about,
            f"primers: {source.name}; written: bias {bias:g}, after the primer{styled}",
            *([network.bias] if bias else []),
        ),
    )
    blocks = samples.primed(network.writer, primers, choices.text_of("primed"), bias, seeds)
    return _draw(folder, figure, choices, blocks, ["primer (real)", *(f"written, seed {seed}" for seed in seeds)])


def _lines(
    network: Named, source: Source, choices: Choices, characters: tuple[int, int], count: int, primers: bool = False
) -> list[RealLine]:
    """Raises `NoSuchLine` where there is none; there may be fewer than count."""
    found = choose(source.corpus, source.indices, network.writer.model, characters, count, seed=choices.lines_seed,
                   primers=primers)  # fmt: skip
    if not found:
        raise NoSuchLine(f"{source.name} has no line of {characters[0]} to {characters[1]} characters, mostly"
                         " lower-case letters, in words, and of the network's alphabet")  # fmt: skip
    return found


def _draw(
    folder: Path, figure: Figure, choices: Choices, blocks: Sequence[Block], columns: Sequence[str] = ()
) -> Figure:
    files = [f"{figure.name}.{kind}" for kind in (["png", "svg"] if choices.svg else ["png"])]
    draw_blocks(blocks, [folder / file for file in files], heading=figure.title, notes=figure.notes, columns=columns,
                dpi=choices.dpi)  # fmt: skip
    return Figure(**{**vars(figure), "files": tuple(files)})


def _span(seeds: Sequence[int]) -> str:
    return f"{seeds[0]} to {seeds[-1]}"
