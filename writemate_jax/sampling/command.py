"""The command line of `sample.py`."""

from __future__ import annotations

import argparse
import importlib
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from writemate_jax.alphabet import UnknownCharacters, is_blank
from writemate_jax.arguments import from_zero, names_folder, positive, read_text, run, warn, whole
from writemate_jax.data.ink_files import read_ink
from writemate_jax.drawing.files import save
from writemate_jax.drawing.formats import FORMATS, format_of, suffixes
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import named_styles
from writemate_jax.pages import options as page_options
from writemate_jax.pages.drawing import of_one_name, page_format
from writemate_jax.sampling import look_options, style_list
from writemate_jax.sampling.candidates import MORE, OWN, SHORT, usual
from writemate_jax.sampling.written import Written
from writemate_jax.shipped import PREDICTION, shipped

if TYPE_CHECKING:  # JAX takes a second to import: mistakes and --help are answered without
    from writemate_jax.sampling.writer import Writer

EXAMPLES = """\
examples:
  python sample.py "Hello world" "second line" --out handwriting --format svg,png,json
  python sample.py "Dear reader," "this is a page" --bias 1 --seed 7 --out letter.svg
  python sample.py --text-file letter.txt --checkpoint runs/x --plot-attention
  python sample.py "Dear reader," "in a round hand" --style round --out round.svg
  python sample.py --list-styles --out styles.png
  python sample.py "and so it goes on" --prime handwriting/0000.json --out more.png
  python sample.py "and so it goes on" --prime line.svg --prime-text "It began well" --out more.svg
  python sample.py "one of eight" --candidates 8 --out best.svg
  python sample.py --text-file letter.txt --page A4 --paper ruled --align justified --out letter.pdf
  python sample.py --text-file letter.txt --page 150x200 --margins 15,10,15,20 --line-spacing 9 --drift 0 --out page.png
  python sample.py --text-file brief.txt --page A5 --language de_DE --reflow --ink "#222222" --out brief.svg
  python sample.py --text-file letter.txt --page A5 --letter-size 3 --out letter.plotter.svg
  python sample.py "Dear reader," --out letter.plotter.svg --letter-size 4 --pen 0.5 --ink navy
  python sample.py "Dear reader," --out letter.svg --by-speed
  python sample.py "Dear reader," --out letter.png --dpi 300 --transparent
  python sample.py "Dear reader," --out letter.gcode --pen-up M5 --pen-down "M3 S90" --pen-seconds 0.2 --dwell-unit ms
  python sample.py --text-file letter.txt --page A5 --out a5.gcode --bed 300,300 --origin 9,9 --feed 2000 --travel 6000
  python sample.py "Dear reader," --out look --format animated,gif,pdf,inkml
  python sample.py --unconditional --points 700 --out dream.svg
  python sample.py dataset --text-file corpus.txt --num 100000 --out shards/    # python sample.py dataset --help
"""
OUT = "handwriting"
AT_ONCE = 512  # candidates that are written before their lines are saved; or, if that is more,
GROUPS = 8  # full groups of lanes
ATTENDED = 20  # lines of an attention's picture


