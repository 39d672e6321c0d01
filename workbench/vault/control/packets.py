"""What engine and vault say to each other: packets of JSON over one socket pair, with descriptors; no path, port or token."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from workbench.contracts.values import Json

T = TypeVar("T")

MOST_INLINE_BYTES = 32 * 1024
MOST_BYTES = 64 * 1024 * 1024
MOST_DESCRIPTORS = 8
_IN_MEMORY = b"memory"


class BrokenPacket(Exception):
    """What came is no packet of ours."""


@dataclass(frozen=True)
class Packet:
    """One message: `head` as JSON, `blob` as it is, and descriptors that the receiver closes."""

    head: Json
    blob: bytes = b""
    descriptors: tuple[int, ...] = ()


class Control:
    """One end of the pair. A packet arrives whole or not at all; the end of the other process is the end of packets."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._turn = asyncio.Lock()

    async def send(self, packet: Packet) -> None:
        """Send, waiting while the other end is slow.

        Raises:
            OSError: it is gone.
        """
        head = json.dumps(packet.head).encode()
        memory = []
        try:
            # What is long goes in memory that is handed over: a packet of a socket pair has a limit.
            if len(head) > MOST_INLINE_BYTES:
                memory.append(_filled(head))
                head = _IN_MEMORY
            if packet.blob:
                memory.append(_filled(packet.blob))
            sent = b"%d %d " % (len(memory), bool(packet.blob)) + head
            async with self._turn:
                await self._ready(
                    lambda: socket.send_fds(self._end, [sent], [*memory, *packet.descriptors]), write=True
                )
        finally:
            for descriptor in memory:
                os.close(descriptor)

    async def receive(self) -> Packet | None:
        """The next packet; None when the other end is gone.

        Raises:
            BrokenPacket: another thing came.
        """
        try:
            raw, descriptors, flags, _ = await self._ready(
                lambda: socket.recv_fds(self._end, MOST_INLINE_BYTES * 2, MOST_DESCRIPTORS), write=False
            )
        except ConnectionError:
            return None
        if not raw:
            return None
        taken = list(descriptors)
        try:
            if flags & (socket.MSG_CTRUNC | socket.MSG_TRUNC):
                raise BrokenPacket("it was cut")
            count, has_blob, head = raw.split(b" ", 2)
            memory = [_emptied(taken.pop(0)) for _ in range(int(count))]
            if head == _IN_MEMORY:
                head = memory.pop(0)
            return Packet(json.loads(head), memory.pop(0) if int(has_blob) else b"", tuple(taken))
        except (ValueError, IndexError, OSError) as error:
            for descriptor in taken:
                os.close(descriptor)
            raise BrokenPacket(str(error)) from None

    async def _ready(self, act: Callable[[], T], *, write: bool) -> T:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return act()
            except BlockingIOError:
                turn: asyncio.Future[None] = loop.create_future()
                watch, unwatch = (
                    (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
                )
                watch(self._end, _done, turn)
                try:
                    await turn
                finally:
                    unwatch(self._end)

    def close(self) -> None:
        self._end.close()


def _done(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


def _filled(content: bytes) -> int:
    descriptor = os.memfd_create("packet", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    return descriptor


def _emptied(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_size > MOST_BYTES:
            raise ValueError("too long")
        file.seek(0)
        return file.read()


# ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_wire(value: Any) -> Json:
    """A frozen value as JSON."""
    return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def from_wire(kind: Callable[..., T], fields: Json) -> T:
    """The frozen value again."""
    return kind(**{name: _own(value) for name, value in fields.items()})


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["moment"]) if "moment" in value else Path(value["path"])
    return tuple(_own(one) for one in value) if isinstance(value, list) else value


def all_from_wire(kind: Callable[..., T], many: Sequence[Json]) -> list[T]:
    return [from_wire(kind, fields) for fields in many]
