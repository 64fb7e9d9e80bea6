"""The HTTP API and the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

import writemate_jax
from writemate_jax import strokes
from writemate_jax.data import own_ink
from writemate_jax.data.own_ink import UnfitInk
from writemate_jax.drawing.look import Look
from writemate_jax.limits import LARGEST_SEED
from writemate_jax.sampling.lines import Line
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.sampling.written import Written
from writemate_jax.web.server import answers, events, messages, page_files, problems, requested, waiting, watching
from writemate_jax.web.server.desk import Desk
from writemate_jax.web.server.guard import Guard
from writemate_jax.web.server.measures import Measures
from writemate_jax.web.server.pictures import MEDIA_TYPES, picture
from writemate_jax.web.server.problems import Problem
from writemate_jax.web.server.settings import ATTENTION_LINES, LINES, Settings
from writemate_jax.web.server.styles import Asked, Hands

ABOUT = "Text in, handwriting out: pen strokes as a person would have written them."


def create_app(writer: Writer, settings: Settings | None = None, page: Path = page_files.PAGE) -> FastAPI:
    """The app of one writer, which must write x-heights and know texts; ``page`` is the folder of the page."""
    settings = settings or Settings()
    measures = Measures()
    desk = Desk(writer, measures, waiting=settings.waiting, fits=settings.fits, seconds=settings.seconds,
                fit_room=settings.fit_room, batching=settings.batching)  # fmt: skip
    hands = Hands(writer)
    # Pictures take memory, and the lanes want the processors.
    drawing, looking, encoding = (anyio.CapacityLimiter(1) for _ in range(3))

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
        texts = requested.texts(writer, body.text)
        seeds = [(body.seed + i) % (LARGEST_SEED + 1) for i in range(len(texts))]
        style, primer = await looked_at(body) if body.hand and body.hand.primer else hands.asked(body)
        if style is None:
            style = writer.one_hand(None, body.seed)
        try:
            lines = writer.lines(texts, body.bias, seeds, style, body.candidates, primer)
        except InvalidRequest as error:
            raise Problem(422, "invalid", str(error)) from error
        request.state.charge(sum(candidates for _, candidates in lines))
        return lines

    async def looked_at(body: messages.Write) -> Asked:
        """`Hands.asked` for a hand with ink, which takes a while to look at."""
        return await waiting.in_thread(looking, hands.asked, body)

    async def drawn(lines: list[Written], body: messages.Write) -> bytes:
        given = {"x_height": body.letter_size, "pen": body.pen, "color": body.color}
        look = Look(**{name: value for name, value in given.items() if value is not None})
        try:
            return await waiting.in_thread(drawing, picture, lines, body.format, look)
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
        async with waiting.while_waited_for(request), waiting.in_time(settings.seconds):
            wanted = await asked(body, request)
            attention = body.attention and body.format == "json"
            if attention and len(wanted) > ATTENTION_LINES:
                raise Problem(422, "too_long", f"attention is answered for at most {ATTENTION_LINES} lines at"
                              " once; ask for fewer, or at /api/v1/stream")  # fmt: skip
            lines: list[Written | None] = [None] * len(wanted)
            async with aclosing(desk.write(wanted, attention=attention)) as written:
                async for event in written:
                    lines[event.index] = event.line
            if body.format != "json":
                return Response(await drawn(lines, body), media_type=MEDIA_TYPES[body.format])
            about = {
                "seed": body.seed,
                "bias": wanted[0][0].bias,
                "style": body.style if body.vector is None and body.hand is None else "own",
                "unit": strokes.UNIT,
            }
            # With attention these are megabytes, and nobody else is answered while they are made.
            content = await waiting.in_thread(encoding, answers.whole_json, about, lines)
        return Response(content, media_type="application/json")

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
        async with waiting.while_waited_for(request), waiting.in_time(settings.seconds):
            wanted = await asked(body, request)
            most = ATTENTION_LINES if body.attention else LINES
            lines = events.in_parts(desk, wanted, most, attention=body.attention)
            first = await anext(lines)  # what is busy is said with a status
        return StreamingResponse(events.told(first, lines, until), media_type="text/event-stream",
                                 headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})  # fmt: skip

    @app.post("/api/v1/fit", summary="Finds the hand of some ink", responses=messages.PROBLEMS)
    async def fit(body: messages.Fit, request: Request) -> messages.Fitted:
        """The hand that makes some lines of ink likely: what `hand` takes. Nothing is stored."""
        if not hands.learnable:
            raise Problem(422, "invalid", "This network has no styles.")
        async with waiting.while_waited_for(request), waiting.in_time(settings.seconds):
            try:
                lines = [requested.ink(writer, line) for line in body.lines]
                names = [f"the line {line.text!r}" for line in lines]
                # Ink that cannot be used takes nobody's place where hands wait to be learned.
                own = await waiting.in_thread(looking, own_ink.sized, lines, writer.model.alphabet, names)
                style = await desk.fit(own)
            except (UnfitInk, strokes.InvalidInk) as error:
                raise problems.of_ink(str(error), error) from error
            if not np.isfinite([style.before, style.after, *style.whole]).all():
                raise Problem(422, "ink", "This ink cannot be learned; write it again.")
            hand = answers.hand(style)
            try:  # what was fitted must be fit to write with
                await looked_at(messages.Write(text="a", hand=hand))
            except Problem as problem:
                if problem.kind == "busy":
                    raise
                hand = answers.hand(replace(style, primer=None))
        return messages.Fitted(hand=hand, vector=hand.vector, before=float(style.before), after=float(style.after),
                               texts=own.texts)  # fmt: skip

    @app.head("/api/v1/styles", include_in_schema=False)
    @app.get("/api/v1/styles", summary="The styles that have names")
    async def styles() -> messages.Styles:
        """Besides these, `random` is a hand that the seed draws, and `unknown` the network's own."""
        return messages.Styles(styles=[messages.Style(**style) for style in hands.listed])

    watching.install(app, desk, measures)
    page_files.install(app, page, hands.network)
    return app
