"""The HTTP API and the page."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

import writemate_jax
from writemate_jax import strokes
from writemate_jax.alphabet import UnknownCharacters
from writemate_jax.data import own_ink
from writemate_jax.data.own_ink import UnfitInk
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands.styles import Style
from writemate_jax.limits import LARGEST_SEED, MAX_CHARACTERS
from writemate_jax.sampling import neatness
from writemate_jax.sampling.lines import Line
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.sampling.written import Written
from writemate_jax.web.server import docs, messages, problems
from writemate_jax.web.server import settings as limits
from writemate_jax.web.server.desk import Desk
from writemate_jax.web.server.guard import Guard
from writemate_jax.web.server.jobs import Points, Whole
from writemate_jax.web.server.measures import Measures
from writemate_jax.web.server.pictures import MEDIA_TYPES, picture
from writemate_jax.web.server.problems import Problem
from writemate_jax.web.server.settings import Settings
from writemate_jax.web.server.styles import Asked, Hands, readable

PAGE = Path(__file__).parents[1] / "page"
DECIMALS = 3  # of an x-height
ABOUT = "Text in, handwriting out: pen strokes as a person would have written them."
# Systems differ in what they know.
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json",
         ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
         ".bin": "application/octet-stream"}  # fmt: skip


def create_app(writer: Writer, settings: Settings | None = None, page: Path = PAGE) -> FastAPI:
    """The app of one writer, which must write x-heights and know texts; ``page`` is the folder of the page."""
    settings = settings or Settings()
    measures = Measures()
    desk = Desk(writer, measures, waiting=settings.waiting, fits=settings.fits, seconds=settings.seconds,
                fit_room=settings.fit_room, batching=settings.batching)  # fmt: skip
    hands = Hands(writer)
    # Pictures take memory, and the lanes want the processors.
    drawing, looking = anyio.CapacityLimiter(1), anyio.CapacityLimiter(1)
    for suffix, kind in TYPES.items():
        mimetypes.add_type(kind, suffix)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        desk.start()
        yield
        await asyncio.to_thread(desk.stop)

    app = FastAPI(
        title="WriteMate", version=writemate_jax.__version__, description=ABOUT, lifespan=life, docs_url=None,
        redoc_url=None, openapi_url="/api/v1/openapi.json", responses={500: messages.PROBLEMS[500]},
    )  # fmt: skip
    app.state.desk, app.state.measures = desk, measures
    problems.install(app)
    app.add_middleware(Guard, settings=settings, measures=measures)

    async def asked(body: messages.Write, request: Request) -> list[tuple[Line, int]]:
        texts = _texts(writer, body.text)
        seeds = [(body.seed + i) % (LARGEST_SEED + 1) for i in range(len(texts))]
        style, primer = await looked_at(body) if body.hand and body.hand.primer else hands.asked(body)
        try:
            lines = writer.lines(texts, body.bias, seeds, style, body.candidates, primer)
        except InvalidRequest as error:
            raise Problem(422, "invalid", str(error)) from error
        request.state.charge(sum(candidates for _, candidates in lines))
        return lines

    async def looked_at(body: messages.Write) -> Asked:
        """`Hands.asked` for a hand with ink, which takes a while to look at."""
        return await _in_thread(looking, hands.asked, body)

    async def drawn(lines: list[Written], body: messages.Write) -> bytes:
        given = {"x_height": body.letter_size, "pen": body.pen, "color": body.color}
        look = Look(**{name: value for name, value in given.items() if value is not None})
        try:
            return await _in_thread(drawing, picture, lines, body.format, look)
        except ValueError as error:  # off the machine's bed, too large a picture
            raise Problem(422, "too_long", str(error)) from error

    @app.post(
        "/api/v1/write", summary="Writes a text", response_model=messages.Written, responses=messages.PROBLEMS | {
            200: {"content": {kind.split(";")[0]: {} for kind in MEDIA_TYPES.values()},
                  "description": "The ink, as JSON or in the format that was asked for."},
        },
    )  # fmt: skip
    async def write(body: messages.Write, request: Request) -> Any:
        """Writes each line of a text. The same request is answered with the same ink."""
        async with _while_waited_for(request), _in_time(settings.seconds):
            wanted = await asked(body, request)
            attention = body.attention and body.format == "json"
            if attention and len(wanted) > limits.ATTENTION_LINES:
                raise Problem(422, "too_long", f"attention is answered for at most {limits.ATTENTION_LINES} lines at"
                              " once; ask for fewer, or at /api/v1/stream")  # fmt: skip
            lines: list[Written | None] = [None] * len(wanted)
            async with aclosing(desk.write(wanted, attention=attention)) as events:
                async for event in events:
                    lines[event.index] = event.line
            if body.format != "json":
                return Response(await drawn(lines, body), media_type=MEDIA_TYPES[body.format])
        return JSONResponse({
            "seed": body.seed,
            "bias": wanted[0][0].bias,
            "style": body.style if body.vector is None and body.hand is None else "own",
            "unit": strokes.UNIT,
            "lines": [_as_json(line) for line in lines],
        })  # fmt: skip

    @app.post(
        "/api/v1/stream", summary="Writes a text and sends each line as soon as it is there",
        responses=messages.PROBLEMS | {200: {"content": {"text/event-stream": {}}, "description": "Events."}},
        response_class=StreamingResponse,
    )  # fmt: skip
    async def stream(body: messages.Write, request: Request) -> StreamingResponse:
        """Server-sent events: `line` with {index, text, complete, points, ...} for each line as soon as it is there.

        Where candidates is 1, also `points` with {index, points}: what has been drawn of a line since the last, from
        the line's origin as far as that is known by then. The line that follows is the same ink, finished: levelled, in
        a hand with a primer from its leftmost point, and without strokes at its ends that are none of it. At the end
        `done`, or `problem` with a problem's details.
        """
        until = anyio.current_time() + settings.seconds
        async with _while_waited_for(request), _in_time(settings.seconds):
            wanted = await asked(body, request)
            most = limits.ATTENTION_LINES if body.attention else limits.LINES
            events = _in_parts(desk, wanted, most, attention=body.attention)
            first = await anext(events)  # what is busy is said with a status
        return StreamingResponse(_told(first, events, until), media_type="text/event-stream",
                                 headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})  # fmt: skip

    @app.post("/api/v1/fit", summary="Finds the hand of some ink", responses=messages.PROBLEMS)
    async def fit(body: messages.Fit, request: Request) -> messages.Fitted:
        """The hand that makes some lines of ink likely: what `hand` takes. Nothing is stored."""
        if not hands.learnable:
            raise Problem(422, "invalid", "This network has no styles.")
        async with _while_waited_for(request), _in_time(settings.seconds):
            try:
                lines = [_ink(writer, line) for line in body.lines]
                # Ink that cannot be used takes nobody's place where hands wait to be learned.
                style = await desk.fit(await _in_thread(looking, own_ink.sized, lines, writer.model.alphabet))
            except (UnfitInk, strokes.InvalidInk) as error:
                raise Problem(422, "ink", str(error)) from error
            if not np.isfinite([style.before, style.after, *style.whole]).all():
                raise Problem(422, "ink", "This ink cannot be learned; write it again.")
            hand = _hand(style)
            try:  # what was fitted must be fit to write with
                await looked_at(messages.Write(text="a", hand=hand))
            except Problem as problem:
                if problem.kind == "busy":
                    raise
                hand = hand.model_copy(update={"primer": None})
        return messages.Fitted(hand=hand, vector=hand.vector, before=float(style.before), after=float(style.after))

    @app.head("/api/v1/styles", include_in_schema=False)
    @app.get("/api/v1/styles", summary="The styles that have names")
    async def styles() -> messages.Styles:
        """Besides these, `random` is a hand that the seed draws, and `unknown` the network's own."""
        return messages.Styles(styles=[messages.Style(**style) for style in hands.listed])

    @app.api_route("/config.json", methods=["GET", "HEAD"], include_in_schema=False)
    async def config() -> JSONResponse:
        return JSONResponse({
            "engine": "server",
            "version": writemate_jax.__version__,
            "neater": neatness.for_the_page(),
            "limits": {"characters": MAX_CHARACTERS, "lines": limits.LINES, "candidates": limits.CANDIDATES,
                       "fit_lines": limits.FIT_LINES, "fit_characters": limits.FIT_CHARACTERS},
        }, headers={"Cache-Control": "no-cache"})  # fmt: skip

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", response_class=PlainTextResponse, summary="Whether the process answers")
    async def healthz() -> str:
        if desk.failed:
            raise problems.failed()
        return "ok"

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", response_class=PlainTextResponse, summary="Whether it can write",
             responses={503: messages.PROBLEMS[503]})  # fmt: skip
    async def readyz() -> str:
        if not desk.ready:
            raise problems.busy("Not ready.", 5)
        return "ready"

    @app.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
    async def metrics() -> Response:
        return Response(measures.text(), media_type=measures.media_type)

    documented = cache(lambda: docs.page(app.openapi()))

    @app.api_route("/api/v1/docs", methods=["GET", "HEAD"], include_in_schema=False)
    async def documentation() -> HTMLResponse:
        return HTMLResponse(documented())

    files = StaticFiles(directory=page, html=True, check_dir=False)
    posts = {route.path for route in app.routes if "POST" in getattr(route, "methods", ())}

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def of_page(path: str, request: Request) -> Response:
        if f"/{path}" in posts:
            raise HTTPException(405, headers={"Allow": "POST"})
        if not page.is_dir():
            raise HTTPException(404)
        answer = await files.get_response(path or ".", request.scope)
        answer.headers["Cache-Control"] = "no-cache"  # kept, but asked for by its ETag: a new version shows at once
        return answer

    return app


