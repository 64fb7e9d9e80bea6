"""The web page in a real Chromium, against the real server with the embedded network."""

import base64
import io
import itertools
import json
import os
import re
import urllib.request
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from benchmarks.chromium import chromium as in_chromium
from benchmarks.chromium import installed
from benchmarks.running_server import HERE, running_server
from writemate_jax import strokes
from writemate_jax.checkpoints.models import load_model
from writemate_jax.drawing import strokes_json

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed; see make browser")
expect = sync_api.expect

ROOT = Path(__file__).parents[1]
PATIENCE = 240_000  # ms that a loaded machine may take
STROKE = np.array([[0, 0], [1, 1], [2, 0]])
expect.set_options(timeout=PATIENCE)
DONE = """([said, former]) => {
  const paper = document.getElementById("paper"), sheet = document.getElementById("sheet");
  const ink = [...sheet.querySelectorAll("g.ink path")].map((path) => path.getAttribute("d")).join("");
  return paper.dataset.state === "finished" && !paper.hasAttribute("aria-busy") && ink && ink !== former
    && (said === null || sheet.getAttribute("aria-label") === `Handwriting: ${said}`) && ink;
}"""


@pytest.fixture(scope="module")
def site():
    """The address of a running server."""
    if installed() is None:
        pytest.skip("Chromium is not installed; see make browser")
    if given := os.environ.get("WRITEMATE_TEST_SITE"):
        yield given
        return
    with running_server("--rate", "0", "--lanes", "8", "--fit-room", "256") as address:  # starts sooner
        yield address


@pytest.fixture(scope="module")
def chromium(site):
    with in_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium, site):
    """Opens pages; at the end, none of them may have logged an error or asked another host."""
    troubles, contexts = [], []

    def open_page(fragment: dict | None = None, expected=(), **options):
        context = chromium.new_context(**{"reduced_motion": "reduce", "accept_downloads": True} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: troubles.append(f"uncaught: {error}"))
        page.on(
            "request",
            lambda request: request.url.startswith((site, "blob:", "data:")) or troubles.append(f"asked {request.url}"),
        )
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning")
                and not any(one in message.text for one in expected)
                and troubles.append(message.text)
            ),
        )
        page.goto(f"{site}/" + (f"#{urlencode(fragment)}" if fragment else ""))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


def _ink(page, said: str | None = None, former: str = "") -> str:
    """The written ink as path data, once it is there: saying ``said``, and other than ``former``."""
    return page.wait_for_function(DONE, arg=[said, former], timeout=PATIENCE).json_value()


def _download(page, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as caught:
        page.click(f"#get-{kind}")
    return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()


def _settings(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).fragment))


# Writing


def test_typed_text_becomes_ink_and_every_setting_changes_it(visit):
    page = visit({"text": "ab"})
    former = _ink(page, "ab")
    page.fill("#text", "")
    page.type("#text", "good day")
    former = _ink(page, "good day", former)
    expect(page.locator("#status")).to_have_text("1 line of ink.")
    page.click("#new-seed")
    former = _ink(page, "good day", former)
    page.fill("#seed", "7")  # which picks another hand than the one below
    page.press("#seed", "Tab")
    former = _ink(page, "good day", former)
    for wrong in ("9999999999", "seven"):
        page.fill("#seed", wrong)
        page.press("#seed", "Tab")
        expect(page.locator("#status")).to_have_text("A seed is a whole number from 0 to 4294967295; it stays 7.")
        expect(page.locator("#seed")).to_have_value("7")
    page.locator("#gallery input").nth(2).check(force=True)
    former = _ink(page, "good day", former)
    page.fill("#bias", "0.2")
    former = _ink(page, "good day", former)
    for control, attribute, value in (("#pen", "stroke-width", "0.8"), ("#color", "stroke", "#aa0055")):
        page.fill(control, value)
        expect(page.locator("#sheet g.ink")).to_have_attribute(attribute, value)
    page.get_by_label("Squared").check(force=True)
    expect(page.locator("#sheet g.rules path")).to_have_count(1)
    page.get_by_label("Card").check(force=True)
    assert _ink(page, "good day", former)


def test_text_typed_before_the_page_is_ready_is_kept(visit):
    page = visit({"text": "ab"})
    held = []
    page.route("**/config.json", lambda route: held.append(route))
    with page.expect_request("**/config.json"):
        page.reload()
    page.fill("#text", "early")
    held.pop().continue_()
    _ink(page, "early")


def test_until_the_page_is_ready_it_says_so_and_its_buttons_wait(visit):
    page = visit({"text": ""})
    expect(page.locator("#status")).to_be_empty()
    held = []
    page.route("**/config.json", lambda route: held.append(route))
    with page.expect_request("**/config.json"):
        page.reload()
    expect(page.locator("#status")).to_have_text("Loading …")
    expect(page.locator("main button:enabled:visible")).to_have_count(0)
    held.pop().continue_()
    expect(page.locator("#write")).to_be_enabled()
    expect(page.locator("#status")).to_be_empty()


def test_what_is_written_with_other_characters_is_told(visit):
    page = visit({"text": "Grüße an Jürgen"})
    _ink(page, "Grusse an Jurgen")
    expect(page.locator("#status")).to_have_text("1 line of ink. “ü” is written as “u”, “ß” as “ss”.")


def test_a_page_longer_than_a4_is_told_with_its_size(visit):
    page = visit({"text": "ab" + "\n" * 40 + "c", "size": "page"})
    _ink(page, "ab / c")
    expect(page.locator("#status")).to_contain_text(re.compile("longer than A4: 210 × 4[0-9]{2} mm"))
    page.get_by_label("Note").check(force=True)
    expect(page.locator("#status")).to_have_text("2 lines of ink.")


