"""How far sessions were read by people outside of the app, so that no list calls unread what somebody has followed to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final

from workbench import events
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.log import Log
from workbench.contracts.values import Document, Json
from workbench.engine.feed import SessionFeed

READ_THROUGH: Final = "read_through"
"""In what a session's document has for this program alone: the moment of the last rest that was read."""


@dataclass(frozen=True, kw_only=True)
class ReadMarks:
    """Kept with the session, and told to every follower of the feed."""

    log: Log
    records: SessionRecords
    feed: SessionFeed
    changing: Callable[[str], AbstractAsyncContextManager[None]]

    async def set(self, session_id: str) -> Json:
        """What the session said until it came to rest was read; nothing of one that has not rested yet."""
        async with self.changing(session_id):
            document = await self.records.document(session_id)
            rested_at = self.log.states.state(session_id).rested_at
            if rested_at is not None:
                private = document.body["workbench"] | {READ_THROUGH: events.timestamp(rested_at)}
                await self.log.documents.put(_with(document, private))
                self.feed.made(session_id)
        return {READ_THROUGH: None if rested_at is None else events.timestamp(rested_at)}


def _with(document: Document, private: Json) -> Document:
    return replace(document, body=document.body | {"workbench": private})
