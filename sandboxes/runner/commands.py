"""A person's own command: a process of its own with folder, variables and time, its exit code, and its two outputs apart."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandboxes.runner.children import Child, Children
from sandboxes.runner.outcomes import Outcome, ToolError
from sandboxes.runner.paths import reason
from sandboxes.runner.pipes import OutputPipe

NAME = "workbench:exec"
"""What such a call is named: no tool of a model can have this name."""
MOST_OUTPUT_BYTES = 4 << 20
"""Of each output the end is told: two of them fit into a frame, whatever is in them."""
LONGEST_S = 24 * 3600.0
DRAIN_S = 0.5
"""How long an ended command is heard out while others hold its pipes."""
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
"""What a shell gives as the exit code of what cannot be started."""


class Commands:
    """Runs them beside each other. What one leaves in the background goes on, and is read so that nothing holds it up."""

    def __init__(self, children: Children, folder: Path, environment: Mapping[str, str]) -> None:
        self._children = children
        self._folder = folder
        self._environment = {**environment, "TERM": "dumb"}
        self._left: set[asyncio.Task[None]] = set()
        self._running: set[Child] = set()

    async def run(self, given: Mapping[str, Any]) -> Outcome:
        """Run one to its end: a block of JSON with how it ended and what is left out, then a block for each output."""
        argv, seconds = _argv(given.get("command")), _seconds(given.get("timeout_s"))
        folder, environment = self._in(given.get("cwd")), {**self._environment, **_variables(given.get("env"))}
        _refuse_other_user(given.get("user"))
        outputs = [await _Output.opened() for _ in range(2)]
        try:
            with _input(given.get("stdin"), self._folder) as stdin:
                out, err = (one.pipe.writing_end for one in outputs)
                child = self._children.start(
                    argv, folder=folder, environment=environment, stdin=stdin, stdout=out, stderr=err
                )
        except (OSError, ValueError) as error:
            return _told(*_not_started(argv[0], error))
        finally:
            for one in outputs:
                one.begin(self._left)
        self._running.add(child)
        try:
            timed_out = await _until_its_end(child, seconds, outputs)
            if child not in self._running:
                raise ToolError("the engine that asked for this command is gone, and the command was ended")
        finally:
            self._running.discard(child)
        cut = [one.end_telling() for one in outputs]
        ended = {"exit_code": None if timed_out else _exit_code(child.ended.result()), "timed_out": timed_out}
        return _told(ended | {"stdout_cut_bytes": cut[0], "stderr_cut_bytes": cut[1]}, *(one.told for one in outputs))

    def _in(self, given: object) -> Path:
        if given is None:
            return self._folder
        folder = self._folder / _path("cwd", given)
        try:
            if not folder.is_dir():
                raise ToolError(f"cwd: {given}: " + ("not a directory" if folder.exists() else "no such directory"))
        except OSError as error:
            raise ToolError(f"cwd: {given}: {reason(error)}") from None
        if not os.access(folder, os.X_OK):
            raise ToolError(f"cwd: {given}: permission denied")
        return folder

    def end_all(self) -> None:
        """Nobody waits for them any more: whoever did has gone with the engine."""
        for child in self._running:
            child.kill()
        self._running.clear()

    def close(self) -> None:
        """Read on no more."""
        for one in self._left:
            one.cancel()


class _Output:
    """One output of a command: its end, and how many bytes came before that."""

    def __init__(self, pipe: OutputPipe) -> None:
        self.pipe = pipe
        self.told = ""
        self.reading: asyncio.Task[None] | None = None
        self._tail = bytearray()
        self._cut = 0
        self._most = 2 * MOST_OUTPUT_BYTES

    @classmethod
    async def opened(cls) -> _Output:
        pipe = OutputPipe()
        await pipe.__aenter__()
        return cls(pipe)

    def begin(self, held_by: set[asyncio.Task[None]]) -> None:
        """Read until nobody holds the other end: who outlives the command would be ended by a closed one."""
        self.pipe.release()
        self.reading = asyncio.create_task(self._read())
        held_by.add(self.reading)
        self.reading.add_done_callback(held_by.discard)

    async def _read(self) -> None:
        try:
            while chunk := await self.pipe.reader.read(1 << 16):
                self._tail += chunk
                if len(self._tail) > self._most:
                    self._drop(len(self._tail) - self._most // 2)
        finally:
            self.pipe.close()

    def _drop(self, count: int) -> None:
        self._cut += count
        del self._tail[:count]

    def end_telling(self) -> int:
        """Have `told` be the end, from a whole character on; gives how many bytes came before it. What comes later is dropped."""
        if (excess := len(self._tail) - MOST_OUTPUT_BYTES) > 0:
            while excess < len(self._tail) and self._tail[excess] & 0xC0 == 0x80:
                excess += 1
            self._drop(excess)
        cut, self.told = self._cut, self._tail.decode("utf-8", "replace")
        self._tail, self._most = bytearray(), 0
        return cut


async def _until_its_end(child: Child, seconds: float, outputs: Sequence[_Output]) -> bool:
    """Whether it had to be ended as its time was over; a cancelled call ends it too."""
    try:
        done, _ = await asyncio.wait({child.ended}, timeout=seconds)
    finally:
        if not child.ended.done():
            child.kill()
    await child.ended
    await asyncio.wait({one.reading for one in outputs if one.reading is not None}, timeout=DRAIN_S)
    return not done


def _told(ended: Mapping[str, Any], output: str, errors: str) -> Outcome:
    return Outcome(tuple({"type": "text", "text": words} for words in (json.dumps(ended), output, errors)))


def _not_started(program: str, error: OSError | ValueError) -> tuple[dict[str, Any], str, str]:
    """As a shell tells it."""
    missing = isinstance(error, FileNotFoundError)
    words = "command not found" if missing else reason(error) if isinstance(error, OSError) else str(error)
    ended = {"exit_code": _NOT_FOUND if missing else _NOT_EXECUTABLE, "timed_out": False}
    return ended | {"stdout_cut_bytes": 0, "stderr_cut_bytes": 0}, "", f"{program}: {words}\n"


def _exit_code(code: int) -> int:
    return code if code >= 0 else 128 - code


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def _argv(command: object) -> list[str]:
    """A text is a line for bash, a list a program with its arguments, which no shell reads."""
    words = [command] if isinstance(command, str) else command
    if not isinstance(words, list) or not words or not all(isinstance(one, str) and "\0" not in one for one in words):
        raise ToolError("command: must be text without NUL, or a list of such texts")
    if not words[0]:
        raise ToolError("command: is empty")
    return ["/bin/bash", "--noprofile", "--norc", "-c", command] if isinstance(command, str) else words


def _path(name: str, given: object) -> str:
    if not isinstance(given, str) or not given or "\0" in given:
        raise ToolError(f"{name}: must be a path")
    return given


def _seconds(given: object) -> float:
    if given is None:
        return LONGEST_S
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given <= LONGEST_S:
        raise ToolError(f"timeout_s: must be a number of seconds above 0, at most {LONGEST_S:.0f}")
    return float(given)


def _variables(given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(_is_variable(*one) for one in given.items()):
        raise ToolError("env: must be names without = and their texts, without NUL")
    return given


def _is_variable(name: object, value: object) -> bool:
    texts = isinstance(name, str) and isinstance(value, str)
    return texts and bool(name) and "=" not in str(name) and "\0" not in f"{name}{value}"


def _refuse_other_user(given: object) -> None:
    if given is None:
        return
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    if str(given) not in (name, str(number)):
        raise ToolError(f"user: a command runs here as {name} ({number}), and cannot become {given}")


@contextlib.contextmanager
def _input(given: object, folder: Path) -> Iterator[int]:
    """A descriptor for its input: a file of the sandbox, or the end of file."""
    path = os.devnull if given is None else folder / _path("stdin", given)
    try:
        # A pipe that nobody writes to is not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ToolError(f"stdin: {given}: {reason(error)}") from None
    try:
        if given is not None and not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ToolError(f"stdin: {given}: not a regular file")
        yield descriptor
    finally:
        os.close(descriptor)
