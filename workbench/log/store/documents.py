"""Documents: versioned bodies, read from the store with the tail laid over it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from workbench.contracts.log import Head
from workbench.contracts.values import Document, Json
from workbench.log.journal.records import Erased, Filed, Record, Unfiled
from workbench.log.ledger import Ledger
from workbench.log.store import reads

MOST_HEADS: Final = 50_000
"""Of a kind with more, all are read each time."""


class _Heads:
    """The newest versions' numbers and heads by document, after so many filings of their kind."""

    def __init__(self, seen: int, by_id: dict[str, tuple[int, Head]]) -> None:
        self.seen = seen
        self.by_id = by_id
        self.heads = tuple(head for _, head in by_id.values())


class JournaledDocuments:
    """The documents over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._heads: dict[tuple[str, ...], _Heads] = {}
        """By kind and fields, with the count of the kind's filings then: a list is asked for again and again."""
        self._empty: dict[str, int] = {}
        """Kinds of which there was no document, with the count of their filings then: triggers are asked for at each change of a state."""

    async def put(self, document: Document) -> None:
        await self._ledger.write([Filed(document)])

    async def get(self, kind: str, document_id: str, version: int | None = None) -> Document | None:
        memtable = self._ledger.memtable
        known = memtable.recent(kind, document_id)
        if known is not None and version in (None, known.version):
            return known
        seen = memtable.filings_seen
        found = await self._documents(kind, document_id, version)
        if found and version is None:
            memtable.remember(found[-1], filings_seen=seen)
        return found[-1] if found else None

    async def newest(self, kind: str) -> list[Document]:
        filings = self._ledger.memtable.filings_of[kind]
        if self._empty.get(kind) == filings:
            return []
        newest = {document.id: document for document in await self._documents(kind)}
        if not newest:
            self._empty[kind] = filings
        return list(newest.values())

    async def heads(self, kind: str, fields: Sequence[str]) -> Sequence[Head]:
        seen = self._ledger.memtable.filings_of[kind]
        known = self._heads.get((kind, *fields))
        if known is not None and known.seen == seen:
            return known.heads
        filings = [record for record in self._ledger.memtable.filings() if _is_of(record, kind)]
        if known is not None and seen - known.seen <= len(filings):
            # All that came since is there yet; what is missing in between was of sessions that are erased.
            by_id = _with(dict(known.by_id), filings[known.seen - seen :], fields)
        else:
            stored = await self._ledger.stored(lambda connection: reads.heads(connection, kind, fields))
            by_id = _with({head.id: (version, head) for version, head in stored}, filings, fields)
        now = _Heads(seen, by_id)
        if len(by_id) <= MOST_HEADS:
            self._heads[kind, *fields] = now
        return now.heads

    async def several(self, kind: str, ids: Collection[str]) -> list[Document]:
        filings = self._ledger.memtable.filings()
        stored = await self._ledger.stored(lambda connection: reads.some_documents(connection, kind, ids))
        found = sorted(_laid_over(stored, filings), key=lambda item: (item[0], item[1].version))
        return list({one.id: one for _, one in found if one.kind == kind and one.id in ids}.values())

    async def versions(self, kind: str, document_id: str) -> list[Document]:
        return await self._documents(kind, document_id)

    async def remove(self, kind: str, document_id: str) -> None:
        await self._ledger.write([Unfiled(kind, document_id)])

    async def _documents(self, kind: str, document_id: str | None = None, version: int | None = None) -> list[Document]:
        """In order of first making, then of version."""
        filings = self._ledger.memtable.filings()
        stored = await self._ledger.stored(lambda connection: reads.documents(connection, kind, document_id, version))
        return [
            document
            for _, document in sorted(_laid_over(stored, filings), key=lambda item: (item[0], item[1].version))
            if document.kind == kind and document_id in (None, document.id) and version in (None, document.version)
        ]


def _is_of(record: Record, kind: str) -> bool:
    """Whether it files or removes a document of this kind."""
    match record.happening:
        case Filed(document):
            return document.kind == kind
        case Unfiled(own, _):
            return own == kind
    return isinstance(record.happening, Erased) and kind == "session"


def _with(
    heads: dict[str, tuple[int, Head]], filings: Iterable[Record], fields: Sequence[str]
) -> dict[str, tuple[int, Head]]:
    """The heads after these changes of documents of their kind."""
    for record in filings:
        match record.happening:
            case Filed(document):
                # The store may have it already; an earlier version may be written anew.
                if document.version >= heads.get(document.id, (0,))[0]:
                    head = Head(document.id, tuple(_field(document.body, name) for name in fields))
                    heads[document.id] = (document.version, head)
            case Unfiled(_, document_id) | Erased(document_id):
                heads.pop(document_id, None)
    return heads


def _field(body: Json, name: str) -> str | None:
    """A field of a body by its path with dots, as the store gives it."""
    value: Any = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _laid_over(stored: Iterable[tuple[int, Document]], filings: Iterable[Record]) -> Iterator[tuple[int, Document]]:
    """The stored documents after the tail's changes; a change that is in the store already changes nothing again."""
    documents = {(document.kind, document.id, document.version): document for _, document in stored}
    made = {(document.kind, document.id): position for position, document in stored}
    for record in filings:
        match record.happening:
            case Filed(document):
                made.setdefault((document.kind, document.id), record.position)
                documents[document.kind, document.id, document.version] = document
            case Unfiled(kind, document_id):
                documents = {key: document for key, document in documents.items() if key[:2] != (kind, document_id)}
                made.pop((kind, document_id), None)
            case Erased(session_id):
                documents = {key: document for key, document in documents.items() if key[:2] != ("session", session_id)}
                made.pop(("session", session_id), None)
    return iter([(made[key[:2]], document) for key, document in documents.items()])
