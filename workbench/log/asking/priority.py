"""Lowers the OS priority of query threads below the writer's, where the system knows a priority of threads."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Final

_NICE: Final = 4
"""Less than half the share of those that write; with more, a question beside busy sandboxes would hardly get on."""
_TASKS: Final = Path("/proc/self/task")


def give_way(thread: int | None = None) -> None:
    """Let this thread, or the one with this system id, run when no other wants to."""
    if sys.platform == "linux":
        # One that has ended meanwhile, or that somebody gave a lower priority already.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread or threading.get_native_id(), _NICE)


def threads() -> set[int]:
    """The system's ids of this process's threads; none where it does not tell them."""
    return {int(task.name) for task in _TASKS.iterdir()} if _TASKS.is_dir() else set()
