"""Who may call over TCP: only somebody with the token, from this machine, and no web page."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.wire import new_request_id, refusal
from workbench.catalog.errors import Refused

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Checks `Host` (rebound names), `Origin` (web pages) and the token (other users), in this order."""

    def __init__(self, inner: ASGIApp, *, token: str, port: int) -> None:
        self._inner = inner
        self._token = token.encode()
        self._hosts = {f"{name}:{port}" for name in LOOPBACK_NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refused := self._refusal(Headers(scope=scope))):
            request_id = new_request_id()
            response = refusal(refused, request_id)
            response.headers["request-id"] = request_id
            await response(scope, receive, send)
            return
        await self._inner(scope, receive, send)

    def _refusal(self, headers: Headers) -> Refused | None:
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if host not in self._hosts:
            return Refused(f"Host {host!r} is not this server: use 127.0.0.1", status=403, kind="permission_error")
        if origin is not None and urlsplit(origin).netloc.lower() not in self._hosts:
            return Refused("web pages may not call the workbench", status=403, kind="permission_error")
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        if not hmac.compare_digest(given.encode(), self._token):
            message = "wrong or missing token: `workbench serve` prints the one to use as ANTHROPIC_API_KEY"
            return Refused(message, status=401, kind="authentication_error")
        return None
