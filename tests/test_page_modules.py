"""The page's modules that need no browser: their own tests under Node.js, and their curves beside those of Python."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import get_args

import numpy as np

from node import ROOT, run_node
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.data import corpus as corpora
from writemate_jax.data.letter_size import expected_width
from writemate_jax.data.own_ink import Reason
from writemate_jax.drawing import curves

PAGE = Path(__file__).parents[1] / "writemate_jax" / "web" / "page"


def _call(module: str, expression: str, given: object) -> object:
    """The value of a JavaScript expression of ``given`` and the ``module``'s exports."""
    program = (
        f"import * as module from {json.dumps((PAGE / module).as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        f"const given = JSON.parse(text); console.log(JSON.stringify({expression}));"
    )
    return json.loads(run_node("--input-type=module", "--eval", program, given=json.dumps(given)))


def test_the_modules_own_tests():
    files = sorted((ROOT / "tests" / "page").glob("*.test.mjs"))
    said = run_node("--test", *map(str, files))  # by name: Node.js 22 takes a folder for a module
    written = sum(len(re.findall("^test\\(", file.read_text("utf-8"), re.MULTILINE)) for file in files)
    assert int(re.search(r"^\S pass (\d+)$", said, re.MULTILINE)[1]) >= written > 50


def test_every_script_can_be_read():
    """Also those that a browser alone runs, in whose workers a mistake is but a network that does not start."""
    program = (
        "import fs from 'node:fs'; import vm from 'node:vm'; let text = '';"
        "for await (const part of process.stdin) text += part; const wrong = [];"
        "for (const file of JSON.parse(text)) {"
        "  try { new vm.SourceTextModule(fs.readFileSync(file, 'utf8')); }"
        "  catch (error) { wrong.push(`${file}: ${error}`); } }"
        "console.log(JSON.stringify(wrong));"
    )
    scripts = sorted(map(str, PAGE.rglob("*.js")))
    assert len(scripts) > 30
    said = run_node("--experimental-vm-modules", "--input-type=module", "--eval", program, given=json.dumps(scripts))
    assert json.loads(said) == []


def test_curves_are_those_of_the_package():
    random = np.random.default_rng(0)
    strokes = [np.round(random.normal(size=(n, 2)).cumsum(0), 3) for n in (1, 2, 3, 9, 40)]
    strokes.append(np.repeat(strokes[-1][:5], 2, axis=0))  # places that repeat
    found = _call("ink.js", "given.map(module.bezier)", [stroke.tolist() for stroke in strokes])
    for stroke, segments in zip(strokes, found, strict=True):
        np.testing.assert_allclose(np.array(segments).reshape(-1, 4, 2), curves.bezier(stroke), atol=1e-9)


def test_the_estimate_of_widths_is_near_that_of_the_corpus():
    texts = ["the quick brown fox jumps", "WHAT IS THIS? A PEN!", "Call 555-0123 (or write), Mr. & Mrs. Wilmington"]
    found = _call("widths.js", "given.map(module.expectedWidth)", texts)
    np.testing.assert_allclose(found, [expected_width(text) for text in texts], rtol=0.05)


def test_a_row_is_never_longer_than_the_page_takes_it_to_be():
    common = [*map(chr, (*range(0xA1, 0x180), *range(0x391, 0x3CA), *range(0x410, 0x460))), *"…„“–№™½€≤"]
    alphabet, written = Alphabet(corpora.load().alphabet), {}
    for character in common:
        with suppress(UnknownCharacters):
            written[character] = alphabet.transliterate(character)[0]
    assert len(written) > 300
    most = dict(zip(written, _call("widths.js", "given.map(module.mostLetters)", [*written]), strict=True))
    assert {c: letters for c, letters in written.items() if most[c] < len(letters)} == {}


def test_the_page_has_words_of_its_own_for_each_reason_that_ink_is_unfit():
    reasons = [*get_args(Reason), "another", None]
    *said, another, none = _call("engine/unfit.js", "given.map((one) => module.unfit(one, 'a b')?.message)", reasons)
    assert all("“a b”" in words for words in said) and len({*said}) == len(said)
    assert another is none is None  # what it has no words for the server tells in its own
