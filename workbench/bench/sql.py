"""How fast the log is asked, beside SQLite on the same events, and what a heavy question does to those who write."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench import events
from workbench.bench.figure import Figure, median, percentile
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.contracts.values import Progress
from workbench.log import Log, open_log
from workbench.log.sample_data import filled, in_sqlite, rare_word, word

TIMES: Final = 5
APPENDS: Final = 400
LIMITS: Final = QueryLimits(seconds=120)
HOSTILE_LIMITS: Final = QueryLimits(seconds=3)
HEAVY: Final = (
    "SELECT count(*) FROM events AS a, events AS b WHERE hash(a.id) < hash(b.id)",
    "SELECT a.text FROM messages AS a, messages AS b ORDER BY hash(a.text || b.text)",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "SELECT sum(x) FROM generate_series(1, 1000000000000) AS t(x)",
)
"""What never ends by itself, or not before it has filled the memory and the disk that it may have."""
HOSTILE: Final = (
    *HEAVY,
    "SELECT a.*, b.* FROM events AS a, events AS b",
    "SELECT * FROM read_csv('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/x'",
    "ATTACH ':memory:' AS x",
    "FROM 'https://example.com/x.parquet'",
    "DELETE FROM kept.events",
    "SELECT list(x) FROM range(10000000000) AS t(x)",
    "SELECT string_agg(a.text) FROM messages AS a, messages AS b",
    "SELECT repeat('x', 4000000000)",
    "SELECT len(range(4000000000))",
    "SELECT length(list_reduce(range(40), lambda text, i: text || text, 'x'))",
    "SELECT sum(len([a.text || i FOR i IN range(10000)])) FROM messages AS a",
    "SELECT max(length(lpad(text, 10000000, 'y'))) FROM messages",
)


@dataclass(frozen=True)
class Asked:
    """One question in both dialects."""

    name: str
    ours: str
    lite: str


_PRICE: Final = "(CASE WHEN e.model LIKE '%opus%' THEN {} WHEN e.model LIKE '%sonnet%' THEN {} ELSE {} END)"
_FOUND: Final = "SELECT session_id, seq FROM events JOIN said ON said.rowid = events.rowid WHERE said MATCH '{}' ORDER BY rank LIMIT 50"


def _search(name: str, words: str) -> Asked:
    return Asked(
        f"full text, {name}", f"SELECT session_id, seq, score FROM search('{words}') LIMIT 50", _FOUND.format(words)
    )


def questions(count: int) -> tuple[Asked, ...]:
    """What is asked of a log of `count` made-up events."""
    price = [_PRICE.format(*prices) for prices in ((4, 2, 0.1), (20, 10, 0.5), (0.2, 0.2, 0.005), (5, 2.5, 0.125))]
    counts = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
    cost = " + ".join(f"e.{name} * {factor}" for name, factor in zip(counts, price, strict=True))
    return (
        Asked(
            "tool latency percentiles",
            "SELECT tool, count(*), median(duration_ms), quantile_cont(duration_ms, 0.99) FROM tool_calls GROUP BY tool",
            "SELECT tool, count(*), avg(ms), max(CASE WHEN place <= 0.99 * n THEN ms END) FROM "
            "(SELECT u.tool, (r.at - u.at) * 1000 AS ms, row_number() OVER (PARTITION BY u.tool ORDER BY r.at - u.at) AS place, "
            "count(*) OVER (PARTITION BY u.tool) AS n FROM events u JOIN events r ON r.answers = u.id "
            "WHERE u.type = 'agent.tool_use' AND r.type = 'agent.tool_result') GROUP BY tool",
        ),
        Asked(
            "cost by day and model",
            "SELECT day, model, requests, usd FROM usage_by_day ORDER BY day, model",
            f"SELECT date(e.at, 'unixepoch') AS day, e.model, count(*), sum({cost}) / 1000000 FROM events e "
            "WHERE e.type = 'span.model_request_end' GROUP BY day, e.model ORDER BY day, e.model",
        ),
        Asked(
            "last event of each session",
            "SELECT session_id, max(seq), arg_max(type, seq), max(processed_at) FROM events GROUP BY session_id",
            "SELECT session_id, max(seq), type, at FROM events GROUP BY session_id",
        ),
        _search("a rare word", rare_word(count)),
        _search("a word that nobody said", "nothingatall"),
        _search("a common word", word(1)),
        _search("several words", f"{word(40)} {word(200)}"),
        _search("a rare and a common word", f"{rare_word(count)} {word(1)}"),
    )


def asked(count: int, progress: Progress) -> Iterator[Figure]:
    """Every question on `count` events, here and in SQLite, and the waits of writers beside hostile ones."""
    with tempfile.TemporaryDirectory(prefix="wb") as name:
        folder, lite = Path(name) / "log", Path(name) / "events.sqlite"
        since = time.perf_counter()
        filled(folder, count, progress)
        between = time.perf_counter()
        in_sqlite(folder, lite, progress)
        note = f"filled in {between - since:,.0f} s; SQLite in {time.perf_counter() - between:,.0f} s"
        ours = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
        yield Figure("size of the log", ours, "MiB", lite.stat().st_size / 2**20, note=note + "; at most SQLite's size")
        progress("asking both")
        mine, theirs = asyncio.run(_ours(folder, questions(count))), _theirs(lite, questions(count))
        for question in questions(count):
            taken, other = mine[question.name], theirs[question.name]
            note = f"{count:,} events; SQLite {other:,.1f} ms, {other / max(taken, 0.01):,.1f} times as long"
            yield Figure(question.name, taken, "ms", 1000, note=note)
        progress("asking what is hostile")
        yield asyncio.run(_refused(folder))
        alone, waits = asyncio.run(_written(folder))
        for heavy, beside in waits.items():
            note = f"p99 of {APPENDS} appends {alone:.1f} ms alone, {beside:.1f} ms beside: {heavy[:60]}…"
            yield Figure("writing beside a heavy question", beside / max(alone, 0.1), "×", 1.5, note=note)


async def _refused(folder: Path) -> Figure:
    """How many hostile questions were answered whole or took longer than they may."""
    log = await open_log(folder)
    missed = []
    try:
        for sql in HOSTILE:
            since = time.perf_counter()
            try:
                cut = (await log.questions.ask(sql, HOSTILE_LIMITS)).truncated
            except QueryRefused:
                cut = True
            if not cut or time.perf_counter() - since > HOSTILE_LIMITS.seconds + 1:
                missed.append(f"{sql[:40]}… ({time.perf_counter() - since:.1f} s)")
    finally:
        await log.close()
    note = f"of {len(HOSTILE)}, with {HOSTILE_LIMITS.seconds:g} s each. {'; '.join(missed)}"
    return Figure("hostile questions that were not refused or cut", len(missed), "", 0, note=note)


async def _ours(folder: Path, questions: Sequence[Asked]) -> dict[str, float]:
    log = await open_log(folder)
    try:
        return {
            question.name: median([await _took(log, question.ours) for _ in range(TIMES)]) for question in questions
        }
    finally:
        await log.close()


async def _took(log: Log, sql: str) -> float:
    since = time.perf_counter()
    await log.questions.ask(sql, LIMITS)
    return (time.perf_counter() - since) * 1000


def _theirs(file: Path, questions: Sequence[Asked]) -> dict[str, float]:
    with closing(sqlite3.connect(file)) as lite:
        taken = {}
        for question in questions:
            times = []
            for _ in range(TIMES):
                since = time.perf_counter()
                lite.execute(question.lite).fetchall()
                times.append((time.perf_counter() - since) * 1000)
            taken[question.name] = median(times)
        return taken


async def _written(folder: Path) -> tuple[float, dict[str, float]]:
    """The p99 of appends in ms, alone and beside each of the heavy questions."""
    log = await open_log(folder)
    try:
        alone = await _waits(log)
        beside = {}
        for sql in HEAVY:
            heavy = asyncio.create_task(log.questions.ask(sql, LIMITS))
            beside[sql] = await _waits(log)
            heavy.cancel()
            await asyncio.gather(heavy, return_exceptions=True)
        return alone, beside
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
