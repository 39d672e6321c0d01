"""Documents whose changes are told to webhooks: agents, environments, deployments, stores and vaults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from workbench.contracts.log import Documents
from workbench.contracts.values import Document, Json

Tell = Callable[[str, str], Awaitable[None]]
"""Takes a public type and the id of what it is about."""
_NOUNS: Final = {"agent", "environment", "deployment", "memory_store", "vault"}


@dataclass(frozen=True)
class ToldDocuments:
    """The promise `Documents`; `tell` is called after the change is durable."""

    documents: Documents
    tell: Tell

    async def put(self, document: Document) -> None:
        noun = document.kind if document.kind in _NOUNS else None
        before = await self.documents.get(document.kind, document.id) if noun else None
        await self.documents.put(document)
        for word in _words(noun, before.body if before else None, document.body) if noun else ():
            await self.tell(f"{noun}.{word}", document.id)

    async def get(self, kind: str, document_id: str, version: int | None = None) -> Document | None:
        return await self.documents.get(kind, document_id, version)

    async def newest(self, kind: str) -> list[Document]:
        return await self.documents.newest(kind)

    async def versions(self, kind: str, document_id: str) -> list[Document]:
        return await self.documents.versions(kind, document_id)

    async def remove(self, kind: str, document_id: str) -> None:
        is_there = kind in _NOUNS and await self.documents.get(kind, document_id) is not None
        await self.documents.remove(kind, document_id)
        if is_there:
            await self.tell(f"{kind}.deleted", document_id)


def _words(noun: str | None, before: Json | None, after: Json) -> list[str]:
    if before is None:
        return ["created"]
    if after.get("archived_at") and not before.get("archived_at"):
        return ["archived"]
    if noun == "deployment":
        was, now = before["workbench"]["paused_reason"], after["workbench"]["paused_reason"]
        if bool(was) != bool(now):
            return ["paused" if now else "unpaused"]
    if before.get("updated_at") != after.get("updated_at"):
        return ["updated"]
    return []
