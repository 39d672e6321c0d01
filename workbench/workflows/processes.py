"""Programs from outside: each in a process of its own, which is ended with its run."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from workbench import start
from workbench.contracts.workflows import Host, Plan, ProgramFault
from workbench.workflows import messages
from workbench.workflows.language import checked

_WORKER: Final = "workbench.workflows.worker"
_MOST_LINE: Final = 32 << 20
_DIED: Final = "the program used more memory or time than it may, and was ended"


@dataclass(frozen=True)
class ProgramProcesses:
    """The promise `Programs`. `command` begins a process."""

    command: Sequence[str] = field(default_factory=lambda: start.command(_WORKER))

    def checked(self, text: str) -> Plan:
        """See `Programs.checked`."""
        return checked(text)

    async def run(self, plan: Plan, args: Any, host: Host) -> Any:
        """See `Programs.run`."""
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=pipe,
            stdout=pipe,
            stderr=null,
            cwd="/",
            env={"PATH": os.defpath, "PYTHONUTF8": "1"},
            start_new_session=True,
            limit=_MOST_LINE,
        )
        running = _Running(process, host)
        try:
            running.tell({"text": plan.text, "args": args})
            return await running.result()
        finally:
            await running.end()


class _Running:
    def __init__(self, process: asyncio.subprocess.Process, host: Host) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._host = process, host
        self._stdin, self._stdout = process.stdin, process.stdout
        self._asking: set[asyncio.Task[None]] = set()

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._stdin.write(messages.line(message))

    async def result(self) -> Any:
        while heard := await self._line():
            match heard["kind"]:
                case "agent":
                    self._ask(self._answer(heard))
                case "phase":
                    await self._host.phase(heard["name"])
                case "log":
                    await self._host.log(heard["text"])
                case "ended":
                    return heard["value"]
                case "failed":
                    raise ProgramFault(heard["error"])
            self._raise_of_agents()
        raise ProgramFault(_DIED)

    async def _line(self) -> dict[str, Any] | None:
        try:
            text = await self._stdout.readline()
        except ValueError:
            raise ProgramFault("the program said more at once than it may") from None
        return messages.read(text) if text else None

    def _ask(self, work: Awaitable[None]) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._asking.add(task)

    def _raise_of_agents(self) -> None:
        """A fault of ours in an agent's work ends the run, and is not left unsaid."""
        for task in [one for one in self._asking if one.done()]:
            self._asking.discard(task)
            task.result()

    async def _answer(self, heard: dict[str, Any]) -> None:
        answer = await self._host.agent(messages.call_of(heard))
        self.tell({"number": heard["number"], "answer": vars(answer)})

    async def end(self) -> None:
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self._stdout.read()
        await self._process.wait()
