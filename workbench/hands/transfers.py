"""Files in and out of a sandbox over its channel: a conversation with a program of the runner's own, piece by piece."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

from sandboxes.runner.transfers import ASKED, END, PIECE_BYTES, PROGRAM
from workbench.contracts.transfers import Outgoing, TransferRefused
from workbench.contracts.values import Json, Session
from workbench.hands.conversations import Conversation
from workbench.hands.errors import SandboxUnavailable

Converse = Callable[[Session, Sequence[str]], Awaitable[Conversation]]
UNREADABLE = "the sandbox sent what cannot be read"


class SandboxTransfers:
    """Implements `Transfers`. Every line from a sandbox is hostile."""

    def __init__(self, converse: Converse) -> None:
        self._converse = converse

    async def look(self, session: Session, path: str) -> Json:
        async with self._begun(session, {"act": "stat", "path": path}) as talk:
            head = await talk.told()
        return {name: head.get(name) for name in ("kind", "size_bytes", "mode")}

    async def take_out(self, session: Session, path: str, *, as_archive: bool) -> Outgoing:
        heads: list[Json] = []
        pieces = self._pieces(session, {"act": "pack" if as_archive else "read", "path": path}, heads)
        # Begun before it is handed on: what is refused is refused here, and what was begun is always ended.
        await anext(pieces)
        return Outgoing(_number(heads[0], "size_bytes"), _number(heads[0], "mode"), pieces)

    async def _pieces(self, session: Session, order: Json, heads: list[Json]) -> AsyncGenerator[bytes, None]:
        async with self._begun(session, order) as talk:
            heads.append(await talk.told())
            yield b""
            while True:
                talk.say(ASKED)
                line = await talk.line()
                if line == END:
                    return
                yield _decoded(line)

    async def put_in(
        self, session: Session, path: str, pieces: AsyncIterator[bytes], *, as_archive: bool, mode: int | None = None
    ) -> None:
        order = {"act": "unpack" if as_archive else "write", "path": path, **({} if mode is None else {"mode": mode})}
        async with self._begun(session, order) as talk:
            await talk.told()
            async for piece in _whole(pieces):
                await talk.asked()
                talk.say(base64.b64encode(piece).decode())
            await talk.asked()
            talk.say(END)
            if await talk.line() != END:
                raise TransferRefused("failed", UNREADABLE)

    @contextlib.asynccontextmanager
    async def _begun(self, session: Session, order: Json) -> AsyncIterator[_Talk]:
        try:
            conversation = await self._converse(session, [PROGRAM])
        except SandboxUnavailable as missing:
            raise TransferRefused("unavailable", str(missing)) from None
        async with conversation:
            conversation.say(json.dumps(order))
            yield _Talk(conversation)


class _Talk:
    """One conversation, line by line; a line that is an object and tells an error is raised."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._lines = conversation.lines()
        self.say = conversation.say

    async def line(self) -> str:
        """The next line.

        Raises:
            TransferRefused: it tells why not, or there is none.
        """
        line = await anext(self._lines, None)
        if line is None:
            raise TransferRefused("failed", self._conversation.ending or "the sandbox said nothing more")
        if line.startswith("{") and "error" in (told := _object(line)):
            raise TransferRefused(str(told["error"]), str(told.get("message")))
        return line

    async def told(self) -> Json:
        """What the first line says."""
        return _object(await self.line())

    async def asked(self) -> None:
        """The next piece is wanted."""
        if await self.line() != ASKED:
            raise TransferRefused("failed", UNREADABLE)


async def _whole(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of one size: each is a question and an answer."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        while len(waiting) >= PIECE_BYTES:
            yield bytes(waiting[:PIECE_BYTES])
            del waiting[:PIECE_BYTES]
    if waiting:
        yield bytes(waiting)


def _decoded(line: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise TransferRefused("failed", UNREADABLE) from None


def _object(line: str) -> Json:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise TransferRefused("failed", UNREADABLE)
    return told


def _number(told: Json, name: str) -> int | None:
    found = told.get(name)
    return found if isinstance(found, int) and found >= 0 else None
