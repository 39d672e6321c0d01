"""Runs of recordings: replayed from the log, where nothing is asked and nothing runs, or once more for real."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import following, surface
from workbench.commands.budget import limit
from workbench.commands.evaluation.recordings import Recording
from workbench.contracts import modes

Json = dict[str, Any]

_ENDED: Final = "end_turn"
_MOST_OUTPUT: Final = 2000


@dataclass(frozen=True)
class Candidate:
    """A version of an agent; `label` is how people call it."""

    label: str
    agent_id: str
    version: int


@dataclass(frozen=True)
class Result:
    """How a case ended with a candidate; `why` says what was wrong, `cents` is None where nobody knows the price."""

    case: str
    candidate: str
    passed: bool
    why: str = ""
    cents: float | None = None
    seconds: float = 0.0
    session_id: str = ""


def replayed(engine: Client, case: Recording, candidate: Candidate | None) -> Result:
    """Whether the recorded session would be asked the same requests, now, by the candidate or by its own agent."""
    label = candidate.label if candidate else "as recorded"
    body: Json = {"agent": candidate.agent_id, "version": candidate.version} if candidate else {}
    began = time.monotonic()
    try:
        found = engine.post(paths.own(case.session_id, "replay"), body)
        cents = _cents(engine, case.session_id)
    except ApiError as error:
        return Result(case.name, label, passed=False, why=str(error))
    why = ""
    if found["different"]:
        first = found["first_difference"]
        why = f"{found['different']} of {len(found['requests'])} requests differ, first in {', '.join(first['differs_in'])}"
    elif found["unknown"]:
        why = f"{found['unknown']} requests were made before requests were remembered"
    return Result(case.name, label, not why, why, cents, time.monotonic() - began, case.session_id)


def run_again(engine: Client, case: Recording, candidate: Candidate, *, budget: str | None, mode: str | None) -> Result:
    """The same messages to a new session of the candidate; its end and the case's check decide."""
    began = time.monotonic()
    session_id = ""
    try:
        session_id = str(engine.post(paths.SESSIONS, _body(case, candidate, budget, mode))["id"])
        why = _asked(engine, case, session_id)
        cents = _cents(engine, session_id)
    except ApiError as error:
        return Result(case.name, candidate.label, passed=False, why=str(error), session_id=session_id)
    return Result(case.name, candidate.label, not why, why, cents, time.monotonic() - began, session_id)


def _body(case: Recording, candidate: Candidate, budget: str | None, mode: str | None) -> Json:
    metadata = {"workbench.tags": "eval"}
    if case.project is not None:
        metadata["workbench.project"] = case.project
    if (chosen := mode or case.mode) is not None:
        metadata[modes.KEY] = chosen
    body: Json = {
        "agent": {"type": "agent", "id": candidate.agent_id, "version": candidate.version},
        "environment_id": case.environment_id,
        "title": f"eval {case.name} ({candidate.label})"[:60],
        "metadata": metadata,
    }
    return body | ({"budget": limit(budget)} if budget else {})


def _asked(engine: Client, case: Recording, session_id: str) -> str:
    """Why the case failed; "" where it did not."""
    cursor = 0
    for content in case.messages:
        engine.post(paths.events(session_id), {"events": [{"type": "user.message", "content": content}]})
        cursor, event = _rested(engine, session_id, cursor)
        reason = (event.get("stop_reason") or {}).get("type", event["type"])
        if reason != _ENDED:
            if reason == "requires_action":
                engine.post(paths.events(session_id), {"events": [{"type": "user.interrupt"}]})
                _rested(engine, session_id, cursor)
                return "it waits for an approval; --mode allow lets every call run"
            return f"it ended with {reason}"
    if case.check is None:
        return ""
    ran = engine.post(paths.own(session_id, "command"), {"command": case.check})
    return f"the check failed: {ran['output'][-_MOST_OUTPUT:]}" if ran["is_error"] else ""


def _rested(engine: Client, session_id: str, cursor: int) -> tuple[int, Json]:
    for frame in following.frames(engine, session_id, after=cursor, previews=False):
        cursor = frame.cursor or cursor
        if following.is_at_rest(engine, session_id, frame.data):
            return cursor, frame.data
    raise surface.Wrong(f"session {session_id} was deleted while it ran")


def _cents(engine: Client, session_id: str) -> float | None:
    """What it has cost, to be summed: the amounts of the public API are whole cents."""
    state = engine.get(paths.own(session_id, "state"))
    return float(state["own_cents"]) if (state["usage"] or {}).get("list_cost") else None
