"""The server: its contract, ink that does not depend on who else writes, limits, and what bad requests are told."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny

for package in ("fastapi", "httpx2", "prometheus_client", "uvicorn"):
    pytest.importorskip(package, reason="needs fastapi, prometheus-client, uvicorn and httpx2")

import anyio  # noqa: E402
import uvicorn  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402
from pydantic import ValidationError  # noqa: E402
from starlette.responses import Response  # noqa: E402

from writemate_jax import config as configuration  # noqa: E402
from writemate_jax import strokes  # noqa: E402
from writemate_jax.alphabet import Alphabet  # noqa: E402
from writemate_jax.checkpoints.models import Description, Model, digest  # noqa: E402
from writemate_jax.data import own_ink  # noqa: E402
from writemate_jax.drawing.look import Look  # noqa: E402
from writemate_jax.drawing.strokes_json import Ink  # noqa: E402
from writemate_jax.hands import adapt, named_styles, primers, resemblance, styles, text_fit  # noqa: E402
from writemate_jax.model.networks import text_batch  # noqa: E402
from writemate_jax.sampling import candidates, leading, sampler, style_choice  # noqa: E402
from writemate_jax.sampling.levelling import level, on_baseline  # noqa: E402
from writemate_jax.sampling.lines import TEXT_CAPACITIES  # noqa: E402
from writemate_jax.sampling.writer import Writer  # noqa: E402
from writemate_jax.sampling.written import Written  # noqa: E402
from writemate_jax.web.export import PAGE  # noqa: E402
from writemate_jax.web.server import docs, fitting, messages, pictures, waiting  # noqa: E402
from writemate_jax.web.server import settings as limits  # noqa: E402
from writemate_jax.web.server.app import create_app  # noqa: E402
from writemate_jax.web.server.connections import limited  # noqa: E402
from writemate_jax.web.server.desk import Desk  # noqa: E402
from writemate_jax.web.server.guard import CHUNK, Guard, client_of  # noqa: E402
from writemate_jax.web.server.jobs import Points, Whole  # noqa: E402
from writemate_jax.web.server.measures import Measures  # noqa: E402
from writemate_jax.web.server.problems import Problem  # noqa: E402
from writemate_jax.web.server.settings import Settings  # noqa: E402
from writemate_jax.web.server.styles import Hands  # noqa: E402

LANES = 8
WRITERS = ("one", "two", "a/three")
FREE = Settings(rate=0, fit_room=256)  # of the limit that is tested by itself; short ink
ROWS = tiny.line("tool", 0.01, np.random.default_rng(0))
INK = [[[x, -y] for x, y in (stroke * 30 + [5, 7]).tolist()] for stroke in strokes.split(ROWS)]


@functools.cache
def model() -> Model:
    """A small random network with styles, between rests, in x-heights; about ten points a character."""
    config = configuration.default()
    config.model.layers, config.model.cells, config.model.mixtures, config.model.components = 1, 16, 3, 2
    config.model.window, config.model.kappa_scale, config.model.style_size = True, 0.1, 4
    config.data.rests = True
    config.sampling.points_per_character, config.sampling.bias, config.sampling.candidates = 15, 0.5, 3
    mean, std = np.array([0.3, 0.0], np.float32), np.array([0.5, 0.4], np.float32)
    description = Description(config, Alphabet(" abcdefghijklmnopqrstuvwxyz.,-"), mean, std, "x-height", WRITERS)
    params = description.network().init(jax.random.key(3), jnp.zeros((1, 2, 3)), text_batch([np.array([1, 2])], 4))
    params = jax.tree.map(lambda p: 1.5 * p, params["params"])
    params["style_kernels"] = 0.3 * jax.random.normal(jax.random.key(1), params["style_kernels"].shape)
    return Model(**vars(description), params=jax.device_get(params))


@pytest.fixture(autouse=True)
def taken_at_its_word(monkeypatch):
    """A random network cannot tell what ink says."""
    monkeypatch.setattr(text_fit, "LEAST", -np.inf)


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(Writer(model(), lanes=LANES), FREE), raise_server_exceptions=False) as client:
        desk = client.app.state.desk
        while not desk.ready:
            assert not desk.failed
            desk._ready.wait(0.1)
        yield client


@functools.cache
def alone() -> Writer:
    """What the same network writes without a server."""
    return Writer(model(), lanes=LANES)


def bare(allowed: Settings = FREE) -> TestClient:
    """An app that has not been started: it checks requests, and is not ready to meet any."""
    return TestClient(create_app(Writer(model(), lanes=LANES), allowed), raise_server_exceptions=False)


def write(client, **body):
    return client.post("/api/v1/write", json={"text": "a fable", "candidates": 1} | body)


def rounded(rows: np.ndarray) -> np.ndarray:
    return np.round(rows.astype(float), 3)


def events_of(answer) -> list[tuple[str, dict]]:
    blocks = [dict(line.split(": ", 1) for line in block.split("\n")) for block in answer.text.split("\n\n") if block]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


def assert_problem(answer, status: int, kind: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["kind"] == kind and body["title"] and body["detail"] and body["type"]
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) == body["retry_after"] > 0
    return body


def programs() -> list[int]:
    made = (
        sampler.advance, leading._along, adapt._loss, adapt._gates_loss, primers._places, text_fit._per_point
    )  # fmt: skip
    return [function._cache_size() for function in made]


# The contract


def test_lines_come_back_as_the_contract_says(client):
    answer = write(client, text="abc d\u00e9f\r\n gab ", seed=7, bias=0.25, attention=True).json()
    assert (answer["seed"], answer["bias"], answer["style"], answer["unit"]) == (7, 0.25, "random", "x-height")
    assert [line["text"] for line in answer["lines"]] == ["abc def", "gab"]
    for line in answer["lines"]:
        strokes.check(np.array(line["points"]))
        weights = np.array(line["attention"])
        assert weights.shape == (len(line["points"]), len(line["text"]) + 1) and (weights >= 0).all()
        assert isinstance(line["complete"], bool) and line["points_per_second"] == 40
    assert write(client).json()["lines"][0]["attention"] is None
    [spaced] = write(client, text="a" + " " * 130 + "b").json()["lines"]
    assert spaced["text"] == "a b"  # as everywhere else, wider gaps count as one
    assert write(client, bias=None, text="abc def abc def").json()["bias"] == 0.5
    assert write(client, bias=None, text="abc def").json()["bias"] == 1.0  # a short text is written more neatly


@pytest.mark.parametrize(
    ("kind", "media", "magic"),
    [("svg", "image/svg+xml", b"<svg"), ("plotter", "image/svg+xml", b"<svg"), ("animated", "image/svg+xml", b"<svg"),
     ("png", "image/png", b"\x89PNG"), ("pdf", "application/pdf", b"%PDF"), ("gcode", "text/x-gcode", b"; ab")],
)  # fmt: skip
def test_each_format_comes_with_its_media_type(client, kind, media, magic):
    answer = write(client, text="ab", format=kind, color="#123456", pen=0.3, letter_size=2.0)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(media)
    assert answer.content.startswith(magic)


def test_a_picture_has_the_colour_the_pen_and_the_letters_that_were_asked_for(client):
    def drawn(letter_size: float) -> ElementTree.Element:
        asked = {"format": "svg", "color": "#123456", "pen": 0.3, "letter_size": letter_size}
        return ElementTree.fromstring(write(client, text="ab", **asked).content)

    small, large = drawn(2.0), drawn(4.0)
    for picture in (small, large):
        [ink] = picture.iter("{http://www.w3.org/2000/svg}g")
        assert (ink.get("stroke"), ink.get("stroke-width")) == ("#123456", "0.3")
    widths = [float(picture.get("width").removesuffix("mm")) for picture in (small, large)]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.002)  # in micrometres


def test_styles_configuration_health_and_documentation(client):
    assert client.get("/api/v1/styles").json() == {"styles": []}  # the package's are for other weights
    config = client.get("/config.json").json()
    assert config["engine"] == "server" and config["limits"]["lines"] == 40
    assert config["network"] == {"weights": digest(model().params)[:16], "styleSize": 4, "hands": [*WRITERS]}
    assert client.get("/healthz").text == "ok" and client.get("/readyz").text == "ready"
    schema = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/write", "/api/v1/stream", "/api/v1/fit", "/api/v1/styles"} <= set(schema["paths"])
    page = client.get("/api/v1/docs").text
    assert "/api/v1/fit" in page and "<script" not in page and "http" not in page.replace("httpx", "").split("<pre>")[0]
    assert "&lt;b&gt;" in docs.page({"info": {"title": "<b>", "version": 1}, "paths": {}})


# Ink does not depend on who else writes


def test_requests_that_come_together_get_the_ink_that_they_would_get_alone(client):
    texts = ["abc", "a fable of a fox", "n", "in a bed of clay\na cab\nthe end of it all", "b" * 40, "edge " * 20] * 3
    bodies = [
        {
            "text": text.strip(),
            "seed": i,
            "bias": 0.1 * i,
            "candidates": 1 + i % 4,
            "style": ("random", *WRITERS)[i % 4],
        }
        for i, text in enumerate(texts)
    ]
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: write(client, **body), bodies))
    for body, answer in zip(bodies, answers, strict=True):
        lines = body["text"].split("\n")
        style = alone().one_hand(body["style"], body["seed"])  # one for all lines of a request
        expected = alone().write(
            lines, body["bias"], range(body["seed"], body["seed"] + len(lines)), style=style,
            candidates=body["candidates"],
        )  # fmt: skip
        for line, theirs in zip(answer.json()["lines"], expected, strict=True):
            np.testing.assert_array_equal(line["points"], rounded(theirs.strokes))
            assert (line["text"], line["complete"]) == (theirs.text, theirs.complete)
    assert "writemate_lanes_busy_count" in client.get("/metrics").text


def test_attention_format_and_an_own_vector_do_not_change_the_ink(client):
    plain = write(client, seed=3, style="two").json()["lines"][0]["points"]
    assert write(client, seed=3, style="two", attention=True).json()["lines"][0]["points"] == plain
    vector = model().params["styles"][2].astype(float).tolist()
    answer = write(client, seed=3, style="one", vector=vector).json()
    assert answer["lines"][0]["points"] == plain and answer["style"] == "own"
    assert write(client, seed=3, style="one").json()["lines"][0]["points"] != plain


def test_seeds_of_lines_follow_each_other_and_begin_anew_behind_the_largest(client):
    lines = write(client, text="abc\nabc\nabc", seed=2**32 - 2, style="one").json()["lines"]
    assert lines[0]["points"] == write(client, text="abc", seed=2**32 - 2, style="one").json()["lines"][0]["points"]
    assert lines[2]["points"] == write(client, text="abc", seed=0, style="one").json()["lines"][0]["points"]


def test_a_stream_tells_lines_and_points_as_they_are_written(client):
    body = {"text": "a fable of clay\nin a bed of mud, by a fox\nabc", "seed": 4, "candidates": 1}
    answer = client.post("/api/v1/stream", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer)
    whole = write(client, **body).json()["lines"]
    assert events[-1] == ("done", {})
    for index, line in enumerate(whole):
        own = [(kind, event) for kind, event in events if event.get("index") == index]
        *drawn, (kind, last) = own
        assert kind == "line" and {"index": index, **line} == last
        assert len(drawn) > 1 or len(line["points"]) < 33
        parts = np.array([point for _, event in drawn for point in event["points"]], np.float32)
        parts[-1, 2] = 1  # the pen lifts at the end
        np.testing.assert_allclose(on_baseline(level(parts), line["text"]), line["points"], atol=0.02)
    several = [kind for kind, _ in events_of(client.post("/api/v1/stream", json=body | {"candidates": 2}))]
    assert several == ["line"] * 3 + ["done"]


def test_lines_with_attention_are_streamed_a_few_at_once_and_are_the_same(client, monkeypatch):
    desk, together = client.app.state.desk, []
    submit = desk._submit
    monkeypatch.setattr(desk, "_submit", lambda jobs: (together.append(len(jobs)), submit(jobs))[1])
    body = {"text": "\n".join("abcdefabcdef"[i:] for i in range(10)), "candidates": 1, "seed": 6}
    whole = write(client, **body).json()["lines"]
    del together[:]
    events = events_of(client.post("/api/v1/stream", json=body | {"attention": True}))
    lines = {event["index"]: event["points"] for kind, event in events if kind == "line"}
    assert lines == {i: line["points"] for i, line in enumerate(whole)} and together == [limits.ATTENTION_LINES, 2]


def test_points_behind_a_primer_come_from_the_lines_own_origin(client):
    for seed in range(3):
        body = {"text": "a fable of clay", "seed": seed, "candidates": 1, "hand": own_hand()}
        *drawn, (_, line), _ = events_of(client.post("/api/v1/stream", json=body))
        parts = [np.array(event["points"], np.float32) for _, event in drawn]
        first, whole = strokes.to_points(parts[0]), np.concatenate(parts)
        assert first[:, 0].min() == pytest.approx(0, abs=0.02)
        if len(whole) == len(line["points"]):  # nothing at its ends was none of it
            whole[-1, 2] = 1
            ours = strokes.to_points(on_baseline(level(whole), line["text"]))
            theirs = strokes.to_points(line["points"])
            left = ours[:, 0].min() - theirs[:, 0].min()
            np.testing.assert_allclose(ours - [left, 0], theirs, atol=0.2)  # a thousandth at each point
            assert left == pytest.approx(min(0, strokes.to_points(whole)[:, 0].min()), abs=0.1)


def test_no_request_compiles(client):
    before = programs()
    for capacity in TEXT_CAPACITIES:
        length = min(capacity - 1, 128)
        assert write(client, text="a" * length, attention=True, candidates=2).status_code == 200
        assert write(client, text="a" * (length - 6), hand=own_hand()).status_code == 200
    for count in range(1, 9):
        assert client.post("/api/v1/fit", json={"lines": [{"text": "tool", "strokes": INK}] * count}).status_code == 200
    assert programs() == before


def test_few_lines_share_one_set_of_lanes_and_many_take_two(client, monkeypatch):
    sets, busy = client.app.state.desk._lanes[TEXT_CAPACITIES[0]], []
    for lanes in sets:
        move = lanes.advance
        watched = lambda move=move: (busy.append(sum(lanes.busy > 0 for lanes in sets)), move())[1]  # noqa: E731
        monkeypatch.setattr(lanes, "advance", watched)
    assert write(client, text="abc\nfed", candidates=LANES // 2).status_code == 200
    assert set(busy) == {1}
    assert write(client, text="\n".join(["abc"] * LANES), candidates=4).status_code == 200
    assert set(busy) == {1, 2}


def test_without_batching_one_request_is_written_after_the_other_and_ink_is_the_same():
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=99, fits=1, seconds=60, batching=False)
    together = []
    sets = desk._lanes[TEXT_CAPACITIES[0]]
    for lanes in sets:
        lanes.advance = lambda advance=lanes.advance: (
            together.append({who[0] for lanes in sets for who in lanes.inside}),
            advance(),
        )[1]
    asked = [alone().lines(["abc", "fed"], 0.5, 9 * i, None, 2) for i in range(3)]

    async def one(lines):
        return {event.index: event.line async for event in desk.write(lines)}

    async def run():
        return await asyncio.gather(*map(one, asked))

    desk._warm = lambda: None
    desk.start()
    assert desk._ready.wait(60)
    try:
        for i, lines in enumerate(asyncio.run(run())):
            for k, theirs in enumerate(alone().write(["abc", "fed"], 0.5, 9 * i, candidates=2)):
                np.testing.assert_array_equal(lines[k].strokes, theirs.strokes)
        assert together and all(len({job.asker for job in jobs}) == 1 for jobs in together)
    finally:
        desk.stop()


def test_who_leaves_gives_up_lanes_and_place(client):
    desk = client.app.state.desk
    lines = alone().lines(["e" * 120] * 12, 0.0, 0, None, 4)

    async def leave():
        events = desk.write(lines, follow=True)
        task = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await events.aclose()

    asyncio.run(leave())
    assert write(client).status_code == 200  # and behind it:
    assert write(client, text="e" * 120).status_code == 200
    assert desk._backlog == 0 and not any(lanes.busy for lanes in desk._all_lanes())


def test_who_leaves_makes_room_though_no_lane_is_free():
    desk = Desk(alone(), Measures(), waiting=99, fits=1, seconds=60)
    desk._ready.set()

    async def ask(text):
        async for _ in desk.write(alone().lines([text] * 3, 0.0, 0, None, 4)):
            pass

    async def leave():
        leaving, staying = asyncio.ensure_future(ask("abc")), asyncio.ensure_future(ask("fed"))
        await asyncio.sleep(0)
        desk._take_in()
        assert desk._backlog == 24
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        desk._take_in()
        assert desk._backlog == 12 and {job.line.text for *_, job in desk._waiting[TEXT_CAPACITIES[0]]} == {"fed"}
        staying.cancel()

    asyncio.run(leave())


async def leave(app, path: str, body: dict) -> int:
    """The status that a client would be told who leaves as soon as there is nothing else to do."""
    content, sent = json.dumps(body).encode(), []
    messages = iter([{"type": "http.request", "body": content, "more_body": False}, {"type": "http.disconnect"}])

    async def receive():
        await asyncio.sleep(0.05)
        return next(messages)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"/api/v1/{path}", "query_string": b"", "root_path": "",
             "headers": [(b"content-type", b"application/json")], "client": ("1.2.3.4", 5), "http_version": "1.1",
             "scheme": "http"}  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 30)
    return sent[0]["status"]


@pytest.mark.parametrize("path", ["write", "stream", "fit"])
def test_for_a_client_that_leaves_nothing_more_is_done(client, monkeypatch, path):
    def fit(*_, progress, **__):
        while True:
            time.sleep(0.01)
            progress(0.0)

    desk = client.app.state.desk
    with monkeypatch.context() as never:
        never.setattr(adapt, "fit", fit)
        never.setattr(desk, "_move", lambda: time.sleep(0.01))
        body = {"lines": [{"text": "tool", "strokes": INK}]} if path == "fit" else {"text": "a\n" * 39 + "a"}
        assert asyncio.run(leave(client.app, path, body)) == 400
    assert write(client).status_code == 200  # and behind it:
    assert desk._backlog == 0 and not any(lanes.busy for lanes in desk._all_lanes())


def test_a_fit_that_is_left_while_it_waits_makes_room(client, monkeypatch):
    begun, go = threading.Event(), threading.Event()

    def fit(*_, **__):
        begun.set()
        go.wait(60)
        return styles.Style(np.zeros(4, np.float32), 1, 1, 0.0, 0.0)

    monkeypatch.setattr(adapt, "fit", fit)
    monkeypatch.setattr(client.app.state.desk, "_most_fits", 1)
    body = {"lines": [{"text": "tool", "strokes": INK}]}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, "/api/v1/fit", json=body)
        assert begun.wait(60)
        assert asyncio.run(leave(client.app, "fit", body)) == 400
        second = pool.submit(client.post, "/api/v1/fit", json=body)
        while not (client.app.state.desk._fits or second.done()):
            time.sleep(0.01)
        assert_problem(client.post("/api/v1/fit", json=body), 503, "busy")
        go.set()
        assert first.result().status_code == second.result().status_code == 200


# The hand of given ink


def test_ink_that_cannot_be_used_takes_no_place_where_hands_wait(client, monkeypatch):
    monkeypatch.setattr(Desk, "fit", lambda *_: pytest.fail("it was to wait"))
    answer = client.post("/api/v1/fit", json={"lines": [{"text": "tool" * 11, "strokes": INK}]})
    assert_problem(answer, 422, "ink")


def test_ink_that_does_not_say_its_text_is_not_learned(client, monkeypatch):
    monkeypatch.setattr(text_fit, "LEAST", np.inf)
    answer = client.post("/api/v1/fit", json={"lines": [{"text": "tool", "strokes": INK}]})
    told = assert_problem(answer, 422, "ink")
    assert "the line 'tool': the ink hardly says 'tool'" in told["detail"]
    assert (told["reason"], told["text"]) == ("letters", "tool")


def test_a_hand_is_fitted_and_can_be_written_in(client):
    body = {"lines": [{"text": "tool", "strokes": INK}]}
    answer = client.post("/api/v1/fit", json=body).json()
    assert answer["after"] < answer["before"] and len(answer["vector"]) == 4
    assert answer["hand"]["vector"] == answer["vector"] and answer["hand"]["gates"] is None
    ink = strokes.join([np.array(stroke) * [1, -1] for stroke in INK])
    style = adapt.fit(model(), own_ink.sized([Ink(ink, "tool")], model().alphabet))
    np.testing.assert_allclose(answer["vector"], style.vector, atol=1e-5)
    assert client.post("/api/v1/fit", json=body).json() == answer
    assert write(client, vector=answer["vector"]).status_code == 200
    assert write(client, hand=answer["hand"]).status_code == 200


@pytest.mark.filterwarnings("ignore:.*taken for")
def test_a_fit_tells_which_letters_it_took_the_ink_for(client):
    answer = client.post("/api/v1/fit", json={"lines": [{"text": "t\u00f6ol", "strokes": INK}]}).json()
    assert answer["texts"] == ["tool"]


def test_several_lines_make_a_hand_with_gates_and_a_line_to_go_on_from(client, monkeypatch):
    monkeypatch.setattr(primers, "strays", lambda model, rows, *_: np.zeros(len(rows), int))  # as if it could read
    answer = client.post("/api/v1/fit", json={"lines": [{"text": "tool", "strokes": INK}] * 3}).json()
    ink = strokes.join([np.array(stroke) * [1, -1] for stroke in INK])
    style = adapt.fit(model(), own_ink.sized([Ink(ink, "tool")] * 3, model().alphabet), deep=True)
    hand = answer["hand"]
    np.testing.assert_allclose(hand["gates"], style.gates, atol=1e-4)
    np.testing.assert_allclose(hand["primer"]["strokes"], style.primer.strokes, atol=1e-4)
    np.testing.assert_allclose(hand["trait"], style.trait, atol=1e-5)
    assert hand["primer"]["text"] == "tool" and answer["after"] < answer["before"]
    written = write(client, hand=hand, seed=3).json()
    assert written["lines"][0]["points"] != write(client, vector=hand["vector"], seed=3).json()["lines"][0]["points"]


def test_of_one_line_that_writing_goes_on_from_the_trait_is_taken_there(client, monkeypatch):
    body = {"lines": [{"text": "tool", "strokes": INK}]}
    monkeypatch.setattr(primers, "strays", lambda model, rows, *_: np.full(len(rows), 9))  # it goes on from none
    bare = client.post("/api/v1/fit", json=body).json()["hand"]
    assert bare["primer"] is None and len(bare["trait"]) == resemblance.SIZE
    monkeypatch.setattr(primers, "strays", lambda model, rows, *_: np.zeros(len(rows), int))
    hand = client.post("/api/v1/fit", json=body).json()["hand"]
    assert hand["primer"]["text"] == "tool" and hand["trait"] is None
    monkeypatch.setattr(Description, "x_height", 2.0)  # as of a network that knows how large letters are
    asked = Hands(alone()).asked(messages.Write(text="a", hand=hand))
    np.testing.assert_allclose(asked.primer.trait, bare["trait"], atol=0.05)


def test_of_candidates_the_one_whose_trait_is_sent_is_kept(client, monkeypatch):
    monkeypatch.setattr(candidates, "HAND", 1e9)  # the points of a network by chance are odd in any case
    monkeypatch.setattr(Description, "x_height", 2.0)  # as of a network that knows how large letters are
    rng, written = np.random.default_rng(12), set()
    for primed in (True, False):
        hand = own_hand() if primed else own_hand(primer=None)
        primer = Ink(np.array(hand["primer"]["strokes"], np.float32), hand["primer"]["text"]) if primed else None
        for _ in range(4):
            trait = rng.dirichlet(np.full(resemblance.SIZE, 0.05)).round(5) ** 0.5
            body = {"text": "a fable of clay", "seed": 3, "candidates": 6, "hand": hand | {"trait": trait.tolist()}}
            vector, gates = (np.array(hand[name], np.float32) for name in ("vector", "gates"))
            style = styles.Style(vector, 1, 1, 0.0, 0.0, primer, gates, trait.astype(np.float32))
            [expected] = alone().write(body["text"], seed=3, style=style, candidates=6)
            [line] = write(client, **body).json()["lines"]
            np.testing.assert_array_equal(line["points"], rounded(expected.strokes))
            written.add(json.dumps(line["points"]))
    assert len(written) > 2


def own_hand(rng=None, **changed) -> dict:
    """A hand as it travels, with something in all of its parts."""
    rng = rng or np.random.default_rng(7)
    network = model().network()
    return {
        "vector": rng.normal(size=4).round(6).tolist(),
        "gates": rng.normal(size=network.longest_style - 4, scale=0.1).round(4).tolist(),
        "primer": {"text": "tool", "strokes": rounded(ROWS).tolist()},
    } | changed


def test_own_hands_are_written_side_by_side_as_each_would_be_alone(client):
    texts = ["abc", "a fable of a fox\nin a bed of mud", "edge " * 20] * 4
    whole = own_hand()
    hands = [whole, None, whole | {"gates": None}, whole | {"primer": None}] * 3
    bodies = [
        {"text": text.strip(), "seed": i, "hand": hand, "style": "one", "candidates": 1 + i % 3}
        for i, (text, hand) in enumerate(zip(texts, hands, strict=True))
    ]
    for body in bodies[3::4]:  # to the package a style without ink is nobody's: it does not try again what is not read
        body["candidates"] = 1
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: write(client, attention=True, **body), bodies))
    for body, answer in zip(bodies, answers, strict=True):
        lines, hand = body["text"].split("\n"), body["hand"] or {"vector": None, "gates": None, "primer": None}
        style = "one" if body["hand"] is None else np.array([*hand["vector"], *(hand["gates"] or [])], np.float32)
        primer = hand["primer"] and Ink(np.array(hand["primer"]["strokes"], np.float32), hand["primer"]["text"])
        expected = alone().write(
            lines, seed=range(body["seed"], body["seed"] + len(lines)), style=style, prime=primer, attention=True,
            candidates=body["candidates"],
        )  # fmt: skip
        assert answer.json()["style"] == ("one" if body["hand"] is None else "own")
        for line, theirs in zip(answer.json()["lines"], expected, strict=True):
            np.testing.assert_array_equal(line["points"], rounded(theirs.strokes))
            np.testing.assert_array_equal(line["attention"], rounded(theirs.phi))


def test_a_name_is_written_with_its_vector_and_its_real_ink(monkeypatch):
    vector = np.array([0.5, -1, 0, 2], np.float32)
    style = named_styles.NamedStyle("round", "Round.", "w", vector, Ink(ROWS, "tool"), (), "these")
    monkeypatch.setattr(named_styles, "load", lambda: (style,))
    monkeypatch.setattr(style_choice, "digest", lambda _: "these")
    hands = Hands(Writer(model(), lanes=LANES))
    asked = hands.asked(messages.Write(text="a", style="round"))
    np.testing.assert_array_equal(asked.style, vector)
    assert asked.primer.prefix == "tool " and asked.primer.length == len(own_ink.primer(ROWS, "tool")[0])
    assert hands.asked(messages.Write(text="a", style="one")).primer.length == 0
    [listed] = hands.listed
    assert listed == {"name": "round", "title": "Round", "note": "Round.", "writer": "w"}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"vector": [0.0] * 5}, "invalid"),
        ({"vector": []}, "invalid"),
        ({"vector": None}, "invalid"),
        ({"vector": [0.0, 0.0, 0.0, 33.0]}, "invalid"),
        ({"gates": [0.0] * 5}, "invalid"),
        ({"gates": [9.0] * 64}, "invalid"),
        ({"gates": []}, "invalid"),
        ({"gates": "AAAA"}, "invalid"),
        ({"trait": [0.1] * (resemblance.SIZE - 1)}, "invalid"),
        ({"trait": [1.1] * resemblance.SIZE}, "invalid"),
        ({"trait": [None] * resemblance.SIZE}, "invalid"),
        ({"weights": "0" * 15}, "invalid"),
        ({"weights": "x" * 16}, "invalid"),
        ({"more": 1}, "invalid"),
        ({"primer": {"text": "tool"}}, "invalid"),
        ({"primer": {"text": "tool", "strokes": []}}, "invalid"),
        ({"primer": {"text": "tool", "strokes": [[0.0, 0.0]]}}, "invalid"),
        ({"primer": {"text": "tool", "strokes": [[1e9, 0.0, 1.0]]}}, "invalid"),
        ({"primer": {"text": "tool", "strokes": [[0.0, 0.0, 0.0]] * 1025}}, "invalid"),
        ({"primer": {"text": "to" * 24, "strokes": [[0.0, 0.0, 1.0]]}}, "too_long"),
        ({"primer": {"text": "tool", "strokes": [[0.0, 0.0, 0.5]] * 9}}, "ink"),
        ({"primer": {"text": "tool", "strokes": [[0.0, 0.0, 1.0]] * 9}}, "ink"),
        ({"primer": {"text": "tool and so on and on", "strokes": rounded(ROWS).tolist()}}, "ink"),
        ({"primer": {"text": "to", "strokes": rounded(ROWS).tolist()}}, "ink"),
        ({"primer": {"text": " ", "strokes": rounded(ROWS).tolist()}}, "ink"),
        ({"primer": {"text": "t\u2603l", "strokes": rounded(ROWS).tolist()}}, "characters"),
    ],
)
def test_a_hand_that_cannot_be_written_in_is_refused(changed, kind):
    assert_problem(write(bare(), hand=own_hand(**changed)), 422, kind)


def test_a_hand_is_for_the_weights_that_it_was_learned_with(client):
    hand = client.post("/api/v1/fit", json={"lines": [{"text": "tool", "strokes": INK}]}).json()["hand"]
    assert hand["weights"] == client.get("/config.json").json()["network"]["weights"]
    usual = write(client, hand=hand).json()
    assert write(client, hand=hand | {"weights": None}).json() == usual  # it does not say, as those of before
    told = assert_problem(write(client, hand=hand | {"weights": "0123456789abcdef"}), 422, "invalid")
    assert "another network" in told["detail"] and "learn it again" in told["detail"]


def test_why_writing_cannot_go_on_from_a_line_is_told_in_a_word():
    short = own_hand(primer={"text": "to", "strokes": rounded(ROWS).tolist()})
    told = assert_problem(write(bare(), hand=short), 422, "ink")
    assert (told["reason"], told["text"]) == ("short", "to")


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ({"text": "tool", "strokes": [[[0, 0]]]}, "ink", "height"),
        ({"text": "a much longer text than this", "strokes": INK}, "ink", "narrow"),
        ({"text": "a tool", "strokes": [sum(INK, [])]}, "ink", "few"),
        ({"text": "tool", "strokes": [[[0, 0], [1e6, 1e6]], [[-1e6, 3]]]}, "ink", "little"),
        ({"text": "t\u2603l", "strokes": INK}, "characters", None),
        ({"text": " ", "strokes": INK}, "ink", "text"),
        ({"text": "tool", "strokes": []}, "invalid", None),
        ({"text": "tool", "strokes": [[[0, 0, 1]]]}, "invalid", None),
        ({"text": "tool", "strokes": [[[0, 1e300]]]}, "invalid", None),
        ({"text": "tool", "strokes": [[[0, "1"]]]}, "invalid", None),
        ({"text": "tool", "strokes": [[[x, 0] for x in range(3000)]] * 2}, "too_long", None),
    ],
)
def test_ink_that_cannot_be_learned_is_refused(client, line, kind, reason):
    told = assert_problem(client.post("/api/v1/fit", json={"lines": [line]}), 422, kind)
    assert (told.get("reason"), told.get("text")) == (reason, reason and line["text"].strip())


def test_lines_are_written_between_the_steps_of_a_fit(client, monkeypatch):
    order, asked = [], threading.Event()

    def slow_fit(model, lines, deep, progress, points_grain):
        for step in range(6):
            order.append(("fit", step))
            if step == 1:
                asked.set()
                while not client.app.state.desk._inbox:  # the request below is on its way
                    pass
            progress(0.0)
        return styles.Style(np.zeros(4, np.float32), 1, 1, 0.0, 0.0)

    monkeypatch.setattr(adapt, "fit", slow_fit)
    move = client.app.state.desk._move
    monkeypatch.setattr(client.app.state.desk, "_move", lambda: (order.append("write"), move())[1])
    with ThreadPoolExecutor(1) as pool:
        fitted = pool.submit(client.post, "/api/v1/fit", json={"lines": [{"text": "tool", "strokes": INK}]})
        asked.wait(60)
        assert write(client).status_code == 200
        assert fitted.result().status_code == 200
    assert "write" in order[order.index(("fit", 1)) : order.index(("fit", 5))]


def test_between_two_fits_lines_are_written_whatever_becomes_of_the_fits():
    desk, order = Desk(Writer(model(), lanes=LANES), Measures(), waiting=9, fits=9, seconds=60), []
    desk._warm, desk._fit, desk._move = lambda: None, lambda _: order.append("fit"), lambda: order.append("write")
    desk._writing = lambda: len(order) < 6
    desk._fits.extend([object()] * 3)
    desk.start()
    while len(order) < 6 and desk._thread.is_alive():
        time.sleep(0.01)
    desk.stop()
    assert order == ["fit", "write"] * 3


# Over capacity, and limits


def test_over_capacity_is_said_at_once_and_the_next_request_is_answered(client, monkeypatch):
    desk = client.app.state.desk
    go, held = threading.Event(), threading.Event()
    move = desk._move
    monkeypatch.setattr(desk, "_most_waiting", 10)
    monkeypatch.setattr(desk, "_move", lambda: (held.set(), go.wait(60), move())[2])
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(write, client, text="abc\nabc", candidates=4)
        assert held.wait(60)
        assert_problem(write(client, text="abc", candidates=4), 503, "busy")
        assert_problem(client.post("/api/v1/stream", json={"text": "abc", "candidates": 4}), 503, "busy")
        go.set()
        assert first.result().status_code == 200
    assert write(client, text="abc", candidates=4).status_code == 200


def test_a_thread_that_nobody_waits_for_keeps_its_place():
    async def scene():
        limiter, begun, go, done = anyio.CapacityLimiter(1), threading.Event(), threading.Event(), []
        work = lambda name: (begun.set(), go.wait(60), done.append(name))  # noqa: E731
        first, second = (asyncio.create_task(waiting.in_thread(limiter, work, name)) for name in "ab")
        while not begun.is_set():  # what is left before its thread takes it up is not done at all
            await asyncio.sleep(0.01)
        for task in (first, second):
            task.cancel()
        await asyncio.wait([first, second])
        assert first.cancelled() and second.cancelled() and limiter.borrowed_tokens == 1
        go.set()
        while limiter.borrowed_tokens or limiter.statistics().tasks_waiting:
            await asyncio.sleep(0.01)
        assert done == ["a"]
        with pytest.raises(KeyError):
            await waiting.in_thread(limiter, {}.__getitem__, 1)

    asyncio.run(scene())


def test_whose_ink_cannot_be_looked_at_in_time_is_told_so(monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(Hands, "asked", lambda *_: go.wait(60))
    answer = write(bare(Settings(rate=0, seconds=0.1)), hand=own_hand())
    go.set()
    assert_problem(answer, 503, "busy")


@pytest.mark.parametrize("path", ["write", "stream", "fit"])
def test_who_gets_no_turn_in_time_is_told_so(path):
    client = bare(Settings(rate=0, seconds=0.1))
    desk = client.app.state.desk
    desk._ready.set()  # it takes what is asked for, and never does it
    body = {"lines": [{"text": "tool", "strokes": INK}]} if path == "fit" else {"text": "abc", "style": "one"}
    late = threading.Timer(30, desk._turn_away)  # with other words: who is not told would wait for ever
    late.start()
    answer = client.post(f"/api/v1/{path}", json=body)
    late.cancel()
    assert assert_problem(answer, 503, "busy")["detail"] == "This took too long." and not desk._fits


@pytest.mark.parametrize(("ahead", "last"), [(0, "done"), (3601, "problem")])
def test_a_stream_that_has_begun_ends_with_a_problem_when_its_time_is_over(monkeypatch, ahead, last):
    async def written(*_, **__):
        yield Whole(0, Written(ROWS, "tool", True, 0.5, 0, 40))
        for _ in range(9):  # the time that is over is seen where something is waited for
            await asyncio.sleep(0)
        yield Whole(1, Written(ROWS, "tool", True, 0.5, 0, 40))

    client = bare(Settings(rate=0, seconds=3600))
    monkeypatch.setattr(client.app.state.desk, "write", written)
    clock = SimpleNamespace(current_time=lambda: anyio.current_time() + ahead)
    monkeypatch.setattr("writemate_jax.web.server.events.anyio", clock)
    answer = client.post("/api/v1/stream", json={"text": "abc\nfed", "style": "one"})
    *lines, (kind, told) = events_of(answer)
    assert answer.status_code == 200 and kind == last
    assert [event["index"] for _, event in lines] == ([0, 1] if last == "done" else [0])
    assert last == "done" or (told["status"], told["detail"]) == (503, "This took too long.")


def test_a_fit_whose_time_is_over_is_ended_at_its_next_step_and_told_of(monkeypatch):
    monkeypatch.setattr(fitting, "fit", lambda model, ink, progress: progress(0.0))
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=9, fits=1, seconds=-1.0)  # over before it begins
    desk._warm = lambda: None
    desk.start()
    assert desk._ready.wait(60)
    try:
        with pytest.raises(Problem, match="Learning the hand took too long.") as problem:
            asyncio.run(desk.fit(None))
        assert (problem.value.status, problem.value.kind) == (503, "busy") and desk.ready
    finally:
        desk.stop()


def test_before_it_is_ready_it_says_so():
    client = bare()
    assert client.get("/healthz").status_code == 200
    assert_problem(client.get("/readyz"), 503, "busy")
    assert_problem(write(client), 503, "busy")
    assert_problem(client.post("/api/v1/fit", json={"lines": [{"text": "tool", "strokes": INK}]}), 503, "busy")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"text": ""}, "invalid"),
        ({"text": " \n a"}, "invalid"),
        ({"text": "a" * 129}, "too_long"),
        ({"text": "a\n" * 40 + "a"}, "too_long"),
        ({"text": "a" * 6000}, "too_long"),
        ({"text": "a\n" * 8 + "a", "attention": True}, "too_long"),
        ({"text": "snow \u2603"}, "characters"),
        ({"text": "\x00"}, "characters"),
        ({"text": ["a"]}, "invalid"),
        ({"text": "a", "seed": -1}, "invalid"),
        ({"text": "a", "seed": 2**32}, "invalid"),
        ({"text": "a", "seed": 1.5}, "invalid"),
        ({"text": "a", "seed": True}, "invalid"),
        ({"text": "a", "seed": "1"}, "invalid"),
        ({"text": "a", "bias": -0.1}, "invalid"),
        ({"text": "a", "bias": 1e9}, "invalid"),
        ({"text": "a", "candidates": 9}, "invalid"),
        ({"text": "a", "candidates": 0}, "invalid"),
        ({"text": "a", "format": "exe"}, "invalid"),
        ({"text": "a", "color": "red;}"}, "invalid"),
        ({"text": "a", "pen": 0}, "invalid"),
        ({"text": "a", "vector": [0.0] * 3}, "invalid"),
        ({"text": "a", "vector": [1e9] * 4}, "invalid"),
        ({"text": "a", "style": "nobody"}, "invalid"),
        ({"text": "a", "prime": "a"}, "invalid"),
        ({}, "invalid"),
        ([], "invalid"),
        (None, "invalid"),
    ],
)
def test_what_cannot_be_written_is_refused_without_repeating_it(body, kind):
    answer = bare().post("/api/v1/write", json=body)
    told = assert_problem(answer, 422, kind)
    assert "red;}" not in answer.text and "nobody" not in answer.text
    if kind == "characters":
        assert told["characters"]


def test_what_cannot_be_written_of_any_line_is_told_at_once():
    answer = bare().post("/api/v1/write", json={"text": "snow \u2603\nrain\nsun \u2604"})
    assert assert_problem(answer, 422, "characters")["characters"] == "\u2603\u2604"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"text": "a", "bias": NaN}', 422), (b'{"text": "a", "bias": Infinity}', 422),
        (b'{"text": "a", "bias": 1e999}', 422), (b'{"text": "\\ud800"}', 422), (b"", 422),
        (b'{"vector": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
        (b'{"text": "a", "seed": ' + b"9" * 5000 + b"}", 400), (b"[" * 100_000, 400), (b'{"text": "\xff"}', 400),
        (b'{"text": "a"', 400), (b'{"text": "a"}{}', 400),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(raw, status):
    answer = bare().post("/api/v1/write", content=raw, headers={"Content-Type": "application/json"})
    assert_problem(answer, status, "invalid")


@pytest.mark.parametrize(
    ("message", "body"),
    [
        (messages.Fit, {"lines": [{"text": "a", "strokes": [[0] * 3999] * 124}]}),
        (messages.Fit, {"lines": [{"text": "a", "strokes": [[[0]] * 3999] * 50}]}),
        (messages.Fit, {"lines": [{}] * 100_000}),
        (messages.Write, {"text": "a", "hand": {"vector": [0.0], "gates": [9] * 65_000}}),
        (messages.Write, {"text": "a", "vector": ["a"] * 256}),
        (messages.Write, {"text": "a", "hand": {"vector": [0.0], "primer": {"text": "a", "strokes": [[0]] * 1024}}}),
        (messages.Write, {f"key{i}": 0 for i in range(100_000)}),
        (messages.Write, {"text": "a", "hand": {f"key{i}": 0 for i in range(100_000)}}),
    ],
)
def test_of_a_body_full_of_mistakes_few_are_looked_at(message, body):
    with pytest.raises(ValidationError) as error:
        message.model_validate(body)
    assert error.value.error_count() <= 5


def test_names_that_are_not_known_are_not_repeated():
    answer = write(bare(), secret=1, hand={"vector": [0.0], "hidden": 1})
    told = assert_problem(answer, 422, "invalid")["errors"]
    assert [one["where"] for one in told] == ["body.hand", "body"]
    assert "secret" not in answer.text and "hidden" not in answer.text


def test_other_content_types_large_bodies_and_wrong_lengths_are_refused():
    client = bare(Settings(rate=0, body=1000))
    assert_problem(client.post("/api/v1/write", content=b"text=a"), 422, "invalid")
    assert_problem(write(client, text="a" * 1000), 413, "too_long")
    assert_problem(client.post("/api/v1/write", content=iter([b"[", b"1," * 600])), 413, "too_long")
    for length in ("-1", "1e3", "9" * 40):
        answer = client.post("/api/v1/write", content=b"{}", headers={"Content-Length": length})
        assert_problem(answer, 413, "too_long")


def test_a_body_that_does_not_come_is_not_waited_for():
    app = bare(Settings(rate=0, body_seconds=0.01)).app
    sent = []

    async def never():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/write", "headers": [], "query_string": b"",
             "client": ("1.2.3.4", 5), "http_version": "1.1", "scheme": "http", "root_path": ""}  # fmt: skip
    asyncio.run(app(scope, never, send))
    assert sent[0]["status"] == 408 and json.loads(sent[1]["body"])["kind"] == "invalid"


def test_a_client_that_asks_too_often_waits_and_others_do_not():
    client = bare(Settings(rate=0.001, burst=6, proxies=1))

    def ask(address, path="write"):
        return client.post(f"/api/v1/{path}", json={}, headers={"X-Forwarded-For": f"9.9.9.9, {address}"})

    assert [ask("1.1.1.1").status_code for _ in range(6)] == [422] * 6
    assert_problem(ask("1.1.1.1"), 429, "busy")
    assert [ask("2.2.2.2", "fit").status_code for _ in range(2)] == [422, 429]
    assert client.get("/healthz").status_code == 200


def test_a_write_costs_by_what_is_to_be_written():
    def left(**body):
        """Requests that a client can make after one that is checked and charged, but not met."""
        client = bare(Settings(rate=0.001, burst=6))
        assert write(client, **body).status_code == 503
        return sum(write(client, text="").status_code == 422 for _ in range(6))

    ten = "abc\n" * 9 + "abc"
    assert left(candidates=None, hand=own_hand()) == left(text=ten, candidates=1) == 5
    assert left(text=ten, candidates=8) == 3  # of 6 - 80 / 32
    assert left(text=ten, candidates=None, hand=own_hand()) == 0


@pytest.mark.parametrize("path", ["write", "stream"])
def test_who_cannot_pay_for_a_long_text_is_told_when(path):
    client = bare(Settings(rate=0.01, burst=6))
    asked = {"text": "abc\n" * 15 + "abc", "candidates": 8}
    assert write(client, **asked).status_code == 503
    told = assert_problem(client.post(f"/api/v1/{path}", json=asked), 429, "busy")
    assert 290 < told["retry_after"] <= 300  # 1 is left, and 4 are wanted
    assert write(client).status_code == 503
    free = bare()
    assert [write(free, **asked).status_code for _ in range(9)] == [503] * 9


def test_an_ipv6_client_has_one_limit_for_all_of_its_addresses():
    client = bare(Settings(rate=0.001, burst=1, proxies=1))

    def ask(address):
        return client.post("/api/v1/write", json={}, headers={"X-Forwarded-For": address}).status_code

    assert [ask("2001:db8::1"), ask("2001:db8::2:3"), ask("2001:db8:0:1::1")] == [422, 429, 422]
    assert [ask("1.2.3.4"), ask("::ffff:1.2.3.4"), ask("1.2.3.5")] == [422, 429, 422]


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [(0, "6.6.6.6", "1.2.3.4"), (1, "6.6.6.6, 7.7.7.7", "7.7.7.7"), (2, "6.6.6.6, 7.7.7.7", "6.6.6.6"),
     (2, "7.7.7.7", "1.2.3.4"), (1, "", "1.2.3.4"), (1, "7.7.7.7, made-up", "1.2.3.4"), (1, "[2::1]:8", "[2::1]:8")],
)  # fmt: skip
def test_only_as_many_proxies_are_believed_as_there_are(proxies, header, expected):
    scope = {"client": ("1.2.3.4", 5), "type": "http", "headers": [(b"x-forwarded-for", header.encode())]}
    assert client_of(scope, proxies) == expected


# Clients that do not read


@contextmanager
def answering(body: bytes, seconds: float, head_seconds: float = 60.0, size: int = 1_000):
    """A real server that answers everything with a body, and its address; size: of the largest request's body."""
    app = Guard(Response(body), FREE, Measures())
    protocol = limited(seconds, head_seconds, size)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", http=protocol))
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * CHUNK)
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield server, listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def asking(address, times: int = 1):
    """A connection with little room that has asked."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        client.settimeout(60)
        while client.connect_ex(address):
            time.sleep(0.01)
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * times)
        yield client


@pytest.mark.parametrize(("size", "times"), [(20_000_000, 1), (CHUNK // 2, 60)])
def test_a_client_that_does_not_read_is_cut_off(size, times):
    with answering(bytes(size), 0.3) as (server, address), asking(address, times):
        for connected in (True, False):
            end = time.monotonic() + 10
            while bool(server.server_state.connections) != connected and time.monotonic() < end:
                time.sleep(0.01)
            assert bool(server.server_state.connections) == connected
        while server.server_state.tasks and time.monotonic() < end:
            time.sleep(0.01)
        assert not server.server_state.tasks


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET / HT"])
def test_a_client_that_never_asks_is_cut_off(sent):
    with answering(b"a", 60.0, head_seconds=0.3) as (server, address), socket.socket() as client:
        client.settimeout(20)
        while client.connect_ex(address):
            time.sleep(0.01)
        client.sendall(sent)
        begun, read = time.monotonic(), b""
        with suppress(ConnectionResetError):
            while part := client.recv(CHUNK):
                read += part
        assert read.count(b"200 OK") == sent.count(b"\r\n\r\n") and time.monotonic() - begun > 0.2
        while server.server_state.connections:
            time.sleep(0.01)


HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "part"),
    [
        (HEAD, b"a: b\r\n" * 10),
        (HEAD + b"a: ", b"b" * 1000),
        (b"GET /", b"b" * 1000),
        (CHUNKED + b"0\r\n", b"a: b\r\n" * 10),
        (CHUNKED + b"0\r\na: ", b"b" * 1000),
        (CHUNKED + b"1;", b"b" * 1000),
    ],
)
def test_a_request_without_an_end_is_cut_off(first, part):
    with answering(b"a", 60.0) as (server, address), socket.socket() as client:
        client.settimeout(20)
        while client.connect_ex(address):
            time.sleep(0.01)
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(first)
            while sent < 20_000_000:
                client.sendall(part)
                sent += len(part)
        assert sent < 5_000_000  # what lies between has room for some, too
        while server.server_state.connections:
            time.sleep(0.01)


def test_requests_one_behind_the_other_may_be_many_and_come_in_any_parts():
    request = HEAD + b"Content-Length: 900\r\n\r\n" + b"a" * 900
    sent = request * 300
    with answering(b"a", 60.0) as (_, address), socket.socket() as client:
        client.settimeout(20)
        while client.connect_ex(address):
            time.sleep(0.01)
        for first in range(0, len(sent), 10_007):
            client.sendall(sent[first : first + 10_007])
        read = b""
        while read.count(b"200 OK") < 300:
            part = client.recv(CHUNK)
            assert part
            read += part


POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([POST[:9], POST[9:25], POST[25:] % 200_000 + b"a" * 200_000], b"200 OK"),  # a head's last read has a body
        ([POST % 2_000_000, *[b"a" * 40_000] * 50], b"413 "),  # is answered before it is there
    ],
)
def test_a_large_request_is_answered_however_it_comes(parts, status):
    with answering(b"a", 60.0, size=1_000_000) as (_, address), socket.socket() as client:
        client.settimeout(20)
        while client.connect_ex(address):
            time.sleep(0.01)
        for part in [*parts, HEAD + b"\r\n"]:
            client.sendall(part)
            time.sleep(0.02)
        read = b""
        while read.count(b"HTTP/1.1 ") < 2:
            part = client.recv(CHUNK)
            assert part
            read += part
        assert read.startswith(b"HTTP/1.1 " + status) and read.count(b"200 OK") == 1 + (status == b"200 OK")


def test_a_client_that_reads_slowly_gets_all():
    size, read = 2_000_000, 0
    with answering(bytes(size), 0.5) as (_, address), asking(address) as client:
        begun = time.monotonic()
        while read < size:
            part = client.recv(CHUNK)
            assert part
            read += len(part)
            time.sleep(0.04)
        assert time.monotonic() - begun > 1


def test_a_large_answer_is_sent_in_parts():
    body, sent = np.random.default_rng(0).bytes(3 * CHUNK + 5), []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/"}
    asyncio.run(Guard(Response(body), FREE, Measures())(scope, None, send))
    parts = [message["body"] for message in sent[1:]]
    assert [len(part) for part in parts] == [CHUNK] * 3 + [5] and b"".join(parts) == body
    assert [message["more_body"] for message in sent[1:]] == [True] * 3 + [False]


# Failures and headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/config.json"])
def test_whether_it_is_well_can_be_asked_without_a_body(client, path):
    assert client.head(path).status_code == 200


def test_unknown_places_and_methods_are_problems(client):
    assert_problem(client.get("/nothing"), 404, "invalid")
    assert_problem(client.get("/api/v1/nothing"), 404, "invalid")
    assert_problem(client.get("/api/v1/write"), 405, "invalid")
    assert client.get("/api/v1/write").headers["allow"] == "POST"
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert_problem(client.request(method, "/api/v1/write"), 405, "invalid")


def test_a_failure_of_the_server_is_a_problem_that_tells_nothing(client, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr(client.app.state.desk, "write", fail)
    answer = write(client)
    assert_problem(answer, 500, "failed")
    assert "secret" not in answer.text and answer.headers["x-content-type-options"] == "nosniff"


def test_a_desk_that_fails_turns_away_and_says_it_is_not_well():
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=99, fits=1, seconds=60)

    def fail():
        raise RuntimeError("the device is gone")

    desk._warm, desk._move = lambda: None, fail
    desk.start()
    assert desk._ready.wait(60)

    async def ask():
        lines = alone().lines(["abc"], None, 0, None, 1)
        return [event async for event in desk.write(lines)]

    for _ in range(2):
        with pytest.raises(Problem, match="going down"):
            asyncio.run(ask())
    assert desk.failed and not desk.ready


def test_a_choice_that_fails_is_told_to_who_waits_for_it():
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=99, fits=1, seconds=60)

    def trial(line, *_):
        yield [line]
        raise RuntimeError("the reader is gone")

    desk._warm, desk.writer.trial = lambda: None, trial
    desk.start()
    assert desk._ready.wait(60)

    async def ask():
        return [event async for event in desk.write(alone().lines(["abc"], None, 0, None, 1))]

    with pytest.raises(Problem) as problem:
        asyncio.run(ask())
    assert problem.value.status == 500
    desk.writer.trial = alone().trial
    assert len(asyncio.run(ask())) == 1 and desk.ready  # others are none the worse
    desk.stop()


def test_a_primer_that_fails_is_told_to_who_asked_and_others_are_led(monkeypatch):
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=99, fits=1, seconds=60)
    desk._warm, led, ink = lambda: None, desk.writer.led, Ink(ROWS, "tool")
    desk.start()
    assert desk._ready.wait(60)
    primer = desk.writer.primer(ink)

    async def ask(texts):
        return [event async for event in desk.write(desk.writer.lines(texts, 0.5, 3, "one", 2, primer))]

    def fail(lines):
        if any(line.text == "bad" for line in lines):
            raise RuntimeError("no number")
        return led(lines)

    async def both():
        return await asyncio.gather(ask(["bad"] * 3), ask(["abc"]), ask(["bad"]), return_exceptions=True)

    monkeypatch.setattr(desk.writer, "led", fail)
    first, [written], last = asyncio.run(both())
    assert first.status == last.status == 500
    [expected] = alone().write(["abc"], 0.5, 3, ink, style="one", candidates=2)
    np.testing.assert_array_equal(written.line.strokes, expected.strokes)
    with desk._changed:
        assert desk._backlog == 0
    desk.stop()


def test_primers_are_gone_along_in_turns_and_none_once_the_server_ends(monkeypatch):
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=99, fits=1, seconds=60)
    desk._warm, led, primer = lambda: None, desk.writer.led, alone().primer(Ink(ROWS, "tool"))
    desk.start()
    assert desk._ready.wait(60)
    begun, go_on, order = threading.Event(), threading.Event(), []

    def watched(lines):
        begun.set()
        assert go_on.wait(60)
        order.extend(line.text for line in lines)
        return led(lines)

    monkeypatch.setattr(desk.writer, "led", watched)
    monkeypatch.setattr(desk.writer, "led_at_once", 1)

    async def ask(texts):
        return [event async for event in desk.write(alone().lines(texts, 0.5, 3, "one", 1, primer))]

    async def run(end):
        asked = [asyncio.ensure_future(ask(["abc"] * 3))]
        assert await asyncio.to_thread(begun.wait, 60)
        asked += [asyncio.ensure_future(ask([text])) for text in ("fed", "lot")]
        await asyncio.sleep(0.2)
        with desk._changed:
            assert len(desk._unled) == 4
        if end:
            stopping = asyncio.ensure_future(asyncio.to_thread(desk.stop))
            while not desk._stopping:
                await asyncio.sleep(0.01)
        go_on.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        if end:
            await stopping
        return answers

    assert [len(answer) for answer in asyncio.run(run(False))] == [3, 1, 1]
    assert order == ["abc", "fed", "lot", "abc", "abc"]  # a long text lets short ones pass
    begun.clear()
    go_on.clear()
    del order[:]
    answers = asyncio.run(run(True))
    assert all("going down" in str(answer) for answer in answers) and order == ["abc"]


def test_a_request_of_more_lines_than_may_wait_is_taken_where_nothing_waits():
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=2, fits=1, seconds=60)
    desk._warm = lambda: None
    desk.start()
    assert desk._ready.wait(60)

    async def ask():
        lines = alone().lines(["abc"] * 40, 0.5, 3, "one", 1)  # more than there are lanes: the second finds some wait
        first, second = desk.write(lines), desk.write(lines)
        events = [asyncio.ensure_future(anext(one)) for one in (first, second)]
        found = await asyncio.gather(*events, return_exceptions=True)
        return [found[0], *[event async for event in first]], found[1]

    try:
        written, refused = asyncio.run(ask())
    finally:
        desk.stop()
    assert len(written) == 40 and "Too much waits" in str(refused)


def test_who_leaves_while_a_primer_is_gone_along_takes_no_place(monkeypatch):
    desk = Desk(Writer(model(), lanes=LANES), Measures(), waiting=12, fits=1, seconds=60)
    desk._warm, led, primer = lambda: None, desk.writer.led, alone().primer(Ink(ROWS, "tool"))
    desk.start()
    assert desk._ready.wait(60)
    begun, left = threading.Event(), threading.Event()
    monkeypatch.setattr(desk.writer, "led", lambda *asked: (begun.set(), left.wait(60), led(*asked))[-1])

    async def leave():
        events = desk.write(alone().lines(["abc"] * 12, 0.5, 3, "one", 1, primer))
        waiting = asyncio.ensure_future(anext(events))
        assert await asyncio.to_thread(begun.wait, 60)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await events.aclose()
        left.set()

    async def ask():
        return [event async for event in desk.write(alone().lines(["abc"] * 12, 0.5, 3, "one", 1, primer))]

    asyncio.run(leave())
    for _ in range(600):  # until all have been taken in
        if not desk._backlog:
            break
        time.sleep(0.1)
    assert len(asyncio.run(ask())) == 12
    desk.stop()


def wild_hand() -> dict:
    """A hand whose gates send the pen as far as they can: they open the cells that the deviations grow with."""
    network = model().network()
    first = 1 + 3 * network.mixtures
    grows = np.sign(model().params["head"][:, first : first + 2 * network.mixtures].sum(axis=1))
    is_open = np.ones_like(grows)
    gates = 8.0 * np.concatenate([is_open, is_open, grows, is_open])
    return own_hand(gates=gates.tolist(), primer=None)


@pytest.mark.parametrize("asked", [{"candidates": 1}, {"candidates": 4}, {"format": "gcode"}, {"attention": True}])
def test_a_hand_in_which_the_pen_runs_away_is_refused_and_others_write_beside_it(client, monkeypatch, asked):
    usual = write(client, text="abc", seed=5).json()
    monkeypatch.setattr("writemate_jax.web.server.settings.LONGEST_PATH", 300.0)  # this network is a small one
    with ThreadPoolExecutor(2) as pool:
        wild = pool.submit(write, client, hand=wild_hand(), text="a fable of clay\nabc", **asked)
        assert write(client, text="abc", seed=5).json() == usual
    assert "runs away" in assert_problem(wild.result(), 422, "invalid")["detail"]
    answer = client.post("/api/v1/stream", json={"text": "a fable of clay", "hand": wild_hand(), **asked})
    told = events_of(answer)[-1] if answer.status_code == 200 else ("problem", answer.json())  # before any
    assert told[0] == "problem" and told[1]["status"] == 422
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    assert write(client, text="abc", seed=5).json() == usual


def test_ink_that_is_no_number_ends_its_request_alone(client):
    desk = client.app.state.desk
    for count in (1, 3):
        lines = alone().lines(["abc"], 0.5, 0, np.zeros(4), count)
        lines = [(line._replace(style=np.full(4, np.nan, np.float32)), number) for line, number in lines]

        async def ask(lines=lines):
            return [event async for event in desk.write(lines, follow=True)]

        with pytest.raises(Problem, match="runs away"):
            asyncio.run(ask())
        assert desk.ready and write(client).status_code == 200


@pytest.mark.parametrize("kind", pictures.MEDIA_TYPES)
@pytest.mark.parametrize("points", [2, 2000])
def test_the_longest_ink_that_is_let_through_can_be_drawn(kind, points):
    step = limits.LONGEST_PATH / points
    way = [step * (-1) ** (i // 2) for i in range(points)]
    rows = np.array([[dx, step * 1e-3, i % 50 == 49 or i == points - 1] for i, dx in enumerate(way)], np.float32)
    line = Written(rows, "abc", True, 0.5, 0, 40)
    try:
        assert pictures.picture([line], kind, Look())
    except ValueError as error:
        assert (kind, points) == ("png", 2) and "55355 x 109 pixels" in str(error) or kind == "gcode"


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/api/v1/styles", "/config.json", "/metrics"])
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


def test_metrics_count_what_was_done(client):
    def value(name):
        return float(
            next(line.split()[-1] for line in client.get("/metrics").text.split("\n") if line.startswith(name))
        )

    counted = 'writemate_requests_total{method="POST",route="/api/v1/write",status="200"}'
    before, lines, points = value(counted), value("writemate_lines_total"), value("writemate_points_total")
    drawn = write(client, text="abc\ndef").json()["lines"]
    assert value(counted) == before + 1
    assert value("writemate_lines_total") == lines + 2
    assert value("writemate_points_total") == points + sum(len(line["points"]) for line in drawn)


# No files by requests


@pytest.mark.parametrize("style", ["../..", "/etc/passwd", "mine", "mine/style.json", ".", "random/", "tests"])
def test_a_style_is_no_path(client, style, tmp_path, monkeypatch):
    styles.save_style(tmp_path / "mine", styles.Style(np.ones(4, np.float32), 1, 1, 0.0, 0.0))
    (tmp_path / "random").mkdir()
    monkeypatch.chdir(tmp_path)
    assert_problem(write(client, style=style), 422, "invalid")
    assert write(client, style="random").status_code == 200  # though a folder is called so


def test_the_page_is_served_and_nothing_beside_it(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    page = tmp_path / "page"
    (page / "engine").mkdir(parents=True)
    (page / "index.html").write_text("<title>page</title>")
    (page / "engine" / "a.js").write_text("export {}")
    os.symlink(tmp_path / "secret.txt", page / "link.txt")
    client = TestClient(create_app(Writer(model(), lanes=LANES), FREE, page))
    assert client.get("/").text == "<title>page</title>" and client.head("/").status_code == 200
    script = client.get("/engine/a.js")
    assert (
        script.headers["content-type"].startswith("text/javascript") and script.headers["cache-control"] == "no-cache"
    )
    assert client.get("/engine/a.js", headers={"If-None-Match": script.headers["etag"]}).status_code == 304
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/engine/%2e%2e/%2e%2e/secret.txt",
                 "//etc/passwd", "/engine/../../secret.txt", "/link.txt", "/%00"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code in (400, 404) and "secret" not in answer.text, path


def test_without_a_page_the_api_still_works(tmp_path):
    client = TestClient(create_app(Writer(model(), lanes=LANES), FREE, tmp_path / "none"))
    assert_problem(client.get("/"), 404, "invalid")
    assert client.get("/healthz").status_code == 200


@pytest.mark.skipif(not (PAGE / "index.html").is_file(), reason="the page is not there")
def test_the_real_page_is_served():
    assert "<html" in bare().get("/").text


# Whatever is sent


SCRAP = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["text", "seed", "bias", "style", "vector", "candidates", "format", "attention", "color", "pen", "letter_size"]


@functools.cache
def fuzzed() -> TestClient:
    return bare()


@settings(max_examples=200)
@given(st.sampled_from(["write", "stream", "fit"]), st.sampled_from([*FIELDS, "lines", "other"]), SCRAP)
def test_whatever_a_field_holds_is_answered_without_a_server_error(path, field, value):
    body = {"lines": [{"text": "tool", "strokes": INK}]} if path == "fit" else {"text": "abc"}
    content = json.dumps(body | {field: value})  # NaN and infinities as Python writes them
    answer = fuzzed().post(f"/api/v1/{path}", content=content, headers={"Content-Type": "application/json"})
    if answer.status_code == 503:  # nothing was wrong with it: this app is never ready
        assert answer.json()["kind"] == "busy"
    else:
        assert_problem(answer, answer.status_code, answer.json()["kind"])
        assert answer.status_code in (400, 422)


@settings(max_examples=100)
@given(st.lists(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), min_size=1, max_size=6), min_size=1,
                max_size=4), st.text(st.characters(max_codepoint=127), min_size=1, max_size=10))  # fmt: skip
def test_whatever_ink_is_sent_is_fitted_or_refused(ink, text):
    answer = fuzzed().post("/api/v1/fit", json={"lines": [{"text": text, "strokes": ink}]})
    assert answer.status_code in (422, 503)


def test_points_and_whole_lines_say_which_line_they_are_of():
    assert Points._fields[0] == Whole._fields[0] == "index"
