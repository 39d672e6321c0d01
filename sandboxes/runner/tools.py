"""The six tools under their names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sandboxes.runner import files, globbing, search
from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.paths import Places
from sandboxes.runner.shell import Shell

_FILE_TOOLS: dict[str, Callable[[Places, Mapping[str, Any]], Outcome]] = {
    "read": files.read,
    "write": files.write,
    "edit": files.edit,
    "glob": globbing.glob,
}
NAMES = frozenset({"bash", "grep", *_FILE_TOOLS})


class Tools:
    """What a session's calls run on: one shell, one working directory."""

    def __init__(self, children: Children, places: Places, environment: Mapping[str, str]) -> None:
        self._places = places
        self._shell = Shell(children, places.workdir, environment)
        self._grep = search.Grep(children, environment)

    async def run(self, name: str, given: Mapping[str, Any]) -> Outcome:
        """One call; what the tool cannot do is an outcome as well."""
        try:
            if name == "bash":
                return await self._shell.run(given)
            if name == "grep":
                return await self._grep.run(self._places, given)
            if name in _FILE_TOOLS:
                return await asyncio.get_running_loop().run_in_executor(None, _FILE_TOOLS[name], self._places, given)
            raise ToolError(f"There is no tool named {name!r} in the sandbox; it has {', '.join(sorted(NAMES))}.")
        except ToolError as error:
            return text(str(error), is_error=True)

    def close(self) -> None:
        """End the shell."""
        self._shell.close()
