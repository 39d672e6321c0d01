"""What the rooms ask of the tables: entries, facts, documents, states and the inbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from workbench import events
from workbench.contracts.log import Head
from workbench.contracts.values import Document, Entry, Fact, SessionState
from workbench.log.store.database import Connection
from workbench.log.store.state import state_of
from workbench.text.strict_json import mended, read_mended

PAGE_ENTRIES: Final = 64
PAGE_BYTES: Final = 256 * 1024

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def entries(
    connection: Connection,
    session_id: str,
    thread_id: str | None,
    *,
    after: int,
    before: int | None,
    limit: int | None,
    newest_first: bool,
    types: Collection[str] = (),
) -> list[Entry]:
    """The thread's logged entries with `after` < seq < `before`, of these types if any are named, in order of seq or the newest first."""
    of_types = "AND list_contains(?::VARCHAR[], type) " if types else ""
    rows = connection.execute(
        "SELECT position, seq, body FROM kept.events WHERE session_id = ? AND thread IS NOT DISTINCT FROM ? AND seq > ? AND seq < coalesce(?, 1::BIGINT << 62) "
        f"{of_types}ORDER BY seq {'DESC' if newest_first else 'ASC'} LIMIT coalesce(?, 1::BIGINT << 62)",
        [session_id, thread_id, after, before, *([list(types)] if types else []), limit],
    ).fetchall()
    return [Entry(position, session_id, seq, _event(body), thread_id) for position, seq, body in rows]


def page(
    connection: Connection, session_id: str, thread_id: str | None, *, after: int, waiting: list[int]
) -> list[Entry]:
    """The thread's next entries in order of position: at most 64, and about 256 KiB.

    Of the queued ones it gives those at the positions in `waiting`.
    """
    rows = connection.execute(
        "SELECT position, seq, body FROM (SELECT * FROM kept.events WHERE session_id = ? AND thread IS NOT DISTINCT FROM ? AND position > ? "
        "AND (seq IS NOT NULL OR position IN (SELECT unnest(?::BIGINT[]))) ORDER BY position LIMIT ?) "
        "QUALIFY sum(strlen(body)) OVER (ORDER BY position) - strlen(body) < ? ORDER BY position",
        [session_id, thread_id, after, waiting, PAGE_ENTRIES, PAGE_BYTES],
    ).fetchall()
    return [Entry(position, session_id, seq, _event(body), thread_id) for position, seq, body in rows]


def _event(body: str) -> events.Event:
    """A stored event; an older version stored some that are nested deeper than is read back."""
    try:
        return events.parse_json(body)
    except events.MalformedEvent:
        return events.parse(mended(read_mended(body)))


def facts(
    connection: Connection, session_id: str, thread_id: str | None, names: Sequence[str], *, after: int = 0
) -> list[tuple[int, Fact]]:
    """All facts of these names about a thread behind a position, with their own, oldest first."""
    rows = connection.execute(
        "SELECT position, name, epoch_us(made_at), body FROM kept.facts WHERE session_id = ? AND position > ? "
        "AND thread IS NOT DISTINCT FROM ? AND list_contains(?::VARCHAR[], name) ORDER BY position",
        [session_id, after, thread_id, list(names)],
    ).fetchall()
    return [
        (position, Fact(name, session_id, _EPOCH + timedelta(microseconds=made_at), read_mended(body), thread_id))
        for position, name, made_at, body in rows
    ]


def sessions_with(connection: Connection, name: str) -> set[str]:
    """The sessions of which a fact of this name is known."""
    rows = connection.execute(
        "SELECT DISTINCT session_id FROM kept.facts WHERE name = ? AND session_id IS NOT NULL", [name]
    ).fetchall()
    return {row[0] for row in rows}


def documents(
    connection: Connection, kind: str, document_id: str | None = None, version: int | None = None
) -> list[tuple[int, Document]]:
    """Documents of a kind with the position of each one's first making: by that, then by version."""
    rows = connection.execute(
        "SELECT made, id, version, body FROM kept.documents WHERE kind = ? AND id = coalesce(?, id) "
        "AND version = coalesce(?, version) ORDER BY made, version",
        [kind, document_id, version],
    ).fetchall()
    return [(made, Document(kind, name, number, read_mended(body))) for made, name, number, body in rows]


def some_documents(connection: Connection, kind: str, ids: Collection[str]) -> list[tuple[int, Document]]:
    """The documents of these ids, as `documents` gives them."""
    rows = connection.execute(
        "SELECT made, id, version, body FROM kept.documents WHERE kind = ? AND list_contains(?, id) ORDER BY made, version",
        [kind, list(ids)],
    ).fetchall()
    return [(made, Document(kind, name, number, read_mended(body))) for made, name, number, body in rows]


def sessions(connection: Connection) -> list[str]:
    """The sessions that there is a document of."""
    rows = connection.execute("SELECT DISTINCT id FROM kept.documents WHERE kind = 'session'").fetchall()
    return [row[0] for row in rows]


def heads(connection: Connection, kind: str, fields: Sequence[str]) -> list[tuple[int, Head]]:
    """These fields of the newest version of each document of a kind, with its number, in order of first making."""
    rows = connection.execute(
        "SELECT version, id, json_extract_string(body, ?) FROM kept.documents WHERE kind = ?"
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC) = 1 ORDER BY made",
        [[f"$.{name}" for name in fields], kind],
    ).fetchall()
    return [(version, Head(name, tuple(values))) for version, name, values in rows]


def position(connection: Connection) -> int:
    """How far the journal was carried over."""
    return int(_one(connection, "SELECT position FROM kept.carried"))


def aside(connection: Connection) -> list[int]:
    """The positions of the records that the tables could not take."""
    return [place for (place,) in connection.execute("SELECT position FROM kept.aside ORDER BY position").fetchall()]


def states(connection: Connection) -> list[SessionState]:
    """Every session's state as it was carried over last."""
    return [state_of(read_mended(body)) for (body,) in connection.execute("SELECT body FROM kept.states").fetchall()]


def waiting(connection: Connection) -> list[Entry]:
    """The inbox: what is queued, and was neither taken up nor flushed."""
    rows = connection.execute(
        """SELECT q.position, q.session_id, q.body, q.thread FROM kept.events AS q
           WHERE q.seq IS NULL
           AND NOT EXISTS (FROM kept.events AS t WHERE t.session_id = q.session_id AND t.id = q.id AND t.seq IS NOT NULL)
           AND q.id NOT IN (SELECT unnest(json_extract_string(body, '$.event_ids[*]')) FROM kept.facts WHERE name = 'inbox.flushed')
           ORDER BY q.position"""
    ).fetchall()
    return [Entry(place, session_id, None, _event(body), thread_id) for place, session_id, body, thread_id in rows]


def _one(connection: Connection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]
