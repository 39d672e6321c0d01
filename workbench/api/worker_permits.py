"""What a worker of a self-hosted environment may: its queue, and of the sessions that it serves what it needs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.request_permit import PERMIT
from workbench.api.wire import refusal
from workbench.catalog.errors import Refused
from workbench.catalog.tokens import WORKER, Permit
from workbench.contracts.values import Json
from workbench.engine.work.permits import Wanted

_WORK: Final = re.compile(
    r"/v1/environments/(?P<environment>[^/]+)/work(?:/(?P<id>[^/]+)(?:/(?P<step>ack|heartbeat|stop))?)?"
)
_SESSION: Final = re.compile(r"/v1/sessions/(?P<session>[^/]+)(?P<rest>/.*)?")
_SKILL: Final = re.compile(r"/v1/skills/(?P<skill>[^/]+)/versions/[^/]+(?:/content)?")
_STORE: Final = re.compile(r"/v1/memory_stores/(?P<store>[^/]+)(?P<below>/memories(?:/[^/]+)?)?")
_WATCHED: Final = ("", "/events", "/events/stream")
WORKERS: Final = (WORKER, "work")
"""The roles of an environment's key, and of a work item's token."""
_RESULTS: Final = ("user.tool_result", "user.custom_tool_result")


def is_for_workers(permit: Permit, method: str, path: str) -> bool:
    """By their shape alone: whose session, skill or store it is, `OfWorker` asks the engine."""
    if (found := _WORK.fullmatch(path)) is not None:
        if permit.role == "work":
            heard = ("heartbeat",) if permit.is_stale else ("heartbeat", "ack", "stop")
            return method == "POST" and found["id"] == permit.work_id and found["step"] in heard
        is_own = found["environment"] == permit.only
        reading = found["step"] is None and found["id"] in (None, "poll", "stats")
        return is_own and (reading if method == "GET" else method == "POST" and found["step"] is not None)
    if permit.is_stale:
        return False
    if (found := _SESSION.fullmatch(path)) is not None:
        rest = found["rest"] or ""
        own = permit.role == WORKER or found["session"] == permit.only
        return own and ((method == "GET" and rest in _WATCHED) or (method == "POST" and rest == "/events"))
    if _SKILL.fullmatch(path) is not None:
        return method == "GET"
    found = _STORE.fullmatch(path) if permit.role == "work" else None
    return found is not None and (method == "GET" or (found["below"] is not None and method in ("POST", "DELETE")))


def refuse_all_but_results(permit: Permit, body: Json) -> None:
    """Raises: Refused: 403, a worker sends anything but results of calls."""
    sent = body.get("events")
    if permit.role not in WORKERS or not isinstance(sent, list):
        return
    for index, one in enumerate(sent):
        if not isinstance(one, dict) or one.get("type") not in _RESULTS:
            words = f"events.{index}: a worker sends results of calls ({', '.join(_RESULTS)}) and nothing else"
            raise Refused(words, status=403, kind="permission_error")


class OfWorker:
    """Keeps a worker to sessions of its environment or item, and to their skills and memory stores."""

    def __init__(self, inner: ASGIApp, reaches: Callable[[Permit, Wanted], Awaitable[bool]]) -> None:
        self.inner, self._reaches = inner, reaches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        permit = scope.get(PERMIT)
        if permit is not None and permit.role in WORKERS:
            wanted = _wanted(scope["method"], scope["path"])
            if wanted is not None and not await self._reaches(permit, wanted):
                refused = Refused(
                    f"{scope['method']} {scope['path']}: this is none of the sessions that the worker serves, nor of their skills"
                    " or memory stores",
                    status=403,
                    kind="permission_error",
                )
                await refusal(refused, scope.get("workbench.request_id", ""))(scope, receive, send)
                return
        await self.inner(scope, receive, send)


def _wanted(method: str, path: str) -> Wanted | None:
    """What of a session's a request is about; None for one about the queue."""
    for kind, pattern in (("session", _SESSION), ("skill", _SKILL), ("store", _STORE)):
        if (found := pattern.fullmatch(path)) is not None:
            return Wanted(kind, found[kind], writes=method != "GET")
    return None
