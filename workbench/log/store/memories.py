"""The versions of memories, read from the store with the tail laid over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from workbench.contracts.memory import MemoryVersion
from workbench.log.journal.records import Forgotten, Record, Remembered
from workbench.log.ledger import Ledger
from workbench.log.store.database import Connection
from workbench.text.strict_json import read_mended

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OUTLINE: Final = (
    "id, store_id, memory_id, operation, path, NULL, content_sha256, content_size_bytes, created_by, epoch_us(created_at), "
    "epoch_us(redacted_at), redacted_by, NULL"
)
_WHOLE: Final = (
    "id, store_id, memory_id, operation, path, content, content_sha256, content_size_bytes, created_by, "
    "epoch_us(created_at), epoch_us(redacted_at), redacted_by, grounds"
)

_FIELDS: Final = tuple(field.name for field in fields(MemoryVersion))


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "created_by": read_mended,
    "created_at": _moment,
    "redacted_at": _moment,
    "redacted_by": read_mended,
    "grounds": read_mended,
}


class JournaledMemories:
    """The versions of memories over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def keep(self, versions: Sequence[MemoryVersion]) -> None:
        if versions:
            await self._ledger.write([Remembered(version) for version in versions])

    async def outline(self, store_id: str, memory_id: str | None = None) -> list[MemoryVersion]:
        tail = self._tail(store_id)
        stored = await self._ledger.stored(
            lambda connection: _rows(
                connection, _OUTLINE, "store_id = ? AND memory_id = coalesce(?, memory_id)", [store_id, memory_id]
            )
        )
        known = _laid_over(stored, tail)
        return [
            replace(version, content=None, grounds=None) for version in known if memory_id in (None, version.memory_id)
        ]

    async def version(self, store_id: str, version_id: str) -> MemoryVersion | None:
        found = await self.whole(store_id, [version_id])
        return found[0] if found else None

    async def whole(self, store_id: str, version_ids: Sequence[str]) -> list[MemoryVersion]:
        tail = self._tail(store_id)
        stored = await self._ledger.stored(
            lambda connection: _rows(
                connection, _WHOLE, "store_id = ? AND id IN (SELECT unnest(?::VARCHAR[]))", [store_id, version_ids]
            )
        )
        known = {version.id: version for version in _laid_over(stored, tail)}
        return [known[version_id] for version_id in version_ids if version_id in known]

    async def drop(self, store_id: str) -> None:
        await self._ledger.write([Forgotten(store_id)])

    def _tail(self, store_id: str) -> list[Record]:
        return [
            record
            for record in self._ledger.memtable.tail
            if (isinstance(record.happening, Remembered) and record.happening.version.store_id == store_id)
            or (isinstance(record.happening, Forgotten) and record.happening.store_id == store_id)
        ]


def _laid_over(stored: Iterable[MemoryVersion], tail: Iterable[Record]) -> list[MemoryVersion]:
    """The stored versions after the tail's changes; a change that is in the store already changes nothing again."""
    known = {version.id: version for version in stored}
    for record in tail:
        match record.happening:
            case Remembered(version):
                known[version.id] = version
            case Forgotten():
                known.clear()
    return list(known.values())


def _rows(connection: Connection, columns: str, condition: str, values: list[Any]) -> list[MemoryVersion]:
    rows = connection.execute(
        f"SELECT {columns} FROM kept.memory_versions WHERE {condition} ORDER BY position", values
    ).fetchall()
    return [_version(row) for row in rows]


def _version(row: Sequence[Any]) -> MemoryVersion:
    named = dict(zip(_FIELDS, row, strict=True))
    return MemoryVersion(**named | {name: read(named[name]) for name, read in _READ.items() if named[name] is not None})
