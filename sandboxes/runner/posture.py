"""What the kernel says of this process's confinement, read from inside."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

_PR_SET_DUMPABLE = 4
_LIMIT_FILES = {
    "pids_limit": ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
    "memory_limit_bytes": ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
}


def become_unreadable() -> None:
    """Close this process's memory, environment and descriptors to its siblings of the same user."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")


def posture() -> dict[str, Any]:
    """Capabilities, no-new-privileges, seccomp mode, read-only root and the cgroup's limits (None: no limit)."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    return {
        "capabilities": int(status["CapEff"], 16),
        "no_new_privileges": int(status["NoNewPrivs"]),
        "seccomp": int(status["Seccomp"]),
        "root_read_only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
        **{name: _limit(paths) for name, paths in _LIMIT_FILES.items()},
    }


def _limit(paths: tuple[str, ...]) -> int | None:
    for path in paths:
        try:
            value = Path(path).read_text().strip()
        except OSError:
            continue
        return int(value) if value.isdigit() else None
    return None
