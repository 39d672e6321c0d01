"""A watch on a command in the background: which of its lines match a pattern, kept until the engine has taken them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sandboxes.runner import matching, screen
from sandboxes.runner.children import Child, Children
from sandboxes.runner.outcomes import ToolError
from sandboxes.runner.pipes import OutputPipe

LINE_LIMIT_BYTES = 2000
"""How much of a line is looked at."""
UNREAD_LIMIT_BYTES = 1 << 20
"""How much may wait for the program that looks; what comes then is not looked at."""
MOST_KEPT = 10
"""How many lines are kept for the engine; the others are counted."""
READY_S = 20.0
TOO_SLOW = "the pattern takes too long on a line of the output"


class Watch:
    """Lines that match, counted from 1. `over` is done when the command's last line was looked at, or the watch broke."""

    def __init__(self, child: Child, pipe: OutputPipe, stdin: asyncio.WriteTransport) -> None:
        self.matched = 0
        self.kept: list[tuple[int, str]] = []
        self.over: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        """Why it broke; None where it did not."""
        self._child, self._pipe, self._stdin = child, pipe, stdin
        self._changed = asyncio.Event()
        self._begun = bytearray()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, pattern: str, children: Children, environment: Mapping[str, str]) -> Watch:
        """One whose pattern was read.

        Raises:
            ToolError: it is none, or cannot be looked for.
        """
        pipe = OutputPipe()
        await pipe.__aenter__()
        reading_end, writing_end = os.pipe()
        try:
            child = children.start(
                [sys.executable, "-I", "-S", str(Path(matching.__file__)), pattern],
                folder=Path("/"),
                environment=environment,
                stdin=reading_end,
                stdout=pipe.writing_end,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, ValueError) as error:
            os.close(writing_end)
            pipe.close()
            raise ToolError(f"background: the pattern cannot be looked for: {error}") from error
        finally:
            os.close(reading_end)
        pipe.release()
        stdin, _ = await asyncio.get_running_loop().connect_write_pipe(
            asyncio.BaseProtocol, os.fdopen(writing_end, "wb", 0)
        )
        watch = cls(child, pipe, stdin)
        try:
            async with asyncio.timeout(READY_S):
                said = (await pipe.reader.readline()).decode("utf-8", "replace").strip()
        except (TimeoutError, ValueError):
            said = ""
        if said != matching.READY:
            watch.close()
            raise ToolError(f"background: pattern is no regular expression that can be used: {said or TOO_SLOW}")
        watch._reading = asyncio.create_task(watch._read())
        return watch

    def feed(self, written: bytes) -> None:
        """More of the command's output; of a line only the beginning is looked at."""
        *lines, rest = written.split(b"\n")
        for line in lines:
            self._look_at(bytes(self._begun + line[:LINE_LIMIT_BYTES]))
            self._begun.clear()
        self._begun += rest[: max(0, LINE_LIMIT_BYTES - len(self._begun))]

    def end(self) -> None:
        """The command prints nothing more."""
        if self._begun:
            self._look_at(bytes(self._begun))
            self._begun.clear()
        if not self._stdin.is_closing():
            self._stdin.close()

    def _look_at(self, line: bytes) -> None:
        if self._stdin.is_closing() or self._stdin.get_write_buffer_size() > UNREAD_LIMIT_BYTES:
            return
        shown = screen.shown(line[:LINE_LIMIT_BYTES].decode("utf-8", "backslashreplace"), counts=False)
        self._stdin.write(shown.replace("\n", " ").encode("utf-8", "backslashreplace") + b"\n")

    async def _read(self) -> None:
        while line := await self._pipe.reader.readline():
            self.matched += 1
            if len(self.kept) == MOST_KEPT:
                # Of too many the first ones and the last ones are worth the most.
                del self.kept[MOST_KEPT // 2]
            self.kept.append((self.matched, line.decode("utf-8", "replace").rstrip("\n")))
            self._tell()
        code = await self._child.ended
        self.over.set_result(None if code == 0 else TOO_SLOW if code == -signal.SIGVTALRM else f"it broke ({code})")
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def news(self, taken: int, wait_s: float) -> None:
        """Let go of the lines up to `taken`, and wait for others or the end; at most so long."""
        self.kept = [one for one in self.kept if one[0] > taken]
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + wait_s
        while self.matched <= taken and not self.over.done() and (left := give_up_at - loop.time()) > 0:
            waiting = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait({waiting}, timeout=left)
            waiting.cancel()

    def close(self) -> None:
        """Look no more."""
        if not self._child.ended.done():
            self._child.kill()
        if self._reading is not None:
            self._reading.cancel()
        if not self._stdin.is_closing():
            self._stdin.abort()
        self._pipe.close()
