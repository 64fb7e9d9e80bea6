"""The reader of written lines: PP-OCRv6 small, a recogniser of printed and handwritten text that others trained.

Its weights lie in the wheel of rapidocr (Apache-2.0), which is not imported: onnxruntime runs the line recogniser
alone, without a detector. Its 18,708 characters are masked to printable ASCII.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from writemate_jax.evaluation.rendering import picture
from writemate_jax.reading import ctc
from writemate_jax.strokes import Rows

RAPIDOCR = "3.10.0"
WEIGHTS = "models/PP-OCRv6_rec_small.onnx"
INPUT_PIXELS = 48  # height of the network's input
STRETCHES = (1.0, 1.2, 1.35)  # a line is read at each of these widths
CHARACTERS = "".join(map(chr, range(32, 127)))
LEAST = 1e-10  # probability that the softmax' underflow is taken for


class RecogniserMissing(ValueError):
    """The recogniser is not installed; the message says what to install."""


class Reading:
    """What the recogniser makes of one line of ink.

    frames: for each stretch, ln of the probabilities of the blank and of `CHARACTERS`, float32 [T, 96].
    """

    def __init__(self, frames: Sequence[np.ndarray]):
        self.frames = list(frames)

    def text(self) -> str:
        """The text that is read: of the likeliest readings at each stretch, the one likeliest on the mean of all."""
        texts = dict.fromkeys("".join(CHARACTERS[code - 1] for code in ctc.best_path(f)).strip() for f in self.frames)
        return min(texts, key=self.nll)

    def nll(self, text: str) -> float:
        """-ln P(text | ink) by CTC, mean over the stretches that have room for the text, in nats; inf if none has.

        Raises ValueError beyond printable ASCII.
        """
        codes = [CHARACTERS.find(character) + 1 for character in text]
        if 0 in codes:
            raise ValueError(f"text {text!r} has {text[codes.index(0)]!r}; the recogniser knows printable ASCII alone")
        nats = np.array([ctc.nll(frames, codes) for frames in self.frames])
        return float(nats[np.isfinite(nats)].mean()) if np.isfinite(nats).any() else math.inf


class Recogniser:
    """Reads lines of ink; make one with `Recogniser.load`."""

    def __init__(self, session: Any, columns: np.ndarray):
        self._session = session
        self._columns = columns

    @classmethod
    def load(cls) -> Recogniser:
        """The recogniser from the installed wheel. Raises `RecogniserMissing` where that is not there."""
        weights = _weights()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        stored = session.get_modelmeta().custom_metadata_map["character"].split("\n")
        # Class 0 is the blank; the list leaves out the space, which is the last class.
        known = ["", *stored[: session.get_outputs()[0].shape[2] - 2], " "]
        return cls(session, np.array([0] + [known.index(character) for character in CHARACTERS]))

    def read(self, line: Rows) -> Reading:
        """Reads a line of ink ``[T, 3]`` in any unit. Raises `strokes.InvalidInk` for an array that is no line."""
        return Reading([self._frames(picture(line, stretch)) for stretch in STRETCHES])

    def _frames(self, grey: np.ndarray) -> np.ndarray:
        """ln of masked probabilities float32 [T, 96] of a picture uint8 [height, width]."""
        from PIL import Image

        width = max(INPUT_PIXELS, round(grey.shape[1] * INPUT_PIXELS / grey.shape[0]))
        resized = Image.fromarray(grey).resize((width, INPUT_PIXELS), Image.Resampling.BILINEAR)
        values = np.asarray(resized, np.float32) / 127.5 - 1.0
        [probabilities] = self._session.run(None, {"x": np.broadcast_to(values, (1, 3, *values.shape))})
        kept = np.maximum(probabilities[0][:, self._columns], LEAST)
        return np.log(kept / kept.sum(axis=1, keepdims=True))


def _weights() -> Path:
    for module in ("rapidocr", "onnxruntime"):
        if importlib.util.find_spec(module) is None:
            raise RecogniserMissing(
                f"the recogniser needs {module}, which is not installed: pip install -r requirements-evaluate.txt"
            )
    found = importlib.metadata.version("rapidocr")
    weights = Path(importlib.util.find_spec("rapidocr").submodule_search_locations[0], *WEIGHTS.split("/"))
    if found != RAPIDOCR or not weights.is_file():
        raise RecogniserMissing(
            f"rapidocr {found} is installed; figures are comparable with the weights of {RAPIDOCR} alone:"
            " pip install -r requirements-evaluate.txt"
        )
    return weights
