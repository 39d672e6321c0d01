"""How many events a second are durable, how long the slowest waits, and how fast a session wakes."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from workbench import events
from workbench.bench.figure import Figure, median, percentile
from workbench.brain import context
from workbench.brain.turn import turn_of
from workbench.contracts.values import Json, Session
from workbench.engine import garbage
from workbench.log import Log, open_log

SESSIONS = 100
SECONDS = 5.0
PACED_RATE = 5000
BATCH = 5
WAKES = 7
TEXT = "word " * 200


def durable_events(filled: int) -> Iterator[Figure]:
    """Acknowledged appends from a hundred sessions at once, on a log that holds `filled` events already."""
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        rate, waits = asyncio.run(_appended(Path(folder), filled))
    note = f"{SESSIONS} sessions, batches of {BATCH}, {SECONDS:g} s, {filled:,} events in the log"
    yield Figure("durable events", rate, "/s", 5000, at_least=True, note=note)
    note = f"at {PACED_RATE:,} events/s: p50 {median(waits):.1f} ms, p99 {percentile(waits, 0.99):.1f} ms"
    yield Figure("longest wait for an acknowledgement", max(waits), "ms", 50, note=note)


def event_ms(filled: int) -> float:
    """How long an event takes until it is acknowledged, of those that a hundred sessions write as fast as it goes."""
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        rate, _ = asyncio.run(_appended(Path(folder), filled))
    return 1000 / rate


async def _appended(folder: Path, filled: int) -> tuple[float, list[float]]:
    """How many a second when everybody writes as fast as it goes, and the waits when they come at a steady rate."""
    log = await open_log(folder / "log")
    try:
        await _fill(log, filled)
        # As in the engine.
        with garbage.rarely():
            since = time.perf_counter()
            flooded = await _written(log, pause_s=0.0)
            rate = len(flooded) * BATCH / (time.perf_counter() - since)
            return rate, await _written(log, pause_s=SESSIONS * BATCH / PACED_RATE)
    finally:
        await log.close()


async def _written(log: Log, *, pause_s: float) -> list[float]:
    waits: list[float] = []
    writers = (_append_for(log, number, pause_s, waits) for number in range(SESSIONS))
    await asyncio.gather(*writers)
    return waits


async def _fill(log: Log, filled: int) -> None:
    for number in range(filled // 2000):
        await log.sessions.append(f"sesn_old{number % 1000}", [_message(events.now()) for _ in range(2000)])


async def _append_for(log: Log, number: int, pause_s: float, waits: list[float]) -> None:
    """Batches of one session; paced ones begin a little apart from the other sessions'."""
    due = time.perf_counter() + pause_s * number / SESSIONS
    end = time.perf_counter() + SECONDS
    while due < end and time.perf_counter() < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        batch = [_message(events.now()) for _ in range(BATCH)]
        begun = time.perf_counter()
        await log.sessions.append(f"sesn_bench{number}", batch)
        waits.append((time.perf_counter() - begun) * 1000)
        due += pause_s


def _message(moment: datetime) -> events.Event:
    return events.AgentMessage(
        id=events.new_id("sevt"),
        type="agent.message",
        content=[{"type": "text", "text": TEXT}],  # type: ignore[list-item]
        processed_at=moment,
    )


def waking() -> Iterator[Figure]:
    """From the log to the next model request: reading a session, its turn and its whole context."""
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        for size, target in ((1_000, 30.0), (10_000, 150.0)):
            taken = asyncio.run(_woken(Path(folder) / str(size), size))
            yield Figure(f"waking {size:,} events", median(taken), "ms", target, note=f"read, fold, request; n={WAKES}")


async def _woken(folder: Path, size: int) -> list[float]:
    log = await open_log(folder)
    session = _session()
    try:
        await log.sessions.append(session.id, list(itertools.islice(_conversation(), size)))
        await log.close()
        log = await open_log(folder)
        taken = []
        # As in the engine.
        with garbage.rarely():
            for _ in range(WAKES):
                since = time.perf_counter()
                entries = await log.sessions.read(session.id)
                turn_of(entries)
                context.request(session, entries)
                taken.append((time.perf_counter() - since) * 1000)
        return taken
    finally:
        await log.close()


def _conversation() -> Iterator[events.Event]:
    """A long turn: the model calls, the tool answers, again and again."""
    ask: Json = {"type": "user.message", "content": [{"type": "text", "text": "go"}]}
    yield _event(ask)
    while True:
        start = _event({"type": "span.model_request_start"})
        call = _event(
            {"type": "agent.tool_use", "name": "bash", "input": {"command": "ls"}, "evaluated_permission": "allow"}
        )
        usage = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        end = {
            "type": "span.model_request_end",
            "model_request_start_id": start.id,
            "is_error": False,
            "model_usage": usage,
        }
        result = {"type": "agent.tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": TEXT}]}
        yield from (start, call, _event(end), _event(result))


def _event(body: Json) -> events.Event:
    return events.parse({**body, "id": events.new_id("sevt"), "processed_at": events.timestamp(events.now())})


def _session() -> Session:
    session_id = events.new_id("sesn")
    agent = {
        "name": "bench",
        "model": {"id": "claude-opus-5-5"},
        "system": None,
        "tools": [{"type": "agent_toolset_20260401"}],
    }
    return Session(session_id, events.primary_thread_id(session_id), agent, {}, None, events.now())
