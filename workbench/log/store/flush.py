"""Flush: what a batch of records changes in the tables, in one transaction with the journal's position."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import duckdb

from workbench.log.journal.records import (
    Erased,
    Filed,
    Forgotten,
    Logged,
    Noted,
    Queued,
    Record,
    Remembered,
    Unfiled,
    Unread,
    unread,
)
from workbench.log.store.database import Connection, roll_back
from workbench.log.store.memtable import Handover
from workbench.log.store.pending_calls import PendingCalls
from workbench.log.store.rows import (
    EVENT_TYPES,
    FACT_TYPES,
    MEMORY_TYPES,
    Columns,
    columns_of,
    event_row,
    fact_row,
    insert,
    memory_row,
    used,
)
from workbench.log.store.state import state_json
from workbench.text.strict_json import mended

DocumentId = tuple[str, str]

MOST_AT_ONCE: Final = 128
"""Rows: DuckDB reads a statement's values without letting the event loop run, 20 to 30 µs a row."""

_REFUSALS: Final = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.InvalidInputException,
    duckdb.InvalidTypeException,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a value causes; a full disk, a damaged file and too little memory are none of them, and pass."""


@dataclass
class _Changes:
    """The sum of a batch: what leaves the tables first, and what comes into them then."""

    events: list[Columns] = field(default_factory=list)
    facts: list[Columns] = field(default_factory=list)
    documents: dict[tuple[str, str, int], Record] = field(default_factory=dict)
    unfiled: set[DocumentId] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    memories: dict[str, Columns] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    aside: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        match record.happening:
            case Queued() | Logged():
                entry = record.entry
                assert entry is not None
                self.events.append(event_row(record, entry))
            case Noted(fact):
                self.facts.append(fact_row(record, fact))
            case Filed(document):
                self.documents[document.kind, document.id, document.version] = record
            case Unfiled(kind, document_id):
                self._unfile((kind, document_id))
            case Erased(session_id):
                self.erased.add(session_id)
                self.events = [row for row in self.events if row["session_id"] != session_id]
                self.facts = [row for row in self.facts if row["session_id"] != session_id]
                self._unfile(("session", session_id))
            case Remembered(version):
                # A redaction stands where the version stood.
                first = self.memories.get(version.id, {}).get("position")
                row = memory_row(record, version)
                self.memories[version.id] = row | ({"position": first} if first else {})
            case Forgotten(store_id):
                self.forgotten.add(store_id)
                self.memories = {id_: row for id_, row in self.memories.items() if row["store_id"] != store_id}

            case Unread():
                self.aside.append(record)

    def _unfile(self, document: DocumentId) -> None:
        self.unfiled.add(document)
        self.documents = {key: record for key, record in self.documents.items() if key[:2] != document}


def carry(connection: Connection, handover: Handover, pending: PendingCalls) -> list[Record]:
    """Write a batch; gives the records that were put aside, each because the tables cannot take it.

    In halves, and theirs, the batch is written again where it is refused, so that one record is the only one that stays out.
    """
    try:
        return _written(connection, handover, pending)
    except _REFUSALS as refusal:
        records = handover.records
        if len(records) == 1:
            if isinstance(records[0].happening, Unread):
                raise
            return _written(connection, Handover((unread(records[0], refusal),), handover.states), pending)
    middle = len(records) // 2
    first = carry(connection, Handover(records[:middle], ()), pending)
    return first + carry(connection, Handover(records[middle:], handover.states), pending)


def _written(connection: Connection, handover: Handover, pending: PendingCalls) -> list[Record]:
    changes = _Changes()
    for record in handover.records:
        changes.add(record)
    position = handover.records[-1].position
    connection.execute("BEGIN")
    try:
        _erase(connection, changes.erased)
        _unfile(connection, changes.unfiled)
        pending.complete(connection, changes.events, changes.facts)
        _insert(connection, "kept.events", changes.events, EVENT_TYPES)
        _insert(connection, "kept.facts", changes.facts, FACT_TYPES)
        _file(connection, changes.documents)
        _remember(connection, changes)
        _put_aside(connection, changes.aside)
        _keep_states(connection, handover)
        connection.execute("UPDATE kept.carried SET position = ?", [position])
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise
    return changes.aside


def _insert(connection: Connection, table: str, rows: Sequence[Columns], types: dict[str, str]) -> None:
    for first in range(0, len(rows), MOST_AT_ONCE):
        some = rows[first : first + MOST_AT_ONCE]
        had = used(some, types)
        connection.execute(insert(table, had), columns_of(some, had))


def _erase(connection: Connection, session_ids: Iterable[str]) -> None:
    for session_id in session_ids:
        for table in ("events", "facts", "states"):
            connection.execute(f"DELETE FROM kept.{table} WHERE session_id = ?", [session_id])


def _unfile(connection: Connection, documents: Iterable[DocumentId]) -> None:
    for document in documents:
        connection.execute("DELETE FROM kept.documents WHERE kind = ? AND id = ?", list(document))


def _file(connection: Connection, documents: dict[tuple[str, str, int], Record]) -> None:
    if not documents:
        return
    keys = [[key[part] for key in documents] for part in range(3)]
    named = "(SELECT unnest(?::VARCHAR[]) AS kind, unnest(?::VARCHAR[]) AS id, unnest(?::BIGINT[]) AS version) AS named"
    made = {
        (kind, document_id): position
        for kind, document_id, position in connection.execute(
            f"SELECT d.kind, d.id, min(d.made) FROM kept.documents AS d SEMI JOIN {named} USING (kind, id) GROUP BY ALL",
            keys,
        ).fetchall()
    }
    connection.execute(
        f"DELETE FROM kept.documents AS d USING {named} "
        "WHERE d.kind = named.kind AND d.id = named.id AND d.version = named.version",
        keys,
    )
    first = [
        made.setdefault((kind, document_id), record.position) for (kind, document_id, _), record in documents.items()
    ]
    connection.execute(
        "INSERT INTO kept.documents (made, kind, id, version, body) SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[]), "
        "unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[])",
        [first, *keys, [record.body for record in documents.values()]],
    )


def _remember(connection: Connection, changes: _Changes) -> None:
    for store_id in changes.forgotten:
        connection.execute("DELETE FROM kept.memory_versions WHERE store_id = ?", [store_id])
    redacted = [row["id"] for row in changes.memories.values() if row["redacted_at"]]
    if redacted:
        gone = connection.execute(
            "DELETE FROM kept.memory_versions WHERE id IN (SELECT unnest(?::VARCHAR[])) RETURNING id, position",
            [redacted],
        ).fetchall()
        for version_id, position in gone:
            changes.memories[version_id] |= {"position": position}
    if changes.memories:
        rows = columns_of(changes.memories.values(), MEMORY_TYPES)
        connection.execute(insert("kept.memory_versions", MEMORY_TYPES), rows)


def _put_aside(connection: Connection, records: Sequence[Record]) -> None:
    for record in records:
        assert isinstance(record.happening, Unread)
        where, reason = [record.position, record.session_id, record.seq], mended(record.happening.reason)
        connection.execute("INSERT INTO kept.aside VALUES (?, ?, ?, ?)", [*where, reason])


def _keep_states(connection: Connection, handover: Handover) -> None:
    if not handover.states:
        return
    session_ids = [state.session_id for state in handover.states]
    bodies = [json.dumps(state_json(state)) for state in handover.states]
    connection.execute("DELETE FROM kept.states WHERE session_id IN (SELECT unnest(?::VARCHAR[]))", [session_ids])
    connection.execute(
        "INSERT INTO kept.states SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", [session_ids, bodies]
    )
