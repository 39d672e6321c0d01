"""How fast the log is asked, beside SQLite on the same events, and what a heavy question does to those who write."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench import events
from workbench.bench.figure import Figure, median, percentile
from workbench.contracts import QueryLimits, QueryRefused
from workbench.log import Log, open_log
from workbench.log.bench import filled, in_sqlite

TIMES: Final = 3
APPENDS: Final = 400
LIMITS: Final = QueryLimits(seconds=120)
HEAVY: Final = "SELECT count(*) FROM events AS a JOIN events AS b ON hash(a.id) % 1000 = hash(b.id) % 1000"


@dataclass(frozen=True)
class Asked:
    """One question in both dialects."""

    name: str
    ours: str
    lite: str


QUESTIONS: Final = (
    Asked(
        "tool latency percentiles",
        "SELECT tool, count(*), median(duration_ms), quantile_cont(duration_ms, 0.99) FROM tool_calls GROUP BY tool",
        "SELECT tool, count(*), avg(ms), max(CASE WHEN place <= 0.99 * n THEN ms END) FROM (SELECT u.tool, (r.at - u.at) * 1000 AS ms, "
        "row_number() OVER (PARTITION BY u.tool ORDER BY r.at - u.at) AS place, count(*) OVER (PARTITION BY u.tool) AS n "
        "FROM events u JOIN events r ON r.answers = u.id WHERE u.type = 'agent.tool_use' AND r.type = 'agent.tool_result') GROUP BY tool",
    ),
    Asked(
        "tokens and requests by day",
        "SELECT day, model, requests, input_tokens, output_tokens FROM usage_by_day",
        "SELECT date(e.at, 'unixepoch') AS day, count(*), sum(e.input_tokens), sum(e.output_tokens) FROM events s "
        "JOIN events e ON e.answers = s.id WHERE s.type = 'span.model_request_start' AND e.type = 'span.model_request_end' GROUP BY day",
    ),
    Asked(
        "last event of each session",
        "SELECT session_id, max(seq), arg_max(type, seq), max(processed_at) FROM events GROUP BY session_id",
        "SELECT session_id, max(seq), type, at FROM events GROUP BY session_id",
    ),
    Asked(
        "full text, a rare word",
        "SELECT session_id, seq, score FROM search('rare77 things') LIMIT 50",
        "SELECT session_id, seq FROM events JOIN said ON said.rowid = events.rowid WHERE said MATCH 'rare77 things' ORDER BY rank LIMIT 50",
    ),
    Asked(
        "full text, a common word",
        "SELECT session_id, seq, score FROM search('word7') LIMIT 50",
        "SELECT session_id, seq FROM events JOIN said ON said.rowid = events.rowid WHERE said MATCH 'word7' ORDER BY rank LIMIT 50",
    ),
)


def asked(count: int) -> Iterator[Figure]:
    """Every question on `count` events, here and in SQLite, and the waits of writers beside a heavy one."""
    with tempfile.TemporaryDirectory(prefix="wb") as name:
        folder, lite = Path(name) / "log", Path(name) / "events.sqlite"
        filled(folder, count)
        in_sqlite(folder, lite)
        ours = asyncio.run(_ours(folder))
        theirs = _theirs(lite)
        for question in QUESTIONS:
            mine, other = ours[question.name], theirs[question.name]
            note = f"{count:,} events; SQLite {other:,.0f} ms, {other / max(mine, 0.01):.1f} times as long"
            yield Figure(question.name, mine, "ms", 1000, note=note)
        alone, beside = asyncio.run(_written(folder))
        note = f"p99 of {APPENDS} appends {alone:.1f} ms alone, {beside:.1f} ms beside a join of everything with everything"
        yield Figure("writing beside a heavy question", beside / max(alone, 0.1), "×", 1.5, note=note)


async def _ours(folder: Path) -> dict[str, float]:
    log = await open_log(folder)
    try:
        return {
            question.name: median([await _took(log, question.ours) for _ in range(TIMES)]) for question in QUESTIONS
        }
    finally:
        await log.close()


async def _took(log: Log, sql: str) -> float:
    since = time.perf_counter()
    await log.questions.ask(sql, LIMITS)
    return (time.perf_counter() - since) * 1000


def _theirs(file: Path) -> dict[str, float]:
    with closing(sqlite3.connect(file)) as lite:
        taken = {}
        for question in QUESTIONS:
            times = []
            for _ in range(TIMES):
                since = time.perf_counter()
                lite.execute(question.lite).fetchall()
                times.append((time.perf_counter() - since) * 1000)
            taken[question.name] = median(times)
        return taken


async def _written(folder: Path) -> tuple[float, float]:
    """The p99 of appends in ms, alone and beside a question that never ends by itself."""
    log = await open_log(folder)
    try:
        alone = await _waits(log)
        heavy = asyncio.create_task(log.questions.ask(HEAVY, LIMITS))
        beside = await _waits(log)
        heavy.cancel()
        await asyncio.gather(heavy, return_exceptions=True)
        return alone, beside
    except QueryRefused as refused:
        raise AssertionError(f"the heavy question ended: {refused}") from refused
    finally:
        await log.close()


async def _waits(log: Log) -> float:
    waits = []
    for _ in range(APPENDS):
        event = events.AgentMessage(
            id=events.new_id("sevt"),
            type="agent.message",
            content=[{"type": "text", "text": "word " * 100}],  # type: ignore[list-item]
            processed_at=events.now(),
        )
        since = time.perf_counter()
        await log.sessions.append("sesn_writing", [event])
        waits.append((time.perf_counter() - since) * 1000)
        await asyncio.sleep(0.005)
    return percentile(waits, 0.99)
