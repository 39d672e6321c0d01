"""What the log says of a session's child threads: a pure fold, one entry after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from workbench import events
from workbench.contracts.call_text import call_line
from workbench.contracts.thread_states import Json, ThreadState
from workbench.events import Event
from workbench.light.copies import replace
from workbench.text.display import line

LAST_TEXT_LENGTH: Final = 400
_MOMENTS: Final = ("created_at", "running_since", "rested_at", "last_event_at")


def made(event: Event, moment: datetime | None) -> ThreadState:
    """A thread as `session.thread_created` tells of it."""
    assert event.type == "session.thread_created"
    return ThreadState(event.session_thread_id, event.agent_name, moment, event.workflow_run_id)


def after(
    threads: Sequence[ThreadState], thread_id: str, event: Event, moment: datetime | None
) -> tuple[ThreadState, ...]:
    """The threads after one more entry of this one; entries of one that is terminated change nothing."""
    return tuple(
        _after(replace(one, last_event_at=moment), event, moment) if one.thread_id == thread_id else one
        for one in threads
    )


def waiting_for(threads: Sequence[ThreadState]) -> tuple[str, ...]:
    """The ids of all calls that wait for an answer."""
    return tuple(call for one in threads for call in one.waiting_for)


def _after(thread: ThreadState, event: Event, moment: datetime | None) -> ThreadState:  # noqa: PLR0911 - one return a kind
    match event.type:
        case "session.thread_status_running":
            return replace(
                thread, status="running", running_since=thread.running_since or moment, waiting_for=(), last_error=None
            )
        case "session.thread_status_idle":
            reason: Json = events.dump(event)["stop_reason"]
            waiting = tuple(reason.get("event_ids", ()))
            return replace(_rested(thread, "idle", moment), stop_reason=reason, waiting_for=waiting, rested_at=moment)
        case "session.thread_status_rescheduled":
            return _rested(thread, "rescheduling", moment)
        case "session.thread_status_terminated":
            return replace(_rested(thread, "terminated", moment), waiting_for=())
        case "session.error":
            return replace(thread, last_error=event.error.message)
        case "span.model_request_start":
            return replace(thread, activity="asks the model")
        case "agent.tool_use" | "agent.mcp_tool_use" | "agent.custom_tool_use":
            return replace(thread, activity=line(f"{event.name} {call_line(events.dump(event))}", 200))
        case "agent.message":
            return replace(thread, last_text=events.text_of(event.content)[:LAST_TEXT_LENGTH])
        case "user.tool_confirmation":
            return _answered(thread, event.tool_use_id)
        case "user.custom_tool_result":
            return _answered(thread, event.custom_tool_use_id)
    return thread


def _answered(thread: ThreadState, call_id: str) -> ThreadState:
    return replace(thread, waiting_for=tuple(waiting for waiting in thread.waiting_for if waiting != call_id))


def _rested(thread: ThreadState, status: str, moment: datetime | None) -> ThreadState:
    """The thread with its running span closed."""
    thread = replace(thread, status=status, activity=None)
    if thread.running_since is None or moment is None:
        return thread
    seconds = max(0.0, (moment - thread.running_since).total_seconds())
    return replace(thread, running_since=None, active_seconds=thread.active_seconds + seconds)


def as_json(thread: ThreadState) -> Json:
    """The state as JSON, for keeping."""
    kept: dict[str, Any] = dict(vars(thread))
    kept["waiting_for"] = list(thread.waiting_for)
    for name in _MOMENTS:
        kept[name] = events.timestamp(kept[name]) if kept[name] else None
    return kept


def of_json(kept: Json) -> ThreadState:
    """The state that `as_json` gave."""
    moments = {name: datetime.fromisoformat(kept[name]) if kept.get(name) else None for name in _MOMENTS}
    return ThreadState(**{**kept, **moments, "waiting_for": tuple(kept["waiting_for"])})
