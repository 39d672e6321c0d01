"""What a process may not do any more, before it sees a byte of a stranger's: no file, no program, no network, little time."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from typing import Final

_NO_NEW_PRIVILEGES: Final = 38
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION: Final = 1
_FILES: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Landlock's rights on files by the version of it that a kernel has."""
_TCP: Final = 3


def limit(memory_bytes: int, cpu_s: int) -> None:
    """Limit memory, processor time, and what may be written to files."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def close_off() -> None:
    """Have nothing opened any more; where the kernel has Landlock, take away every file and all TCP as well."""
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if sys.platform == "linux":
        _landlock()
    # Last, as it ends all opening: nothing but the three pipes.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _landlock() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return
    files, tcp = _FILES[min(version, max(_FILES))], _TCP if version >= 4 else 0
    rights = struct.pack("QQ", files, tcp) if tcp else struct.pack("Q", files)
    ruleset = libc.syscall(_CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), 0)
    if ruleset >= 0:
        libc.syscall(_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)
