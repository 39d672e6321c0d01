"""A database of many made-up events for measuring questions, written at once and not through the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from workbench.log.database import FILE_NAME, connect

A_TURN: Final = 8
"""Events of one turn: message, request and its end, call, start of the tool, result, message, idle."""
TURNS_A_SESSION: Final = 25
BATCH: Final = 100_000

_EVENTS: Final = """
INSERT INTO kept.events (position, session_id, seq, id, type, processed_at, answers, tool, is_error, input_tokens,
    output_tokens, cache_read_tokens, cache_creation_tokens, text, body)
SELECT n, 'sesn_' || (n // 200), 1 + n % 200, 'sevt_' || n,
    ['user.message', 'span.model_request_start', 'span.model_request_end', 'agent.tool_use', 'agent.tool_result',
     'agent.message', 'session.usage', 'session.status_idle'][1 + n % 8],
    TIMESTAMPTZ '2026-01-01 00:00:00Z' + INTERVAL 1 SECOND * CAST(n * 3 + hash(n) % 3 AS BIGINT),
    CASE n % 8 WHEN 2 THEN 'sevt_' || (n - 1) WHEN 4 THEN 'sevt_' || (n - 1) END,
    CASE n % 8 WHEN 3 THEN ['bash', 'read', 'edit', 'grep', 'write'][CAST(1 + hash(n) % 5 AS BIGINT)] END,
    CASE WHEN n % 8 IN (2, 4) THEN hash(n) % 17 = 0 END,
    CASE n % 8 WHEN 2 THEN hash(n) % 4000 END, CASE n % 8 WHEN 2 THEN hash(n) % 900 END,
    CASE n % 8 WHEN 2 THEN hash(n) % 90000 END, CASE n % 8 WHEN 2 THEN 0 END,
    CASE WHEN n % 8 IN (0, 3, 4, 5) THEN 'word' || hash(n) % 5000 || ' of the file' || hash(n + 1) % 3000 || ' and nothing but '
        || 'rare' || (n // 8) % 1000000 || ' things' END,
    json_object('type', 'agent.message', 'n', n)
FROM range({first}, {last}) AS t(n)
"""
_FACTS: Final = """
INSERT INTO kept.facts (position, name, session_id, made_at, subject, body)
SELECT n, 'model.requested', 'sesn_' || (n // 200), TIMESTAMPTZ '2026-01-01 00:00:00Z' + INTERVAL 1 SECOND * (n * 3),
    'sevt_' || n, json_object('model', 'claude-opus-5-5')
FROM range({first}, {last}) AS t(n) WHERE n % 8 = 1
"""
_WORDS: Final = """
INSERT INTO kept.words
SELECT DISTINCT md5_number_lower(word), block
FROM (SELECT unnest(words_of(text)) AS word, position >> 10 AS block
      FROM kept.events WHERE position >= {first} AND position < {last} AND text IS NOT NULL)
"""
_LITE: Final = (
    "CREATE TABLE events (session_id TEXT, seq INTEGER, id TEXT, type TEXT, at REAL, answers TEXT, tool TEXT, is_error INTEGER, "
    "input_tokens INTEGER, output_tokens INTEGER, text TEXT)"
)


def filled(folder: Path, events: int) -> None:
    """Make a database of so many events in a log's folder, which `open_log` then opens."""
    folder.mkdir(parents=True)
    with closing(connect(folder / FILE_NAME)) as connection:
        for first in range(0, events, BATCH * 10):
            last = min(events, first + BATCH * 10)
            for statement in (_EVENTS, _FACTS, _WORDS):
                connection.execute(statement.format(first=first, last=last))
        connection.execute("UPDATE kept.carried SET position = ?", [events])
        connection.execute("CHECKPOINT")


def in_sqlite(folder: Path, file: Path) -> None:
    """The same events in SQLite, with the indexes and the full-text table that these questions want."""
    with closing(connect(folder / FILE_NAME)) as connection, closing(sqlite3.connect(file)) as lite:
        lite.execute("PRAGMA journal_mode = OFF")
        lite.execute(_LITE)
        lite.execute("CREATE VIRTUAL TABLE said USING fts5(text, content='')")
        cursor = connection.execute(
            "SELECT session_id, seq, id, type, epoch(processed_at), answers, tool, is_error, input_tokens, output_tokens, text "
            "FROM kept.events ORDER BY position"
        )
        for rows in _batches(cursor):
            lite.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
        lite.execute("INSERT INTO said (rowid, text) SELECT rowid, text FROM events WHERE text IS NOT NULL")
        for columns in ("session_id, seq", "answers", "type, at"):
            lite.execute(f"CREATE INDEX by_{columns.split(',')[0]} ON events ({columns})")
        lite.commit()


def _batches(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows
