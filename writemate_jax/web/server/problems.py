"""Failures as problem details (RFC 9457): the same shape for each, with a `kind` that the page goes by."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from writemate_jax.data.own_ink import UnfitInk

MEDIA_TYPE = "application/problem+json"
NAMED = 5  # mistakes of a request that are told at once


class Problem(Exception):
    """An answer that is a failure.

    status: of HTTP. kind: characters, too_long, busy, invalid, ink or failed. detail: what was wrong and what to do.
    retry_after: seconds, where trying again helps.
    """

    def __init__(self, status: int, kind: str, detail: str, *, retry_after: int | None = None, **more: Any):
        super().__init__(detail)
        self.status, self.kind, self.detail, self.retry_after, self.more = status, kind, detail, retry_after, more

    def body(self) -> dict[str, Any]:
        """The members of the problem's details."""
        later = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "kind": self.kind,
            **later,
            **self.more,
        }

    def response(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """The answer."""
        headers = dict(headers or {})
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return JSONResponse(self.body(), self.status, headers, MEDIA_TYPE)


def busy(detail: str, retry_after: int) -> Problem:
    """503: too much to do; trying again after so many seconds helps."""
    return Problem(503, "busy", detail, retry_after=retry_after)


def ran_away() -> Problem:
    """422: a hand in which no line can be written."""
    return Problem(422, "invalid", "In this hand the pen runs away from the line; learn it anew, or take another.")


def of_another_network() -> Problem:
    """422: a hand that means nothing to these weights."""
    return Problem(422, "invalid", "This hand was learned for another network than the one that writes here now; learn"
                   " it again from its ink.")  # fmt: skip


def of_ink(detail: str, error: BaseException | None) -> Problem:
    """422: ink that cannot be used. error: what says so, whose reason, if it has one, is told for the page to word."""
    known = isinstance(error, UnfitInk) and error.reason
    return Problem(422, "ink", detail, **({"reason": error.reason, "text": error.text} if known else {}))


def failed() -> Problem:
    """500: something went wrong that is no fault of the request's; what, is in the server's log alone."""
    return Problem(500, "failed", "Something went wrong here. The server's log says more.")


def install(app: FastAPI) -> None:
    """Makes the app answer every failure as a problem."""

    @app.exception_handler(Problem)
    async def problem(_: Request, error: Problem) -> JSONResponse:
        return error.response()

    @app.exception_handler(HTTPException)
    async def of_http(_: Request, error: HTTPException) -> JSONResponse:
        kind = "busy" if error.status_code in (429, 503) else "invalid" if error.status_code < 500 else "failed"
        return Problem(error.status_code, kind, str(error.detail)).response(error.headers)

    @app.exception_handler(RequestValidationError)
    async def of_validation(_: Request, error: RequestValidationError) -> JSONResponse:
        return invalid(error.errors()).response()


def invalid(errors: list[dict[str, Any]]) -> Problem:
    """422, or 400 for what is no JSON, from what pydantic found. What was sent is not repeated."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem(400, "invalid", "The body is no JSON.")
    told = [{"where": _where(error)[:100], "what": error["msg"]} for error in errors[:NAMED]]
    long = all(error["type"] == "string_too_long" for error in errors)
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in told)
    return Problem(422, "too_long" if long else "invalid", detail, errors=told)


def _where(error: dict[str, Any]) -> str:
    """The place of a mistake, in names that are the schema's: of a field that is not known, the object it is in."""
    place = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
    return ".".join(map(str, place))
