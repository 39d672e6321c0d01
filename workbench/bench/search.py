"""How fast full text is searched, beside SQLite's FTS5 on the same texts in one run."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.bench.figure import Figure, median
from workbench.contracts.search import SearchRefused
from workbench.contracts.values import Progress
from workbench.log import Log, open_log
from workbench.log.sample_data import filled, rare_word, texts_in_sqlite, word

RARE_TIMES: Final = 200
TIMES: Final = 7
SHOWN: Final = 20
INDEXING_S: Final = 3600.0

_PLACES: Final = f"SELECT rowid FROM said WHERE said MATCH ? ORDER BY rank LIMIT {SHOWN}"
_WHOLE: Final = f"SELECT session_id, type, at, rank, snippet(said, 0, '[', ']', '…', 40) FROM said WHERE said MATCH ? ORDER BY rank LIMIT {SHOWN}"


@dataclass(frozen=True)
class _Taken:
    """Medians in milliseconds, of the clock and of the processor."""

    wall: float
    processor: float


def searched(count: int, progress: Progress) -> Iterator[Figure]:
    """A log of `count` events: what its index takes, and each question here and in SQLite, by turns."""
    with tempfile.TemporaryDirectory(prefix="wb") as name:
        folder, lite = Path(name) / "log", Path(name) / "texts.sqlite"
        filled(folder, count, progress)
        texts_in_sqlite(folder, lite, progress)
        yield from asyncio.run(_measured(folder, lite, count, progress))


def rare_word_ms(count: int) -> float:
    """Processor time of the search of a rare word, in a log of `count` events."""
    with tempfile.TemporaryDirectory(prefix="wb") as name:
        filled(folder := Path(name) / "log", count, lambda _: None)
        return asyncio.run(_rare_word(folder, rare_word(count)))


async def _rare_word(folder: Path, word: str) -> float:
    log = await open_log(folder)
    try:
        await _indexed(log, lambda _: None)
        taken = []
        for _ in range(RARE_TIMES):
            since = _now()
            await log.search.find(word, limit=SHOWN)
            taken.append(_taken(since))
        return _median(taken).processor
    finally:
        await log.close()


async def _measured(folder: Path, file: Path, count: int, progress: Progress) -> list[Figure]:
    log = await open_log(folder)
    try:
        since = time.perf_counter()
        await _indexed(log, progress)
        size, theirs = ((one.stat().st_size / 2**20) for one in (folder / "search.sqlite", file))
        note = f"indexed in {time.perf_counter() - since:,.0f} s, texts in it; FTS5 with its texts {theirs:,.0f} MiB; at most that"
        figures = [Figure("size of the index", size, "MiB", theirs, note=note)]
        three = " ".join(word(number) for number in (40, 200, 1000))
        common = " ".join(word(number) for number in (1, 2, 3))
        asked = (("a rare word", rare_word(count)), ("three words", three), ("three words of every other text", common))
        with closing(sqlite3.connect(file)) as lite:
            figures += [await _beside(log, lite, name, words) for name, words in asked]
        return figures
    finally:
        await log.close()


async def _indexed(log: Log, progress: Progress) -> None:
    until = time.monotonic() + INDEXING_S
    part = 0.0
    while part < 1 and time.monotonic() < until:
        # It is being opened yet.
        with suppress(SearchRefused):
            part = (await log.search.find("nothingatall")).indexed
        progress(f"indexing: {part:.0%}")
        await asyncio.sleep(1)


async def _beside(log: Log, lite: sqlite3.Connection, name: str, words: str) -> Figure:
    any_of = " OR ".join(words.split())
    ours: list[tuple[float, float]] = []
    theirs: dict[str, list[tuple[float, float]]] = {"whole": [], "any": [], "places": []}
    for _ in range(RARE_TIMES if any_of == words else TIMES):
        since = _now()
        await log.search.find(words, limit=SHOWN)
        ours.append(_taken(since))
        for kind, sql, question in (("whole", _WHOLE, words), ("any", _WHOLE, any_of), ("places", _PLACES, words)):
            since = _now()
            lite.execute(sql, (question,)).fetchall()
            theirs[kind].append(_taken(since))
    mine, whole, any_, places = map(_median, (ours, theirs["whole"], theirs["any"], theirs["places"]))
    note = (
        f"processor {mine.processor:,.2f} ms (clock {mine.wall:,.2f}); FTS5 {whole.processor:,.2f} ({whole.wall:,.2f}) "
        f"with what a hit shows, {places.processor:,.2f} without"
    ) + (f", {any_.processor:,.2f} for any of the words, as we ask" if any_of != words else "")
    return Figure(f"search, {name}", mine.processor / max(whole.processor, 0.001), "×", 2, note=note)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _taken(since: tuple[float, float]) -> tuple[float, float]:
    wall, processor = _now()
    return (wall - since[0]) * 1000, (processor - since[1]) * 1000


def _median(taken: list[tuple[float, float]]) -> _Taken:
    return _Taken(median([wall for wall, _ in taken]), median([processor for _, processor in taken]))
