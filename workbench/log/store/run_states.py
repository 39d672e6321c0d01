"""What the log says of a session's open workflow runs: a pure fold over its primary thread's events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workbench import events
from workbench.contracts.thread_states import Json, RunState, ThreadState
from workbench.events import Event
from workbench.light.copies import replace


def after(  # noqa: PLR0911 - one return a kind
    runs: Sequence[RunState], threads: Sequence[ThreadState], event: Event, moment: datetime | None
) -> tuple[RunState, ...]:
    """The runs after one more event; `threads` are as they were before it."""
    match event.type:
        case "workflow_run.created":
            phases = tuple((one.id, one.name) for one in event.phases)
            return (*runs, RunState(event.workflow_run_id, event.name, moment, phases))
        case "workflow_run.phase_started":
            return tuple(_in_phase(one, event.workflow_run_id, event.workflow_run_phase_id) for one in runs)
        case "workflow_run.phase_ended":
            return tuple(_in_phase(one, event.workflow_run_id, "") for one in runs)
        case "workflow_run.status_ended":
            return tuple(one for one in runs if one.run_id != event.workflow_run_id)
        case "session.thread_created" if event.workflow_run_id is not None:
            return tuple(_counted(one, event.workflow_run_id, agents=1) for one in runs)
        case "session.thread_status_terminated":
            run_id = next((one.workflow_run_id for one in threads if one.thread_id == event.session_thread_id), None)
            return tuple(_counted(one, run_id, done=1) for one in runs)
    return tuple(runs)


def answered(runs: Sequence[RunState], answer: Json) -> tuple[RunState, ...]:
    """The runs after what one of their agents gave (see `WORKFLOW_ANSWERED`), which no event tells."""
    if answer["error"] is None:
        return tuple(runs)
    return tuple(_counted(one, answer["workflow_run_id"], failed=1) for one in runs)


def _in_phase(run: RunState, run_id: str, phase_id: str) -> RunState:
    """The run in this phase, or in none where the id is empty; another run as it is."""
    return replace(run, phase=dict(run.phases).get(phase_id, "")) if run.run_id == run_id else run


def _counted(run: RunState, run_id: str | None, *, agents: int = 0, done: int = 0, failed: int = 0) -> RunState:
    if run.run_id != run_id:
        return run
    return replace(run, agents=run.agents + agents, done=run.done + done, failed=run.failed + failed)


def as_json(run: RunState) -> Json:
    """The state as JSON, for keeping."""
    kept: dict[str, Any] = dict(vars(run))
    kept["phases"] = [list(one) for one in run.phases]
    kept["started_at"] = events.timestamp(run.started_at) if run.started_at else None
    return kept


def of_json(kept: Json) -> RunState:
    """The state that `as_json` gave."""
    moment = datetime.fromisoformat(kept["started_at"]) if kept.get("started_at") else None
    return RunState(**{**kept, "phases": tuple((one, name) for one, name in kept["phases"]), "started_at": moment})
