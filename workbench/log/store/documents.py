"""Documents: versioned bodies, read from the store with the tail laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.contracts.values import Document
from workbench.log.journal.records import Erased, Filed, Record, Unfiled
from workbench.log.ledger import Ledger
from workbench.log.store import reads


class JournaledDocuments:
    """The documents over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

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
        newest = {document.id: document for document in await self._documents(kind)}
        return list(newest.values())

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
