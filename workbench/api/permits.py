"""What each role may do, by method and path: what is not named here only an owner may."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.request_permit import PERMIT
from workbench.api.wire import refusal
from workbench.api.worker_permits import WORKERS, is_for_workers
from workbench.catalog.errors import Refused
from workbench.catalog.session_lists import ListedSession
from workbench.catalog.tokens import Permit

_SECRET: Final = re.compile(
    r"/workbench/v1/(?:tokens|limits|serve|model_key|vault|webhooks|down)\b|/v1/organizations\b"
)
_SANDBOX: Final = re.compile(r"/workbench/v1/sessions/[^/]+/sandbox\b")
"""Commands and files of a sandbox: looking at them starts one."""
_READS: Final = re.compile(r"/workbench/v1/(?:sql|search)\b")
"""Questions that are asked by POST and change nothing."""
_OPERATES: Final = re.compile(
    r"/v1/(?:sessions|files|deployments|deployment_runs|messages)\b(?!.*/authorization)|/workbench/v1/sessions\b(?!.*/(?:console|net|servers))"
)
_SESSION: Final = re.compile(r"(?:/workbench)?/v1/sessions/(?P<id>[^/]+)(?P<rest>/.*)?")
_STEERED: Final = re.compile(r"/(?:events|interrupt|read)$")


def refuse_beyond(permit: Permit, method: str, path: str) -> None:
    """Raises: Refused: 403, with what the role may."""
    asks = is_for_workers if permit.role in WORKERS else _is_allowed
    if permit.role == "owner" or asks(permit, method, path):
        return
    what = {
        "worker": f"is a key of the environment {permit.only}: its queue, and what its workers need of its sessions",
        "work": f"is for one work item: the session {permit.only}, and what a worker needs of it",
        "read": "may only read",
        "operate": "may read, and start and steer sessions; nothing of secrets, rules and settings",
        "session": f"is for the session {permit.only} alone: its events, and messages and answers to it",
        "agent": f"is for the agent {permit.only} alone: sessions of it",
    }[permit.role]
    raise Refused(f"{method} {path}: the token {permit.name!r} {what}", status=403, kind="permission_error")


def _is_allowed(permit: Permit, method: str, path: str) -> bool:
    if _SECRET.match(path) or (_SANDBOX.match(path) and permit.role != "operate"):
        return False
    is_reading = method in ("GET", "HEAD") or _READS.match(path) is not None
    match permit.role:
        case "read":
            return is_reading
        case "operate":
            return is_reading or _OPERATES.match(path) is not None
        case "session":
            return _is_own_session(permit.only, method, path)
        case "agent":
            return _is_of_agent(permit.only, method, path)
    return False


def _is_own_session(session_id: str, method: str, path: str) -> bool:
    found = _SESSION.fullmatch(path)
    if found is None or found["id"] != session_id:
        return False
    return method in ("GET", "HEAD") or (method == "POST" and _STEERED.fullmatch(found["rest"] or "") is not None)


def _is_of_agent(agent_id: str, method: str, path: str) -> bool:
    """Sessions are looked at one by one, where their agent is known."""
    if path == f"/v1/agents/{agent_id}":
        return method in ("GET", "HEAD")
    if path in ("/v1/sessions", "/v1/environments"):
        return method in ("GET", "HEAD") or (method == "POST" and path == "/v1/sessions")
    found = _SESSION.fullmatch(path)
    return found is not None and (method in ("GET", "HEAD") or _STEERED.fullmatch(found["rest"] or "") is not None)


def refuse_other_agents(permit: Permit, agent: object) -> None:
    """Raises: Refused: 403, a session of another agent than the token is for."""
    named = agent.get("id") if isinstance(agent, dict) else agent
    if permit.role == "agent" and named != permit.only:
        words = f"agent: the token {permit.name!r} is for the agent {permit.only} alone"
        raise Refused(words, status=403, kind="permission_error")


def is_permitted(permit: Permit, session: ListedSession) -> bool:
    """Whether the permit lets its holder see it."""
    if permit.role == "agent":
        return session.agent_id == permit.only
    return permit.role != "session" or session.id == permit.only


class OfAgent:
    """Keeps a token that is for one agent to that agent's sessions."""

    def __init__(self, inner: ASGIApp, agent_of: Callable[[str], Awaitable[str | None]]) -> None:
        """`agent_of` gives the agent of a session; None where there is no such session."""
        self.inner, self._agent_of = inner, agent_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        permit = scope.get(PERMIT)
        found = _SESSION.fullmatch(scope["path"]) if permit is not None and permit.role == "agent" else None
        if permit is not None and found is not None and await self._agent_of(found["id"]) != permit.only:
            words = f"the token {permit.name!r} is for the agent {permit.only} alone, and this session is not its"
            refused = Refused(words, status=403, kind="permission_error")
            await refusal(refused, scope.get("workbench.request_id", ""))(scope, receive, send)
            return
        await self.inner(scope, receive, send)