def _texts(writer: Writer, text: str) -> list[str]:
    """The lines of a text in the network's alphabet. Raises `Problem`."""
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > limits.LINES:
        raise Problem(422, "too_long", f"The text has {len(lines)} lines; expected at most {limits.LINES}.")
    texts = []
    for i, line in enumerate(lines):
        try:
            readable = writer.model.alphabet.line(line)[0]
        except UnknownCharacters as error:
            raise Problem(422, "characters", f"Line {i + 1}: {error}.", characters=error.characters) from error
        if not readable:
            raise Problem(422, "invalid", f"Line {i + 1} is empty; expected 1 to {MAX_CHARACTERS} characters.")
        if len(readable) > MAX_CHARACTERS:
            raise Problem(
                422, "too_long", f"Line {i + 1} has {len(readable)} characters; expected at most {MAX_CHARACTERS}."
            )
        texts.append(readable)
    return texts


def _ink(writer: Writer, line: messages.InkLine) -> Ink:
    """A line of ink, y turned up. Raises `Problem`."""
    text = readable(writer, line.text)
    points = sum(map(len, line.strokes))
    if points > limits.FIT_POINTS:
        raise Problem(422, "too_long", f"A line has {points} points; expected at most {limits.FIT_POINTS}.")
    return Ink(strokes.join([np.array(stroke) * [1.0, -1.0] for stroke in line.strokes]), text)


