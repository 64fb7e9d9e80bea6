"""What those who run a server ask it: whether it answers and can write, its measures, and its documentation."""

from __future__ import annotations

from functools import cache

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from writemate_jax.web.server import docs, messages, problems
from writemate_jax.web.server.desk import Desk
from writemate_jax.web.server.measures import Measures


def install(app: FastAPI, desk: Desk, measures: Measures) -> None:
    """Adds the routes."""

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
