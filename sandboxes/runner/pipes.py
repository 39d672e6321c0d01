"""Takes what a process writes, up to a limit, without waiting for other holders of its pipe."""

from __future__ import annotations

import asyncio
import os
from types import TracebackType


class OutputPipe:
    """A pipe whose reading end is ours; use as `async with`, give `writing_end` to a process, then call `release`."""

    def __init__(self) -> None:
        self._reading_end, self.writing_end = os.pipe()
        self._released = False
        self.reader = asyncio.StreamReader(limit=1 << 16)
        self._transport: asyncio.ReadTransport | None = None

    async def __aenter__(self) -> OutputPipe:
        protocol = asyncio.StreamReaderProtocol(self.reader)
        file = os.fdopen(self._reading_end, "rb", 0)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)
        return self

    def release(self) -> None:
        """Close our copy of the writing end: end of file then means that the processes have closed theirs."""
        if not self._released:
            os.close(self.writing_end)
            self._released = True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.release()
        if self._transport is not None:
            self._transport.close()

    async def first(self, limit_bytes: int, kept: bytearray) -> int:
        """Put the first `limit_bytes` into `kept`; the rest is dropped, so that the writer never blocks. Gives its lines."""
        dropped = 0
        while chunk := await self.reader.read(1 << 16):
            room = limit_bytes - len(kept)
            kept += chunk[:room]
            dropped += chunk.count(b"\n", room)
        return dropped
