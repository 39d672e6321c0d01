"""Programs that the engine speaks with line by line, as it does with MCP servers: started, heard and ended here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from sandboxes.runner import transfers
from sandboxes.runner.children import Child, Children
from sandboxes.runner.fetched_programs import without_npx
from sandboxes.runner.frames import Frame
from sandboxes.runner.lasting import Lasting
from sandboxes.runner.pipes import OutputPipe

LINE_LIMIT_BYTES = 8 << 20
UNREAD_LIMIT_BYTES = 16 << 20
"""How much of what the engine says a program may leave unread."""
LAST_WORDS_BYTES = 2 << 10
GRACE_S = 2.0
"""How long a program has to end after its input has, and to be heard out after its end."""


class Conversations:
    """Takes `open`, `line` and `shut`; tells `line` and `ended`.

    What was agreed on in a conversation only one engine knows: it ends with that engine's connection, and the next engine
    begins one of its own. A lasting one goes on: see `lasting`.
    """

    def __init__(
        self,
        children: Children,
        folder: Path,
        environment: Mapping[str, str],
        *,
        tell: Callable[[Frame], None],
        drain: Callable[[], Awaitable[None]],
    ) -> None:
        """`drain` waits until the engine has taken what it was told."""
        self._children = children
        self._folder = folder
        self._environment = dict(environment)
        self._tell = tell
        self._drain = drain
        self._held: dict[str, tuple[_Program, asyncio.Task[None]]] = {}
        self._lasting: dict[str, Lasting] = {}

    def take(self, frame: Frame) -> None:
        """One frame of the engine; those of other kinds are left alone."""
        name, kind = str(frame.get("id")), frame.get("kind")
        if kind == "open" and name not in self._held:
            self._open(name, frame)
        elif kind == "line" and name in self._held:
            if name not in self._lasting or self._lasting[name].is_new(frame):
                self._held[name][0].hear(str(frame.get("line")))
        elif kind == "heard" and name in self._lasting:
            self._lasting[name].forget(frame)
        elif kind == "rejoin":
            self._rejoin(name, frame)
        elif kind == "shut":
            self._lasting.pop(name, None)
            if name in self._held:
                self._held[name][0].leave()

    def _open(self, name: str, frame: Frame) -> None:
        say, drain = lambda line: self._tell({"kind": "line", "id": name, "line": line}), self._drain
        if frame.get("lasting"):
            self._lasting[name] = lasting = Lasting(name, self._tell)
            say, drain = lasting.say, lasting.drain
        program = _Program(say, drain)
        told = frame.get("environment") or {}
        more = {str(key): Template(str(one)).safe_substitute(self._environment) for key, one in told.items()}
        command = [str(word) for word in frame.get("command") or ()]
        self._held[name] = program, asyncio.create_task(self._run(name, program, command, self._environment | more))

    def _rejoin(self, name: str, frame: Frame) -> None:
        if (lasting := self._lasting.get(name)) is not None:
            lasting.rejoin(frame)
        else:
            self._tell({"kind": "rejoined", "id": name, "took": None})

    def end_all(self) -> None:
        """The engine is gone: every conversation ends that is not lasting."""
        for name, (program, _) in self._held.items():
            if name not in self._lasting:
                program.leave()

    async def _run(self, name: str, program: _Program, command: Sequence[str], environment: Mapping[str, str]) -> None:
        cache = Path(self._environment.get("npm_config_cache", os.devnull))
        own = list(command) == [transfers.PROGRAM]
        begun = transfers.command(self._folder) if own else without_npx(command, cache, self._folder)
        try:
            code = await program.run(self._children, begun, self._folder, environment)
        except (OSError, ValueError, IndexError) as error:
            code, program.last_words = None, f"{' '.join(command)!r} cannot be started: {error}"
        del self._held[name]
        ended: Frame = {"kind": "ended", "id": name, "code": code, "said": program.last_words}
        if (lasting := self._lasting.get(name)) is not None:
            lasting.end(ended)
        else:
            self._tell(ended)


class _Program:
    """One program, from its start to its end; it is heard while it runs."""

    def __init__(self, say: Callable[[str], None], drain: Callable[[], Awaitable[None]]) -> None:
        self.last_words = ""
        self._say = say
        self._drain = drain
        self._stdin: asyncio.WriteTransport | None = None
        self._early = bytearray()
        self._leaving = asyncio.Event()
        self._is_given_up = False

    def hear(self, line: str) -> None:
        """One line for its input; a program that leaves too many unread is ended."""
        told = line.encode("utf-8", "replace") + b"\n"
        unread = self._stdin.get_write_buffer_size() if self._stdin else len(self._early)
        if unread + len(told) > UNREAD_LIMIT_BYTES:
            self._give_up(f"it left {unread} bytes of its input unread")
        elif self._stdin is None:
            self._early += told
        elif not self._stdin.is_closing():
            self._stdin.write(told)

    def leave(self) -> None:
        """Close its input, and end it where it does not end by itself."""
        self._leaving.set()

    def _give_up(self, why: str) -> None:
        self.last_words = self.last_words or why
        self._is_given_up = True
        self.leave()

    async def run(
        self, children: Children, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> int:
        """Its exit code, negative for a signal.

        Raises:
            OSError, ValueError, IndexError: it cannot be started.
        """
        async with OutputPipe() as output, OutputPipe() as errors:
            reading_end, writing_end = os.pipe()
            with os.fdopen(reading_end, "rb", 0):
                stdin = os.fdopen(writing_end, "wb", 0)
                ends = {"stdin": reading_end, "stdout": output.writing_end, "stderr": errors.writing_end}
                try:
                    child = children.start(command, folder=folder, environment=environment, **ends)
                except BaseException:
                    stdin.close()
                    raise
            output.release()
            errors.release()
            self._stdin, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, stdin)
            self._stdin.write(bytes(self._early))
            return await self._until_its_end(child, output.reader, errors.reader)

    async def _until_its_end(self, child: Child, output: asyncio.StreamReader, errors: asyncio.StreamReader) -> int:
        heard, tail = asyncio.create_task(self._hear_lines(output)), asyncio.create_task(_tail(errors))
        leaving = asyncio.create_task(self._leaving.wait())
        signs: set[asyncio.Future[Any]] = {heard, leaving, child.ended}
        await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
        self._close_stdin()
        await asyncio.wait({child.ended}, timeout=GRACE_S)
        if not child.ended.done():
            child.kill()
        code = await child.ended
        # A program that it started may hold its pipes for as long as the sandbox lives.
        await asyncio.wait({heard, tail}, timeout=GRACE_S)
        for task in (heard, leaving, tail):
            task.cancel()
        _, _, said = await asyncio.gather(heard, leaving, tail, return_exceptions=True)
        if isinstance(said, str):
            self.last_words = self.last_words or said
        if self._stdin is not None and self._stdin.get_write_buffer_size():
            self._stdin.abort()
        return code

    def _close_stdin(self) -> None:
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.close()

    async def _hear_lines(self, output: asyncio.StreamReader) -> None:
        begun = bytearray()
        while chunk := await output.read(1 << 16):
            *lines, rest = chunk.split(b"\n")
            for line in lines if not self._is_given_up else ():
                self._say((bytes(begun) + line).decode("utf-8", "replace"))
                begun.clear()
            begun += rest
            if len(begun) > LINE_LIMIT_BYTES:
                self._give_up(f"it said a line of more than {LINE_LIMIT_BYTES} bytes")
                begun.clear()
            await self._drain()


async def _tail(errors: asyncio.StreamReader) -> str:
    """The last of what it wrote to its standard error, when that has ended."""
    kept = b""
    try:
        while chunk := await errors.read(1 << 16):
            kept = (kept + chunk)[-LAST_WORDS_BYTES:]
    except asyncio.CancelledError:
        # Somebody else still holds the pipe; what came until now was said.
        pass
    return kept.decode("utf-8", "replace").strip()
