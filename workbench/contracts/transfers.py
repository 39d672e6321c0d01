"""Files that a person takes out of a session's sandbox and puts into it, as streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from workbench.contracts.values import Json, Session


class TransferRefused(Exception):
    """What is asked for cannot be; `kind` is a word for programs.

    `not_found`, `not_permitted`, `is_a_directory`, `not_a_directory`, `not_a_file`, `outside` (of the folder that an archive is
    for), `not_an_archive`, `changed` (while it was read), `unavailable` (there is no sandbox) and `failed`.
    """

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


@dataclass(frozen=True)
class Outgoing:
    """What is taken out: `size_bytes` of a file, None of a folder's archive. Run `pieces` to their end, or close them."""

    size_bytes: int | None
    mode: int | None
    pieces: AsyncGenerator[bytes, None]


class Transfers(Protocol):
    """Paths that are not absolute begin in the session's working directory. Everything raises TransferRefused."""

    async def look(self, session: Session, path: str) -> Json:
        """`kind` (file, folder, other; links are followed), `size_bytes` and `mode`."""

    async def take_out(self, session: Session, path: str, *, as_archive: bool) -> Outgoing:
        """A file; or a folder as a tar archive of what is in it, without pipes, sockets and devices."""

    async def put_in(
        self, session: Session, path: str, pieces: AsyncIterator[bytes], *, as_archive: bool, mode: int | None = None
    ) -> None:
        """A file, whole or not at all; or what is in a tar archive, into a folder. Folders above it are made."""
