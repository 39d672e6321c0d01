"""Ranking in the index: which places have a question's words, what they count, and what narrows them to some sessions or moments."""

from __future__ import annotations

import heapq
import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import combinations
from typing import Any, Final

from workbench.log.full_text.index import texts_at, unpacked
from workbench.text.full_text.marking import CLOSE, OPEN
from workbench.text.full_text.question import Question

MOST_READ: Final = 5_000
"""How many texts are ranked one by one: bm25 reads the length of each, and of a word all its places, wherever they are."""
MOST_COMBINED: Final = 4
"""Of so many common words all sets are looked for together, the largest first."""
MOST_NEWEST: Final = 1_000
"""How many texts that have the most of the common words are looked at closer."""
MOST_WEIGHED: Final = 6
"""How many common words count beside rare ones."""
FEWEST: Final = 10
"""No more texts of a single word are ranked by what is marked in them."""
MIDDLE: Final = 500
"""Characters of a text of middle length, beside which the lengths of few others are seen."""
FEW: Final = 50
"""Of no more texts FTS5 marks all while it ranks them."""


@dataclass(frozen=True)
class Ranked:
    """A position that answers a question: how well, where in which session's log it stands, what it is, and of which tool.

    `marked` is the text as the index takes it with signs around what was looked for, and `kept` is it as the file has it, where
    they were cheap to tell.
    """

    position: int
    score: float
    marked: str | None
    session_id: str
    thread_id: str | None
    seq: int
    tool: str | None
    event_id: str
    type: str
    said_at: int | None
    kept: str | bytes | None = None


Scored = tuple[int, float, str | None]
"""A position, its score, and its marked text or None."""

_TORN: Final = "the index has words of places that it does not know"
_PLACE: Final = "sessions.id, thread, seq, tool, event_id, types.name, said_at"
_NAMES: Final = "JOIN sessions ON sessions.number = places.session JOIN types ON types.number = places.type"
_PLACES: Final = f"SELECT position, {_PLACE} FROM places {_NAMES} WHERE position IN (SELECT value FROM json_each(?))"
_FEW: Final = f"""
SELECT said.rowid, highlight(said, 0, '{OPEN}', '{CLOSE}'), {_PLACE}, texts.text FROM said
LEFT JOIN places ON places.position = said.rowid {_NAMES.replace("JOIN", "LEFT JOIN")} LEFT JOIN texts ON texts.position = said.rowid
"""


def find(reading: sqlite3.Connection, question: Question, among: Sequence[str] | None, most: int) -> list[Ranked]:
    """The `most` places that answer best, the best first, and of equals the newest; `among` are the only sessions that count.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    asked = _Asked(reading, question, *_narrowed(reading, question, among))
    if (few := asked.few()) is not None:
        return few
    scored = asked.scored(most)
    if not scored:
        return []
    positions = json.dumps([position for position, *_ in scored])
    places = {place[0]: place[1:] for place in reading.execute(_PLACES, (positions,))}
    if len(places) < len(scored):
        raise sqlite3.DatabaseError(_TORN)
    ranked = [Ranked(position, score, marked, *places[position]) for position, score, marked in scored]
    return sorted(ranked, key=lambda one: (-one.score, -one.position))


def texts_of(reading: sqlite3.Connection, places: Sequence[Ranked]) -> dict[int, str]:
    """What was said at the places, by position.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    known = {one.position: unpacked(one.kept) for one in places if one.kept is not None}
    return known or texts_at(reading, [one.position for one in places])


