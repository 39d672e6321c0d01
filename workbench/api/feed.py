"""/workbench/v1/feed, …/states and …/sessions/{id}/state: the states of all sessions and the engine's own, live; of all now; of one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import events
from workbench.api.streams import OPEN, SIGN_OF_LIFE_S, EventStream, frame, merged, passing_body
from workbench.api.wire import answer, identifier
from workbench.catalog.groups import own_cents
from workbench.catalog.sessions import KIND
from workbench.contracts.instructions import Instructions
from workbench.contracts.modes import mode_of
from workbench.contracts.thread_states import RunState, ThreadState
from workbench.contracts.values import Json, SessionState
from workbench.engine.engine_state import EngineState
from workbench.engine.facade import Engine
from workbench.engine.read_marks import READ_THROUGH

BREATH = 64
TAGS_KEY = "workbench.tags"
"""In a session's metadata: its tags, with blanks between them."""


def routes(engine: Engine) -> list[Route]:
    async def feed(request: Request) -> Response:
        return EventStream(_feed(engine), life_s=SIGN_OF_LIFE_S)

    async def state(request: Request) -> Response:
        document = await engine.records.document(identifier(request, "session_id"))
        return answer(await _state_body(engine, engine.log.states.state(document.id), document.body))

    async def states(request: Request) -> Response:
        return answer({"data": [known async for known in _known(engine)]})

    return [
        Route("/workbench/v1/states", states, methods=["GET"]),
        Route("/workbench/v1/feed", feed, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/state", state, methods=["GET"]),
    ]


async def _feed(engine: Engine) -> AsyncGenerator[bytes, None]:
    """Every session's state, `feed.live`, then each change and the engine's own; subscribed before the first is read, so none is missed."""
    changes = engine.feed.changes()
    yield OPEN
    async for known in _known(engine):
        yield frame("session.state", json.dumps(known))
    yield frame("feed.live", "{}")
    frames = merged(_session_frames(engine, changes), _engine_frames(engine.state))
    async with contextlib.aclosing(frames):
        async for item in frames:
            yield item


async def _session_frames(engine: Engine, changes: AsyncGenerator[SessionState, None]) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(changes):
        async for changed in changes:
            document = await engine.log.documents.get(KIND, changed.session_id)
            body = await _state_body(engine, changed, document.body if document else None)
            yield frame("session.state", json.dumps(body))


async def _engine_frames(state: EngineState) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(state.follow()) as states:
        async for current in states:
            yield frame("engine.state", json.dumps(current))


async def _known(engine: Engine) -> AsyncGenerator[Json, None]:
    """The state of every session. Their records are read at once: of thousands, one by one would each be a question to the store."""
    states = await engine.feed.states()
    records = {document.id: document.body for document in await engine.log.documents.newest(KIND)}
    for number, state in enumerate(states):
        if number % BREATH == 0:
            # Others are answered meanwhile.
            await asyncio.sleep(0)
        yield await _state_body(engine, state, records.get(state.session_id))


async def _state_body(engine: Engine, state: SessionState, record: Json | None) -> Json:
    archived = bool(record and record["archived_at"])
    return {
        "session_id": state.session_id,
        "position": state.position,
        "status": "terminated" if archived else state.standing,
        "primary_status": state.primary,
        "stop_reason": state.stop_reason,
        "waiting_for": state.waiting_for,
        "queued": state.queued,
        "last_event_type": state.last_event_type,
        "last_event_at": events.timestamp(state.last_event_at) if state.last_event_at else None,
        "last_text": state.last_text,
        **_progress(state),
        "threads": [_thread(one) for one in state.threads],
        "runs": [_run(one) for one in state.runs],
        "last_error": state.last_error,
        "last_error_type": state.last_error_type,
        "usage": state.usage,
        "changed_files": state.changed_files,
        "is_interrupted": state.is_interrupted,
        "own_cents": own_cents(state, record) if record else 0,
        "rested_at": events.timestamp(state.rested_at) if state.rested_at else None,
        "context_tokens": state.context_tokens,
        "deleted": state.deleted or record is None,
        **await _record_body(engine, record),
    }


async def _record_body(engine: Engine, record: Json | None) -> Json:
    """What its record says of a session; nothing of one that has none."""
    if record is None:
        names = "title context_window agent_id agent_name model effort environment_id environment forked_from project"
        empty: Json = dict.fromkeys([*names.split(), "created_at", "archived_at"])
        return empty | {"mode": "", "tags": [], **_own({})}
    model = record["agent"]["model"]
    return {
        "mode": mode_of(record["metadata"]),
        "title": record["title"],
        "context_window": engine.models.window(model["id"]),
        "tags": record["metadata"].get(TAGS_KEY, "").split(),
        "agent_id": record["agent"]["id"],
        "agent_name": record["agent"]["name"],
        "model": model["id"],
        "effort": model["effort"]["type"],
        "environment_id": record["environment_id"],
        "environment": await engine.names.name("environment", record["environment_id"]),
        "forked_from": await _parent(engine, record),
        "project": record["workbench"]["project"],
        **_own(record["workbench"]),
        "created_at": record["created_at"],
        "archived_at": record["archived_at"],
    }


def _progress(state: SessionState) -> Json:
    """How far it is: its task list, its last outcome with the most rounds that it may take, and what it does now."""
    last = state.outcomes[-1] if state.outcomes else None
    return {
        "tasks": {"total": state.tasks, "completed": state.tasks_done, "current": state.task} if state.tasks else None,
        "outcome": {**last.wire(), "max_iterations": last.max_iterations} if last else None,
        "activity": state.activity if state.standing == "running" else None,
        "percent": state.percent,
        "progress": passing_body(state.progress) if state.progress else None,
    }


def _thread(thread: ThreadState) -> Json:
    """A child thread that is not terminated."""
    return {
        "id": thread.thread_id,
        "agent_name": thread.agent_name,
        "status": thread.status,
        "stop_reason": (thread.stop_reason or {}).get("type"),
        "waiting_for": thread.waiting_for,
        "activity": thread.activity,
        "last_text": thread.last_text,
        "last_error": thread.last_error,
        "running_since": events.timestamp(thread.running_since) if thread.running_since else None,
        "active_seconds": round(thread.active_seconds, 3),
        "workflow_run_id": thread.workflow_run_id,
    }


def _run(run: RunState) -> Json:
    """An open workflow run; `phases` are the names of all of them, in order."""
    return {
        "id": run.run_id,
        "name": run.name,
        "phase": run.phase,
        "phases": [name for _, name in run.phases],
        "agents": run.agents,
        "done": run.done,
        "failed": run.failed,
        "started_at": events.timestamp(run.started_at) if run.started_at else None,
    }


async def _parent(engine: Engine, record: Json) -> Json | None:
    """The session that this one was forked from, and its title; None for one that is no fork."""
    parent_id = record["workbench"].get("forked_from")
    return {"session_id": parent_id, "title": await engine.names.name("session", parent_id)} if parent_id else None


def _own(private: Json) -> Json:
    """The instructions and skills that a session began with, and those that it does not have, with the reason; how far it was read."""
    offered = [{"name": one["name"], "origin": one["origin"]} for one in private.get("skills", ())]
    return {
        READ_THROUGH: private.get(READ_THROUGH),
        "hosted": private.get("hosted"),
        "instructions": Instructions.of(private.get("instructions")).listed(),
        "skills": {"offered": offered, "left_out": list(private.get("skills_left_out", ()))},
    }