def test_a_link_gives_the_same_svg(visit):
    page = visit()
    _ink(page)  # the page is ready
    page.fill("#text", "Dear Anna,\n\nthe rain has stopped, and the river is down again.")
    page.fill("#seed", "77")
    page.press("#seed", "Tab")
    page.get_by_label("Ruled").check(force=True)
    page.wait_for_function(
        "() => location.hash.includes('Anna') && location.hash.includes('77') && location.hash.includes('ruled')"
    )
    expect(page.locator("#sheet")).to_have_attribute("aria-label", re.compile("Dear Anna.*again"))
    _ink(page)
    _, first = _download(page, "svg")
    again = visit(_settings(page.url))
    _ink(again)
    _, second = _download(again, "svg")
    assert first == second


def test_it_writes_stroke_by_stroke_and_shows_where_the_network_reads(visit):
    page = visit({"text": "slowly now", "attention": "1", "speed": "1"}, reduced_motion="no-preference")
    paper = page.locator("#paper")
    expect(paper).to_have_attribute("data-state", "writing")
    expect(page.locator("g.caption text")).to_have_count(len("slowly now"))
    page.click("#pause")
    expect(paper).to_have_attribute("data-state", "paused")
    some = page.locator("g.ink path").count()
    page.click("#pause")
    expect(paper).to_have_attribute("data-state", "writing")
    page.click("#skip")
    whole = _ink(page, "slowly now")
    assert page.locator("g.ink path").count() >= some
    page.click("#replay")
    expect(paper).to_have_attribute("data-state", "writing")
    page.click("#pause")
    page.click("#skip")
    assert _ink(page, "slowly now") == whole
    page.fill("#text", "slowly here")  # a pen that was paused, and then skipped, is paused no more
    page.fill("#speed", "4")
    former = _ink(page, "slowly here", whole)
    page.fill("#speed", "1")
    page.click("#replay")
    page.click("#pause")
    expect(paper).to_have_attribute("data-state", "paused")
    page.click("#new-seed")  # nor is one whose ink is no longer there
    page.fill("#speed", "4")
    assert _ink(page, "slowly here", former)
    page.fill("#speed", "1")
    page.click("#replay")
    page.press("#skip", "Enter")
    expect(page.locator("#replay")).to_be_focused()  # where the button itself can be pressed no more


def test_the_first_of_the_lines_begins_with_the_next_frame_and_the_second_after_a_pause(visit):
    page = visit(reduced_motion="no-preference")
    shown = page.evaluate("""async () => {
        const { createPlayer } = await import(new URL("player.js", document.baseURI));
        const frame = () => new Promise(requestAnimationFrame);
        const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
        const line = { strokes: [[[0, 0], [1, 1], [2, 0]]], rows: [[0, 0, 0], [1, 1, 0], [1, -1, 1]], pace: 1e4 };
        const player = createPlayer(group);
        player.show([line, { ...line, rows: line.rows.slice() }]);
        const counts = [group.querySelectorAll("path").length];
        for (let i = 0; i < 2; i++) { await frame(); counts.push(group.querySelectorAll("path").length); }
        while (player.state === "writing") await frame();
        return [counts[0], counts[2], group.querySelectorAll("path").length];
    }""")
    assert shown == [0, 1, 2]


def test_hands_are_chosen_with_the_keyboard(visit):
    page = visit({"text": "ab"})
    former = _ink(page, "ab")
    page.locator("#gallery input").first.focus()
    page.keyboard.press("ArrowDown")
    _ink(page, "ab", former)
    second = page.locator("#gallery input").nth(1)
    expect(second).to_be_checked()
    page.wait_for_function(
        "(name) => new URLSearchParams(location.hash.slice(1)).get('style') === name", arg=second.input_value()
    )


# A hand of one's own


def test_a_drawn_hand_writes_and_stays_in_the_browser(visit, site):
    page = visit({"text": "ab"})
    former = _ink(page, "ab")
    page.click("#draw")
    sentence = page.inner_text("#own-sentence")
    _draw(page, _some_ink(site, sentence))
    expect(page.locator("#own-count")).to_have_text(re.compile(r"^\d+ strokes, \d\d+ points recorded"))
    page.click("#own-undo")
    page.click("#own-fit")
    expect(page.locator("#own")).to_be_hidden(timeout=PATIENCE)
    ink = _ink(page, "ab", former)
    expect(page.locator("#gallery input").first).to_be_checked()
    page.wait_for_function("() => location.hash.includes('hand=')")
    link, kept = page.url, page.evaluate("localStorage.getItem('writemate.hand')")
    kept = json.loads(kept)
    assert kept["lines"][0]["text"] == kept["learned"]["primer"]["text"] == sentence
    assert kept["learned"]["gates"] is None  # of a single line
    assert kept["learned"]["weights"] in link
    page.reload()
    assert _ink(page, "ab") == ink
    page.click("#draw")
    _agree(page, "Delete 1 drawn line and the learned hand?")
    page.click("#own-delete")
    assert page.evaluate("localStorage.length") == 0
    page.click("#own .own-head button")
    _ink(page, "ab", ink)
    elsewhere = visit(_settings(link))
    assert _ink(elsewhere, "ab") == ink  # the link carries the hand, with a line of it
    assert elsewhere.locator("#gallery .card:has(:checked) svg path").count() > 3


def test_a_hand_is_exported_and_imported(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.click("#draw")
    _draw(page, [np.array([[0, 0], [1, 1], [2, 0]]), np.array([[1, 0.5]])])
    with page.expect_download() as caught:
        page.click("#own-export")
    exported = Path(caught.value.path()).read_bytes()
    assert [len(stroke) for stroke in json.loads(exported)["lines"][0]["strokes"]] == [3, 1]
    [line] = strokes_json.loads(exported.decode())  # as train.py adapt reads it
    assert [len(stroke) for stroke in strokes.split(line.strokes)] == [3, 1]
    _agree(page, "Delete 1 drawn line?")
    page.click("#own-delete")
    expect(page.locator("#own-count")).to_have_text("0 strokes, 0 points recorded.")
    files = page.locator("#own-import")
    files.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b'{"lines": [7]}'})
    expect(page.locator("#own-status")).to_contain_text("no hand")
    files.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": exported})
    expect(page.locator("#own-count")).to_have_text("2 strokes, 4 points recorded.")
    many = [{"text": "ab " * 16, "strokes": [[[0, 0]]]}] + [{"text": "ab", "strokes": [[[0, 0], [1, 2]]]}] * 9
    _agree(page, "Replace 1 drawn line by")
    page.set_input_files("#own-import", _file(json.dumps({"lines": many}).encode()))
    expect(page.locator("#own-status")).to_contain_text("Imported 8 lines of 10; a hand is learned from at most 8")
    _agree(page, "Replace 8 drawn lines by")
    page.set_input_files("#own-import", _file(json.dumps({"lines": many[:1]}).encode()))
    expect(page.locator("#own-status")).to_contain_text("No line of the file can be taken")


