"""/workbench/v1: what the public API has no word for: status, the feed of all sessions, SQL, going down, serving."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import events
from workbench.api import engine_log
from workbench.api.engine_state import EngineState
from workbench.api.streams import OPEN, PING, EventStream, frame, hung_up, merged, with_signs_of_life
from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.facts import SQL_ASKED
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.contracts.values import Json, SessionState
from workbench.contracts.vault import VaultRefused
from workbench.engine.facade import Engine

Result = TypeVar("Result")

TAGS_KEY = "workbench.tags"
"""In a session's metadata: its tags, with blanks between them."""
MOST_ROWS = 1_000_000
MOST_ERROR = 500
MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Process:
    """What the engine's process can do besides its sessions."""

    status: Callable[[], Awaitable[Json]]
    sandboxes: Callable[[], Awaitable[list[Json]]]
    limits: Callable[[], Json]
    log_file: Callable[[], Path]
    stop: Callable[[bool], None]
    """With True, its sandboxes end as well."""
    serve: Callable[[int | None], Awaitable[Json]]
    unserve: Callable[[], Awaitable[None]]
    vault: Callable[[], Awaitable[Json]]
    use_key: Callable[[str | None], Awaitable[Json]]
    validated: Callable[[str, str], Awaitable[Json]]
    state: EngineState