def _hand(style: Style) -> messages.Hand:
    """What was fitted, as `messages.Write` takes it."""

    def numbers(values: np.ndarray, most: float, decimals: int) -> list[float]:
        return np.clip(values, -most, most).astype(float).round(decimals).tolist()

    primer = style.primer and messages.Primer(
        text=style.primer.text, strokes=numbers(style.primer.strokes, limits.LARGEST_OFFSET, 4)
    )
    return messages.Hand(
        vector=numbers(style.vector, limits.LARGEST_VECTOR, 6),
        gates=None if style.gates is None else numbers(style.gates, limits.LARGEST_GATE, 4),
        primer=primer,
    )


def _as_json(line: Written) -> dict[str, Any]:
    return {
        "text": line.text,
        "bias": line.bias,
        "complete": line.complete,
        "points": _rounded(line.strokes),
        "points_per_second": line.points_per_second,
        "attention": None if line.phi is None else np.round(line.phi.astype(float), DECIMALS).tolist(),
    }


def _rounded(rows: np.ndarray) -> list[list[float]]:
    rows = np.round(rows.astype(float), DECIMALS) + 0.0  # no -0
    return [[dx, dy, int(eos)] for dx, dy, eos in rows.tolist()]


async def _in_parts(
    desk: Desk, lines: list[tuple[Line, int]], most: int, *, attention: bool
) -> AsyncIterator[Points | Whole]:
    """`Desk.write` of so many lines at once: what has been written waits in memory for who reads slowly."""
    for first in range(0, len(lines), most):
        part = lines[first : first + most]
        async with aclosing(desk.write(part, attention=attention, follow=True)) as events:
            async for event in events:
                yield event._replace(index=first + event.index)


async def _in_thread(limiter: anyio.CapacityLimiter, function: Callable, *arguments: Any) -> Any:
    """What a function returns in a thread. Who stops waiting leaves it running, its place with the limiter taken."""
    wanted = True

    def run() -> Any:
        return function(*arguments) if wanted else None

    running = asyncio.create_task(anyio.to_thread.run_sync(run, limiter=limiter))
    running.add_done_callback(lambda task: task.cancelled() or task.exception())  # told to who waits, or to nobody
    try:
        return await asyncio.shield(running)
    finally:
        wanted = False


async def _told(first: Points | Whole, events: AsyncIterator[Points | Whole], until: float) -> AsyncIterator[str]:
    """Events of a desk as server-sent events, until a time of anyio's."""

    def told(event: Points | Whole) -> str:
        if isinstance(event, Points):
            return _event("points", {"index": event.index, "points": _rounded(event.rows)})
        return _event("line", {"index": event.index, **_as_json(event.line)})

    async with aclosing(events):
        yield told(first)
        try:
            while True:
                async with _in_time(until - anyio.current_time()):
                    event = await anext(events)
                yield told(event)
        except StopAsyncIteration:
            yield _event("done", {})
        except Problem as problem:
            yield _event("problem", problem.body())


@asynccontextmanager
async def _while_waited_for(request: Request) -> AsyncIterator[None]:
    """Ends the block, and raises `Problem`, where the client leaves: nothing else would, until there is an answer.

    The request's body must have been read.
    """

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        block.cancel()

    with anyio.CancelScope() as block:
        leaving = asyncio.create_task(leave())
        try:
            yield
        finally:
            leaving.cancel()
    if block.cancelled_caught:
        raise Problem(400, "invalid", "The client left before the answer.")  # for the measures alone


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'), allow_nan=False)}\n\n"


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """Raises `Problem` where the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise problems.busy("This took too long.", 10) from None
