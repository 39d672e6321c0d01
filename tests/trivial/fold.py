"""What the trivial log says of one session: the fold behind `SessionState`, one row at a time."""

from __future__ import annotations

from dataclasses import replace

from workbench import events
from workbench.contracts.call_text import call_line
from workbench.contracts.outcomes import evaluations_after
from workbench.contracts.values import Entry, SessionState
from workbench.events import Event
from workbench.log.store.state import fold
from workbench.text.display import line

_OF_THREADS = frozenset(
    {
        *("session.thread_created", "session.thread_status_running", "session.thread_status_idle"),
        *("session.thread_status_rescheduled", "session.thread_status_terminated", "workflow_run.created"),
        *("workflow_run.phase_started", "workflow_run.phase_ended", "workflow_run.status_ended"),
    }
)
_COUNTED = frozenset({"user.message", "user.define_outcome"})


def advanced(state: SessionState, row: Entry | None, left_inbox: int) -> SessionState:
    """The state after a row (None for a flush), with so many messages taken out of the inbox."""
    state = replace(state, queued=max(0, state.queued - left_inbox))
    if row is None:
        return state
    state = replace(state, position=row.position)
    if row.seq is None:
        return replace(state, queued=state.queued + (row.event.type in _COUNTED))
    if row.thread_id is not None or row.is_cross_posted or row.event.type in _OF_THREADS:
        # What is said of child threads is folded as the real log does; the rest is this file's own.
        shown = fold(replace(state, position=row.position - 1), row)
        of_threads = {
            name: getattr(shown, name) for name in ("threads", "waiting_for", "runs", "primary", "primary_stop")
        }
        kept = replace(state, seq=row.seq, **of_threads)
        if row.thread_id is not None or row.is_cross_posted:
            return kept
        state = kept
    told = replace(state, seq=row.seq, last_event_type=row.event.type, last_event_at=row.event.processed_at)
    told = replace(
        told, outcomes=evaluations_after(state.outcomes, row.event), is_outcome_new=_is_new(state, row.event)
    )
    return _told(told, row.event)


def _is_new(state: SessionState, event: Event) -> bool:
    """Whether the last outcome is one that the agent has not begun with."""
    if event.type == "user.define_outcome":
        return True
    if event.type == "session.status_idle":
        return state.is_outcome_new and event.stop_reason.type == "end_turn"
    begins = ("span.model_request_start", "span.outcome_evaluation_end", "session.status_terminated")
    return state.is_outcome_new and event.type not in begins


def _told(state: SessionState, event: Event) -> SessionState:
    match event.type:
        case "session.status_running":
            waiting = tuple(call for one in state.threads for call in one.waiting_for)
            since = state.running_since or event.processed_at
            return replace(state, status="running", running_since=since, waiting_for=waiting)
        case "session.status_rescheduled":
            return replace(state, status="rescheduling", activity=None)
        case "session.status_idle":
            reason = event.stop_reason.model_dump(mode="json")
            error = (None, None) if reason["type"] == "end_turn" else (state.last_error, state.last_error_type)
            waiting = tuple(reason.get("event_ids", ()))
            return replace(
                _stopped(state, event),
                status="idle",
                stop_reason=reason,
                waiting_for=waiting,
                last_error=error[0],
                last_error_type=error[1],
                rested_at=event.processed_at,
            )
        case "span.model_request_end":
            used = event.model_usage.model_dump()
            names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
            doing = None if state.activity == "asks the model" else state.activity
            return replace(
                state, context_tokens=sum(used[name] for name in names) or state.context_tokens, activity=doing
            )
        case "span.model_request_start" if state.activity != "its work is graded":
            return replace(state, activity="asks the model")
        case "span.outcome_evaluation_start":
            return replace(state, activity="its work is graded")
        case "span.outcome_evaluation_end":
            return replace(state, activity=None)
        case "user.define_outcome":
            return replace(state, last_text=event.description[:400], is_interrupted=False)
        case "user.interrupt" if event.session_thread_id in (None, events.primary_thread_id(state.session_id)):
            return replace(state, is_interrupted=bool(state.waiting_for) or state.standing == "running")
        case "agent.tool_use" | "agent.mcp_tool_use" | "agent.custom_tool_use":
            return replace(state, activity=line(f"{event.name} {call_line(events.dump(event))}", 200))
        case "session.status_terminated":
            return replace(_stopped(state, event), status="terminated", waiting_for=())
        case "session.usage":
            return replace(state, usage=event.usage.model_dump(mode="json", exclude_unset=True))
        case "user.message":
            return replace(state, last_text=events.text_of(event.content)[:400], is_interrupted=False)
        case "agent.message":
            return replace(state, last_text=events.text_of(event.content)[:400])
        case "session.error":
            return replace(state, last_error=event.error.message, last_error_type=event.error.type)
        case "user.tool_confirmation":
            return _answered(state, event.tool_use_id)
        case "user.custom_tool_result":
            return _answered(state, event.custom_tool_use_id)
        case "session.deleted":
            return replace(state, deleted=True)
        case _:
            return state


def _answered(state: SessionState, event_id: str) -> SessionState:
    return replace(state, waiting_for=tuple(one for one in state.waiting_for if one != event_id))


def _stopped(state: SessionState, event: Event) -> SessionState:
    state = replace(state, activity=None)
    if state.running_since is None or event.processed_at is None:
        return state
    seconds = (event.processed_at - state.running_since).total_seconds()
    return replace(state, running_since=None, active_seconds=state.active_seconds + seconds)