def routes(engine: Engine, process: Process) -> list[Route]:
    async def status(request: Request) -> Response:
        return answer(await process.status())

    async def sandboxes(request: Request) -> Response:
        return answer({"data": await process.sandboxes(), "limits": process.limits()})

    async def down(request: Request) -> Response:
        ends_sandboxes = (await read_object(request)).get("end_sandboxes", False)
        if not isinstance(ends_sandboxes, bool):
            raise Refused("end_sandboxes: must be true or false")
        process.stop(ends_sandboxes)
        return answer({"stopping": True})

    async def serve(request: Request) -> Response:
        port = (await read_object(request)).get("port")
        if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535):
            raise Refused("port: must be a number from 0 to 65535; 0 takes a free one")
        return answer(await process.serve(port))

    async def unserve(request: Request) -> Response:
        await process.unserve()
        return answer({"serving": None})

    async def vault(request: Request) -> Response:
        return answer(await process.vault())

    async def validate(request: Request) -> Response:
        return answer(await process.validated(request.path_params["vault_id"], request.path_params["credential_id"]))

    async def use_key(request: Request) -> Response:
        deposit = (await read_object(request)).get("workbench_deposit")
        if deposit is not None and not isinstance(deposit, str):
            raise Refused("workbench_deposit: must be the id that the vault gave, or null")
        try:
            return answer(await process.use_key(deposit))
        except VaultRefused as refused:
            raise Refused(str(refused)) from None

    async def sql(request: Request) -> Response:
        return await _asked(engine, request, await read_object(request))

    async def take(request: Request) -> Response:
        return answer(await engine.importing.take(await read_object(request)))

    async def feed(request: Request) -> Response:
        return EventStream(_feed(engine, process.state))

    async def state(request: Request) -> Response:
        document = await engine.records.document(request.path_params["session_id"])
        return answer(await _state_body(engine, engine.rooms.states.state(document.id)))

    return [
        Route("/workbench/v1/status", status, methods=["GET"]),
        Route("/workbench/v1/sandboxes", sandboxes, methods=["GET"]),
        *engine_log.routes(process.log_file),
        Route("/workbench/v1/down", down, methods=["POST"]),
        Route("/workbench/v1/serve", serve, methods=["POST"]),
        Route("/workbench/v1/serve", unserve, methods=["DELETE"]),
        Route("/workbench/v1/vault", vault, methods=["GET"]),
        # A public route: it asks the vault and a server, and nothing of the sessions.
        Route("/v1/vaults/{vault_id}/credentials/{credential_id}/mcp_oauth_validate", validate, methods=["POST"]),
        Route("/workbench/v1/model-key", use_key, methods=["POST"]),
        Route("/workbench/v1/sql", sql, methods=["POST"]),
        Route("/workbench/v1/import", take, methods=["POST"]),
        Route("/workbench/v1/feed", feed, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/state", state, methods=["GET"]),
    ]


async def _asked(engine: Engine, request: Request, body: Json) -> Response:
    statement, limits = body.get("sql"), _limits(body)
    if not isinstance(statement, str) or not statement.strip():
        raise Refused("sql: must be a SELECT statement")
    questions, began = engine.rooms.questions, time.monotonic()
    # What a screen asks for itself stands in nobody's history.
    noted = {"sql": statement} if body.get("unlisted") is not True else None
    try:
        if body.get("format") == "parquet":
            parquet = await unless_gone(request, questions.export(statement, limits))
            await _note(engine, noted, seconds=time.monotonic() - began)
            return Response(parquet, media_type="application/vnd.apache.parquet")
        result = await unless_gone(request, questions.ask(statement, limits))
    except QueryRefused as refused:
        await _note(engine, noted, seconds=time.monotonic() - began, error=str(refused)[:MOST_ERROR])
        raise Refused(str(refused)) from None
    await _note(engine, noted, seconds=result.seconds, rows=len(result.rows))
    return answer(
        {
            "columns": result.columns,
            "types": result.types,
            "rows": result.rows,
            "truncated": result.truncated,
            "seconds": result.seconds,
        }
    )


async def _note(engine: Engine, noted: Json | None, **how: object) -> None:
    """Keep the question for the history, which the view `asked` shows."""
    if noted is not None:
        await engine.rooms.facts.record(SQL_ASKED.made(None, engine.rooms.clock(), noted | how))


def _limits(body: Json) -> QueryLimits:
    rows, seconds = body.get("rows", QueryLimits.rows), body.get("seconds", QueryLimits.seconds)
    if not isinstance(rows, int) or not 1 <= rows <= MOST_ROWS:
        raise Refused(f"rows: must be a whole number from 1 to {MOST_ROWS}")
    if not isinstance(seconds, int | float) or not 0 < seconds <= MOST_SECONDS:
        raise Refused(f"seconds: must be above 0 and at most {MOST_SECONDS:g}")
    most = body.get("bytes")
    if most is not None and (not isinstance(most, int) or most < 1):
        raise Refused("bytes: must be a whole number from 1, or left out")
    return QueryLimits(rows=rows, seconds=float(seconds), bytes=most)


async def unless_gone(request: Request, question: Awaitable[Result]) -> Result:
    """The answer; a client that hangs up meanwhile interrupts the query."""
    asking = asyncio.ensure_future(question)
    gone = asyncio.ensure_future(hung_up(request.receive))
    try:
        await asyncio.wait([asking, gone], return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
        return await asking
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _feed(engine: Engine, state: EngineState) -> AsyncGenerator[bytes, None]:
    """Every session's state, `feed.live`, then each change and the engine's own; subscribed before the first is read, so none is missed."""
    changes = engine.newcomers.changes()
    yield OPEN
    for known in await engine.newcomers.states():
        yield frame("session.state", json.dumps(await _state_body(engine, known)))
    yield frame("feed.live", "{}")
    frames = merged(_session_frames(engine, changes), _engine_frames(state))
    async with contextlib.aclosing(frames), contextlib.aclosing(with_signs_of_life(frames)) as items:
        async for item in items:
            yield item or PING


async def _session_frames(engine: Engine, changes: AsyncGenerator[SessionState, None]) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(changes):
        async for changed in changes:
            yield frame("session.state", json.dumps(await _state_body(engine, changed)))


async def _engine_frames(state: EngineState) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(state.follow()) as states:
        async for current in states:
            yield frame("engine.state", json.dumps(current))


async def _state_body(engine: Engine, state: SessionState) -> Json:
    document = await engine.rooms.documents.get("session", state.session_id)
    record = document.body if document else None
    archived = bool(record and record["archived_at"])
    return {
        "session_id": state.session_id,
        "position": state.position,
        "status": "terminated" if archived else state.standing,
        "stop_reason": state.stop_reason,
        "waiting_for": state.waiting_for,
        "queued": state.queued,
        "last_event_type": state.last_event_type,
        "last_event_at": events.timestamp(state.last_event_at) if state.last_event_at else None,
        "last_text": state.last_text,
        "activity": state.activity if state.standing == "running" else None,
        "last_error": state.last_error,
        "last_error_type": state.last_error_type,
        "usage": state.usage,
        "title": record["title"] if record else None,
        "rested_at": events.timestamp(state.rested_at) if state.rested_at else None,
        "context_tokens": state.context_tokens,
        "context_window": engine.rooms.window(record["agent"]["model"]["id"]) if record else None,
        "tags": record["metadata"].get(TAGS_KEY, "").split() if record else [],
        "agent_id": record["agent"]["id"] if record else None,
        "agent_name": record["agent"]["name"] if record else None,
        "model": record["agent"]["model"]["id"] if record else None,
        "project": record["workbench"]["project"] if record else None,
        "created_at": record["created_at"] if record else None,
        "archived_at": record["archived_at"] if record else None,
        "deleted": state.deleted or record is None,
    }
