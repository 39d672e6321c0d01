"""The tools of a sandbox: a module each, with the tool's name, whose `run(sandbox, given)` carries out one call."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandboxes.runner import commands
from sandboxes.runner.background import Background
from sandboxes.runner.children import Children
from sandboxes.runner.looks import Looks
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.paths import Places
from sandboxes.runner.running_output import Show, unseen
from sandboxes.runner.search import Grep
from sandboxes.runner.shell import Shell

_MODULES = {one.name: importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)}
NAMES = frozenset(_MODULES)


@dataclass(frozen=True)
class Sandbox:
    """What a call runs on: the session's working directory, background commands and search, the shell of the thread that makes
    it, what each thread saw of files, and who is shown its output meanwhile."""

    places: Places
    shell: Shell
    background: Background
    search: Grep
    looks: Looks
    thread: str = ""
    show: Show = unseen


class Tools:
    """The tools of one session."""

    def __init__(self, children: Children, places: Places, environment: Mapping[str, str]) -> None:
        self._new_shell: Callable[[], Shell] = lambda: Shell(children, places.workdir, environment)
        self._shells = {"": self._new_shell()}
        background = Background(children, places.workdir, environment)
        self._commands = commands.Commands(children, places.workdir, environment)
        self._sandbox = Sandbox(places, self._shells[""], background, Grep(children, environment), Looks())

    async def run(self, name: str, given: Mapping[str, Any], show: Show = unseen, thread: str = "") -> Outcome:
        """One call, of the session's primary thread where none is named, each of which has a shell of its own.

        What the tool cannot do is an outcome as well. A `run` that is no coroutine runs in a thread of the system's.
        """
        if thread not in self._shells:
            self._shells[thread] = self._new_shell()
        sandbox = replace(self._sandbox, show=show, shell=self._shells[thread], thread=thread)
        try:
            if name == commands.NAME:
                return await self._commands.run(given)
            if name not in _MODULES:
                raise ToolError(f"There is no tool named {name!r} in the sandbox; it has {', '.join(sorted(NAMES))}.")
            run = _MODULES[name].run
            if inspect.iscoroutinefunction(run):
                outcome: Outcome = await run(sandbox, given)
            else:
                outcome = await asyncio.get_running_loop().run_in_executor(None, run, sandbox, given)
            return outcome
        except ToolError as error:
            return text(str(error), is_error=True)

    def engine_gone(self) -> None:
        """End what only that engine waited for; the agent's calls go on, for the next one."""
        self._commands.end_all()

    def close(self) -> None:
        """End the shells and the commands in the background, and let go of a person's."""
        for shell in self._shells.values():
            shell.close()
        self._sandbox.background.close()
        self._commands.close()
