"""Search over all sessions: the index says where, the database what stands there, and the words that were looked for are marked."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import duckdb

from workbench.contracts.log import LogUnusable
from workbench.contracts.search import Found, FoundSession, Hit, SearchRefused
from workbench.contracts.values import Clock
from workbench.log.asking.priority import give_way
from workbench.log.full_text.feeding import Feeding
from workbench.log.full_text.index import MOST_RANKED, Ranked
from workbench.log.ledger import Ledger
from workbench.log.store.database import Connection, is_serious
from workbench.log.store.rows import MOST_INDEXED
from workbench.text.full_text.marking import snippets
from workbench.text.full_text.question import BadQuestion, Filters, Question, read

T = TypeVar("T")

SECONDS: Final = 10.0
MOST_AT_ONCE: Final = 2
NEAR: Final = {1: 0.4, 2: 0.4, 3: 0.2, 4: 0.2}
"""An answer stands beside its question: what a place gives to those before and behind it, by their distance in the log."""
FURTHER: Final = 0.5
"""What each further place of a session counts, of the one before."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAMAGED: Final = "The search index was damaged and is made anew: ask again in a moment."

_PLACES: Final = f"""
SELECT position, id, type, epoch_us(processed_at), left(text, {MOST_INDEXED}) FROM kept.events WHERE {{0}} AND seq IS NOT NULL
"""
_ONE: Final = "position = ?"
_SEVERAL: Final = "position BETWEEN ? AND ? AND position IN (SELECT unnest(?::BIGINT[]))"
"""The bounds spare DuckDB most blocks where little was found."""

_SESSIONS: Final = """
SELECT id FROM (SELECT id, body FROM kept.documents WHERE kind = 'session'
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC) = 1)
WHERE TRUE
"""
_NARROWING: Final = {
    "projects": "contains(lower(coalesce(json_extract_string(body, '$.workbench.project'), '')), lower(?))",
    "agents": "contains(lower(coalesce(json_extract_string(body, '$.agent.name'), '')), lower(?))",
    "tags": "list_contains(string_split(lower(coalesce(json_extract_string(body, '$.metadata.\"workbench.tags\"'), '')), ' '), lower(?))",
}


class JournaledSearch:
    """Search over a ledger and its index."""

    def __init__(self, ledger: Ledger, feeding: Feeding, clock: Clock) -> None:
        self._ledger = ledger
        self._feeding = feeding
        self._clock = clock
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "search", initializer=give_way)

    async def find(self, question: str, *, limit: int = 20) -> Found:
        """See `Search.find`."""
        try:
            wanted = read(question, self._clock())
        except BadQuestion as fault:
            raise SearchRefused(str(fault)) from fault
        if not (wanted.has_words or wanted.filters != Filters()):
            return Found((), ())
        indexed = await self._up_to_date()
        deadline = time.monotonic() + SECONDS
        found = asyncio.get_running_loop().run_in_executor(self._threads, self.at_once, wanted, limit, deadline)
        hits, sessions = await found
        return Found(hits, sessions, indexed)

    async def _up_to_date(self) -> float:
        """The part of the log that is indexed."""
        try:
            await self._ledger.carried()
        except LogUnusable as fault:
            raise SearchRefused(str(fault)) from fault
        return await self._feeding.near(self._ledger.store.position)

    async def ready(self) -> None:
        """What was acknowledged before is found, if the index is not far behind."""
        await self._up_to_date()

    def at_once(
        self, wanted: Question, limit: int, deadline: float
    ) -> tuple[tuple[Hit, ...], tuple[FoundSession, ...]]:
        """The best places and sessions, on a thread that may wait; `deadline` is a monotonic moment.

        Raises:
            SearchRefused: it took too long, or the index or the database cannot be read now.
        """
        index = self._feeding.index
        if index is None:
            raise SearchRefused("The search index is being opened: ask again in a moment.")
        try:
            among = self._read(lambda cursor: _sessions(cursor, wanted.filters)) if wanted.filters.of_records else None
            ranked = index.find(wanted, among, most=max(MOST_RANKED, limit), deadline=deadline)
            places = _with_neighbours(ranked)
            sessions = _by_session(ranked)[:limit]
            bests = {best.position for _, best in sessions}
            shown = {one.position: one for number, one in enumerate(places) if number < limit or one.position in bests}
            hits = self._read(lambda cursor: _hits(cursor, shown, wanted))
        except TimeoutError:
            raise SearchRefused(
                f"The search took longer than {SECONDS:g} s and was stopped: add a rarer word, or a filter such as t:30d."
            ) from None
        except sqlite3.DatabaseError:
            self._feeding.heal()
            raise SearchRefused(_DAMAGED) from None
        # A session that was erased meanwhile has nothing there.
        return (
            tuple(hits[place.position] for place in places[:limit] if place.position in hits),
            tuple(
                FoundSession(best.session_id, round(score, 3), hits[best.position])
                for score, best in sessions
                if best.position in hits
            ),
        )

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._ledger.store.readers.cursor() as cursor:
                return work(cursor)
        except LogUnusable as fault:
            raise SearchRefused(str(fault)) from fault
        except duckdb.Error as error:
            if is_serious(error):
                self._ledger.look_for_damage()
                raise SearchRefused("The database is looked over for damage now: ask again in a moment.") from error
            raise

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._feeding.close()


