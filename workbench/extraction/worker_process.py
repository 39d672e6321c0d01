"""Worker processes from outside: begun for one file each, a few at a time, and ended when they take too long or say too much."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench import start
from workbench.contracts.extraction import MOST_BYTES, Extracted, Unreadable, Wanted
from workbench.extraction import messages

MOST_AT_ONCE: Final = 2
TIME_S: Final = 20.0
MOST_ANSWER_BYTES: Final = 40 << 20
_WORKER: Final = "workbench.extraction.worker"
_PIECE_BYTES: Final = 1 << 18

_TOO_LARGE: Final = "is {size} bytes; at most {most} are read."
_TOO_SLOW: Final = "takes too long to read ({seconds:.0f} s were not enough)."
_FAILED: Final = "could not be read: reading it took more memory or time than it may, or it is made to break programs."


@dataclass(frozen=True)
class WorkerProcesses:
    """The promise `Extractor`. `command` begins a worker."""

    command: Sequence[str] = field(default_factory=lambda: start.command(_WORKER))
    time_s: float = TIME_S
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))

    async def extracted(self, wanted: Wanted, content: bytes) -> Extracted | Unreadable:
        """See `Extractor.extracted`."""
        if len(content) > MOST_BYTES:
            return Unreadable(_TOO_LARGE.format(size=len(content), most=MOST_BYTES))
        async with self._places:
            try:
                async with asyncio.timeout(self.time_s):
                    said = await self._said(messages.request(wanted, content))
            except TimeoutError:
                return Unreadable(_TOO_SLOW.format(seconds=self.time_s))
        return messages.answered(said) or Unreadable(_FAILED)

    async def _said(self, request: bytes) -> bytes:
        """What a worker answers; nothing of one that failed."""
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=pipe,
            stdout=pipe,
            stderr=null,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
        try:
            _, said = await asyncio.gather(_fed(process, request), _heard(process))
            return said if await process.wait() == 0 else b""
        finally:
            await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.stdin.close()
    # Asked for also where nothing more is written: a failure that nobody hears of is told by the collector, at any time.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await process.stdin.wait_closed()
    # What it had said already is read, as its pipe is closed by that alone.
    await process.stdout.read()
    await process.wait()


async def _fed(process: asyncio.subprocess.Process, request: bytes) -> None:
    assert process.stdin is not None
    # One that has failed reads no more; what it said says so.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(request)
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _heard(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    pieces: list[bytes] = []
    size = 0
    while piece := await process.stdout.read(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_ANSWER_BYTES:
            # It may never read to the end what it is fed, either.
            process.kill()
            return b""
    return b"".join(pieces)


def _environment() -> dict[str, str]:
    """Where packages of this user are installed, and nothing of the engine's own."""
    return {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
