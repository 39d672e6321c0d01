"""Completion sources: commands and files for a session's prompt, agents, environments and files for the Board's box."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from workbench.client import paths
from workbench.contracts.acp_agents import KNOWN, PREFIX
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.completion import Choice, Word
from workbench.tui.state.project_files import files_in
from workbench.tui.state.task_line import folder_before
from workbench.tui.widgets.completion import Completion


class ProjectFiles:
    """The files of each project, listed on a thread when they are first asked for; then the list is shown again."""

    def __init__(self, screen: BaseScreen, completion: Completion) -> None:
        self._screen = screen
        self._completion = completion
        self._files: dict[str, list[Choice]] = {}

    def of(self, project: str) -> Sequence[Choice]:
        """The files that are known now."""
        if not project:
            return ()
        if project not in self._files:
            self._files[project] = []
            self._screen.act(asyncio.to_thread(files_in, Path(project)), lambda files: self._came(project, files))
        return self._files[project]

    def _came(self, project: str, files: list[str]) -> None:
        self._files[project] = [Choice(name) for name in files]
        self._completion.look()


class BoxSource:
    """What the Board's box completes: before the task who does it and where, in the task the files of its folder."""

    def __init__(self, screen: BaseScreen, completion: Completion) -> None:
        self._screen = screen
        self._completion = completion
        self._files = ProjectFiles(screen, completion)
        self._names: dict[str, list[Choice]] = {}

    def __call__(self, word: Word) -> Sequence[Choice]:
        if word.sign != "@":
            return [Choice("goal", "work until this is reached, round by round")]
        is_before, folder = folder_before(word.before)
        if not is_before:
            return self._files.of(folder or self._screen.store.view_file.view.folder)
        if not word.typed or not self._names:
            # Asked for anew with every @: an agent may have come meanwhile.
            for path, kind in ((paths.AGENTS, "agent"), (paths.ENVIRONMENTS, "environment")):
                self._screen.act(self._read(path, kind))
        return [one for names in self._names.values() for one in names]

    async def _read(self, path: str, kind: str) -> None:
        page = await self._screen.store.engine.get(path, [("limit", "100")])
        found = [Choice(one["name"], kind) for one in page["data"]]
        if path == paths.AGENTS:
            # Each of them is made when it is first named.
            known = {one.word for one in found}
            found += [Choice(name, "agent of others") for name in map(PREFIX.__add__, KNOWN) if name not in known]
        if found != self._names.get(path):
            self._names[path] = found
            self._completion.look()
