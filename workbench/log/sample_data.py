"""A database of many made-up events for measuring questions, written at once and not through the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from workbench.contracts.values import Progress
from workbench.log.store.database import FILE_NAME, connect

BATCH: Final = 100_000
AT_ONCE: Final = 250_000
"""Events of one statement; twice as many would not fit into the memory that the database may use."""

_SYLLABLES: Final = "bakodutelimorasiventopugahiwejyzucosefirmanolupyxadibetogrukl"
_MACROS: Final = (
    # Sixteen sessions work at once, each two hundred events: twenty-five turns of eight.
    "CREATE TEMP MACRO session_of(n) AS printf('sesn_01%08dbench%07d', n // 3200, n // 3200 * 16 + n % 16)",
    "CREATE TEMP MACRO id_of(n) AS printf('sevt_01%08d', n) || left(md5(CAST(n AS VARCHAR)), 12)",
    "CREATE TEMP MACRO step_of(n) AS n % 3200 // 16 % 8",
    "CREATE TEMP MACRO moment_of(n) AS TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_milliseconds(n * 1500 + hash(n) % 1400)",
    "CREATE TEMP MACRO model_of(n) AS ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-5-5'][1 + n % 3]",
    f"CREATE TEMP MACRO syllable(k) AS substr('{_SYLLABLES}', CAST(1 + k % 60 AS BIGINT), 2)",
    # The nth word of two hundred thousand is said in inverse proportion to n, as people do.
    "CREATE TEMP MACRO word(k) AS syllable(k) || CASE WHEN k >= 60 THEN syllable(k // 60) ELSE '' END "
    "|| CASE WHEN k >= 3600 THEN syllable(k // 3600) ELSE '' END",
    "CREATE TEMP MACRO words(n, many) AS array_to_string(list_transform(range(CAST(many AS BIGINT)), "
    "lambda i: word(CAST(floor(exp(hash(n * 1000 + i) % 1000000 / 1000000.0 * ln(200000))) AS BIGINT))), ' ')",
)
_EVENTS: Final = """
INSERT INTO kept.events (position, session_id, seq, id, type, processed_at, answers, tool, permission, path, is_error, input_tokens,
    output_tokens, cache_read_tokens, cache_creation_tokens, answered, began_at, model, is_fast, text, body)
SELECT n + 1, session_id, 1 + n % 3200 // 16, id_of(n), type, moment, answers, tool, permission, NULL, is_error, input_tokens,
    output_tokens, cache_read_tokens, cache_creation_tokens, CASE WHEN answers IS NOT NULL THEN n - 15 END,
    CASE WHEN answers IS NOT NULL THEN moment_of(n - 16) END, model, CASE step WHEN 2 THEN false END, text,
    CASE step
        WHEN 1 THEN json_object('id', id_of(n), 'processed_at', moment, 'type', type)
        WHEN 2 THEN json_object('id', id_of(n), 'processed_at', moment, 'type', type, 'is_error', is_error, 'model_request_start_id', answers,
            'model_usage', json_object('input_tokens', input_tokens, 'output_tokens', output_tokens,
            'cache_read_input_tokens', cache_read_tokens, 'cache_creation_input_tokens', cache_creation_tokens))
        WHEN 3 THEN json_object('id', id_of(n), 'processed_at', moment, 'type', type, 'name', tool, 'input', json_object('command', text),
            'evaluated_permission', permission)
        WHEN 4 THEN json_object('id', id_of(n), 'processed_at', moment, 'type', type, 'tool_use_id', answers, 'is_error', is_error,
            'content', [json_object('type', 'text', 'text', text)])
        WHEN 6 THEN json_object('id', id_of(n), 'processed_at', moment, 'type', type, 'usage', json_object('output_tokens', n % 90000))
        WHEN 7 THEN json_object('id', id_of(n), 'processed_at', moment, 'type', type, 'stop_reason', json_object('type', 'end_turn'))
        ELSE json_object('id', id_of(n), 'processed_at', moment, 'type', type, 'content', [json_object('type', 'text', 'text', text)])
    END
