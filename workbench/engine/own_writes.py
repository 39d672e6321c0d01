"""What the engine itself writes into projects: so that no trigger takes it for somebody's change."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MOST_KEPT: Final = 100_000
_COARSE_NS: Final = 20_000_000
"""A file system's moments lag behind the clock by a tick."""
_WINDOW_NS: Final = 60_000_000_000
_LATE_NS: Final = 5_000_000_000

Signature = tuple[int, int, int] | None
"""Inode, size and moment of the last change of a file; None where there is none."""


class OwnWrites:
    """Paths as an apply left them, and the times in which commits were brought."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, Signature] = OrderedDict()
        self._windows: list[tuple[str, int, int]] = []
        self._going_on: dict[str, int] = {}
        self._ended = asyncio.Event()
        self._counts: dict[str, int] = {}

    def count(self, project: str) -> int:
        """How often something was written into this project: another number says that there was something more."""
        return self._counts.get(project, 0)

    @contextmanager
    def writing(self, project: str | None, *, of_git: bool = False) -> Iterator[None]:
        """Something is written into this project now; of what git writes no paths are known, and its time counts."""
        if project is None:
            yield
            return
        self._going_on[project] = self._going_on.get(project, 0) + 1
        begun = time.time_ns()
        try:
            yield
        finally:
            now = time.time_ns()
            if of_git:
                self._windows = [one for one in self._windows if now - one[2] < _WINDOW_NS]
                self._windows.append((project, begun, now))
            self._going_on[project] -= 1
            if not self._going_on[project]:
                del self._going_on[project]
            self._counts[project] = self.count(project) + 1
            self._ended.set()

    def wrote(self, project: str | None, paths: Sequence[str]) -> None:
        """These paths of the project are as we left them; call it before `writing` is over."""
        for path in paths if project is not None else ():
            place = os.path.join(project or "", path)
            self._files[place] = _signature(place)
            self._files.move_to_end(place)
        while len(self._files) > MOST_KEPT:
            self._files.popitem(last=False)

    async def at_rest(self, folder: Path) -> None:
        """Wait until nothing is being written into this folder, above or below it."""
        while any(_overlap(Path(project), folder) for project in self._going_on):
            self._ended.clear()
            await self._ended.wait()

    def is_own(self, path: str) -> bool:
        """Whether the file is still as we left it, or left away."""
        now = _signature(path)
        if path in self._files and self._files[path] == now:
            return True
        return any(_within(path, project) and _changed_in(now, begun, ended) for project, begun, ended in self._windows)


def _signature(path: str) -> Signature:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns


def _changed_in(now: Signature, begun: int, ended: int) -> bool:
    if now is None:
        return time.time_ns() - ended < _LATE_NS
    return begun - _COARSE_NS <= now[2] <= ended


def _within(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
