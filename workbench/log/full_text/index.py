"""The index file: what was said at which position of the journal, the words of it, and what narrows a search, in one SQLite database."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.text.full_text.terms import TOKENIZER, as_indexed

FILE_NAME: Final = "search.sqlite"
VERSION: Final = 3
"""Of the tables and of what `as_indexed` makes of a text; an index of another version is made anew."""
MOST_IDLE: Final = 2
LEAST_PACKED: Final = 200
"""Bytes of a text from which on it is compressed: a shorter one would win nothing."""
_MERGED_PAGES: Final = 500

_CHECKED: Final = ("carried", "sessions", "types", "places", "said_data", "said_idx", "said_docsize", "said_config")
"""Looked through at opening; texts are half of the file, and have checksums that are looked at when they are read."""
_SCHEMA: Final = f"""
CREATE TABLE carried (position INTEGER NOT NULL, is_untidy INTEGER NOT NULL);
INSERT INTO carried VALUES (0, 0);
CREATE TABLE sessions (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE types (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE places (
    position INTEGER PRIMARY KEY, session INTEGER NOT NULL, thread TEXT, seq INTEGER NOT NULL, sender TEXT NOT NULL, tool TEXT,
    said_at INTEGER, event_id TEXT NOT NULL, type INTEGER NOT NULL
);
CREATE INDEX places_of ON places (session, position);
CREATE TABLE texts (position INTEGER PRIMARY KEY, text NOT NULL);
CREATE VIEW shown AS SELECT position, as_indexed(text) AS text FROM texts;
CREATE VIRTUAL TABLE said USING fts5(text, content = 'shown', content_rowid = 'position', tokenize = '{TOKENIZER}');
PRAGMA user_version = {VERSION};
"""


_OF_SESSION: Final = "IN (SELECT position FROM places WHERE session = ?)"
_REMOVALS: Final = (
    f"INSERT INTO said (said, rowid, text) SELECT 'delete', position, text FROM shown WHERE position {_OF_SESSION}",
    f"DELETE FROM texts WHERE position {_OF_SESSION}",
    "DELETE FROM places WHERE session = ?",
    "DELETE FROM sessions WHERE number = ?",
)


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
    event_id: str
    type: str
    text: str


class Index:
    """The file, written by one thread and read by others, each with a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE_NAME
        self._writing = self._opened()
        self.position: int
        self.is_untidy: bool
        self.position, self.is_untidy = self._writing.execute("SELECT position, is_untidy FROM carried").fetchone()
        self._is_beginning, self._is_closed = self.is_untidy, False
        self._idle: list[sqlite3.Connection] = []
        self._sessions: dict[str, int] = dict(self._writing.execute("SELECT id, number FROM sessions").fetchall())
        self._types: dict[str, int] = dict(self._writing.execute("SELECT name, number FROM types").fetchall())

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = self._connected()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            checks = (connection.execute(f"PRAGMA quick_check({table})").fetchone()[0] for table in _CHECKED)
            if version == VERSION and all(found == "ok" for found in checks):
                return connection
            connection.close()
        except sqlite3.DatabaseError:
            # Damaged: there is nothing in it that the database does not have.
            pass
        remove(self.file.parent)
        connection = self._connected()
        connection.executescript(_SCHEMA)
        return connection

    def _connected(self) -> sqlite3.Connection:
        connection = _with_functions(sqlite3.connect(self.file, isolation_level=None, check_same_thread=False))
        connection.execute("PRAGMA journal_mode = WAL")
        # What a power loss takes is indexed again.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    # ── writing ──

    def add(self, texts: Sequence[Said], until: int) -> None:
        """Index these texts; afterwards everything up to the position `until` is in."""
        with self._transaction() as writing:
            writing.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(self._place, texts))
            writing.executemany("INSERT INTO texts VALUES (?, ?)", ((one.position, packed(one.text)) for one in texts))
            writing.executemany(
                "INSERT INTO said (rowid, text) VALUES (?, ?)", ((one.position, as_indexed(one.text)) for one in texts)
            )
            writing.execute("UPDATE carried SET position = ?", (until,))
        self.position = until

    def _place(self, said: Said) -> tuple[object, ...]:
        if (session := self._sessions.get(said.session_id)) is None:
            session = self._numbered("INSERT INTO sessions (id) VALUES (?) RETURNING number", said.session_id)
            self._sessions[said.session_id] = session
        if (kind := self._types.get(said.type)) is None:
            kind = self._numbered("INSERT INTO types (name) VALUES (?) RETURNING number", said.type)
            self._types[said.type] = kind
        where = (said.position, session, said.thread_id, said.seq)
        return (*where, said.sender, said.tool, said.said_at, said.event_id, kind)

    def _numbered(self, sql: str, name: str) -> int:
        number: int = self._writing.execute(sql, (name,)).fetchone()[0]
        return number

    def remove(self, session_ids: Iterable[str]) -> None:
        """Take sessions out, with all of their texts; those that are not indexed are passed over. It is on the disk afterwards."""
        self._writing.execute("PRAGMA secure_delete = ON")
        # The database forgets them next, and what it has not can never be taken out.
        self._writing.execute("PRAGMA synchronous = FULL")
        with self._transaction() as writing:
            for session_id in session_ids:
                number = self._sessions.pop(session_id, None)
                for removal in _REMOVALS:
                    writing.execute(removal, (number,))
            writing.execute("UPDATE carried SET is_untidy = 1")
        self._writing.execute("PRAGMA synchronous = OFF")
        self._writing.execute("PRAGMA secure_delete = OFF")
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
        if not self.is_untidy:
            self._writing.execute("UPDATE carried SET is_untidy = 0")
            # What was written before an erasure stands in this file until then.
            self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")

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

    def close(self) -> None:
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()
        self._writing.close()

    # ── reading, from any thread ──

    @contextmanager
    def reading(self, deadline: float) -> Iterator[sqlite3.Connection]:
        """A connection that reads the index as it is now, until `deadline`, a monotonic moment.

        Opening one costs more than a rare word, so that it is kept.

        Raises:
            TimeoutError: the deadline came first.
            sqlite3.DatabaseError: the file is damaged.
        """
        try:
            reading = self._idle.pop()
        except IndexError:
            reading = _with_functions(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, check_same_thread=False))
        reading.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        try:
            # An erasure in the middle is seen whole or not at all.
            reading.execute("BEGIN")
            yield reading
            reading.execute("COMMIT")
        except sqlite3.OperationalError as error:
            reading.close()
            if "interrupted" in str(error):
                raise TimeoutError from None
            raise
        except BaseException:
            reading.close()
            raise
        if self._is_closed or len(self._idle) >= MOST_IDLE:
            reading.close()
        else:
            self._idle.append(reading)


