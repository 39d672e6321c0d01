"""Search over all sessions: the index says where and what stands there, and the words that were looked for are marked."""

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
from workbench.log.full_text.ranking import Ranked, find, texts_of
from workbench.log.ledger import Ledger
from workbench.log.store.database import Connection, is_serious
from workbench.text.full_text.marking import snippets
from workbench.text.full_text.question import BadQuestion, Filters, Question, read

T = TypeVar("T")

SECONDS: Final = 10.0
MOST_AT_ONCE: Final = 2
MOST_RANKED: Final = 200
"""How many places of a question are looked at closer."""
NEAR: Final = {1: 0.4, 2: 0.4, 3: 0.2, 4: 0.2}
"""An answer stands beside its question: what a place gives to those before and behind it, by their distance in the log."""
FURTHER: Final = 0.5
"""What each further place of a session counts, of the one before."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAMAGED: Final = "The search index was damaged and is made anew: ask again in a moment."

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
            with index.reading(deadline) as reading:
                ranked = find(reading, wanted, among, max(MOST_RANKED, limit))
                places = _with_neighbours(ranked)
                sessions = _by_session(ranked)[:limit]
                bests = {best.position for _, best in sessions}
                shown = [one for number, one in enumerate(places) if number < limit or one.position in bests]
                texts = texts_of(reading, shown)
            hits = _hits(shown, texts, wanted)
        except TimeoutError:
            raise SearchRefused(
                f"The search took longer than {SECONDS:g} s and was stopped: add a rarer word, or a filter such as t:30d."
            ) from None
        except sqlite3.DatabaseError:
            self._feeding.heal()
            raise SearchRefused(_DAMAGED) from None
        return (
            tuple(hits[place.position] for place in places[:limit]),
            tuple(FoundSession(best.session_id, round(score, 3), hits[best.position]) for score, best in sessions),
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


def _hits(places: Sequence[Ranked], texts: Mapping[int, str], wanted: Question) -> dict[int, Hit]:
    """What stands at the places, by position."""
    told = snippets([texts[place.position] for place in places], wanted, [place.marked for place in places])
    return {
        place.position: Hit(
            session_id=place.session_id,
            seq=place.seq,
            event_id=place.event_id,
            thread_id=place.thread_id,
            type=place.type,
            tool=place.tool,
            processed_at=_moment(place.said_at),
            score=round(place.score, 3),
            text=texts[place.position],
            snippet=snippet.text,
            marks=snippet.marks,
        )
        for place, snippet in zip(places, told, strict=True)
    }


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