def test_ink_stands_on_its_guides_where_the_canvas_becomes_another(visit):
    page = visit({"text": "ab"}, viewport={"width": 360, "height": 740})
    _ink(page)
    page.click("#draw")
    canvas = page.locator("#own-canvas")

    def on_the_baseline(x: float) -> list[float]:
        """Draws a dot there, and returns where it was recorded."""
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + x, box["y"] + 0.66 * box["height"])
        page.mouse.down()
        page.mouse.up()
        return json.loads(page.evaluate("localStorage.getItem('writemate.hand')"))["lines"][0]["strokes"][-1][0]

    first = on_the_baseline(100)
    tall = canvas.bounding_box()["height"]
    page.set_viewport_size({"width": 740, "height": 360})
    page.wait_for_function("(tall) => document.getElementById('own-canvas').clientHeight < tall - 20", arg=tall)
    second = on_the_baseline(100)
    assert second[1] == pytest.approx(first[1], abs=1.5)
    assert second[0] < 0.7 * first[0]  # the guides are wider apart here, and the ink is as much larger


def test_drawn_ink_is_deleted_and_replaced_only_when_that_is_confirmed(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.click("#draw")
    _draw(page, [STROKE])
    other = json.dumps({"lines": [{"text": "a", "strokes": [[[0, 0], [1, 2]]]}]}).encode()
    for question, lose in (
        ("Delete 1 drawn line?", lambda: page.click("#own-delete")),
        ("Replace 1 drawn line by", lambda: page.set_input_files("#own-import", _file(other))),
    ):
        with page.expect_event("dialog") as asked:
            page.once("dialog", lambda dialog: dialog.dismiss())
            lose()
        assert asked.value.message.startswith(question)
    expect(page.locator("#own-count")).to_have_text("1 stroke, 3 points recorded.")
    assert _strokes_kept(page) == 1
    _agree(page, "Replace 1 drawn line by")
    page.set_input_files("#own-import", _file(other))
    expect(page.locator("#own-count")).to_have_text("1 stroke, 2 points recorded.")


def test_a_line_that_was_cleared_comes_back_by_undo(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.click("#draw")
    _draw(page, [STROKE, STROKE + 1])
    kept = page.evaluate("localStorage.getItem('writemate.hand')")
    undo, count = page.locator("#own-undo"), page.locator("#own-count")
    page.locator("#own-clear").focus()
    for _ in range(3):
        page.keyboard.down("Enter")  # which is held: the others are repeated
    page.keyboard.up("Enter")
    expect(undo).to_be_focused()  # where the button itself can be pressed no more
    expect(undo).to_have_accessible_name("Undo Clear")
    expect(count).to_have_text("0 strokes, 0 points recorded.")
    assert _strokes_kept(page) == 0
    page.click("#own-next")
    expect(undo).to_be_disabled()  # another line has nothing that was cleared
    page.press("#own-back", "Enter")
    expect(page.locator("#own-next")).to_be_focused()
    _draw(page, [STROKE])
    expect(undo).to_have_accessible_name("Undo the last stroke")
    undo.click()
    expect(undo).to_have_accessible_name("Undo Clear")
    undo.click()
    expect(count).to_have_text("2 strokes, 6 points recorded.")
    assert page.evaluate("localStorage.getItem('writemate.hand')") == kept


def _agree(page, question: str) -> None:
    """Says yes to the next question, which must begin like this."""

    def answer(dialog):
        dialog.accept() if dialog.message.startswith(question) else dialog.dismiss()

    page.once("dialog", answer)


def _file(content: bytes) -> dict:
    return {"name": "x.json", "mimeType": "application/json", "buffer": content}


def test_hands_of_a_link_and_of_ones_own_are_two_cards_and_keep_the_focus(visit):
    linked, own = np.random.default_rng(0).normal(scale=0.3, size=(2, 32)).astype(np.float32)
    said = base64.urlsafe_b64encode(np.append(linked, np.float32(0.9)).tobytes()).rstrip(b"=").decode()
    page = visit({"text": "ab", "hand": said})
    first, focused = _ink(page, "ab"), page.locator("#gallery input:focus")
    page.locator("#gallery input").first.focus()
    page.keyboard.press("ArrowDown")
    any_hand = _ink(page, "ab", first)
    page.keyboard.press("ArrowUp")
    assert _ink(page, "ab", any_hand) == first  # the link's hand is there though the address had lost it
    expect(focused).to_have_value("linked")
    page.keyboard.press("ArrowDown")
    assert _ink(page, "ab", first) == any_hand

    kept = {"lines": [{"text": "a", "strokes": [[[0, 0], [1, 2]]]}], "learned": {"vector": own.tolist(), "ratio": 0.9}}
    page.evaluate("(kept) => localStorage.setItem('writemate.hand', kept)", json.dumps(kept))
    page.goto(f"{page.url.partition('#')[0]}?again#{urlencode({'text': 'ab', 'hand': said})}")
    names = page.locator("#gallery .card .name")
    for i, name in enumerate(("Your own", "From the link", "Any hand")):
        expect(names.nth(i)).to_have_text(name)
    expect(page.locator("#gallery input").nth(1)).to_be_checked()
    assert _ink(page, "ab") == first
    page.locator("#gallery input").first.check(force=True)
    in_own = _ink(page, "ab", first)
    page.click("#draw")
    page.click("#own-clear")
    expect(page.locator("#own-export")).to_be_enabled()  # what was learned is still kept
    _agree(page, "Delete the learned hand?")
    page.click("#own-delete")
    assert page.evaluate("localStorage.length") == 0
    page.click("#own .own-head button")
    assert _ink(page, "ab", in_own) == any_hand
    for i, name in enumerate(("From the link", "Any hand")):
        expect(names.nth(i)).to_have_text(name)


def test_lines_are_by_one_hand_where_no_style_has_a_name(visit):
    hands, asked = list(load_model().writers[:5]), []

    def nameless(route):
        config = route.fetch().json()
        route.fulfill(json=config | {"network": config["network"] | {"hands": hands}})

    page = visit({"text": "a"})
    page.route("**/api/v1/styles", lambda route: route.fulfill(json={"styles": []}))
    page.route("**/config.json", nameless)
    page.on("request", lambda one: one.url.endswith("/stream") and asked.append(one.post_data_json["style"]))
    page.goto(f"{page.url.partition('#')[0]}?again#text=ab")
    former = _ink(page, "ab")
    page.fill("#text", "ab\nba")
    _ink(page, "ab / ba", former)
    assert len(asked) == 2 and asked[0] == asked[1] in hands


@pytest.mark.parametrize("other", [{"weights": "0" * 16}, {"vector": [0.1] * 5}])
def test_a_hand_of_another_network_is_learned_again_from_its_ink(visit, other):
    page = visit({"text": "ab"})
    _ink(page)
    _learn_at_once(page)
    learned = {"vector": [0.3] * 32, "ratio": 0.9} | other
    kept = json.dumps({"lines": [{"text": "a", "strokes": [[[0, 0], [1, 2]]]}], "learned": learned})
    page.evaluate("(kept) => localStorage.setItem('writemate.hand', kept)", kept)
    numbers = np.append(np.float32(learned["vector"]), np.float32(0.9)).tobytes()
    said = base64.urlsafe_b64encode(numbers).rstrip(b"=").decode() + "*" + learned.get("weights", "0" * 16)
    page.goto(f"{page.url.partition('#')[0]}?again#{urlencode({'text': 'ab', 'hand': said})}")  # as it was left
    former, missing = _ink(page, "ab"), page.locator("#missing")
    expect(missing).to_contain_text("Your own hand was learned for another version")
    expect(page.locator("#gallery .card .name").first).to_have_text("Any hand")
    page.click("#draw")
    expect(page.locator("#own-status")).to_contain_text('"Use this hand" learns it again')
    expect(page.locator("#own-count")).to_contain_text("1 stroke, 2 points recorded.")
    page.click("#own-clear")
    page.click("#own-undo")
    stored = json.loads(page.evaluate("localStorage.getItem('writemate.hand')"))
    assert stored["learned"]["vector"] == learned["vector"]  # until it is learned again, the next visit says so, too
    page.click("#own-fit")
    expect(page.locator("#own")).to_be_hidden()
    _ink(page, "ab", former)
    expect(missing).to_be_hidden()
    page.reload()
    expect(page.locator("#gallery .card .name").first).to_have_text("Your own")
    expect(missing).to_be_hidden()


@pytest.mark.parametrize(("count", "said"), [(32, "*0123456789abcdef"), (5, "")])
def test_a_link_with_a_hand_of_another_network_says_so_and_writes_in_another_hand(visit, count, said):
    numbers = np.full(count + 1, 0.5, np.float32)
    page = visit({"text": "ab", "hand": base64.urlsafe_b64encode(numbers.tobytes()).rstrip(b"=").decode() + said})
    _ink(page, "ab")
    expect(page.locator("#missing")).to_contain_text("The hand of this link was learned for another version")
    expect(page.locator("#gallery .card .name").first).to_have_text("Any hand")
    page.locator("#gallery input").nth(1).check(force=True)
    expect(page.locator("#missing")).to_be_hidden()


def test_ink_that_is_deleted_or_replaced_is_learned_no_further(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.route("**/api/v1/fit", lambda route: None)  # never answered
    ink = json.dumps({"lines": [{"text": "a", "strokes": [[[0, 0], [1, 2]]]}]}).encode()
    progress = page.locator("#own-progress")
    page.click("#draw")
    _draw(page, [np.array([[0, 0], [1, 1], [2, 0]])])
    for question, replace, heir in (  # which has the focus while it learns
        ("Replace 1", lambda: page.set_input_files("#own-import", _file(ink)), "next"),
        ("Delete 1", lambda: page.press("#own-delete", "Enter"), "import"),  # of one line none is next
    ):
        page.press("#own-fit", "Enter")
        expect(progress).to_be_visible()
        expect(page.locator(f"#own-{heir}")).to_be_focused()
        _agree(page, question)
        replace()
        expect(progress).to_be_hidden()
    expect(page.locator("#own-next")).to_be_focused()  # as nothing is left to delete
    assert page.evaluate("localStorage.length") == 0


def test_what_one_tab_draws_or_deletes_is_so_in_the_other(visit):
    page, other = _two_tabs(visit)
    count = other.locator("#own-count")
    _draw(page, [STROKE])
    expect(count).to_have_text("1 stroke, 3 points recorded.")
    other.route("**/api/v1/fit", lambda route: None)  # never answered
    other.click("#own-fit")
    expect(other.locator("#own-progress")).to_be_visible()
    _agree(page, "Delete 1 drawn line?")
    page.click("#own-delete")
    expect(other.locator("#own-progress")).to_be_hidden()
    expect(count).to_have_text("0 strokes, 0 points recorded.")
    _draw(other, [STROKE])
    assert _strokes_kept(other) == 1
    expect(page.locator("#own-count")).to_have_text("1 stroke, 3 points recorded.")


def test_deleted_ink_does_not_come_back_in_a_tab_that_was_not_told(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.click("#draw")
    _draw(page, [STROKE])
    page.evaluate("localStorage.clear()")  # a tab is told only of what others do
    _draw(page, [STROKE])
    expect(page.locator("#own-status")).to_contain_text("another tab")
    assert page.evaluate("localStorage.length") == 0
    _draw(page, [STROKE])
    assert _strokes_kept(page) == 1


def _two_tabs(visit) -> list:
    """Two pages of one browser, both with the dialog open."""
    page = visit({"text": "ab"})
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(page.url)
    for one in (page, other):
        _ink(one)
        one.click("#draw")
    return [page, other]


def _strokes_kept(page) -> int:
    kept = json.loads(page.evaluate("localStorage.getItem('writemate.hand')"))
    return sum(len(line["strokes"]) for line in kept["lines"])


def test_a_hand_whose_width_cannot_be_tried_is_used_as_wide_as_usual(visit):
    page = visit({"text": "ab"}, expected=["503"])
    former = _ink(page)
    _learn_at_once(page)
    page.route(
        "**/api/v1/stream",
        lambda route: (
            route.fulfill(status=503, body="{}") if "how wide" in route.request.post_data else route.continue_()
        ),
    )
    page.click("#draw")
    _draw(page, [STROKE])
    page.click("#own-fit")
    expect(page.locator("#own")).to_be_hidden()
    _ink(page, "ab", former)
    kept = json.loads(page.evaluate("localStorage.getItem('writemate.hand')"))
    assert kept["learned"]["ratio"] == pytest.approx(0.87)


def test_that_a_hand_is_not_kept_is_told_after_drawing_learning_and_importing(visit):
    page = visit({"text": "ab"})
    _ink(page)
    _learn_at_once(page)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    ink = json.dumps({"lines": [{"text": "a", "strokes": [[[0, 0], [1, 2]]]}]}).encode()
    status = page.locator("#own-status")
    page.click("#draw")
    page.on("dialog", lambda dialog: dialog.accept())
    for change in (
        lambda: _draw(page, [STROKE]),
        lambda: page.click("#own-fit"),
        lambda: page.set_input_files("#own-import", _file(ink)),
    ):
        status.evaluate("(said) => { said.textContent = ''; }")
        change()
        expect(status).to_contain_text("keeps nothing")
    page.click("#own .own-head button")
    page.click("#draw")
    expect(page.locator("#own-count")).to_have_text("1 stroke, 2 points recorded.")  # it lives as long as the page


def _learn_at_once(page) -> None:
    hand = {"vector": [0.1] * 32, "gates": None, "primer": None}
    page.route("**/api/v1/fit", lambda route: route.fulfill(json={"hand": hand}))


@pytest.mark.parametrize("kind", ["pen", "touch"])
def test_a_pen_or_finger_draws_through_all_that_came_between_frames_and_a_palm_beside_it_draws_nothing(visit, kind):
    drawn = """[
      event("pointerdown", 10, 10),
      event("pointerdown", 90, 90, palm),
      event("pointermove", 95, 90, palm),
      event("pointermove", 40, 30, { coalescedEvents: between }),
      event("pointerup", 90, 90, palm),
      event("pointerup", 40, 30),
    ]"""
    assert _recorded(visit, kind, drawn) == [[[10, 10], [20, 20], [30, 20], [40, 30]]]


def test_a_palm_that_comes_down_before_the_pen_draws_nothing_and_the_pen_does(visit):
    drawn = """[
      event("pointerdown", 90, 90, palm),
      event("pointermove", 95, 90, palm),
      event("pointerdown", 10, 10),
      event("pointermove", 99, 90, palm),
      event("pointermove", 40, 30, { coalescedEvents: between }),
      event("pointercancel", 99, 90, palm),
      event("pointerup", 40, 30),
    ]"""
    assert _recorded(visit, "pen", drawn) == [[[10, 10], [20, 20], [30, 20], [40, 30]]]


def test_a_stroke_that_the_browser_takes_back_is_none(visit):
    drawn = """[
      event("pointerdown", 90, 90, palm),
      event("pointermove", 95, 90, palm),
      event("pointercancel", 95, 90, palm),
      event("pointerdown", 10, 10),
      event("pointerup", 10, 10),
    ]"""
    assert _recorded(visit, "touch", drawn) == [[[10, 10]]]


def _recorded(visit, kind: str, drawn: str) -> list[list[list[float]]]:
    """The strokes that are kept after some events of a pointer of this kind, and of a palm."""
    page = visit({"text": "ab"})
    _ink(page)
    page.click("#draw")
    page.evaluate(POINTER.replace("DRAWN", drawn), kind)
    kept = json.loads(page.evaluate("localStorage.getItem('writemate.hand')"))
    return kept["lines"][0]["strokes"]


POINTER = """(pointerType) => {
  const canvas = document.getElementById("own-canvas"), box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {}; // the browser knows no pointer that is made up
  const event = (type, x, y, more = {}) => new PointerEvent(type, {
    pointerId: 7, pointerType, pressure: 0.4, clientX: box.left + x, clientY: box.top + y, ...more });
  const palm = { pointerId: 8, pointerType: "touch" };
  const between = [[20, 20], [30, 20], [40, 30]].map(([x, y]) => event("pointermove", x, y));
  for (const one of DRAWN) canvas.dispatchEvent(one);
}"""


def test_a_line_between_the_guides_fits_the_canvas_whatever_it_says_and_however_wide_that_is(visit):
    page = visit({"text": "ab"}, expected=["willReadFrequently"])
    _ink(page)
    page.click("#draw")
    for step in range(4):
        for width, height in ((1280, 800), (360, 740)):
            page.set_viewport_size({"width": width, "height": height})
            shown = page.evaluate(GUIDES)
            assert 0 < shown["tall"] <= 0.25 * shown["height"]
            assert 0.5 < shown["tall"] * shown["long"] / shown["width"] < 1
        if step < 3:
            page.click("#own-next")


GUIDES = """async () => {
  const { expectedWidth, USUAL } = await import(new URL("widths.js", document.baseURI));
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); // until it is drawn anew
  const canvas = document.getElementById("own-canvas"), { clientWidth: width, clientHeight: height } = canvas;
  const column = canvas.getContext("2d").getImageData(1, 0, 1, canvas.height).data;
  const inked = Array.from({ length: canvas.height }, (_, y) => y).filter((y) => column[4 * y + 3]);
  const tall = (inked.at(-1) - inked[0]) / devicePixelRatio; // from the dashed line to the baseline
  return { tall, width, height, long: expectedWidth(document.getElementById("own-sentence").textContent) * USUAL };
}"""


def _some_ink(site: str, text: str) -> list[np.ndarray]:
    """A line of ink, as the server writes it: strokes with y up."""
    body = json.dumps({"text": text, "seed": 3, "candidates": 1}).encode()
    asked = urllib.request.Request(f"{site}/api/v1/write", body, {"Content-Type": "application/json"})
    with HERE.open(asked, timeout=PATIENCE / 1000) as answer:
        points = json.load(answer)["lines"][0]["points"]
    return strokes.split(np.array(points, np.float32))


def _draw(page, ink: list[np.ndarray]) -> None:
    """Draws strokes with the mouse, as large as the canvas allows."""
    page.locator("#own-canvas").scroll_into_view_if_needed()
    box = page.locator("#own-canvas").bounding_box()
    low, high = np.concatenate(ink).min(0), np.concatenate(ink).max(0)
    scale = min((box["width"] - 20) / max(high[0] - low[0], 1e-6), (box["height"] - 20) / max(high[1] - low[1], 1e-6))
    for stroke in ink:
        (x, y), *rest = [
            (box["x"] + 10 + (x - low[0]) * scale, box["y"] + 10 + (high[1] - y) * scale) for x, y in stroke.tolist()
        ]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y)
        page.mouse.up()


# Files


@pytest.fixture(scope="module")
def files(chromium, site):
    """Each format of one sheet of two lines on ruled paper: {kind: (name, bytes)}; "single" is JSON of one line."""
    context = chromium.new_context(reduced_motion="reduce", accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    settings = {"text": "Files & <more>\nit is", "paper": "ruled", "size": "card", "color": "1a2a5e", "seed": 5}
    page.goto(f"{site}/#{urlencode(settings)}")
    _ink(page, "Files & <more> / it is")
    made = {kind: _download(page, kind) for kind in ("svg", "png", "pdf", "animated", "plotter", "gcode", "json")}
    page.fill("#text", "it is")
    _ink(page, "it is")
    made["single"] = _download(page, "json")
    yield made
    context.close()


def _rows(files) -> list[strokes_json.Ink]:
    return strokes_json.loads(files["json"][1].decode())


def test_a_short_line_stays_neater_than_the_others_whatever_the_neatness(visit):
    page = visit({"text": "Files & more of them\nit is", "bias": "0.8"})
    _ink(page, "Files & more of them / it is")
    lines = strokes_json.loads(_download(page, "json")[1].decode())
    assert [(line.text, line.bias) for line in lines] == [("Files & more of them", 1.2), ("it is", 1.6)]


def test_a_file_that_is_asked_for_while_more_is_typed_is_of_one_text(visit):
    page = visit({"text": "one\ntwo\nthree"})
    _ink(page, "one / two / three")
    page.fill("#text", "alpha\nbravo\nfour")
    with page.expect_download() as saved:
        page.click("#get-json")
        page.fill("#text", "delta\nto go\nfox")
    assert [line["text"] for line in json.loads(Path(saved.value.path()).read_text())] == ["delta", "to go", "fox"]


def test_an_empty_line_is_a_line_of_the_sheet_up_to_a_number(visit):
    page = visit({"text": "a" + "\n" * 200 + "b"})
    expect(page.locator("#status")).to_contain_text("201 lines, with the empty ones; a sheet has at most 100")
    page.fill("#text", "a" + "\n" * 90 + "b")
    _ink(page, "a / b")


def test_files_are_named_after_the_text(files):
    assert {kind: name for kind, (name, _) in files.items()} == {
        "svg": "files-more.svg", "png": "files-more.png", "pdf": "files-more.pdf", "json": "files-more.json",
        "animated": "files-more.animated.svg", "plotter": "files-more.plotter.svg", "gcode": "files-more.gcode",
        "single": "it-is.json",
    }  # fmt: skip


def test_json_is_what_sample_py_writes(files):
    lines = _rows(files)
    # The usual bias behind a line of the hand, and that of a short text.
    assert [(line.text, line.seed, line.bias) for line in lines] == [("Files & <more>", 5, 1.5), ("it is", 6, 2.0)]
    assert all(line.points_per_second == 40 and line.complete for line in lines)
    assert [line.text for line in strokes_json.loads(files["single"][1].decode())] == ["it is"]


@pytest.mark.parametrize("kind", ["svg", "plotter", "animated"])
def test_svg_has_every_stroke_within_its_sheet(files, kind):
    root = ElementTree.fromstring(files[kind][1])
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.get("width") == "105mm" and root.get("viewBox") == "0 0 105 74"
    assert root.find("s:title", space).text == "Files & <more>\nit is"
    group = root if kind == "plotter" else root.find("s:g", space)
    paths = group.findall(".//s:path", space)
    assert len(paths) == sum(len(strokes.split(line.strokes)) for line in _rows(files))
    for path in paths:
        start = re.match(r"M([\d.]+),([\d.]+)", path.get("d"))
        assert 0 < float(start[1]) < 105 and 0 < float(start[2]) < 74
    for motion in root.findall(".//s:animate", space):
        times, values = ([float(x) for x in motion.get(name).split(";")] for name in ("keyTimes", "values"))
        assert len(times) == len(values) and times[0] == 0 and times[-1] == 1 and times == sorted(times)
        assert values[0] > 1 and values[-1] == 0 and values == sorted(values, reverse=True)
    assert bool(root.findall(".//s:animate", space)) == (kind == "animated")


def test_pdf_and_png_are_the_same_picture(files):
    pdfium = pytest.importorskip("pypdfium2")
    png = Image.open(io.BytesIO(files["png"][1])).convert("L")
    assert png.size == (105 * 12, 74 * 12)
    document = pdfium.PdfDocument(files["pdf"][1])
    assert len(document) == 1 and document.get_metadata_dict()["Title"] == "Files & <more>"
    size = document[0].get_size()
    np.testing.assert_allclose(size, [105 * 72 / 25.4, 74 * 72 / 25.4], atol=0.01)
    pdf = document[0].render(scale=png.width / size[0]).to_pil().convert("L").resize(png.size)
    small = [255 - np.asarray(picture.resize((210, 148)), float) for picture in (png, pdf)]
    assert small[0].max() > 100  # there is ink
    assert np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1] > 0.98


def test_gcode_stays_on_the_bed_and_draws_the_ink(files):
    gcodeparser = pytest.importorskip("gcodeparser")
    lines = gcodeparser.GcodeParser(files["gcode"][1].decode(), include_comments=False).lines
    moves = [line for line in lines if line.get_param("X") is not None]
    places = [(line.command, line.get_param("X"), line.get_param("Y")) for line in moves]
    assert all(0 <= x <= 105 and 0 <= y <= 74 for _, x, y in places)
    drawn = sum(
        np.hypot(x1 - x0, y1 - y0)
        for (_, x0, y0), (command, x1, y1) in itertools.pairwise(places)
        if command == ("G", 1)
    )
    inked = sum(
        np.hypot(*np.diff(stroke, axis=0).T).sum() * 3.0  # an x is 3 mm high on a card
        for line in _rows(files)
        for stroke in strokes.split(line.strokes)
    )
    assert inked <= drawn * 1.01 and drawn < inked * 1.25  # curves are a little longer than chords


def test_ink_beyond_the_bed_is_refused(visit):
    page = visit({"text": "ab", "size": "note"})
    _ink(page)
    page.click("summary")
    page.fill("#bed-width", "10")
    page.select_option("#dwell-unit", "ms")
    page.fill("#pen-seconds", "0.2")
    page.click("summary")
    page.click("#get-gcode")
    expect(page.locator("#taken")).to_contain_text("not wholly on the bed of 10")
    expect(page.locator("#bed-width")).to_be_visible()
    page.reload()
    expect(page.locator("#bed-width")).to_have_value("10")  # a machine is described once
    expect(page.locator("#dwell-unit")).to_have_value("ms")
    page.click("summary")
    page.fill("#bed-width", "210")
    _ink(page, "ab")
    assert set(re.findall(rb"G4 P.*", _download(page, "gcode")[1])) == {b"G4 P200"}
    page.click("#machine-reset")
    expect(page.locator("#dwell-unit")).to_have_value("s")
    page.fill("#origin-x", "20")
    _ink(page, "ab")
    name, program = _download(page, "gcode")
    assert name == "ab.gcode"
    assert min(map(float, re.findall(rb"G1 X([\d.]+)", program))) > 20 + 10  # behind the margin
    expect(page.locator("#taken")).to_be_empty()


def test_svg_and_link_are_copied(visit, site):
    page = visit({"text": "ab", "seed": 3}, permissions=["clipboard-read", "clipboard-write"])
    _ink(page)
    page.click("#copy-svg")
    expect(page.locator("#taken")).to_have_text("SVG copied.")
    assert page.evaluate("navigator.clipboard.readText()").encode() == _download(page, "svg")[1]
    page.click("#copy-link")
    expect(page.locator("#taken")).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"{site}/#text=ab&seed=3&")


# What can go wrong


def test_characters_that_cannot_be_written_are_named(visit):
    page = visit({"text": "ab"}, expected=["422"])
    _ink(page)
    page.fill("#text", "party \N{PARTY POPPER}")
    expect(page.locator("#status")).to_contain_text("\N{PARTY POPPER}")
    expect(page.locator("#retry")).to_be_hidden()
    former = page.locator("#taken")  # beside the files, which are of the text before
    expect(former).to_contain_text(re.compile("not what you asked for last: .*\N{PARTY POPPER}"))
    assert b"<title>ab</title>" in _download(page, "svg")[1]
    expect(former).to_contain_text("not what you asked for last")
    page.fill("#text", "party")
    _ink(page, "party")
    expect(former).to_be_empty()


def test_a_text_too_long_is_told_without_asking(visit):
    page = visit({"text": "ab"})
    _ink(page)
    ink = _ink(page)
    page.fill("#text", "\n".join(["line"] * 41))
    expect(page.locator("#status")).to_contain_text("41 lines; at most 40")
    page.fill("#pen", "0.8")
    assert _ink(page, "ab") == ink  # the sheet stays what it was, in the files, too
    assert b"<title>ab</title>" in _download(page, "svg")[1]
    expect(page.locator("#taken")).to_contain_text("which is not what you asked for last: That is 41 lines")
    page.fill("#text", "word " * 2000)
    cut = "at once. Of a longer text the first 5000 characters are here. Shorten"
    expect(page.locator("#status")).to_contain_text(cut)
    page = visit({"text": "\n".join(["line"] * 41)})
    expect(page.locator("#status")).to_contain_text("41 lines; at most 40")
    expect(page.locator(".downloads button:enabled")).to_have_text(["Copy link"])
    expect(page.locator("#taken")).to_be_empty()  # there are no files
    page.fill("#text", "line")
    _ink(page, "line")
    expect(page.locator("#get-svg")).to_be_enabled()


def test_a_busy_server_is_asked_again(visit):
    page = visit({"text": "ab"}, expected=["503"])
    former = _ink(page)
    answers = iter([lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}")])
    page.route("**/api/v1/stream", lambda route: next(answers, lambda route: route.continue_())(route))
    page.fill("#text", "later")
    expect(page.locator("#status")).to_contain_text("Trying again in")
    expect(page.locator("#retry")).to_be_visible()
    _ink(page, "later", former)


def test_offline_is_said_and_online_goes_on(visit):
    page = visit({"text": "ab"}, expected=["ERR_INTERNET_DISCONNECTED"])
    former = _ink(page)
    page.context.set_offline(True)
    page.fill("#text", "no net")
    expect(page.locator("#status")).to_contain_text("cannot be reached")
    expect(page.locator("#retry")).to_be_visible()
    page.context.set_offline(False)
    _ink(page, "no net", former)
    expect(page.locator("#retry")).to_be_hidden()


def test_weights_that_cannot_be_loaded_are_told(visit):
    page = visit({"text": "ab"}, expected=["404", "weights"])
    _ink(page)
    page.route("**/config.json", lambda route: route.fulfill(json={"engine": "browser"}))  # as on the static site
    page.reload()
    expect(page.locator("#status")).to_have_text(
        "WriteMate could not start: The network's weights could not be loaded (404). Reload the page to try again."
    )


def test_where_the_page_cannot_start_it_says_why(visit, chromium):
    page = visit({"text": "ab"}, expected=["404"])
    _ink(page)
    status = page.locator("#status")
    page.route("**/layout.js", lambda route: route.fulfill(status=404))
    page.reload()
    expect(status).to_contain_text("could not start: a part of it could not be loaded, or this browser is too old")
    page = visit(java_script_enabled=False)
    expect(page.locator("noscript")).to_be_visible()
    expect(page.locator("#status")).to_be_hidden()
    page = chromium.new_page()
    page.goto((ROOT / "writemate_jax" / "web" / "page" / "index.html").as_uri())
    expect(page.locator("#status")).to_contain_text("could not start: it was opened as a file. It needs a web server")
    page.close()


def test_a_browser_that_lacks_what_the_page_needs_is_told_that_it_is_too_old(chromium, site):
    page = chromium.new_page()
    page.add_init_script("delete Array.prototype.at")
    page.goto(site)
    said = "WriteMate could not start: this browser is too old. A current one can."
    expect(page.locator("#status")).to_have_text(said)
    page.close()


# For everybody


def test_what_is_set_has_a_name(visit):
    page = visit({"text": "ab"})
    _ink(page)
    for name in ("Neatness", "Pen", "Speed"):
        expect(page.get_by_role("slider", name=name)).to_have_count(1)
    page.click("text=Neatness")
    assert page.evaluate("document.activeElement.id") == "bias"
    page.evaluate("document.getElementById('retry').hidden = false")
    page.locator("#retry").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "write"


def test_colours_that_the_system_sets_still_show_what_is_chosen(visit):
    page = visit({"text": "ab"}, forced_colors="active")
    _ink(page)
    looks = page.evaluate("""() => [".card", ".choice", ".swatch"].map((kind) => {
      const style = (one) => getComputedStyle(one), width = (one) => style(one).outlineStyle;
      const all = [...document.querySelectorAll(kind)], chosen = all.filter((one) => one.querySelector(":checked"));
      const shades = new Set([...document.querySelectorAll(".swatch")].map((one) => style(one).backgroundColor));
      return [chosen.length > 0, chosen.every((one) => width(one) === "solid"),
        all.filter((one) => !chosen.includes(one)).every((one) => width(one) === "none"), shades.size > 3];
    })""")
    assert looks == [[True] * 4] * 3


def test_where_motion_is_unwanted_write_moves_nothing_and_replay_does(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.evaluate("""() => {
      const paper = document.getElementById("paper");
      window.states = [];
      new MutationObserver(() => states.push(paper.dataset.state)).observe(paper, { attributeFilter: ["data-state"] });
    }""")
    page.click("#write")
    page.wait_for_function("() => !document.getElementById('paper').hasAttribute('aria-busy')")
    assert page.evaluate("states") == []
    page.click("#replay")
    page.wait_for_function("() => states[0] === 'writing'")


def test_a_telephone_shows_all_without_scrolling_sideways(visit):
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2)
    _ink(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    small = page.evaluate("""() => [...document.querySelectorAll("button, .card, .choice, .swatch, summary")]
      .filter((one) => one.offsetParent && Math.min(one.offsetWidth, one.offsetHeight) < 24)
      .map((one) => one.outerHTML)""")
    assert not small  # WCAG 2.2, target size
    page.tap("#draw")
    box = page.locator("#own-canvas").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    page.touchscreen.tap(box["x"] + 50, box["y"] + 50)
    expect(page.locator("#own-count")).to_have_text("1 stroke, 1 point recorded.")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="see make browser").Axe()
    page = visit({"text": "ab"}, color_scheme=scheme)
    _ink(page)
    for part in ("page", "dialog"):
        if part == "page":
            page.click("summary")
        else:
            page.click("#draw")
        found = axe.run(page).response["violations"]
        serious = [
            (one["id"], [node["html"][:120] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious, part


def test_the_focus_is_seen_on_a_label_that_stands_for_a_hidden_input(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.click("#draw")
    page.locator("#own-import").focus()
    page.keyboard.press("Shift+Tab")
    label = page.locator("label[for=own-import]")
    expect(label).to_have_css("outline-style", "none")
    page.keyboard.press("Tab")
    expect(page.locator("#own-import")).to_be_focused()
    expect(label).to_have_css("outline-style", "solid")


def test_the_focus_order_is_that_of_the_page(visit):
    page = visit({"text": "ab"})
    _ink(page)
    page.locator("body").focus()
    order = []
    while len(order) < 60 and (not order or order[-1] is not None):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement?.id || document.activeElement?.name || null"))
    wanted = "text write new-seed hand draw replay speed attention bias pen ink color paper size seed get-svg".split()
    assert [one for one in order if one in wanted][: len(wanted)] == wanted
