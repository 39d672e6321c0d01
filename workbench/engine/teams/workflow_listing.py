"""The workflow runs of a session as people see them: how far each is, what failed, what it has cost, and what it gave."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from workbench import events, pricing
from workbench.brain.history import ThreadHistory
from workbench.brain.usage import list_cost
from workbench.contracts.log import Log
from workbench.contracts.thread_facts import THREAD_CREATED, WORKFLOW_ANSWERED, WORKFLOW_ENDED, WORKFLOW_STARTED
from workbench.contracts.values import Fact, Json
from workbench.events import Event

_MOST_ERRORS: Final = 10


async def runs(log: Log, session_id: str) -> list[Json]:
    """All of them, the oldest first."""
    names = (WORKFLOW_STARTED.name, THREAD_CREATED.name, WORKFLOW_ANSWERED.name, WORKFLOW_ENDED.name)
    facts = await log.facts.facts(session_id, *names)
    started = [fact for fact in facts if fact.name == WORKFLOW_STARTED.name]
    if not started:
        return []
    # The end of one waits in the inbox until the session's agent takes it.
    entries = [*await log.sessions.read(session_id), *log.inbox.queued(session_id)]
    told = [one.event for one in entries if one.event.type.startswith("workflow_run.")]
    return [await _run(log, session_id, one, facts, told) for one in started]


async def _run(log: Log, session_id: str, started: Fact, facts: Sequence[Fact], told: Sequence[Event]) -> Json:
    run_id = started.body["workflow_run_id"]
    mine = [fact for fact in facts if fact.body.get("workflow_run_id") == run_id]
    made = {
        fact.body["session_thread_id"]: fact.body["agent"]["name"] for fact in mine if fact.name == THREAD_CREATED.name
    }
    answered = [fact.body for fact in mine if fact.name == WORKFLOW_ANSWERED.name]
    failed = [one for one in answered if one["error"] is not None]
    ended = next((fact for fact in mine if fact.name == WORKFLOW_ENDED.name), None)
    own = [events.dump(one) for one in told if getattr(one, "workflow_run_id", None) == run_id]
    cost = await _cost(log, session_id, list(made))
    return {
        "id": run_id,
        "name": started.body["name"],
        "description": started.body["description"],
        "phases": [{"name": one["name"], "status": _phase(one["id"], own)} for one in started.body["phases"]],
        "agents": len(made),
        "done": len(answered),
        "failed": len(failed),
        "errors": [f"{made.get(one['session_thread_id'], 'agent')}: {one['error']}" for one in failed[:_MOST_ERRORS]],
        "list_cost": None if cost is None else pricing.cents(cost),
        "started_at": events.timestamp(started.made_at),
        "ended_at": events.timestamp(ended.made_at) if ended else None,
        "result": next((one["result"] for one in own if one["type"] == "workflow_run.status_ended"), None),
        "value": ended.body["value"] if ended else None,
    }


def _phase(phase_id: str, told: Sequence[Json]) -> str:
    """waiting, running or done."""
    kinds = {one["type"] for one in told if one.get("workflow_run_phase_id") == phase_id}
    if "workflow_run.phase_ended" in kinds:
        return "done"
    return "running" if "workflow_run.phase_started" in kinds else "waiting"


async def _cost(log: Log, session_id: str, thread_ids: Sequence[str]) -> Fraction | None:
    """The list cost of these threads; None where a model has no list price."""
    costs: list[Fraction | None] = []
    for thread_id in thread_ids:
        history = await ThreadHistory.opened(session_id, thread_id, log.sessions, log.facts)
        await history.turn()
        costs.append(list_cost(history.entries, history.notes))
    return pricing.total(costs)
