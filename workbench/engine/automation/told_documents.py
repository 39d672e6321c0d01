"""Documents whose changes are told to webhooks: agents, environments, deployments, stores and vaults, over crashes too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from workbench.contracts.log import Documents, Head
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

INTENT: Final = "webhook_intent"
"""What is to be told of a change that may not be made yet: written before the change, removed behind the telling."""
_NOUNS: Final = {"agent", "environment", "deployment", "memory_store", "vault"}


class Tells(Protocol):
    """The outbox, as far as changes need it."""

    async def wants(self, kind: str) -> bool:
        """Whether anybody is told this type."""

    async def tell(self, kind: str, resource_id: str, *, of: str = "", at: datetime | None = None, **more: str) -> None:
        """Put it into the outbox; `of` makes its id, so that twice is once."""


@dataclass(frozen=True)
class ToldDocuments:
    """The promise `Documents`; a change that somebody wants to hear of is told exactly when it was made, whatever crashes."""

    documents: Documents
    outbox: Tells
    clock: Clock

    async def put(self, document: Document) -> None:
        noun = document.kind if document.kind in _NOUNS else None
        if noun is None:
            await self.documents.put(document)
            return
        before = await self.documents.get(document.kind, document.id)
        kinds = [f"{noun}.{word}" for word in _words(noun, before.body if before else None, document.body)]
        intent = await self._intended(kinds, document.kind, document.id, _digest(document.body))
        await self.documents.put(document)
        await self._tell(intent)

    async def get(self, kind: str, document_id: str, version: int | None = None) -> Document | None:
        return await self.documents.get(kind, document_id, version)

    async def newest(self, kind: str) -> list[Document]:
        return await self.documents.newest(kind)

    async def heads(self, kind: str, fields: Sequence[str]) -> Sequence[Head]:
        return await self.documents.heads(kind, fields)

    async def several(self, kind: str, ids: Collection[str]) -> list[Document]:
        return await self.documents.several(kind, ids)

    async def versions(self, kind: str, document_id: str) -> list[Document]:
        return await self.documents.versions(kind, document_id)

    async def remove(self, kind: str, document_id: str) -> None:
        is_there = kind in _NOUNS and await self.documents.get(kind, document_id) is not None
        intent = await self._intended([f"{kind}.deleted"], kind, document_id, "") if is_there else None
        await self.documents.remove(kind, document_id)
        await self._tell(intent)

    async def recover(self) -> None:
        """Tell what an earlier engine changed and could not tell any more; what it never came to change is forgotten."""
        for intent in await self.documents.newest(INTENT):
            noun, document_id = intent.body["document"]
            found = await self.documents.get(noun, document_id)
            if (_digest(found.body) if found else "") == intent.body["digest"]:
                await self._tell(intent)
            else:
                await self.documents.remove(INTENT, intent.id)

    async def _intended(self, kinds: list[str], kind: str, document_id: str, digest: str) -> Document | None:
        wanted = [one for one in kinds if await self.outbox.wants(one)]
        if not wanted:
            return None
        at = timestamp(self.clock())
        body: Json = {"kinds": wanted, "document": [kind, document_id], "digest": digest, "at": at}
        intent = Document(INTENT, new_id("whi"), 1, body)
        await self.documents.put(intent)
        return intent

    async def _tell(self, intent: Document | None) -> None:
        if intent is None:
            return
        at = datetime.fromisoformat(intent.body["at"])
        for kind in intent.body["kinds"]:
            await self.outbox.tell(kind, intent.body["document"][1], of=f"{intent.id} {kind}", at=at)
        await self.documents.remove(INTENT, intent.id)


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _words(noun: str, before: Json | None, after: Json) -> list[str]:
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
