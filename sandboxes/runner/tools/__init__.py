"""The tools of a sandbox: a module each, with the tool's name, whose `run(sandbox, given)` carries out one call."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.paths import Places
from sandboxes.runner.search import Grep
from sandboxes.runner.shell import Shell

_MODULES = {one.name: importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)}
NAMES = frozenset(_MODULES)


class Sandbox:
    """What a session's calls run on: one working directory, one shell, one search."""

    def __init__(self, children: Children, places: Places, environment: Mapping[str, str]) -> None:
        self.places = places
        self.shell = Shell(children, places.workdir, environment)
        self.search = Grep(children, environment)


class Tools:
    """The tools of one session."""

    def __init__(self, children: Children, places: Places, environment: Mapping[str, str]) -> None:
        self._sandbox = Sandbox(children, places, environment)

    async def run(self, name: str, given: Mapping[str, Any]) -> Outcome:
        """One call; what the tool cannot do is an outcome as well. A `run` that is no coroutine runs in a thread."""
        try:
            if name not in _MODULES:
                raise ToolError(f"There is no tool named {name!r} in the sandbox; it has {', '.join(sorted(NAMES))}.")
            run = _MODULES[name].run
            if inspect.iscoroutinefunction(run):
                outcome: Outcome = await run(self._sandbox, given)
            else:
                outcome = await asyncio.get_running_loop().run_in_executor(None, run, self._sandbox, given)
            return outcome
        except ToolError as error:
            return text(str(error), is_error=True)

    def close(self) -> None:
        """End the shell."""
        self._sandbox.shell.close()
