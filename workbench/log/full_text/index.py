"""The index file: which words stand at which position of the journal, with what narrows a search, in one SQLite database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from workbench.text.full_text.question import Question
from workbench.text.full_text.terms import TOKENIZER, as_indexed

FILE_NAME: Final = "search.sqlite"
VERSION: Final = 2
"""Of the tables and of what `as_indexed` makes of a text; an index of another version is made anew."""
MOST_RANKED: Final = 200
"""How many places of a question are looked at closer."""
MOST_COUNTED: Final = 50_000
"""How many texts are counted for a word; what is said more often counts only where nothing rarer is asked for, and in the newest."""
MOST_READ: Final = 200_000
"""How many texts of all words of a question together are ranked: the rarest words come first."""
MOST_IDLE: Final = 2
_MERGED_PAGES: Final = 500

_SCHEMA: Final = f"""
CREATE TABLE carried (position INTEGER NOT NULL);
INSERT INTO carried VALUES (0);
CREATE TABLE sessions (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE places (
    position INTEGER PRIMARY KEY, session INTEGER NOT NULL, thread TEXT, seq INTEGER NOT NULL, sender TEXT NOT NULL, tool TEXT, said_at INTEGER
);
CREATE INDEX places_of ON places (session, position);
CREATE VIRTUAL TABLE said USING fts5(text, content = '', tokenize = '{TOKENIZER}');
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Said:
    """One text that is indexed: where it stands, who said it with which tool and when, in microseconds since 1970."""

    position: int
    session_id: str
    thread_id: str | None
    seq: int
    sender: str
    tool: str | None
    said_at: int | None
    text: str


@dataclass(frozen=True)
class Ranked:
    """A position that answers a question: how well, where in which session's log it stands, and the tool that it is of."""

    position: int
    score: float
    session_id: str
    thread_id: str | None
    seq: int
    tool: str | None


class Index:
    """The file, written by one thread and read by others, each with a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE_NAME
        self._writing = self._opened()
        self.position: int = self._writing.execute("SELECT position FROM carried").fetchone()[0]
        self.is_untidy = self._is_beginning = self._is_closed = False
        self._idle: list[sqlite3.Connection] = []
        self._numbers: dict[str, int] = dict(self._writing.execute("SELECT id, number FROM sessions").fetchall())

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = self._connected()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION and connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return connection
            connection.close()
        except sqlite3.DatabaseError:
            # Damaged: there is nothing in it that the database does not have.
            pass
        remove(self.file)
        connection = self._connected()
        connection.executescript(_SCHEMA)
        return connection

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        # What a power loss takes is indexed again.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    # ── writing ──

    def add(self, texts: Iterable[Said], until: int) -> None:
        """Index these texts; afterwards everything up to the position `until` is in."""
        with self._transaction() as writing:
            rows = [(one, self._number(one.session_id)) for one in texts]
            writing.executemany(
                "INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (one.position, number, one.thread_id, one.seq, one.sender, one.tool, one.said_at)
                    for one, number in rows
                ),
            )
            writing.executemany(
                "INSERT INTO said (rowid, text) VALUES (?, ?)",
                ((one.position, as_indexed(one.text)) for one, _ in rows),
            )
            writing.execute("UPDATE carried SET position = ?", (until,))
        self.position = until

    def remove(self, session_id: str, texts: Iterable[tuple[int, str]]) -> None:
        """Take a session out, with its texts as they were indexed; what was not indexed yet is passed over."""
        known = [(position, as_indexed(text)) for position, text in texts if position <= self.position]
        with self._transaction() as writing:
            writing.executemany("INSERT INTO said (said, rowid, text) VALUES ('delete', ?, ?)", known)
            number = self._numbers.pop(session_id, None)
            writing.execute("DELETE FROM places WHERE session = ?", (number,))
            writing.execute("DELETE FROM sessions WHERE number = ?", (number,))
        self.is_untidy = self._is_beginning = True

    def tidy(self) -> None:
        """Merge a little of the index, so that nothing of erased texts stays in it; `is_untidy` says whether there is more to do."""
        before = self._writing.total_changes
        self._writing.execute("PRAGMA secure_delete = ON")
        pages = -_MERGED_PAGES if self._is_beginning else _MERGED_PAGES
        self._writing.execute("INSERT INTO said (said, rank) VALUES ('merge', ?)", (pages,))
        self._writing.execute("PRAGMA secure_delete = OFF")
        self._is_beginning = False
        self.is_untidy = self._writing.total_changes - before >= 2

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writing.execute("BEGIN")
        try:
            yield self._writing
            self._writing.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._writing.execute("ROLLBACK")
            raise

    def _number(self, session_id: str) -> int:
        if (number := self._numbers.get(session_id)) is None:
            made = self._writing.execute("INSERT INTO sessions (id) VALUES (?) RETURNING number", (session_id,))
            number = self._numbers[session_id] = made.fetchone()[0]
        return number

    def close(self) -> None:
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()
        self._writing.close()

    # ── reading, from any thread ──

    def find(self, question: Question, among: Sequence[str] | None, *, most: int, deadline: float) -> list[Ranked]:
        """The positions that answer best; `among` are the only sessions that count, `deadline` a monotonic moment.

        Raises:
            TimeoutError: the deadline came first.
            sqlite3.DatabaseError: the file is damaged.
        """
        with self._reading() as reading:
            reading.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            try:
                return [Ranked(*row) for row in _found(reading, question, among, most)]
            except sqlite3.OperationalError as error:
                if "interrupted" in str(error):
                    raise TimeoutError from None
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that only reads, kept for the next question: opening one costs more than looking a rare word up."""
        try:
            reading = self._idle.pop()
        except IndexError:
            reading = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, check_same_thread=False)
        try:
            yield reading
        except BaseException:
            reading.close()
            raise
        if self._is_closed or len(self._idle) >= MOST_IDLE:
            reading.close()
        else:
            self._idle.append(reading)


