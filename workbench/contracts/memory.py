"""What memory promises: stores whose every change is a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workbench.contracts.values import Json


@dataclass(frozen=True)
class MemoryVersion:
    """One change of one memory; what a memory is now is its last version.

    `operation` is created, modified or deleted; `created_by` and `redacted_by` are actors in wire shape. Content, hash and
    size are None for a deletion and, with the path and the grounds, after a redaction. `grounds` says why it was written,
    where a dream did: {"dream_id", "lines": [{"text", "evidence": […]}]}.
    """

    id: str
    store_id: str
    memory_id: str
    operation: str
    path: str | None
    content: str | None
    content_sha256: str | None
    content_size_bytes: int | None
    created_by: Json
    created_at: datetime
    redacted_at: datetime | None = None
    redacted_by: Json | None = None
    grounds: Json | None = None


@dataclass(frozen=True)
class Head:
    """A memory as it is now."""

    memory_id: str
    store_id: str
    version_id: str
    path: str
    content_sha256: str
    content_size_bytes: int
    created_at: datetime
    updated_at: datetime


class MemoryRefused(Exception):
    """A change of memory that was not made, for the reason in the text.

    `kind` is invalid, not_found, path_conflict or precondition_failed; `more` are fields of the wire's error object.
    """

    def __init__(self, message: str, kind: str = "invalid", more: Json | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.more = more or {}


class MemoryVersions(Protocol):
    """The versions of all memories; those of one store in order of their making."""

    async def keep(self, versions: Sequence[MemoryVersion]) -> None:
        """All of them durable when it returns, or none; a version that is known is replaced by its redaction."""

    async def outline(self, store_id: str, memory_id: str | None = None) -> list[MemoryVersion]:
        """All versions of a store or of one memory, oldest first, without contents and grounds."""

    async def version(self, store_id: str, version_id: str) -> MemoryVersion | None:
        """One whole version."""

    async def whole(self, store_id: str, version_ids: Sequence[str]) -> list[MemoryVersion]:
        """These versions with contents and grounds, in the order that was asked for."""

    async def drop(self, store_id: str) -> None:
        """Remove all versions of a store."""


class MemoryFolders(Protocol):
    """The folders under /mnt/memory of a session's sandbox, from outside; `slug` is the folder's name, paths begin with /."""

    async def hashes(self, session_id: str, slug: str) -> dict[str, str] | None:
        """The hash of every regular file whose name is text; None when there is no folder."""

    async def content(self, session_id: str, slug: str, path: str) -> bytes | None:
        """The first bytes of a file, one more than a memory may have; None when there is none (any more)."""

    async def put(self, session_id: str, slug: str, path: str, content: str | None) -> bool:
        """Write a file in one step, or remove it; makes the folder. False where something of the sandbox's is in the way."""

    async def load(self, session_id: str, slug: str) -> Json:
        """What was kept beside the folder, which no sandbox sees; {} when nothing was."""

    async def save(self, session_id: str, slug: str, body: Json) -> None:
        """Keep something beside the folder."""
