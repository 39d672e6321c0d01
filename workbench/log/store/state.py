"""What the log says of a session: a pure fold, one entry after the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from workbench import events
from workbench.contracts.call_text import call_line
from workbench.contracts.facts import FILES_COUNTED, SESSION_SPENT
from workbench.contracts.outcomes import evaluation_of, evaluations_after
from workbench.contracts.task_list import current, done, tasks_of
from workbench.contracts.thread_facts import WORKFLOW_ANSWERED
from workbench.contracts.tools import UPDATE_TASKS
from workbench.contracts.values import Entry, Fact, Json, SessionState
from workbench.events import Event
from workbench.light.copies import replace
from workbench.log.store import repetition, run_states, thread_states
from workbench.text.display import line

LAST_TEXT_LENGTH = 400
ASKING = "asks the model"
GRADED = "its work is graded"
_OF_RUNS = frozenset(
    {
        *(
            "workflow_run.created",
            "workflow_run.phase_started",
            "workflow_run.phase_ended",
            "workflow_run.status_ended",
        ),
        *("session.thread_created", "session.thread_status_terminated"),
    }
)
_OF_OUTCOMES = frozenset(
    {
        *("user.define_outcome", "span.outcome_evaluation_start", "span.outcome_evaluation_end"),
        *("span.model_request_start", "session.status_running", "session.status_idle", "session.status_terminated"),
    }
)
_MOMENTS = ("running_since", "last_event_at", "rested_at")


def fold(state: SessionState, entry: Entry) -> SessionState:
    """The state after one more entry; `queued` is the inbox's to count. Entries of child threads change what is said of these."""
    if entry.seq is None:
        return replace(state, position=entry.position)
    told: dict[str, Any] = {"position": entry.position, "seq": entry.seq}
    event, moment = entry.event, _zoned(entry.event.processed_at)
    if entry.thread_id is not None:
        return replace(state, **told, threads=thread_states.after(state.threads, entry.thread_id, event, moment))
    if entry.is_cross_posted:
        return _cross_posted(replace(state, **told), event)
    told |= {"last_event_type": event.type, "last_event_at": moment}
    if event.type in _OF_RUNS:
        told["runs"] = run_states.after(state.runs, state.threads, event, moment)
    if event.type in _OF_OUTCOMES:
        told |= _outcomes(state, event)
    if event.type == "agent.message":
        # The most frequent one: it needs no second copy.
        return replace(state, **told, last_text=events.text_of(event.content)[:LAST_TEXT_LENGTH])
    return _after(replace(state, **told), event, moment)


def with_fact(state: SessionState, fact: Fact) -> SessionState:
    """The state after a fact that no event tells; the same one after any other."""
    match fact.name:
        case WORKFLOW_ANSWERED.name:
            return replace(state, runs=run_states.answered(state.runs, fact.body))
        case SESSION_SPENT.name:
            return replace(state, spent_usd=float(fact.body["usd"]))
        case FILES_COUNTED.name:
            return replace(state, changed_files=fact.body["changed"])
    return state


def _outcomes(state: SessionState, event: Event) -> dict[str, Any]:
    """What changes with its outcomes; one that came while a turn ended has that turn's idle before it."""
    known = evaluations_after(state.outcomes, event)
    is_new = state.is_outcome_new
    match event.type:
        case "user.define_outcome":
            is_new = True
        case "span.model_request_start" | "span.outcome_evaluation_end" | "session.status_terminated":
            is_new = False
        case "session.status_idle":
            is_new = is_new and event.stop_reason.type == "end_turn"
    return {"outcomes": known, "is_outcome_new": is_new}


def _zoned(moment: datetime | None) -> datetime | None:
    """With a zone: moments with and without one cannot be compared."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _after(state: SessionState, event: Event, moment: datetime | None) -> SessionState:  # noqa: PLR0911, PLR0912 - one return a kind
    match event.type:
        case "session.status_running":
            waiting = thread_states.waiting_for(state.threads)
            return replace(state, status="running", running_since=state.running_since or moment, waiting_for=waiting)
        case "session.thread_created":
            return replace(state, threads=(*state.threads, thread_states.made(event, moment)))
        case "session.thread_status_running" if _is_primary(state, event):
            return replace(state, primary="running")
        case "session.thread_status_rescheduled" if _is_primary(state, event):
            return replace(state, primary="rescheduling")
        case "session.thread_status_idle" if _is_primary(state, event):
            return replace(state, primary="idle", primary_stop=events.dump(event)["stop_reason"])
        case "session.thread_status_idle" | "session.thread_status_terminated":
            return _thread_rested(state, event)
        case "session.status_idle":
            return _idle(_rested(state, "idle", moment), event)
        case "session.status_rescheduled":
            return _rested(state, "rescheduling", moment)
        case "session.status_terminated":
            return replace(_rested(state, "terminated", moment), waiting_for=())
        case "session.deleted":
            return replace(_rested(state, state.status, moment), deleted=True)
        case "session.usage":
            return replace(state, usage=events.dump(event)["usage"])
        case "session.error":
            return replace(state, last_error=event.error.message, last_error_type=event.error.type)
        case "span.model_request_end":
            return replace(state, context_tokens=_held(event) or state.context_tokens, activity=_still(state))
        case "span.model_request_start" if state.activity != GRADED:
            return replace(state, activity=ASKING)
        case "agent.tool_use" | "agent.mcp_tool_use" | "agent.custom_tool_use":
            state = _listed(state, event) if event.name == UPDATE_TASKS.name else state
            recent = repetition.with_call(state.recent, event.name, events.dump(event)["input"])
            doing = f"{repetition.told(recent)}{event.name} {call_line(events.dump(event))}"
            return replace(state, recent=recent, activity=line(doing, 200))
        case "user.message":
            said = events.text_of(event.content)[:LAST_TEXT_LENGTH]
            return replace(state, last_text=said, recent=(), is_interrupted=False)
        case "user.interrupt" if _is_whole(state, event):
            return replace(state, is_interrupted=state.standing == "running" or bool(state.waiting_for))
        case "user.define_outcome":
            return replace(state, last_text=event.description[:LAST_TEXT_LENGTH], is_interrupted=False)
        case "span.outcome_evaluation_start":
            return replace(state, activity=GRADED)
        case "span.outcome_evaluation_end":
            return replace(state, activity=None)
        case "user.tool_confirmation" | "user.tool_result":
            return _answered(state, event.tool_use_id)
        case "user.custom_tool_result":
            return _answered(state, event.custom_tool_use_id)
    return state


def _is_primary(
    state: SessionState, event: events.ThreadRunning | events.ThreadRescheduled | events.ThreadIdle
) -> bool:
    return event.session_thread_id == events.primary_thread_id(state.session_id)


def _is_whole(state: SessionState, event: events.UserInterrupt) -> bool:
    """Whether the session's own agent is meant, and not one that works for it."""
    return event.session_thread_id in (None, events.primary_thread_id(state.session_id))


