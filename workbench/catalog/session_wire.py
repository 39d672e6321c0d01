"""Sessions as the API shows them: the record with what the log says of it."""

from __future__ import annotations

from datetime import datetime

from workbench import events
from workbench.catalog.repositories import shown
from workbench.contracts.values import Json, SessionState


def no_usage() -> Json:
    """The usage of a session that did nothing yet."""
    return {
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "list_cost": {"amount": "0", "currency": "USD"},
        "active_seconds": 0.0,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
    }


def wire(record: Json, state: SessionState, now: datetime) -> Json:
    """The public object of a session at this moment."""
    created_at = datetime.fromisoformat(record["created_at"])
    ended_at = datetime.fromisoformat(record["archived_at"]) if record["archived_at"] else now
    active = state.active_seconds + ((now - state.running_since).total_seconds() if state.running_since else 0.0)
    last = events.timestamp(state.last_event_at) if state.last_event_at else record["updated_at"]
    body = {key: value for key, value in record.items() if key != "workbench"}
    return body | {
        "resources": [shown(resource) for resource in record["resources"]],
        "status": "terminated" if record["archived_at"] else state.standing,
        "outcome_evaluations": [one.wire() for one in state.outcomes],
        "updated_at": max(record["updated_at"], last),
        "usage": state.usage or no_usage(),
        "stats": {
            "active_seconds": round(active, 3),
            "duration_seconds": round((ended_at - created_at).total_seconds(), 3),
        },
    }


def thread(session: Json) -> Json:
    """The primary thread of a session's public object."""
    started = session["stats"]["active_seconds"] > 0 or session["status"] != "idle"
    return {
        "id": events.primary_thread_id(session["id"]),
        "type": "session_thread",
        "session_id": session["id"],
        "parent_thread_id": None,
        "agent": {key: value for key, value in session["agent"].items() if key != "multiagent"},
        "status": session["status"],
        "stats": session["stats"] | {"startup_seconds": 0.0} if started else None,
        "usage": session["usage"] if started else None,
        "workflow_run_id": None,
        "archived_at": session["archived_at"],
        "created_at": session["created_at"],
        "updated_at": session["updated_at"],
    }
