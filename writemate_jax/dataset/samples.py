"""A line of a set as the files that a shard holds of it: 000000123.png, .json and .txt.

The JSON tells all that is known of the line. Nothing here imports JAX: it runs in processes of its own,
beside the sampling.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from writemate_jax.dataset.picture import picture
from writemate_jax.dataset.plan import Plan, Recipe
from writemate_jax.drawing import strokes_json
from writemate_jax.drawing.strokes_json import Ink

DIGITS = 9  # of a line's number in the names of its files


class Stored(NamedTuple):
    """Files of some lines, (name, content) in order, and the processor's seconds that they took."""

    members: list[tuple[str, bytes]]
    seconds: float


def stored(recipe: Recipe, plans: Sequence[Plan], inks: Sequence[Ink], unread: Sequence[float | None]) -> Stored:
    """The files of these lines; unread: see `files`."""
    start = time.process_time()
    members = [member for line in zip(plans, inks, unread, strict=True) for member in files(recipe, *line)]
    return Stored(members, time.process_time() - start)


def files(recipe: Recipe, plan: Plan, ink: Ink, unread: float | None) -> list[tuple[str, bytes]]:
    """(name, content) of a line's files: the text and the JSON always, the picture and the strokes as the recipe says.

    unread: how badly a reader reads the line; None where none reads such ink.
    """
    name = f"{plan.number:0{DIGITS}}"
    found, about = [(f"{name}.txt", ink.text.encode("utf-8"))], {"style": plan.style}
    if unread is not None:
        about["unread"] = unread
    if recipe.images:
        grain = np.random.default_rng(plan.grain)
        grey, affine = picture(ink.strokes, plan.look, recipe.height, grain, ink.x_height)
        found.append((f"{name}.png", _png(grey)))
        about |= {"to_pixels": np.round(affine, 6).tolist(), "look": asdict(plan.look)}
    found.append((f"{name}.json", _json(ink, about, strokes=recipe.strokes)))
    return sorted(found)


def _json(ink: Ink, about: dict, *, strokes: bool) -> bytes:
    """What `strokes_json` writes, with or without the strokes, and with more fields, which its reader passes over."""
    fields = json.loads(strokes_json.dumps(ink)) | about
    if not strokes:
        del fields["strokes"]
    return (json.dumps(fields, ensure_ascii=False) + "\n").encode("utf-8")


def _png(grey: np.ndarray) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="PNG", compress_level=4)
    return file.getvalue()