@dataclass(frozen=True)
class _Asked:
    """One question to one connection, with the conditions that narrow it and their values."""

    reading: sqlite3.Connection
    question: Question
    narrowing: Sequence[str]
    values: Sequence[Any]

    def few(self) -> list[Ranked] | None:
        """The texts of a single word, where they are few, in one look: bm25 would be a second, and counting them a third."""
        if len(self.question.terms) != 1 or self.question.needed or self.question.excluded:
            return None
        conditions = " AND ".join(["said MATCH ?", *self.narrowing])
        sql = f"{_FEW} WHERE {conditions} LIMIT {FEWEST + 1}"
        rows = self.reading.execute(sql, (self.question.terms[0], *self.values)).fetchall()
        if len(rows) > FEWEST:
            return None
        if any(None in (row[2], row[-1]) for row in rows):
            raise sqlite3.DatabaseError(_TORN)
        weight = self._weight(len(rows)) if rows else 0.0
        ranked = [
            Ranked(position, weight * _saturated(marked.count(OPEN), len(marked) / MIDDLE), marked, *place)
            for position, marked, *place in rows
        ]
        return sorted(ranked, key=lambda one: (-one.score, -one.position))

    def scored(self, most: int) -> list[Scored]:
        if not self.question.has_words:
            where = " AND ".join(self.narrowing) or "TRUE"
            sql = f"SELECT position, 0.0, NULL FROM places WHERE {where} ORDER BY position DESC LIMIT ?"
            return self.reading.execute(sql, (*self.values, most)).fetchall()
        counts = self._counted(self.question.terms)
        needed = min(self._counted(self.question.needed).values(), default=MOST_READ + 1)
        terms = sorted(counts, key=counts.__getitem__)
        if needed <= MOST_READ:
            return self._best(terms, most, needed)
        chosen, read = list[str](), 0
        for term in terms:
            if read + counts[term] > MOST_READ:
                break
            chosen.append(term)
            read += counts[term]
        if not chosen:
            return self._newest(terms, most)
        common = terms[len(chosen) :]
        if not common:
            return self._best(chosen, most, read)
        return self._weighed(chosen, {term: counts[term] for term in common[:MOST_WEIGHED]}, most)

    def _counted(self, terms: Sequence[str]) -> dict[str, int]:
        """How many texts have each term; what is said more often than is ranked is not counted further."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM said WHERE said MATCH ? LIMIT ?)"
        return {term: self.reading.execute(sql, (term, MOST_READ + 1)).fetchone()[0] for term in terms}

    def _best(self, terms: Sequence[str], most: int, read: int) -> list[Scored]:
        """By bm25; `read` texts are ranked at most."""
        if not read:
            return []
        marked = "highlight(said, 0, ?, ?)" if read <= FEW else "NULL"
        signs = (OPEN, CLOSE) if read <= FEW else ()
        sql = f"SELECT said.rowid, -bm25(said) AS score, {marked} FROM {self._said} ORDER BY score DESC, said.rowid DESC LIMIT ?"
        return self.reading.execute(sql, (*signs, self.question.expression(terms), *self.values, most)).fetchall()

    def _weighed(self, chosen: Sequence[str], common: dict[str, int], most: int) -> list[Scored]:
        """By bm25 of the rare words; each common one beside them counts as if it stood once in a text of middle length."""
        scores = {position: score for position, score, _ in self._best(chosen, MOST_READ, MOST_READ)}
        rare = self.question.expression(chosen)
        for term, count in common.items():
            weight = self._weight(count)
            beside = self.reading.execute("SELECT rowid FROM said WHERE said MATCH ?", (f"({rare}) AND {term}",))
            for (position,) in beside:
                if position in scores:
                    scores[position] += weight
        best = heapq.nlargest(most, scores.items(), key=lambda one: (one[1], one[0]))
        return [(position, score, None) for position, score in best]

    def _newest(self, terms: Sequence[str], most: int) -> list[Scored]:
        """Nothing rare was asked for: of the newest that have the most of the words those that say little else.

        bm25 would read all places of each word, wherever they are.
        """
        combined = terms[:MOST_COMBINED]
        expressions = [
            (many, self.question.expression([f"({' AND '.join(some)})" for some in combinations(combined, many)]))
            for many in range(len(combined), 1, -1)
        ]
        found: dict[int, tuple[int, int]] = {}
        for many, expression in [*expressions, (1, self.question.expression(terms))]:
            sql = f"SELECT said.rowid, (SELECT sz FROM said_docsize WHERE id = said.rowid) FROM {self._said} ORDER BY said.rowid DESC LIMIT {MOST_NEWEST}"
            for position, size in self.reading.execute(sql, (expression, *self.values)):
                found.setdefault(position, (many, _number(size)))
            if len(found) >= most:
                break
        weight = self._weight(MOST_READ)
        middle = sum(words for _, words in found.values()) / max(1, len(found))
        scores = {position: many * weight * _saturated(1, words / middle) for position, (many, words) in found.items()}
        best = heapq.nlargest(most, scores.items(), key=lambda one: (one[1], one[0]))
        return [(position, score, None) for position, score in best]

    @property
    def _said(self) -> str:
        """The tables and conditions of a question that has words."""
        joined = "JOIN places ON places.position = said.rowid" if self.narrowing else ""
        return f"said {joined} WHERE {' AND '.join(['said MATCH ?', *self.narrowing])}"

    def _weight(self, count: int) -> float:
        """What a word that so many texts have tells, as bm25 has it; the last position stands for the number of texts."""
        (last,) = self.reading.execute("SELECT position FROM carried").fetchone()
        return math.log(1 + max(0, last - count) / count)


def _saturated(times: int, length: float) -> float:
    """What it counts in bm25 that a word stands so many times in a text; `length` is that of the text beside the middle one."""
    return times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length))


def _number(size: bytes) -> int:
    """How many words a text has, as FTS5 keeps it: seven bits a byte."""
    return reduce(lambda known, byte: known << 7 | byte & 0x7F, size, 0)


def _narrowed(
    reading: sqlite3.Connection, question: Question, among: Sequence[str] | None
) -> tuple[list[str], list[Any]]:
    """What a place must fulfil besides, as conditions with their values."""
    filters = question.filters
    conditions: list[str] = []
    values: list[Any] = []
    if among is not None:
        conditions.append(
            "places.session IN (SELECT number FROM sessions WHERE id IN (SELECT value FROM json_each(?)))"
        )
        values.append(json.dumps(among))
    if filters.sessions:
        named = " OR ".join(["substr(id, 1, length(?)) = ?"] * len(filters.sessions))
        conditions.append(f"places.session IN (SELECT number FROM sessions WHERE {named})")
        values += [part for one in filters.sessions for part in (one, one)]
    for column, wanted in (("tool", filters.tools), ("sender", filters.senders)):
        if wanted:
            conditions.append(f"places.{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    for sign, moment in ((">=", filters.since), ("<", filters.until)):
        if moment is not None:
            conditions.append(f"places.said_at {sign} ?")
            values.append(microseconds(moment))
    return conditions, values


def microseconds(moment: datetime) -> int:
    """Since 1970; a moment before is negative."""
    return int(moment.timestamp() * 1_000_000)