FROM (
    SELECT n, step_of(n) AS step, session_of(n) AS session_id, moment_of(n) AS moment,
        ['user.message', 'span.model_request_start', 'span.model_request_end', 'agent.tool_use', 'agent.tool_result',
         'agent.message', 'session.usage', 'session.status_idle'][1 + step] AS type,
        CASE WHEN step IN (2, 4) THEN id_of(n - 16) END AS answers,
        CASE step WHEN 3 THEN ['bash', 'read', 'edit', 'grep', 'write'][CAST(1 + hash(n) % 5 AS BIGINT)] END AS tool,
        CASE step WHEN 3 THEN CASE WHEN hash(n) % 9 = 0 THEN 'ask' ELSE 'allow' END END AS permission,
        CASE WHEN step IN (2, 4) THEN hash(n) % 17 = 0 END AS is_error,
        CASE step WHEN 1 THEN model_of(n) WHEN 2 THEN model_of(n - 16) END AS model,
        CASE step WHEN 2 THEN hash(n) % 4000 END AS input_tokens, CASE step WHEN 2 THEN hash(n) % 900 END AS output_tokens,
        CASE step WHEN 2 THEN hash(n) % 90000 END AS cache_read_tokens,
        CASE step WHEN 2 THEN hash(n) % 3000 END AS cache_creation_tokens,
        CASE step
            WHEN 0 THEN words(n, 3 + hash(n) % 40)
            WHEN 3 THEN words(n, 2 + hash(n) % 9)
            -- Outputs of tools have words that are nowhere else: ids, hashes, addresses.
            WHEN 4 THEN words(n, 10 + hash(n) % 170) || ' only' || n
            WHEN 5 THEN words(n, 10 + hash(n) % 80)
        END AS text
    FROM range({first}, {last}) AS t(n)
)
"""
_FACTS: Final = """
INSERT INTO kept.facts (position, name, session_id, made_at, subject, body)
SELECT n + 1, CASE step_of(n) WHEN 1 THEN 'model.requested' ELSE 'tool.started' END, session_of(n), moment_of(n), id_of(n),
    CASE step_of(n)
        WHEN 1 THEN json_object('model_request_start_id', id_of(n), 'model', model_of(n))
        ELSE json_object('tool_use_id', id_of(n), 'name', 'bash')
    END
FROM range({first}, {last}) AS t(n) WHERE step_of(n) IN (1, 3)
"""
_LITE: Final = (
    "CREATE TABLE events (session_id TEXT, seq INTEGER, id TEXT, type TEXT, at REAL, answers TEXT, tool TEXT, is_error INTEGER, "
    "input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_creation_tokens INTEGER, model TEXT, text TEXT)"
)


def filled(folder: Path, events: int, progress: Progress) -> None:
    """Make a database of so many events in a log's folder, which `open_log` then opens."""
    folder.mkdir(parents=True)
    with closing(connect(folder / FILE_NAME)) as connection:
        for macro in _MACROS:
            connection.execute(macro)
        for first in range(0, events, AT_ONCE):
            last = min(events, first + AT_ONCE)
            for statement in (_EVENTS, _FACTS):
                connection.execute(statement.format(first=first, last=last))
            progress(f"filling the log: {last:,} of {events:,} events")
        connection.execute(
            "INSERT INTO kept.prices (model) SELECT DISTINCT model FROM kept.events WHERE model IS NOT NULL"
        )
        connection.execute("UPDATE kept.carried SET position = ?", [events])
        connection.execute("CHECKPOINT")


def word(number: int) -> str:
    """The word that comes in this place when words are ordered by how often they are said."""
    parts = (number, *(number // base for base in (60, 3600) if number >= base))
    return "".join(_SYLLABLES[part % 60 : part % 60 + 2] for part in parts)


def rare_word(events: int) -> str:
    """A word that only one event has, in the middle of the log."""
    return f"only{events // 2 // 3200 * 3200 + 64}"


def in_sqlite(folder: Path, file: Path, progress: Progress) -> None:
    """The same events in SQLite, with the indexes and the full-text table that these questions want."""
    with closing(connect(folder / FILE_NAME)) as connection, closing(sqlite3.connect(file)) as lite:
        lite.execute("PRAGMA journal_mode = OFF")
        lite.execute("PRAGMA synchronous = OFF")
        lite.execute(_LITE)
        lite.execute("CREATE VIRTUAL TABLE said USING fts5(text, content='')")
        cursor = connection.execute(
            "SELECT session_id, seq, id, type, epoch(processed_at), answers, tool, is_error, input_tokens, output_tokens, "
            "cache_read_tokens, cache_creation_tokens, model, text FROM kept.events ORDER BY position"
        )
        count = 0
        for rows in _batches(cursor):
            lite.executemany(f"INSERT INTO events VALUES ({','.join('?' * len(rows[0]))})", rows)
            lite.execute(
                "INSERT INTO said (rowid, text) SELECT rowid, text FROM events WHERE text IS NOT NULL AND rowid > ?",
                [count],
            )
            count += len(rows)
            progress(f"filling SQLite: {count:,} events")
        for columns in ("session_id, seq", "answers", "type, at"):
            progress(f"filling SQLite: an index on {columns}")
            lite.execute(f"CREATE INDEX by_{columns.split(',')[0]} ON events ({columns})")
        lite.commit()


def texts_in_sqlite(folder: Path, file: Path, progress: Progress) -> None:
    """The same texts in a full-text table of SQLite that keeps them, with what one shows of a hit."""
    with closing(connect(folder / FILE_NAME)) as connection, closing(sqlite3.connect(file)) as lite:
        lite.execute("PRAGMA journal_mode = OFF")
        lite.execute("PRAGMA synchronous = OFF")
        lite.execute("CREATE VIRTUAL TABLE said USING fts5(text, session_id UNINDEXED, type UNINDEXED, at UNINDEXED)")
        cursor = connection.execute(
            "SELECT position, text, session_id, type, epoch(processed_at) FROM kept.events WHERE text <> '' ORDER BY position"
        )
        for rows in _batches(cursor):
            lite.executemany("INSERT INTO said (rowid, text, session_id, type, at) VALUES (?, ?, ?, ?, ?)", rows)
            progress(f"filling SQLite: {rows[-1][0]:,} events")
        lite.commit()


def _batches(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows
