"""The session's bash: one shell in which folder, variables, functions and jobs persist from call to call."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandboxes.runner.children import Child, Children
from sandboxes.runner.hints import hints
from sandboxes.runner.kept_output import KeptOutput
from sandboxes.runner.outcomes import NO_OUTPUT, Outcome, ToolError, text
from sandboxes.runner.pipes import OutputPipe
from sandboxes.runner.running_output import RunningOutput, Show, Tail, tail_of

DEFAULT_TIMEOUT_S = 120.0
LONGEST_TIMEOUT_S = 24 * 3600.0
NEXT = "the next call gets a new one"

_OWN_FD = 199
"""Where the shell tells us of begins and ends: commands do not have it, and cannot lead it elsewhere with `exec >file`."""


_ROUNDS = 8


class _ShellEnded(Exception):
    """The shell's process is gone."""


class Shell:
    """The bash tool. Calls wait for one another; a timeout or a cancelled call takes the shell with it."""

    def __init__(self, children: Children, folder: Path, environment: Mapping[str, str]) -> None:
        self._children = children
        self._folder = folder
        self._environment = {**environment, "PS1": "", "PS2": "", "TERM": "dumb"}
        self._turn = asyncio.Lock()
        self._bash: _Bash | None = None
        self._lost: str | None = None
        """How the shell of an earlier call ended, until a call was told of it."""

    async def run(self, given: Mapping[str, Any], show: Show) -> Outcome:
        """One call of the tool `bash`; while it runs, `show` gets the end of its output."""
        async with self._turn:
            if given.get("restart"):
                self._end(None)
                await self._started()
                return text("bash session restarted")
            command = given.get("command")
            if not command:
                raise ToolError("bash: command is required")
            if not isinstance(command, str) or "\x00" in command:
                raise ToolError("bash: command must be text without NUL")
            return await self._run(command, _timeout_s(given.get("timeout_ms")), show)

    async def _run(self, command: str, timeout_s: float, show: Show) -> Outcome:
        if self._bash is not None and self._bash.ended:
            self._end(f"ended between two calls ({end_of(self._bash.code)})")
        bash, told = await self._started(), self._news()
        running = RunningOutput(bash.tail, show)
        work = asyncio.ensure_future(bash.run(command, running.grew))
        try:
            done, _ = await asyncio.wait({work}, timeout=timeout_s)
        except asyncio.CancelledError:
            # This shell still holds the command.
            work.cancel()
            self._end("was ended with a call that was cancelled")
            raise
        finally:
            running.end()
        if not done:
            work.cancel()
            partial = bash.output()
            self._end("was ended with a call that timed out")
            said = f"bash: bash command timed out after {timeout_s}s"
            end = f"[the shell and what ran in it were ended; {NEXT}]"
            raise ToolError("\n".join(part for part in (*told, said, partial, end) if part))
        try:
            code = work.result()
            ends = [f"[{end_of(code)}]"] if code else []
        except _ShellEnded:
            code = bash.code
            ends = [f"[the shell ended with the command ({end_of(code)}); {NEXT}]"]
        output = bash.output()
        ends += hints(output, self._folder) if code else ()
        if bash.ended:
            self._end("ended with an earlier call")
        return text("\n".join(part for part in (*told, output, *ends) if part), is_error=code != 0)

    def _news(self) -> list[str]:
        lost, self._lost = self._lost, None
        if lost is None:
            return []
        return [f"[this is a new shell: the one before {lost}, and its folder, variables and jobs are gone]"]

    async def _started(self) -> _Bash:
        if self._bash is None:
            self._bash = await _Bash.start(self._children, self._folder, self._environment)
        return self._bash

    def _end(self, why: str | None) -> None:
        self._lost = why
        if self._bash is not None:
            self._bash.kill()
            self._bash.close()
            self._bash = None

    def close(self) -> None:
        """End the shell and what it started."""
        self._end(None)


def _timeout_s(timeout_ms: object) -> float:
    if not timeout_ms:
        return DEFAULT_TIMEOUT_S
    if isinstance(timeout_ms, bool) or not isinstance(timeout_ms, (int, float)) or timeout_ms < 0:
        raise ToolError("bash: timeout_ms must be a number of milliseconds above 0")
    return min(timeout_ms / 1000.0, LONGEST_TIMEOUT_S)


def end_of(code: int) -> str:
    """An exit code in words; a shell tells the death of its child by a signal as 128 and the signal's number."""
    number = -code if code < 0 else code - 128
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"exit code {code}"
    return f"killed by {name}" if code < 0 else f"exit code {code}, {name}"


class _Bash:
    """One bash process: commands go in through its standard input, begin and end of each are lines that cannot be guessed."""

    def __init__(self, child: Child, stdin: asyncio.WriteTransport, pipe: OutputPipe, spill: Path) -> None:
        self._child = child
        self._stdin = stdin
        self._pipe = pipe
        self._spill = spill
        self._before = KeptOutput(spill)
        """What jobs in the background wrote before the command of this call began."""
        self._kept = KeptOutput(spill)
        self._after = KeptOutput(spill)
        """What they wrote since it ended."""
        self._end_mark = b""
        self._reading: asyncio.Task[None] | None = None

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
        stdin.write(f"exec {_OWN_FD}>&1\n".encode())
        spill = Path(environment.get("TMPDIR") or "/tmp", "tool-results")
        return cls(child, stdin, pipe, spill)

    @property
    def ended(self) -> bool:
        return self._child.ended.done()

    @property
    def code(self) -> int:
        """Its exit code, once it has ended."""
        return self._child.ended.result()

    def kill(self) -> None:
        if not self.ended:
            self._child.kill()

    def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        for kept in (self._before, self._kept, self._after):
            kept.close()
        # A transport whose pipe broke has closed itself, and must not be asked twice.
        if not self._stdin.is_closing():
            self._stdin.abort()
        self._pipe.close()

    async def run(self, command: str, grew: Callable[[], None]) -> int:
        """Exit code of one command; `grew` hears that it printed something.

        `eval` of the quoted text, not the text itself: an open quote is then an error of this command instead of a shell
        that waits for the rest of it. Its redirections hold back what an `exec >file` in it would do to the next call, and
        options that end a shell are taken back after it.

        Raises:
            _ShellEnded: the command ended the shell.
        """
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
        self._before, self._kept, self._after = self._after, KeptOutput(self._spill), KeptOutput(self._spill)
        begin, end = (f"__WORKBENCH_{secrets.token_hex(16)}_{word}__" for word in ("BEGIN", "DONE"))
        self._end_mark = b"\n" + end.encode()
        self._stdin.write(_line(command, begin, end).encode("utf-8", "surrogateescape"))
        await self._until(self._before, re.compile(rb"\n" + begin.encode() + rb"\n"), self._kept)
        if self._kept.tail:
            grew()
        ended = re.compile(self._end_mark + rb"(\d+)\n")
        found = await self._until(self._kept, ended, self._after, grew)
        self._reading = asyncio.create_task(self._read_on(self._after))
        return int(found.rpartition(b"_")[2])

    async def _until(
        self,
        kept: KeptOutput,
        mark: re.Pattern[bytes],
        rest: KeptOutput,
        grew: Callable[[], None] = lambda: None,
    ) -> bytes:
        """Read into `kept` until the mark; what follows it is the `rest`."""
        searched, spare = 0, len(mark.pattern) + 8
        while True:
            if found := mark.search(kept.tail, searched):
                rest.tail += kept.tail[found.end() :]
                told = found[0].strip(b"\n")
                del kept.tail[found.start() :]
                return told
            # The mark may come in two pieces.
            searched = max(0, len(kept.tail) - spare)
            kept.tail += await self._chunk()
            grew()
            before = len(kept.tail)
            kept.shorten(spare)
            searched = max(0, searched - (before - len(kept.tail)))

    async def _chunk(self) -> bytes:
        """What is written next; a job in the background may hold the pipe for long after the shell's end.

        Raises:
            _ShellEnded: nothing more comes from the shell.
        """
        reading = asyncio.ensure_future(self._pipe.reader.read(1 << 16))
        try:
            signs: set[asyncio.Future[Any]] = {reading, self._child.ended}
            await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
            for _ in range(_ROUNDS):
                # What it wrote before its end is in the pipe already, and the loop looks there in each round.
                if not reading.done():
                    await asyncio.sleep(0)
            if reading.done() and (chunk := reading.result()):
                return chunk
        finally:
            reading.cancel()
        await self._child.ended
        raise _ShellEnded

    async def _read_on(self, after: KeptOutput) -> None:
        """Take what jobs in the background write between two calls: a full pipe would hold them up."""
        while chunk := await self._pipe.reader.read(1 << 16):
            after.tail += chunk
            after.shorten(0)

    def tail(self) -> Tail:
        """The end of what the running command wrote so far."""
        return tail_of(self._kept, self._end_mark)

    def output(self) -> str:
        """What the running command wrote so far, after what jobs in the background wrote before it."""
        said, before = self._kept.text(), self._before.text()
        if not before.strip():
            return said
        return (
            f"[output of background jobs since the call before]\n{before}\n[output of this call]\n{said or NO_OUTPUT}"
        )


def _line(command: str, begin: str, end: str) -> str:
    # The quotes keep a mark itself out of what `set -v` would print.
    said = f"builtin printf '\\n%s%s\\n' >&{_OWN_FD}"
    ran = f"builtin eval {shlex.quote(command)} </dev/null >&{_OWN_FD} 2>&1 {_OWN_FD}>&-"
    taken_back = "{ builtin set +eu; builtin set +o posix; } 2>/dev/null"
    return f"{said} {begin[:8]}''{begin[8:]}; {ran}; {said} {end[:8]}''{end[8:]} $?; {taken_back}\n"
