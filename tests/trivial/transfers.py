"""Files of sandboxes in a dictionary, by session and path; an archive is one file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

from workbench.contracts.transfers import Outgoing, TransferRefused
from workbench.contracts.values import Json, Session


@dataclass
class TrivialTransfers:
    """`files` are what was put in."""

    files: dict[tuple[str, str], bytes] = field(default_factory=dict)

    async def look(self, session: Session, path: str) -> Json:
        return {"kind": "file", "size_bytes": len(self._found(session, path)), "mode": 0o644}

    async def take_out(self, session: Session, path: str, *, as_archive: bool) -> Outgoing:
        found = self._found(session, path)
        return Outgoing(None if as_archive else len(found), None if as_archive else 0o644, _pieces(found))

    async def put_in(
        self, session: Session, path: str, pieces: AsyncIterator[bytes], *, as_archive: bool, mode: int | None = None
    ) -> None:
        self.files[session.id, path] = b"".join([piece async for piece in pieces])

    def _found(self, session: Session, path: str) -> bytes:
        if (session.id, path) not in self.files:
            raise TransferRefused("not_found", f"{path}: no such file or directory")
        return self.files[session.id, path]


async def _pieces(found: bytes) -> AsyncGenerator[bytes, None]:
    yield found[: len(found) // 2]
    yield found[len(found) // 2 :]