def texts_at(reading: sqlite3.Connection, positions: Sequence[int]) -> dict[int, str]:
    """What was said at these positions, by position.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    sql = "SELECT position, text FROM texts WHERE position IN (SELECT value FROM json_each(?))"
    texts = {position: unpacked(text) for position, text in reading.execute(sql, (json.dumps(positions),))}
    if len(texts) < len(positions):
        raise sqlite3.DatabaseError("the index has places without their texts")
    return texts


def packed(text: str) -> str | bytes:
    """A text as the file has it: compressed where that makes it smaller."""
    whole = text.encode("utf-8", "replace")
    if len(whole) >= LEAST_PACKED and len(small := zlib.compress(whole, 3)) < len(whole):
        return small
    return whole.decode()


def unpacked(kept: str | bytes) -> str:
    """The text that `packed` took.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    try:
        return kept if isinstance(kept, str) else zlib.decompress(kept).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise sqlite3.DatabaseError(f"a text is damaged: {error}") from error


def _with_functions(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.create_function("as_indexed", 1, lambda kept: as_indexed(unpacked(kept)), deterministic=True)
    return connection


@contextmanager
def erasing(folder: Path, session_ids: Sequence[str]) -> Iterator[None]:
    """Take sessions out of an index that nobody has open."""
    if (folder / FILE_NAME).exists():
        index = Index(folder)
        try:
            index.remove(session_ids)
        except sqlite3.DatabaseError:
            remove(folder)
        finally:
            index.close()
    yield


def remove(folder: Path) -> None:
    """Remove an index that is closed, with what SQLite keeps beside it."""
    file = folder / FILE_NAME
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
