"""Watches folders: what people change is told in batches that have settled, and what we wrote ourselves never is."""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchfiles import Change, DefaultFilter, awatch

from workbench.engine.own_writes import OwnWrites
from workbench.hands.files.applying import BESIDE

SETTLED_S: Final = 2.0
LONGEST_BATCH_S: Final = 60.0
"""What is written without an end is told after so long all the same."""
_LOOK_MS: Final = 250
_BUILT: Final = (
    "build",
    "dist",
    "target",
    "out",
    ".next",
    ".nuxt",
    ".gradle",
    ".cache",
    ".ruff_cache",
    "coverage",
    ".eggs",
)
_NETWORK: Final = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "fuse",
    "virtiofs",
    "afs",
    "ceph",
    "gluster",
    "lustre",
    "davfs",
    "vboxsf",
    "prl_fs",
)
MOUNTS: Final = Path("/proc/self/mountinfo")

Changed = dict[str, Change]
"""Absolute paths, each with what happened to it first."""


class NoWatch(Exception):
    """The folder cannot be watched; the text says why and what to do."""


@dataclass(frozen=True)
class FileWatch:
    """One folder; `only` are patterns of paths below it, none is all."""

    folder: Path
    only: Sequence[str]
    writes: OwnWrites
    settled_s: float = SETTLED_S
    mounts: Path = MOUNTS

    async def batches(self, ready: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[list[str]]:
        """Settled batches of changed paths, each below the folder, in order, until this is cancelled.

        Raises:
            NoWatch: the folder is gone, or the system watches no more.
        """
        if not self.folder.is_dir():
            raise NoWatch(f"{self.folder} is no folder any more")
        pending: Changed = {}
        first = last = 0.0
        ignored = DefaultFilter(ignore_dirs=(*DefaultFilter.ignore_dirs, *_BUILT))
        try:
            async for changes in awatch(
                self.folder,
                watch_filter=ignored,
                debounce=1600,
                step=50,
                rust_timeout=_LOOK_MS,
                yield_on_timeout=True,
                force_polling=is_network(self.folder, self.mounts),
                ignore_permission_denied=True,
            ):
                if ready is not None:
                    await ready()
                    ready = None
                now = time.monotonic()
                if changes:
                    first, last = first if pending else now, now
                    for change, path in changes:
                        pending.setdefault(path, change)
                elif not self.folder.is_dir():
                    raise NoWatch(f"{self.folder} is no folder any more")
                if pending and (now - last >= self.settled_s or now - first >= LONGEST_BATCH_S):
                    await self.writes.at_rest(self.folder)
                    if batch := self._told(pending):
                        yield batch
                    pending = {}
        except (OSError, RuntimeError) as error:
            raise NoWatch(_words(self.folder, error)) from None

    def _told(self, pending: Changed) -> list[str]:
        """Of what changed what is to be told: no folders, nothing of ours, and only what is wanted."""
        found = []
        for path in sorted(pending):
            below = os.path.relpath(path, self.folder)
            is_wanted = not self.only or any(fnmatch.fnmatch(below, pattern) for pattern in self.only)
            # What came and went meanwhile is how programs write, we among them.
            came_and_went = pending[path] is Change.added and not os.path.lexists(path)
            is_beside = os.path.basename(path).startswith(BESIDE) and not os.path.lexists(path)
            if not is_wanted or came_and_went or is_beside or os.path.isdir(path):
                continue
            if not self.writes.is_own(path):
                found.append(below)
        return found


def is_network(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether others can change the folder without this machine's kernel knowing."""
    best, kind = "", ""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = fields[4].encode().decode("unicode_escape", "replace")
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]
    return kind.startswith(_NETWORK)


def _words(folder: Path, error: Exception) -> str:
    text = str(error)
    if "limit" in text or "No space left" in text or getattr(error, "errno", None) == 28:
        return (
            f"{folder} has more folders than this machine watches (fs.inotify.max_user_watches); raise it: "
            "sudo sysctl fs.inotify.max_user_watches=524288"
        )
    return f"{folder} cannot be watched: {text}"
