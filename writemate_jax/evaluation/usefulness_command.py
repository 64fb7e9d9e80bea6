"""`evaluate.py dataset`: recognisers trained on real and on written lines, and their errors on real ones."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from writemate_jax.arguments import positive, whole


def add(commands) -> None:
    """Adds the command to those of `evaluate.py`."""
    parser = commands.add_parser("dataset", help="is a written data set of use: a recogniser trained on it, tested on"
                                 " real lines, beside one trained on as many real lines")  # fmt: skip
    option = parser.add_argument
    option("--checkpoint", type=Path, metavar="DIR", help="the network that writes (default: the embedded one)")
    option("--out", type=Path, default=Path("usefulness"), metavar="DIR", help="for the sets, the recognisers, as they"
           " are trained, and usefulness.json and .md; the same command goes on (default: %(default)s)")  # fmt: skip
    option("--lines", type=positive, default=20_000, metavar="N", help="to train with (default: %(default)s)")
    option("--steps", type=positive, default=3_000, metavar="N", help="of the training (default: %(default)s)")
    option("--test-lines", type=positive, default=400, metavar="N", help="of others (default: %(default)s)")
    option("--bias", type=_range, action="append", metavar="LOW,HIGH", help="of the written lines; may be given"
           " again, for another recogniser (default: 0,1)")  # fmt: skip
    option("--seed", type=whole, default=0, metavar="N", help="of all that is random (default: %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.checkpoints.models import digest, load_model
    from writemate_jax.compilation_cache import use_compilation_cache
    from writemate_jax.data import corpus as corpora
    from writemate_jax.evaluation import usefulness
    from writemate_jax.evaluation.tables import plain, table
    from writemate_jax.reading.training import learned
    from writemate_jax.replacing import write_text

    use_compilation_cache()
    corpus = corpora.load()
    model = load_model(options.checkpoint)
    if model.unit != corpus.unit:
        raise ValueError(f"the network writes in {model.unit}; expected {corpus.unit}, as the real lines are")
    real = usefulness.chosen(corpus, ("train",), options.lines, options.seed)
    test = usefulness.chosen(corpus, ("validation",), options.test_lines, options.seed)
    outcomes: dict[str, usefulness.Outcome] = {}

    def arm(name: str, examples: usefulness.Examples, by: str = "") -> None:
        path = options.out / f"{name.replace(' ', '-')}-{options.lines}-{options.steps}-{options.seed}{by}.msgpack"
        with tqdm(total=options.steps, unit="step", desc=name, disable=None) as bar:

            def progress(step: int, loss: float) -> None:
                bar.n = step
                bar.set_postfix_str(f"{loss:.3f} nats/character", refresh=False)
                bar.update(0)
                if step % 100 == 0:
                    print(f"{name}: step {step}, {loss:.3f} nats/character", flush=True)

            reader, loss = learned(path, examples, model.alphabet, options.steps, options.seed, progress)
        outcomes[name] = usefulness.tested(reader, loss, len(examples.lines), test)
        print(f"{name}: CER {outcomes[name].cer:.1%} on {len(test.lines)} real lines", flush=True)

    # All sets before the first training: what cannot be written in this folder is found before hours are spent.
    by = f"-{digest(model.params)[:8]}"  # another network writes other lines of the same options
    sets: dict[str, usefulness.Examples] = {}
    for low, high in options.bias or [(0.0, 1.0)]:
        name = f"written {low:g}-{high:g}"
        with tqdm(total=len(real.lines), unit="line", desc=name, disable=None) as bar:
            sets[name] = usefulness.written(
                options.out / f"set-{low:g}-{high:g}-{options.lines}-{options.seed}{by}", real.texts, model,
                (low, high), options.seed, bar.update,
            )  # fmt: skip
    arm("real", real)
    for name, examples in sets.items():
        arm(name, examples, by)
    about = {
        "test": f"{len(test.lines)} real lines of writers held out, seed {options.seed}",
        "training": f"{options.steps} steps each, seed {options.seed}; the same texts, line by line",
    }
    rows = [
        (name, f"{o.lines:,}", f"{o.cer:.1%}", f"{o.interval.low:.1%}-{o.interval.high:.1%}", f"{o.loss:.3f}")
        for name, o in outcomes.items()
    ]
    text = [
        *(f"- {name}: {value}" for name, value in about.items()),
        "",
        *table(("trained on", "lines", "CER on real lines", "95% interval", "nats/character at its end"), rows),
    ]
    print("\n".join(text))
    write_text(options.out / "usefulness.md", "\n".join(text) + "\n")
    found = {"about": about, "texts": test.texts, "outcomes": {name: asdict(o) for name, o in outcomes.items()}}
    write_text(options.out / "usefulness.json", json.dumps(plain(found), indent=1) + "\n")


def _range(value: str) -> tuple[float, float]:
    from writemate_jax.dataset.command import bias_range

    return bias_range(value)
