"""Refusals of the API: every failure as the documented error body, with an id for each request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.wire import new_request_id, refusal
from workbench.catalog.errors import Refused
from workbench.contracts.log import LogUnusable
from workbench.contracts.memory import MemoryRefused

logger = logging.getLogger("workbench.api")

_KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large"}

_MEMORY_KINDS = {
    "invalid": (400, "invalid_request_error"),
    "not_found": (404, "not_found_error"),
    "path_conflict": (409, "memory_path_conflict_error"),
    "precondition_failed": (409, "memory_precondition_failed_error"),
}


def with_refusals(routes: Sequence[Route], middleware: Sequence[Middleware] = ()) -> ASGIApp:
    """These routes behind the middleware, with every failure as the public API's error body and an id for each request."""
    handlers: dict[int | type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Refused: _refused,
        LogUnusable: _not_stored,
        MemoryRefused: _not_remembered,
        HTTPException: _not_routed,
        Exception: _failed,
    }
    return RequestIds(Starlette(routes=routes, middleware=middleware, exception_handlers=handlers))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error, request.scope["workbench.request_id"])


async def _not_stored(request: Request, error: Exception) -> Response:
    """The log took nothing of it: the disk refused, the session was deleted meanwhile, or the engine is ending."""
    refused = Refused(str(error), status=503, kind="api_error")
    return refusal(refused, request.scope["workbench.request_id"])


async def _not_remembered(request: Request, error: Exception) -> Response:
    assert isinstance(error, MemoryRefused)
    status, kind = _MEMORY_KINDS[error.kind]
    refused = Refused(str(error), status=status, kind=kind, more=error.more)
    return refusal(refused, request.scope["workbench.request_id"])


async def _not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = error.detail if error.status_code != 404 else f"there is no {request.method} {request.url.path} here"
    if error.status_code == 405:
        message = f"{request.url.path} has no {request.method}"
    kind = _KINDS.get(error.status_code, "invalid_request_error")
    return refusal(Refused(message, status=error.status_code, kind=kind), request.scope["workbench.request_id"])


async def _failed(request: Request, error: Exception) -> Response:
    """A surprise: told without its details, which `RequestIds` writes to the engine's log."""
    refused = Refused("the engine failed on this request; its log says where", status=500, kind="api_error")
    return refusal(refused, request.scope["workbench.request_id"])


class RequestIds:
    """Gives every request its id, on the answer and in the error body; a surprise is logged here under it."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        request_id = new_request_id()
        scope["workbench.request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"request-id", request_id.encode())]
            await send(message)

        # A model's id may be the path of its file; every other id is one name.
        if b"%2f" in scope["raw_path"].lower() and not scope["path"].startswith("/v1/models/"):
            refused = Refused("an id has no slash, not even an encoded one")
            await refusal(refused, request_id)(scope, receive, send_with_id)
            return
        try:
            await self.inner(scope, receive, send_with_id)
        except Exception:
            logger.exception("%s %s %s failed by surprise", request_id, scope["method"], scope["path"])
