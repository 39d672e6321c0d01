"""The lock that makes a second engine impossible: a `flock` on a file of its own, so that asking for it opens none of DuckDB's files."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from workbench.contracts.log import LogUnusable


class FolderLock:
    """Held from its making to `release`, or to the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            LogUnusable: another process holds it; its id is named.
        """
        self._is_released = False
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise LogUnusable(
                f"The log in {folder} is open in another engine{f' (process {holder})' if holder else ''}: use that one, or "
                "stop it with `workbench down`."
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let it go; again does nothing."""
        if self._is_released:
            return
        self._is_released = True
        os.close(self._descriptor)
