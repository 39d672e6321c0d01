"""The tools of a sandbox: a module each, with the tool's name, whose `run(sandbox, given)` carries out one call."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandboxes.runner.background import Background
from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.paths import Places
from sandboxes.runner.running_output import Show, unseen
from sandboxes.runner.search import Grep
from sandboxes.runner.shell import Shell

_MODULES = {one.name: importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)}
NAMES = frozenset(_MODULES)


@dataclass(frozen=True)
class Sandbox:
    """What a call runs on: the session's working directory, shell, background commands and search, and who is shown its output
    meanwhile."""

    places: Places
    shell: Shell
    background: Background
    search: Grep
    show: Show = unseen


class Tools:
    """The tools of one session."""

    def __init__(self, children: Children, places: Places, environment: Mapping[str, str]) -> None:
        shell = Shell(children, places.workdir, environment)
        background = Background(children, places.workdir, environment)
        self._sandbox = Sandbox(places, shell, background, Grep(children, environment))

    async def run(self, name: str, given: Mapping[str, Any], show: Show = unseen) -> Outcome:
        """One call; what the tool cannot do is an outcome as well. A `run` that is no coroutine runs in a thread."""
        sandbox = replace(self._sandbox, show=show)
        try:
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

    def close(self) -> None:
        """End the shell and the commands in the background."""
        self._sandbox.shell.close()
        self._sandbox.background.close()
