"""What files hold: each content kept once under its hash, streamed in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Final, Protocol

MOST_FILE_BYTES: Final = 2 << 30
"""Of one file. The hosted API takes 500 MB; here the disk is its user's own."""


@dataclass(frozen=True)
class Staged:
    """A content that is whole and durable, and not kept yet. `head` is its beginning, `name` what it is called until then."""

    sha256: str
    size_bytes: int
    head: bytes
    name: str


class ContentRefused(Exception):
    """A content that was not taken, or is not there; `kind` is too_large, no_space or missing."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Contents(Protocol):
    """No content is ever held whole in memory, and none is seen before it is whole."""

    async def stage(self, parts: AsyncIterator[bytes]) -> Staged:
        """Write what comes; when that fails, or `parts` does, nothing is left.

        Raises:
            ContentRefused: it is larger than a file may be, or the disk is full.
        """

    async def settle(self, staged: Staged) -> None:
        """Keep it under its hash; one that is there already stays."""

    async def discard(self, staged: Staged) -> None:
        """Let go of what was staged; no error when it was settled."""

    async def size(self, sha256: str) -> int | None:
        """The size in bytes; None where there is no such content."""

    def parts(self, sha256: str, start: int, length: int) -> AsyncIterator[bytes]:
        """So many bytes from `start` on, piece by piece.

        Raises:
            ContentRefused: it is not there.
        """

    async def sweep(self, used: Collection[str]) -> None:
        """Remove every content but these, and what an earlier engine staged."""
