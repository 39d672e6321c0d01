"""Who may call over TCP: only somebody with the token, from this machine, and no web page."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.limits_a_minute import PerMinute, TooMany
from workbench.api.permits import refuse_beyond
from workbench.api.request_permit import PERMIT
from workbench.api.wire import new_request_id, refusal
from workbench.catalog.errors import Refused
from workbench.catalog.tokens import OWNER, Permit

WRONG: Final = "wrong or missing token: `workbench serve` prints the one to use as ANTHROPIC_API_KEY"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


Permits = Callable[[str], Awaitable[Permit]]
"""Gives what a token that is not the engine's own permits; raises `Refused` for one that permits nothing."""


async def no_others(secret: str) -> Permit:
    """There is the engine's own token alone."""
    raise Refused(WRONG, status=401, kind="authentication_error")


class Guard:
    """Checks `Host` (rebound names), `Origin` (web pages) and the token (other users), in this order, then what the token permits."""

    def __init__(self, inner: ASGIApp, *, token: str, port: int, permits: Permits = no_others) -> None:
        self._inner = inner
        self._token = token.encode()
        self._permits = permits
        self._minutes = PerMinute()
        self._hosts = {f"{name}:{port}" for name in LOOPBACK_NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._refuse_strangers(Headers(scope=scope))
                scope[PERMIT] = await self._permitted(scope)
            except Refused as refused:
                request_id = new_request_id()
                response = refusal(refused, request_id)
                response.headers["request-id"] = request_id
                if isinstance(refused, TooMany):
                    response.headers["retry-after"] = str(max(1, round(refused.after_s)))
                await response(scope, receive, send)
                return
        await self._inner(scope, receive, send)

    async def _permitted(self, scope: Scope) -> Permit:
        """Raises: Refused: 401 for a wrong token, 403 beyond what it permits, 429 for more than it may in a minute."""
        headers = Headers(scope=scope)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        if hmac.compare_digest(given.encode(), self._token):
            return OWNER
        permit = await self._permits(given)
        refuse_beyond(permit, scope["method"], scope["path"])
        self._minutes.count(permit, scope["method"])
        return permit

    def _refuse_strangers(self, headers: Headers) -> None:
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if host not in self._hosts:
            raise Refused(f"Host {host!r} is not this server: use 127.0.0.1", status=403, kind="permission_error")
        if origin is not None and urlsplit(origin).netloc.lower() not in self._hosts:
            raise Refused("web pages may not call the workbench", status=403, kind="permission_error")