class Destination(NamedTuple):
    """Where results go: one file for all lines, or a folder with files of some formats for each line."""

    path: Path
    formats: tuple[str, ...]
    is_file: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    options = _parser().parse_args(look_options.joined(sys.argv[1:] if arguments is None else arguments))
    return run("sample.py", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    if options.list_styles:
        _list_styles(options)
        return
    options.out = OUT if options.out is None else options.out
    if not options.out:
        raise ValueError("--out is empty; expected a file or a folder (. for this one)")
    if page_options.given(options).keys() - {"letter", "ink", "pen"}:  # these three are for lines, too
        _run_pages(options)
        return
    texts, places = _texts(options)
    destination = _destination(options.out, options.format, max(1, len(texts)))
    look_options.check_use(options, destination.formats)
    look = look_options.look(options)
    prime = _primer(options)
    _spare_primer(options, [destination.path] if destination.is_file else (
        _numbered(destination.path, i, kind) for i in range(len(texts)) for kind in destination.formats
    ))  # fmt: skip

    from writemate_jax.sampling.writer import Writer

    written: list[Written] = []
    paths: list[Path] = []
    try:
        default = shipped(PREDICTION) if options.unconditional else None
        writer = Writer.load(options.checkpoint or default)
        _import_ahead("scipy.interpolate")  # of curves: a third of a second, while the network is compiled
        _check_network(writer, options)
        prime = _checked(prime, writer, options)
        texts = _readable(writer, texts, places, options)
        for some in _written(writer, texts, prime, options, destination):
            if not destination.is_file:
                _save_each(some, destination, options.plot_attention, look, first=len(written), paths=paths)
            written += some
        if destination.is_file:
            _save_all(written, destination.path, options.plot_attention, look, paths)
        else:
            _tell_of_older(destination, len(written))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped; {len(paths)} files are written") from None
    for i, line in enumerate(written):
        if not line.complete:
            warn("sample.py", f"line {i}, {line.text!r}, was cut at {len(line.strokes)} points before its end; try"
                 " another --seed")  # fmt: skip
    print("\n".join(map(str, paths)))


def _import_ahead(module: str) -> None:
    """Imports what will be needed later, beside what is done now."""
    threading.Thread(target=importlib.import_module, args=(module,), daemon=True).start()


def _list_styles(options: argparse.Namespace) -> None:
    """Prints the table of named styles and, with --out, draws the sheet."""
    drawing = {"text", "bias", "candidates"} if options.out else set()
    for name in vars(options).keys() - drawing - {"list_styles", "out", "seed", "checkpoint"}:
        if look_options.given(options, name) and getattr(options, name) != []:
            what = "shows each style" if options.out else "without --out only prints a table"
            raise ValueError(f"--list-styles {what}; leave out {_flag(name)}")
    if len(options.text) > 1:
        raise ValueError(f"--list-styles writes one text in every style, not {len(options.text)}")
    path = None if options.out is None else style_list.destination(options.out)
    styles = named_styles.load()
    if path or options.checkpoint:
        from writemate_jax.sampling.writer import Writer

        writer = Writer.load(options.checkpoint)
        styles = writer.named_styles()
        if not styles:
            raise ValueError("the named styles were fitted for another network than this; leave out --checkpoint")
        if path:
            text = options.text[0] if options.text else style_list.TEXT
            style_list.sheet(writer, path, text, bias=options.bias, seed=options.seed, candidates=options.candidates)
    print(style_list.table(styles))
    if path:
        print(path)


def _run_pages(options: argparse.Namespace) -> None:
    from writemate_jax import pages

    text, path, layout, look = _page_request(options)
    prime = _primer(options)
    _spare_primer(options, [path, *of_one_name(path)])

    from writemate_jax.sampling.writer import Writer

    writer = Writer.load(options.checkpoint)
    prime = _checked(prime, writer, options)
    written = pages.write_pages(
        writer, text, seed=options.seed, progress=True, bias=options.bias, style=options.style,
        candidates=options.candidates, prime=prime, **layout)  # fmt: skip
    dpi = {} if look.dpi is None else {"dpi": look.dpi}
    paths = pages.save(written, path, transparent=look.transparent, machine=look.machine, **dpi)
    print("\n".join(map(str, paths)))


def _page_request(options: argparse.Namespace) -> tuple[str, Path, dict, Look]:
    """The text, the file, the fields of the layout, and how files are drawn."""
    if options.page is None:
        raise ValueError("--page is missing; the other options of pages need it, as in --page A4")
    for name in ("unconditional", "points", "format", "plot_attention", "by_speed"):
        if getattr(options, name):
            raise ValueError(f"--page writes pages; leave out {_flag(name)}")
    if options.prime_text is not None and options.prime is None:
        raise ValueError("--prime-text needs --prime, the ink that says it")
    file = [] if options.text_file is None else [read_text(options.text_file)]
    text = "\n".join([*options.text, *file])
    if not text.strip():
        raise ValueError("no text to write; give some, or --text-file FILE")
    layout = page_options.given(options)
    page_options.Layout(**layout)  # mistakes are answered before JAX starts
    path = page_options.destination(options.out)
    look_options.check_use(options, [page_format(path)])
    return text, path, layout, look_options.look(options)


def _primer(options: argparse.Namespace) -> Ink | None:
    """The line of --prime with its text."""
    if options.prime is None:
        return None
    lines = read_ink(options.prime)
    if len(lines) != 1:
        raise ValueError(f"--prime {options.prime} holds {len(lines)} lines of ink; expected one, whose hand goes on;"
                         " a hand of several is learned: train.py adapt --ink FOLDER --workdir DIR")  # fmt: skip
    text = options.prime_text or lines[0].text
    if not text.strip():
        raise ValueError(f"--prime {options.prime} does not say what is written there; give --prime-text")
    return replace(lines[0], text=text)


def _spare_primer(options: argparse.Namespace, files: Iterable[Path]) -> None:
    """Raises ValueError where one of the files to be written is the ink of --prime, which no seed brings back."""
    if options.prime is not None and Path(options.prime).resolve() in (file.resolve() for file in files):
        raise ValueError(f"--out {options.out} may replace {options.prime}, the ink of --prime; give another --out")


def _checked(prime: Ink | None, writer: Writer, options: argparse.Namespace) -> Ink | None:
    """The primer, its text in the network's alphabet. Raises UnfitInk for one that hardly says its text."""
    if prime is None:
        return None
    from writemate_jax.data import own_ink
    from writemate_jax.hands import text_fit

    if not text_fit.can_tell(writer.model):
        return prime
    ink = own_ink.sized([prime], writer.model.alphabet, [f"--prime {options.prime}"])
    text_fit.check(writer.model, ink)
    return replace(prime, text=ink.texts[0])


def _check_network(writer: Writer, options: argparse.Namespace) -> None:
    reads = writer.model.config.model.window
    if reads and options.unconditional:
        raise ValueError("this is a synthesis network, which needs texts; leave out --unconditional")
    if not reads and not options.unconditional:
        raise ValueError("this is a prediction network, which knows no text; give --unconditional and no text")


def _readable(writer: Writer, texts: list[str], places: list[str], options: argparse.Namespace) -> list[str]:
    """The texts as the network knows them, all of them checked before any is written."""
    from writemate_jax.limits import MAX_CHARACTERS
    from writemate_jax.sampling.requests import InvalidRequest

    alphabet, unknown, replaced = writer.model.alphabet, {}, {}
    for text, place in zip(texts, places, strict=True):
        try:
            _, changed = alphabet.line(text)
        except UnknownCharacters as error:
            unknown[place] = error.characters
        else:
            replaced |= {old: (new, place) for old, new in changed.items() if old not in replaced}
    if unknown:  # of all lines at once
        where = next(iter(unknown)) + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
        raise UnknownCharacters("".join(unknown.values()), alphabet.characters, where)
    if replaced:
        changes = ", ".join(f"{old!r} as {new!r}" for old, (new, _) in replaced.items())
        where, *others = dict.fromkeys(place for _, place in replaced.values())
        where += " and others" if others else ""
        warn("sample.py", f"{where}: the network does not know all characters; it writes {changes}")
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of each line: all are told of
            return [writer.readable(text, place) for text, place in zip(texts, places, strict=True)]
    except InvalidRequest as error:
        if max(map(len, texts)) <= MAX_CHARACTERS:
            raise
        raise ValueError(f"{error}, or write pages, which are wrapped: --page A4 --out NAME.pdf") from error


def _written(
    writer: Writer, texts: list[str], prime: Ink | None, options: argparse.Namespace, destination: Destination
) -> Iterator[list[Written]]:
    """The lines; those of many files some at a time, which are saved before the next ones are written."""
    if options.unconditional:
        yield [writer.unconditional(options.points, options.bias, options.seed)]
        return
    from tqdm import tqdm

    from writemate_jax.limits import LARGEST_SEED
    from writemate_jax.sampling.requests import seeds_of

    at_once = _at_once(writer, texts, prime, options, destination)
    # Seeds of their own, as lines that begin alike would have the same ink so far; and still one hand.
    seeds = [(seed + i) % (LARGEST_SEED + 1) for i, seed in enumerate(seeds_of(options.seed, len(texts)))]
    style = writer.one_hand(options.style, options.seed, prime)
    bar = tqdm(total=len(texts), unit="line", disable=len(texts) <= at_once)
    for i in range(0, len(texts), at_once):
        yield writer.write(
            texts[i : i + at_once],
            options.bias,
            seeds[i : i + at_once],
            prime,
            attention=options.plot_attention,
            style=style,
            candidates=options.candidates,
        )
        bar.update(min(at_once, len(texts) - i))
    bar.close()


def _at_once(
    writer: Writer, texts: list[str], prime: Ink | None, options: argparse.Namespace, destination: Destination
) -> int:
    """How many lines are written in one call of the writer: between calls they are saved, and progress shows."""
    if not writer.model.sized:  # the size of their letters is measured over all of a call
        return len(texts) if destination.is_file else AT_ONCE
    configured = writer.model.config.sampling.candidates
    own = prime is not None or options.style is not None and Path(options.style).is_dir()
    counts = [options.candidates or usual(configured, text, own) for text in texts]
    return max(1, max(AT_ONCE, GROUPS * writer.lanes) * len(texts) // sum(counts))


def _save_all(written: list[Written], path: Path, attention: bool, look: Look, paths: list[Path]) -> None:
    """Writes the file of all lines, and adds to the paths."""
    save(written, path, look)
    paths.append(path)
    if not attention:
        return
    if len(written) <= ATTENDED:
        groups = [(written, path.with_name(f"{path.stem}-attention.png"))]
    else:  # a picture of all of them would be too high to look at
        groups = [
            (written[i : i + ATTENDED], path.with_name(f"{path.stem}-attention-{1 + i // ATTENDED}.png"))
            for i in range(0, len(written), ATTENDED)
        ]
    _plot(groups, paths)


def _save_each(
    written: list[Written], destination: Destination, attention: bool, look: Look, first: int, paths: list[Path]
) -> None:
    """Writes the files of lines, the first of which has this number in the folder, and adds each to the paths."""
    for i, line in enumerate(written, start=first):
        for kind in destination.formats:
            file = _numbered(destination.path, i, kind)
            try:
                save([line], file, look)
            except ValueError as error:
                there = f"; {len(paths)} files before it are written" if paths else ""
                raise ValueError(f"line {i}, {line.text!r}: {error}{there}") from error
            paths.append(file)
    if attention:
        _plot([([line], destination.path / f"{i:04d}-attention.png") for i, line in enumerate(written, first)], paths)


def _plot(groups: list[tuple[list[Written], Path]], paths: list[Path]) -> None:
    from writemate_jax.drawing.attention import plot_attention_sheet

    for lines, picture in groups:
        plot_attention_sheet(lines, picture)
        paths.append(picture)


def _numbered(folder: Path, i: int, kind: str) -> Path:
    return folder / f"{i:04d}{FORMATS[kind]}"


def _tell_of_older(destination: Destination, count: int) -> None:
    """Warns of the lines of a longer run in the same folder, which lie behind these as if they were of this one."""
    older = next((file for kind in destination.formats if (file := _numbered(destination.path, count, kind)).exists()),
                 None)  # fmt: skip
    if older:
        warn("sample.py", f"{older} and what follows it are of an earlier run with more lines; remove them, or give"
             " another --out")  # fmt: skip


def _texts(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The texts of the arguments, then those of the file; and where each stands."""
    if options.unconditional:
        for name in ("text", "text_file", "prime", "prime_text", "plot_attention", "style", "candidates"):
            if getattr(options, name):
                raise ValueError(f"--unconditional writes without a text; leave out {_flag(name)}")
        return [], []
    if options.points is not None:
        raise ValueError("--points is for --unconditional; a text ends by itself")
    if options.prime_text is not None and options.prime is None:
        raise ValueError("--prime-text needs --prime, the ink that says it")
    texts, places = list(options.text), [f"text {i}" for i in range(len(options.text))]
    if options.text_file is not None:
        lines = enumerate(read_text(options.text_file).splitlines(), start=1)
        lines = [(line, f"{options.text_file}:{number}") for number, line in lines if not is_blank(line)]
        texts += [line for line, _ in lines]
        places += [place for _, place in lines]
    if not texts:
        raise ValueError('no text to write; give some, as in: sample.py "Hello world", or --text-file FILE')
    empty = [i for i, text in enumerate(texts) if is_blank(text)]
    if empty:
        raise ValueError(f"text {empty[0]} is empty; expected at least one character")
    return texts, places


def _destination(out: str, formats: tuple[str, ...] | None, lines: int) -> Destination:
    path = Path(out)
    if names_folder(out):
        return Destination(path, formats or ("svg", "png"), is_file=False)
    try:
        kind = format_of(path)
    except ValueError as error:
        raise ValueError(f"--out {error}, or a folder (end it with /)") from error
    if formats and formats != (kind,):
        raise ValueError(f"--out {out} is one {kind} file, but --format asks for {','.join(formats)}; give a folder")
    if kind == "json" and lines > 1:
        raise ValueError(f"--out {out}: a JSON file holds one line, not {lines}; give a folder")
    return Destination(path, (kind,), is_file=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sample.py",
        description="Writes lines of text by hand, with the network that comes along or one of your own.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("text", nargs="*", metavar="TEXT", help="a line of text each")
    add("--text-file", metavar="FILE", help="a text file, a line each (blank ones are left out); - for standard input")
    of_many = [kind for kind in FORMATS if kind != "json"]
    add("--out", metavar="PATH", help="a folder, for 0000.svg, 0000.png, ...; or one file for"
        f" all lines, NAME{suffixes(of_many)}; or .json for a single one (default: the folder {OUT})")
    add("--format", type=_formats, metavar="LIST", help=f"of {', '.join(FORMATS)}, with commas (for a folder:"
        " svg,png)")
    add("--bias", type=from_zero, metavar="B", help="0 for the network's full variety; about 1 is neat (default: the"
        f" network's own, more for a text of at most {SHORT} characters and in a style that begins with a line of ink)")
    add("--seed", type=whole, default=0, metavar="N", help="another seed, another ink; the same seed, the"
        " same; each line after the first has one more, in the hand that this one draws (default: %(default)s)")
    add("--style", metavar="NAME", help="whose hand, for all lines: a name that --list-styles shows, a training"
        " writer's name, a folder that train.py adapt made, unknown for the network's own, or random for one that the"
        " seed draws (default: random; with --prime the one that suits its ink)")
    add("--list-styles", action="store_true", help="print the named styles; with --out NAME.png or a folder also draw"
        " a sheet of them: real ink, and the text written")
    add("--candidates", type=positive, metavar="N", help="write each line N times and keep the best (default: the"
        f" network's own number; where that is more than 1, {MORE} times as many for a text of at most {SHORT}"
        f" characters and {OWN} times in your own hand); where none of several is good, N more")
    add("--checkpoint", metavar="DIR", help="a --workdir of train.py, or a checkpoint in there")
    add("--prime", metavar="FILE", help="a line of ink whose hand is continued: .json as this command writes it,"
        " .inkml, or an .svg of single pen lines (no scan); its size and place do not matter to a network"
        " of x-heights, as the one that comes along")
    add("--prime-text", metavar="TEXT", help="what it says (default: the text in FILE, JSON's text or InkML's"
        " annotation truth; or in FILE's .txt beside it, which wins over an SVG's title)")
    add("--unconditional", action="store_true", help="no text: whatever a prediction network writes")
    add("--points", type=positive, metavar="N", help="its length (default: the network's own)")
    add("--plot-attention", action="store_true", help="also draw where the network looked while writing")
    page_options.add_options(parser)
    look_options.add_options(parser)
    return parser


def _formats(value: str) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(part.strip().lower() for part in value.split(",")))
    unknown = [part for part in formats if part not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no known format; expected some of {', '.join(FORMATS)}")
    return formats


def _flag(name: str) -> str:
    return "the text" if name == "text" else "--" + name.replace("_", "-")
