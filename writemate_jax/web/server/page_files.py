"""The page's files, and what it is told about this server."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

import writemate_jax
from writemate_jax.sampling import neatness
from writemate_jax.web.export import PAGE
from writemate_jax.web.server import settings

__all__ = ["PAGE", "install"]

# Systems differ in what they know.
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json",
         ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
         ".bin": "application/octet-stream"}  # fmt: skip


def install(app: FastAPI, page: Path, network: dict[str, Any]) -> None:
    """Adds the routes, behind all others: what no other route answers is a file of the folder ``page``.

    network: what the page is told of it.
    """
    for suffix, kind in TYPES.items():
        mimetypes.add_type(kind, suffix)

    @app.api_route("/config.json", methods=["GET", "HEAD"], include_in_schema=False)
    async def config() -> JSONResponse:
        return JSONResponse({
            "engine": "server",
            "version": writemate_jax.__version__,
            "neater": neatness.for_the_page(),
            "limits": {"lines": settings.LINES, "ink": settings.FIT_CHARACTERS},
            "network": network,
        }, headers={"Cache-Control": "no-cache"})  # fmt: skip

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