def remove(file: Path) -> None:
    """Remove an index that is closed, with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


_PLACES: Final = """
SELECT ranked.position, score, sessions.id, thread, seq, tool FROM ({}) AS ranked
JOIN places ON places.position = ranked.position JOIN sessions ON sessions.number = places.session
ORDER BY score DESC, ranked.position DESC
"""


def _found(
    reading: sqlite3.Connection, question: Question, among: Sequence[str] | None, most: int
) -> list[tuple[Any, ...]]:
    narrowing, values = _narrowed(reading, question, among)
    if not question.has_words:
        places = f"SELECT position, 0.0 AS score FROM places WHERE {' AND '.join(narrowing) or 'TRUE'} ORDER BY position DESC LIMIT ?"
        return reading.execute(_PLACES.format(places), (*values, most)).fetchall()
    chosen, floor = _chosen(reading, question)
    conditions = ["said MATCH ?", *["said.rowid >= ?"] * (floor > 0)]
    asked: list[Any] = [question.expression(chosen), *[floor] * (floor > 0)]
    joined = ""
    if narrowing:
        joined = "JOIN places ON places.position = said.rowid"
        conditions += narrowing
        asked += values
    best = (
        f"SELECT said.rowid AS position, -bm25(said) AS score FROM said {joined} WHERE {' AND '.join(conditions)} "
        "ORDER BY score DESC, said.rowid DESC LIMIT ?"
    )
    return reading.execute(_PLACES.format(best), (*asked, most)).fetchall()


def _chosen(reading: sqlite3.Connection, question: Question) -> tuple[list[str], int]:
    """The terms that are ranked, the rarest first, and the position from which on they are, where they stand everywhere."""
    counts = {
        term: reading.execute(
            "SELECT count(*) FROM (SELECT 1 FROM said WHERE said MATCH ? LIMIT ?)", (term, MOST_COUNTED + 1)
        ).fetchone()[0]
        for term in question.terms
    }
    chosen: list[str] = []
    read = 0
    for term in sorted(counts, key=counts.__getitem__):
        if chosen and (counts[term] > MOST_COUNTED or read + counts[term] > MOST_READ):
            # What is said everywhere tells little beside a rarer word, and costs seconds.
            break
        chosen.append(term)
        read += counts[term]
    if not question.needed and chosen and counts[chosen[0]] > MOST_COUNTED:
        # Nothing rare was asked for.
        places = reading.execute(
            "SELECT rowid FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET ?",
            (question.expression(chosen), MOST_COUNTED),
        ).fetchone()
        return chosen, places[0] if places else 0
    return chosen, 0


def _narrowed(
    reading: sqlite3.Connection, question: Question, among: Sequence[str] | None
) -> tuple[list[str], list[Any]]:
    """What a place must fulfil besides, as conditions with their values."""
    filters = question.filters
    conditions: list[str] = []
    values: list[Any] = []
    if among is not None:
        reading.execute("CREATE TEMP TABLE IF NOT EXISTS among (id TEXT PRIMARY KEY)")
        reading.execute("DELETE FROM among")
        reading.executemany("INSERT OR IGNORE INTO among VALUES (?)", ((one,) for one in among))
        conditions.append("places.session IN (SELECT number FROM sessions JOIN among USING (id))")
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
