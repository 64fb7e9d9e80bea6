"""The command line of `train.py adapt`: a few lines of somebody's ink become a style."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from writemate_jax.arguments import run, whole

EXAMPLES = """\
The folder holds lines of ink in .json, .inkml or .svg files, in any size. A JSON has a list of points for each stroke,
y down, as what you drew on the page and exported has them:

  {"text": "hi", "strokes": [[[x, y], [x, y], ...], ...]}

or, as sample.py writes it, offsets [dx, dy, eos], y up, where eos is 1 at the end of a stroke; a list of such objects
is several lines. An SVG has single lines without fill, a path for each stroke. What a line says stands in JSON's text,
in InkML's annotation "truth", in the SVG's title, or in NAME.txt beside it, which wins over an SVG's title. Of
NAME.json, NAME.inkml and NAME.svg the first that is there is read. A scan or a photograph does not work: it does not
record how the pen moved.

A style is for the network that it was fitted for: to write in it, give sample.py the same --checkpoint.

examples:
  python train.py adapt --ink my_lines/ --workdir runs/me
  python sample.py "in my own hand" --style runs/me --out me.svg
  python train.py adapt --ink my_lines/ --workdir runs/me_too --checkpoint runs/open_synthesis --steps 40
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    options = _parser().parse_args(arguments)
    return run("train.py adapt", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.checkpoints.models import load_model
    from writemate_jax.compilation_cache import use_compilation_cache
    from writemate_jax.data import own_ink
    from writemate_jax.hands import adapt, text_fit
    from writemate_jax.hands.ink_folder import read_lines
    from writemate_jax.hands.styles import save_style

    use_compilation_cache()
    model = load_model(options.checkpoint)
    adapt.check_network(model)
    lines, names = read_lines(options.ink)
    ink = own_ink.sized(lines, model.alphabet, names)
    text_fit.check(model, ink)
    steps = adapt.STEPS if options.steps is None else options.steps
    with tqdm(total=steps + adapt.GATE_STEPS, unit="step", disable=None) as bar:

        def progress(nats: float) -> None:
            bar.set_postfix_str(f"{nats:.3f} nats/point", refresh=False)
            bar.update()

        style = adapt.fit(model, ink, deep=True, steps=steps, progress=progress)
    path = save_style(options.workdir, style)
    gained = f"{style.before:.3f} nats a point before, {style.after:.3f} after"
    print(f"{style.lines} lines, {style.points} points: {gained}")
    print(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train.py adapt",
        description="Makes a style of 5 to 20 lines of one person's ink. All weights of the network stay as they are.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--ink", type=Path, required=True, metavar="DIR", help="lines of ink with their texts: .json, .inkml, .svg")
    add("--workdir", type=Path, required=True, metavar="DIR", help="for style.json; made if absent")
    add("--checkpoint", type=Path, metavar="DIR", help="the network (default: the embedded one)")
    add("--steps", type=whole, metavar="N", help="of Adam on the style's vector (default: as many as are enough)")
    return parser
