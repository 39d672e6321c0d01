"""The session's bash: one shell in which folder, variables, functions and jobs persist from call to call."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandboxes.runner.children import Child, Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.pipes import OutputPipe

OUTPUT_LIMIT_BYTES = 100 * 1024
DEFAULT_TIMEOUT_S = 120.0
LONGEST_TIMEOUT_S = 24 * 3600.0
TERMINATED = "bash session terminated; restart required"

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class _ShellEnded(Exception):
    """The shell's process is gone; `output` is what it wrote before."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


class Shell:
    """The bash tool. Calls wait for one another; a timeout or a cancelled call takes the shell with it."""

    def __init__(self, children: Children, folder: Path, environment: Mapping[str, str]) -> None:
        self._children = children
        self._folder = folder
        self._environment = {**environment, "PS1": "", "PS2": "", "TERM": "dumb"}
        self._turn = asyncio.Lock()
        self._bash: _Bash | None = None

    async def run(self, given: Mapping[str, Any]) -> Outcome:
        """One call of the tool `bash`."""
        async with self._turn:
            if given.get("restart"):
                self._end()
                await self._started()
                return text("bash session restarted")
            command = given.get("command")
            if not command:
                raise ToolError("bash: command is required")
            if not isinstance(command, str) or "\x00" in command:
                raise ToolError("bash: command must be text without NUL")
            return await self._run(command, _timeout_s(given.get("timeout_ms")))

    async def _run(self, command: str, timeout_s: float) -> Outcome:
        bash = await self._started()
        if bash.ended:
            raise ToolError(f"bash: {TERMINATED}")
        work = asyncio.ensure_future(bash.run(command))
        try:
            done, _ = await asyncio.wait({work}, timeout=timeout_s)
        except asyncio.CancelledError:
            # The next call starts with a shell of its own: this one still holds the command.
            work.cancel()
            self._end()
            raise
        if not done:
            bash.kill()
            work.cancel()
            partial = bash.output()
            said = f"bash: bash command timed out after {timeout_s}s"
            raise ToolError(f"{said}\n{partial}" if partial else said)
        try:
            output, code = work.result()
        except _ShellEnded as end:
            bash.kill()
            raise ToolError(end.output or f"bash: {TERMINATED}") from None
        return text(output, is_error=code != 0)

    async def _started(self) -> _Bash:
        if self._bash is None:
            self._bash = await _Bash.start(self._children, self._folder, self._environment)
        return self._bash

    def _end(self) -> None:
        if self._bash is not None:
            self._bash.kill()
            self._bash.close()
            self._bash = None

    def close(self) -> None:
        """End the shell and what it started."""
        self._end()


def _timeout_s(timeout_ms: object) -> float:
    if not timeout_ms:
        return DEFAULT_TIMEOUT_S
    if isinstance(timeout_ms, bool) or not isinstance(timeout_ms, (int, float)) or timeout_ms < 0:
        raise ToolError("bash: timeout_ms must be a number of milliseconds above 0")
    return min(timeout_ms / 1000.0, LONGEST_TIMEOUT_S)


class _Bash:
    """One bash process: commands go in through its standard input, the end of each is a line that nobody can guess."""

    def __init__(self, child: Child, stdin: asyncio.WriteTransport, pipe: OutputPipe) -> None:
        self._child = child
        self._stdin = stdin
        self._pipe = pipe
        self._kept = bytearray()
        self._cut = False

    @classmethod
    async def start(cls, children: Children, folder: Path, environment: Mapping[str, str]) -> _Bash:
        pipe = OutputPipe()
        await pipe.__aenter__()
        reading_end, writing_end = os.pipe()
        child = children.start(
            ["/bin/bash", "--noprofile", "--norc"],
            folder=folder,
            environment=environment,
            stdin=reading_end,
            stdout=pipe.writing_end,
            stderr=subprocess.STDOUT,
        )
        os.close(reading_end)
        pipe.release()
        file = os.fdopen(writing_end, "wb", 0)
        stdin, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, file)
        return cls(child, stdin, pipe)

    @property
    def ended(self) -> bool:
        return self._child.ended.done()

    def kill(self) -> None:
        if not self.ended:
            self._child.kill()

    def close(self) -> None:
        # A transport whose pipe broke has closed itself, and must not be asked twice.
        if not self._stdin.is_closing():
            self._stdin.abort()
        self._pipe.close()

    async def run(self, command: str) -> tuple[str, int]:
        """Output and exit code of one command.

        `eval` of the quoted text, not the text itself: an open quote is then an error of this command instead of a shell
        that waits for the rest of it.

        Raises:
            _ShellEnded: the command ended the shell.
        """
        mark = f"__WORKBENCH_{secrets.token_hex(16)}_DONE__"
        # The two quotes keep the mark itself out of what `set -v` would print.
        line = f"eval {shlex.quote(command)} </dev/null 2>&1; printf '\\n{mark[:8]}''{mark[8:]}%d\\n' $?\n"
        self._kept.clear()
        self._cut = False
        self._stdin.write(line.encode("utf-8", "surrogateescape"))
        found = re.compile(rb"\n" + mark.encode() + rb"(\d+)\n")
        while True:
            chunk = await self._pipe.reader.read(1 << 16)
            if not chunk:
                await self._child.ended
                raise _ShellEnded(self.output())
            begin = max(0, len(self._kept) - len(mark) - 8)
            self._kept += chunk
            if end := found.search(self._kept, begin):
                code = int(end[1])
                del self._kept[end.start() :]
                return self.output(), code
            # The mark may come in two pieces: its first one takes no room from the output.
            self._shorten(OUTPUT_LIMIT_BYTES + len(mark) + 8)

    def _shorten(self, limit_bytes: int) -> None:
        if len(self._kept) > limit_bytes:
            del self._kept[: len(self._kept) - limit_bytes]
            self._cut = True

    def output(self) -> str:
        """What the running command wrote so far: the last 102,400 bytes, without colours and trailing newlines."""
        self._shorten(OUTPUT_LIMIT_BYTES)
        said = _ANSI.sub("", self._kept.decode("utf-8", "replace")).rstrip("\n")
        return f"[output truncated]\n{said}" if self._cut else said
