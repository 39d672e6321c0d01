"""One command in the background: its process, its input, and what it printed, by parts."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandboxes.runner import screen
from sandboxes.runner.background_watch import Watch
from sandboxes.runner.children import Child, Children
from sandboxes.runner.kept_output import KeptOutput
from sandboxes.runner.pipes import OutputPipe
from sandboxes.runner.running_output import tail_of

TAIL_LIMIT_BYTES = 256 << 10
FILE_LIMIT_BYTES = 16 << 20
PART_BYTES = 32 << 10
"""How much is told at once."""
LOOK_BACK_BYTES = 8 << 10
"""How far before a place its line may begin, to be told from there on."""
UNREAD_LIMIT_BYTES = 1 << 20
"""How much of its input it may leave unread."""
LAST_LINE_CHARACTERS = 300
DRAIN_S = 0.5
"""How long an ended command is heard out while others hold its pipe."""
STOP_S = 5.0
"""How long it has to end after SIGTERM."""


@dataclass(frozen=True)
class Part:
    """Output from byte `begin` to `end`, as text."""

    text: str
    begin: int
    end: int


class BackgroundCommand:
    """A command in a shell of its own; `ended` gives its exit code once its output was heard out, negative for a signal."""

    def __init__(
        self, name: str, command: str, child: Child, pipe: OutputPipe, stdin: asyncio.WriteTransport, folder: Path
    ) -> None:
        self.name, self.command = name, command
        self.kept = KeptOutput(folder, tail_limit_bytes=TAIL_LIMIT_BYTES, file_limit_bytes=FILE_LIMIT_BYTES)
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.watch: Watch | None = None
        self._child, self._pipe, self._stdin = child, pipe, stdin
        self._changed = asyncio.Event()
        self._started_at = asyncio.get_running_loop().time()
        self._ended_at: float | None = None
        self._reading = asyncio.create_task(self._read())
        self._watching = asyncio.create_task(self._until_its_end())

    @classmethod
    async def start(
        cls, name: str, command: str, children: Children, *, folder: Path, environment: Mapping[str, str]
    ) -> BackgroundCommand:
        """Start it.

        Raises:
            OSError, ValueError: it cannot be started.
        """
        pipe = OutputPipe()
        await pipe.__aenter__()
        reading_end, writing_end = os.pipe()
        try:
            child = children.start(
                ["/bin/bash", "--noprofile", "--norc", "-c", command],
                folder=folder,
                environment={**environment, "TERM": "dumb"},
                stdin=reading_end,
                stdout=pipe.writing_end,
                stderr=subprocess.STDOUT,
            )
        except BaseException:
            os.close(writing_end)
            pipe.close()
            raise
        finally:
            os.close(reading_end)
        pipe.release()
        file = os.fdopen(writing_end, "wb", 0)
        stdin, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, file)
        return cls(name, command, child, pipe, stdin, Path(environment.get("TMPDIR") or "/tmp", "tool-results"))

    # ── how it stands ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.ended.result() if self.ended.done() else None

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self._ended_at or asyncio.get_running_loop().time()) - self._started_at

    @property
    def printed_bytes(self) -> int:
        return self.kept.passed_bytes + len(self.kept.tail)

    @property
    def last_line(self) -> str:
        lines = [line for line in tail_of(self.kept, b"").text.split("\n") if line.strip()]
        return lines[-1].strip()[:LAST_LINE_CHARACTERS] if lines else ""

    async def news(self, after: int, wait_s: float) -> None:
        """Wait until it has printed more than `after` bytes, or has ended; at most so long."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + wait_s
        while self.printed_bytes <= after and self.code is None and (left := give_up_at - loop.time()) > 0:
            waiting = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait({waiting}, timeout=left)
            waiting.cancel()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _read(self) -> None:
        while chunk := await self._pipe.reader.read(1 << 16):
            self.kept.tail += chunk
            self.kept.shorten(0)
            if self.watch is not None:
                self.watch.feed(chunk)
            self._tell()

    async def _until_its_end(self) -> None:
        code = await self._child.ended
        await asyncio.wait({self._reading}, timeout=DRAIN_S)
        self._ended_at = asyncio.get_running_loop().time()
        self.ended.set_result(code)
        if self.watch is not None:
            self.watch.end()
        self._tell()

    # ── what it printed ───────────────────────────────────────────────────────────────────────────────────────────────

    def part(self, after: int | None) -> Part:
        """What came after so many bytes, or the end; from the beginning of a line, and to the end of one where more follows.

        A line that `after` stands in is told again from its beginning: half of a secret would be known to nobody.
        """
        tail, first, whole = self.kept.tail, self.kept.passed_bytes, self.printed_bytes
        place = max(first, whole - PART_BYTES if after is None else after) - first
        begin = tail.rfind(b"\n", max(0, place - LOOK_BACK_BYTES), place) + 1
        if not begin and place > LOOK_BACK_BYTES:
            begin = place
        if after is None and begin != place:
            begin = tail.find(b"\n", place) + 1 or place
        end = begin + PART_BYTES
        if end < len(tail):
            end = tail.rfind(b"\n", begin, end) + 1 or end
        text = screen.shown(tail[begin:end].decode("utf-8", "backslashreplace")).rstrip("\n")
        return Part(text, first + begin, min(first + end, whole))

    # ── what is done to it ────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, written: bytes, *, ends_input: bool) -> str | None:
        """Type into its input; gives why that cannot be."""
        if self.code is not None:
            return "has ended"
        if self._stdin.is_closing():
            return "has closed its input"
        if (unread := self._stdin.get_write_buffer_size()) + len(written) > UNREAD_LIMIT_BYTES:
            return f"does not read its input: {unread} bytes wait there, and at most {UNREAD_LIMIT_BYTES} may"
        if written:
            self._stdin.write(written)
        if ends_input:
            self._stdin.close()
        return None

    def watched_by(self, watch: Watch | None, after: int) -> None:
        """Have its lines looked at from this byte on, and by no other watch."""
        if self.watch is not None:
            self.watch.close()
        self.watch = watch
        if watch is not None:
            watch.feed(bytes(self.kept.tail[max(0, after - self.kept.passed_bytes) :]))
            if self.code is not None:
                watch.end()

    async def stop(self) -> None:
        """Ask it to end, and end it with all that it started where it does not."""
        self._child.ask_to_end()
        await asyncio.wait({self._child.ended}, timeout=STOP_S)
        self._child.kill()
        await self.ended

    def close(self) -> None:
        """Let go of it, and end it where it runs."""
        if not self._child.ended.done():
            self._child.kill()
        if self.watch is not None:
            self.watch.close()
        for task in (self._reading, self._watching):
            task.cancel()
        if not self._stdin.is_closing():
            self._stdin.abort()
        self._pipe.close()
        self.kept.close()
