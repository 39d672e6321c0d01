"""How requests are read and answers written: JSON bodies, ids, error bodies, request ids."""

from __future__ import annotations

import re
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from workbench.catalog.errors import Refused, require_object
from workbench.contracts.values import Json
from workbench.text.strict_json import MOST_VALUES, NotStrict, has_many, loads

MOST_BODY_BYTES = 32 * 1024 * 1024
_NAMES = re.compile(rb'(?<!\\)":')


def new_request_id() -> str:
    return "req_" + secrets.token_hex(12)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> JSONResponse:
    """A JSON answer; its `request-id` is added on the way out."""
    return JSONResponse(body, status_code=status, headers=headers)


def refusal(refused: Refused, request_id: str) -> JSONResponse:
    """The documented error body; a 409 says that repeating it is no use."""
    error: Json = {"type": refused.kind, "message": refused.message, **refused.more}
    if refused.code:
        error["details"] = {"error_code": refused.code}
    headers = {"x-should-retry": "false"} if refused.status in (409, 500) else None
    body = {"type": "error", "error": error, "request_id": request_id}
    return answer(body, refused.status, headers)


async def read_bytes(request: Request) -> bytes:
    """The whole body.

    Raises:
        Refused: 413 over 32 MB.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise Refused("the request is over 32 MB", status=413, kind="request_too_large")
        parts.append(part)
    return b"".join(parts)


async def read_object(request: Request) -> Json:
    """The body as a JSON object; an empty body is an empty object.

    Raises:
        Refused: it is not JSON, not UTF-8, not an object, or too large.
    """
    raw = await read_bytes(request)
    if not raw.strip():
        return {}
    # Parsing alone takes a second for millions of values, in which nobody else is answered.
    if len(_NAMES.findall(raw)) > MOST_VALUES:
        raise _too_many()
    try:
        body = loads(raw)
    except NotStrict as error:
        raise Refused(f"the request body cannot be read as JSON: {error}") from None
    if has_many(body):
        raise _too_many()
    return require_object(body)


def _too_many() -> Refused:
    return Refused(f"the request body has more than {MOST_VALUES:,} values; send it in several requests")


def identifier(request: Request, name: str) -> str:
    """An id of the path."""
    value: str = request.path_params[name]
    return value