def _thread_rested(state: SessionState, event: events.ThreadIdle | events.ThreadTerminated) -> SessionState:
    """A thread's rest as the session's stream tells it: what a child waits for is waited for at once, whatever others do."""
    waiting = [*state.waiting_for, *thread_states.waiting_for(state.threads)]
    if event.type == "session.thread_status_terminated":
        threads = tuple(one for one in state.threads if one.thread_id != event.session_thread_id)
        gone = {call for one in state.threads if one not in threads for call in one.waiting_for}
        return replace(
            state, threads=threads, waiting_for=tuple(call for call in state.waiting_for if call not in gone)
        )
    return replace(state, waiting_for=tuple(dict.fromkeys(waiting)))


def _cross_posted(state: SessionState, event: Event) -> SessionState:
    match event.type:
        case "user.tool_confirmation" | "user.tool_result":
            return _answered(state, event.tool_use_id)
        case "user.custom_tool_result":
            return _answered(state, event.custom_tool_use_id)
    return state


def _listed(state: SessionState, event: Event) -> SessionState:
    """The state with the task list of this call; one that is not as the tool says leaves it as it is."""
    tasks = tasks_of(events.dump(event)["input"])
    if tasks is None:
        return state
    return replace(state, tasks=len(tasks), tasks_done=done(tasks), task=current(tasks))


def _still(state: SessionState) -> str | None:
    """The calls of an answer stand before the end of its request, and are what is done after it."""
    return None if state.activity == ASKING else state.activity


def _rested(state: SessionState, status: str, moment: datetime | None) -> SessionState:
    """The state with its running span closed."""
    state = replace(state, activity=None)
    if state.running_since is None or moment is None:
        return replace(state, status=status)
    seconds = max(0.0, (moment - state.running_since).total_seconds())
    return replace(state, status=status, running_since=None, active_seconds=state.active_seconds + seconds)


def _idle(state: SessionState, event: events.SessionIdle) -> SessionState:
    reason: Json = events.dump(event)["stop_reason"]
    return replace(
        state,
        stop_reason=reason,
        waiting_for=tuple(reason.get("event_ids", ())),
        last_error=None if reason["type"] == "end_turn" else state.last_error,
        last_error_type=None if reason["type"] == "end_turn" else state.last_error_type,
        rested_at=_zoned(event.processed_at),
    )


def _held(request_end: events.ModelRequestEnd) -> int:
    """How many tokens the request and its answer had; none of a request that failed."""
    used = request_end.model_usage
    read = used.input_tokens + used.cache_read_input_tokens + used.cache_creation_input_tokens
    return read + used.output_tokens


def _answered(state: SessionState, call_id: str) -> SessionState:
    return replace(state, waiting_for=tuple(waiting for waiting in state.waiting_for if waiting != call_id))


def state_json(state: SessionState) -> Json:
    """The state as JSON, for keeping."""
    kept: dict[str, Any] = dict(vars(state))
    kept["waiting_for"] = list(state.waiting_for)
    kept["outcomes"] = [vars(one) for one in state.outcomes]
    for name in _MOMENTS:
        kept[name] = events.timestamp(kept[name]) if kept[name] else None
    kept["runs"] = [run_states.as_json(one) for one in state.runs]
    kept["threads"] = [thread_states.as_json(one) for one in state.threads]
    return kept


def state_of(kept: Json) -> SessionState:
    """The state that `state_json` gave."""
    moments = {name: datetime.fromisoformat(kept[name]) if kept.get(name) else None for name in _MOMENTS}
    threads = tuple(thread_states.of_json(one) for one in kept.get("threads", ()))
    runs = tuple(run_states.of_json(one) for one in kept.get("runs", ()))
    tuples = {
        "waiting_for": tuple(kept["waiting_for"]),
        "recent": tuple(kept.get("recent", ())),
        "threads": threads,
        "runs": runs,
    }
    outcomes = tuple(evaluation_of(one) for one in kept.get("outcomes", ()))
    return SessionState(**{**kept, **moments, **tuples, "outcomes": outcomes})