def _sessions(cursor: Connection, filters: Filters) -> list[str]:
    """The sessions that a question is narrowed to: for each kind of filter, one of its texts fits."""
    sql, values = _SESSIONS, list[str]()
    for kind, condition in _NARROWING.items():
        if wanted := getattr(filters, kind):
            sql += f" AND ({' OR '.join([condition] * len(wanted))})"
            values += wanted
    return [session_id for (session_id,) in cursor.execute(sql, values).fetchall()]


def _hits(cursor: Connection, places: Mapping[int, Ranked], wanted: Question) -> dict[int, Hit]:
    """What stands at the places, by position."""
    if not places:
        return {}
    positions = list(places)
    condition = _ONE if len(positions) == 1 else _SEVERAL
    values = positions if len(positions) == 1 else [min(positions), max(positions), positions]
    rows = cursor.execute(_PLACES.format(condition), values).fetchall()
    told = snippets([text or "" for *_, text in rows], wanted)
    hits: dict[int, Hit] = {}
    for (position, event_id, kind, said_at, text), snippet in zip(rows, told, strict=True):
        place = places[position]
        hits[position] = Hit(
            session_id=place.session_id,
            seq=place.seq,
            event_id=event_id,
            thread_id=place.thread_id,
            type=kind,
            tool=place.tool,
            processed_at=_moment(said_at),
            score=round(place.score, 3),
            text=text or "",
            snippet=snippet.text,
            marks=snippet.marks,
        )
    return hits


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _with_neighbours(ranked: Sequence[Ranked]) -> list[Ranked]:
    """The places with what they and their neighbours count, the best first."""
    places = {(one.session_id, one.thread_id, one.seq): one for one in ranked}
    summed = {one.position: one.score for one in ranked}
    for (session_id, thread_id, seq), one in places.items():
        for distance, part in NEAR.items():
            for place in (seq - distance, seq + distance):
                if (other := places.get((session_id, thread_id, place))) is not None:
                    summed[other.position] += part * one.score
    counted = [replace(one, score=summed[one.position]) for one in ranked]
    return sorted(counted, key=lambda one: (-one.score, -one.position))


def _by_session(ranked: Sequence[Ranked]) -> list[tuple[float, Ranked]]:
    """What the places of each session count together, with the best of them; the best session first."""
    places: dict[str, list[Ranked]] = {}
    for one in ranked:
        places.setdefault(one.session_id, []).append(one)
    summed = [(sum(one.score * FURTHER**number for number, one in enumerate(own)), own[0]) for own in places.values()]
    return sorted(summed, key=lambda one: (-one[0], -one[1].position))
