"""Commands that run on beside calls: started, read by parts, typed into, stopped and listed; they end with the sandbox."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandboxes.runner.background_command import BackgroundCommand
from sandboxes.runner.background_watch import Watch
from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.shell import end_of

MOST_RUNNING = 16
MOST_ENDED = 16
"""How many that have ended can still be read."""
LONGEST_WAIT_S = 600.0
FIRST_WAIT_S = 1.0
"""How long a command that was started or typed into has to answer, where the call does not say."""
SETTLE_S = 0.2
"""How long is waited for the rest of what began to come, and for the end of what dies at once."""

DEADLINE_S, LONGEST_DEADLINE_S = 600.0, 1800.0
GRACE_S = 60.0
"""How long what a watch found is kept behind its deadline, for the engine to take."""
LONGEST_PATTERN = 1000

_NAME = re.compile(r"bg_([1-9][0-9]{0,8})")


class Background:
    """The tool `background`: no turn, no interrupt and no restart of the shell ends what it started."""

    def __init__(self, children: Children, folder: Path, environment: Mapping[str, str]) -> None:
        self._children, self._folder, self._environment = children, folder, environment
        self._commands: dict[str, BackgroundCommand] = {}
        self._last = 0

    async def run(self, given: Mapping[str, Any]) -> Outcome:
        """One call."""
        actions = {
            "start": self._start,
            "read": self._read,
            "write": self._write,
            "stop": self._stop,
            "list": self._list,
            "watch": self._watch,
            "matches": self._matches,
        }
        action = given.get("action")
        if not isinstance(action, str) or action not in actions:
            raise ToolError("background: action must be start, read, write, stop, watch or list")
        return await actions[action](given)

    def close(self) -> None:
        """End all of them."""
        for command in self._commands.values():
            command.close()
        self._commands.clear()

    async def _start(self, given: Mapping[str, Any]) -> Outcome:
        command, wait_s = given.get("command"), _wait_s(given, FIRST_WAIT_S)
        if not command or not isinstance(command, str) or "\x00" in command:
            raise ToolError("background: start needs command, a text without NUL")
        running = [one for one in self._commands.values() if one.code is None]
        if len(running) >= MOST_RUNNING:
            raise ToolError(f"background: {len(running)} commands are running, which is the most; stop one first")
        name = self._named(given.get("id"))
        try:
            started = await BackgroundCommand.start(
                name, command, self._children, folder=self._folder, environment=self._environment
            )
        except (OSError, ValueError) as error:
            raise ToolError(f"background: the command cannot be started: {error}") from error
        self._commands[name] = started
        self._forget_oldest()
        await self._settled(started, 0, wait_s)
        return _told(started, 0, is_error=bool(started.code))

    async def _read(self, given: Mapping[str, Any]) -> Outcome:
        command, wait_s = self._command(given), _wait_s(given, 0.0)
        after = _after(given, command)
        if wait_s:
            await self._settled(command, command.printed_bytes if after is None else after, wait_s)
        return _told(command, after)

    async def _write(self, given: Mapping[str, Any]) -> Outcome:
        command, typed, wait_s = self._command(given), given.get("text", ""), _wait_s(given, FIRST_WAIT_S)
        ends_input = given.get("end_input") is True
        if not isinstance(typed, str) or not (typed or ends_input):
            raise ToolError("background: write needs text, or end_input")
        before = command.printed_bytes
        if (fault := command.write(typed.encode("utf-8", "replace"), ends_input=ends_input)) is not None:
            raise ToolError(f"background: {command.name} {fault}")
        await self._settled(command, before, wait_s)
        return _told(command, before)

    async def _stop(self, given: Mapping[str, Any]) -> Outcome:
        command = self._command(given)
        if command.code is None:
            await command.stop()
        return _told(command, None)

    async def _watch(self, given: Mapping[str, Any]) -> Outcome:
        """Look for lines from now on, or from `after` on; the engine asks for them with `matches`."""
        command, pattern = self._command(given), given.get("pattern")
        seconds = _seconds(given, "deadline_s", DEADLINE_S, LONGEST_DEADLINE_S)
        after = _after(given, command)
        if not seconds:
            command.watched_by(None, 0)
            return text(f"{command.name} is not watched any more.")
        if not isinstance(pattern, str) or not pattern or "\x00" in pattern or len(pattern) > LONGEST_PATTERN:
            raise ToolError(
                f"background: watch needs pattern, a text of up to {LONGEST_PATTERN} characters without NUL"
            )
        watch = await Watch.start(pattern, self._children, self._environment)
        command.watched_by(watch, command.printed_bytes if after is None else after)
        asyncio.get_running_loop().call_later(seconds + GRACE_S, watch.close)
        return text(
            f"{command.name} is watched for {seconds:.0f} s. A message comes when lines match, when the command ends, and when"
            " nothing matched in that time; it wakes you where your turn has ended."
        )

    async def _matches(self, given: Mapping[str, Any]) -> Outcome:
        """For the engine: how many lines matched, then those of them behind `taken` that are kept."""
        command, taken = self._command(given), given.get("taken")
        if command.watch is None or not isinstance(taken, int):
            raise ToolError(f"background: {command.name} is not watched")
        watch = command.watch
        await watch.news(taken, _seconds(given, "wait_s", 0.0, LONGEST_WAIT_S))
        is_over = watch.over.done()
        head = {
            "matched": watch.matched,
            "exit_code": command.code if is_over else None,
            "broken": watch.over.result() if is_over else None,
        }
        blocks = [json.dumps(head), *(line or " " for _, line in watch.kept)]
        return Outcome(tuple({"type": "text", "text": block} for block in blocks))

    async def _list(self, _: Mapping[str, Any]) -> Outcome:
        """A line of JSON each, and behind it the last line that it printed."""
        blocks = [
            {"type": "text", "text": f"{json.dumps(_state(one), ensure_ascii=False)}\n{one.last_line}"}
            for one in self._commands.values()
        ]
        return Outcome(tuple(blocks)) if blocks else text("Nothing runs in the background.")

    def _named(self, wanted: object) -> str:
        """A name that no command had: the one that the engine gives, which counts over all sandboxes of a session."""
        found = _NAME.fullmatch(wanted) if isinstance(wanted, str) else None
        self._last = max(self._last + 1, int(found[1]) if found else 0)
        return f"bg_{self._last}"

    def _command(self, given: Mapping[str, Any]) -> BackgroundCommand:
        name = given.get("id")
        found = self._commands.get(name) if isinstance(name, str) else None
        if found is None:
            known = ", ".join(self._commands) or "none"
            raise ToolError(
                f"background: there is no {name or 'command without an id'} in this sandbox; it has {known}"
            )
        return found

    def _forget_oldest(self) -> None:
        ended = [one for one in self._commands.values() if one.code is not None]
        for one in ended[: max(0, len(ended) - MOST_ENDED)]:
            one.close()
            del self._commands[one.name]

    async def _settled(self, command: BackgroundCommand, after: int, wait_s: float) -> None:
        await command.news(after, wait_s)
        if command.code is None:
            await asyncio.wait({command.ended}, timeout=min(SETTLE_S, wait_s))


def _wait_s(given: Mapping[str, Any], default: float) -> float:
    return _seconds(given, "wait_s", default, LONGEST_WAIT_S)


def _seconds(given: Mapping[str, Any], name: str, default: float, most: float) -> float:
    seconds = given.get(name, default)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= most:
        raise ToolError(f"background: {name} must be a number of seconds up to {most:.0f}")
    return float(seconds)


def _after(given: Mapping[str, Any], command: BackgroundCommand) -> int | None:
    after = given.get("after")
    if after is not None and (isinstance(after, bool) or not isinstance(after, int) or after < 0):
        raise ToolError("background: after must be a whole number of bytes, as an earlier result said")
    if after is not None and after > command.printed_bytes:
        raise ToolError(f"background: {command.name} has printed {command.printed_bytes} bytes, not {after}")
    return after


def _state(command: BackgroundCommand) -> dict[str, Any]:
    code = command.code
    return {
        "id": command.name,
        "state": "running" if code is None else "ended",
        "exit_code": code,
        "seconds": round(command.seconds),
        "printed_bytes": command.printed_bytes,
        "command": command.command,
    }


def _told(command: BackgroundCommand, after: int | None, *, is_error: bool = False) -> Outcome:
    """How the command stands, and a part of what it printed."""
    part, whole, code = command.part(after), command.printed_bytes, command.code
    stands = (
        f"is running, {command.seconds:.0f} s"
        if code is None
        else f"has ended ({end_of(code)}) after {command.seconds:.0f} s"
    )
    goes_on = code is None or part.end < whole
    next_part = f"; what comes next is read with after={part.end}" if goes_on else ""
    lines = [f"[{command.name} {stands}; {whole} bytes printed{next_part}]"]
    first = command.kept.passed_bytes
    if after is not None and after < first:
        lines.append(f"[of the bytes before {first}, {command.kept.where(first)}]")
    if part.end < whole:
        lines.append(f"[{whole - part.end} more bytes follow this part]")
    elif after is None and part.begin:
        lines.append(f"[the end of it, from byte {part.begin} on]")
    return text("\n".join([*lines, part.text] if part.text else lines), is_error=is_error)
