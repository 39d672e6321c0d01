"""Which build of this program runs: told apart where a running engine is older than what was installed after it."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent
OTHER_BUILD: Final = (
    "workbench down, then the same again: the engine that runs is of another build of the workbench than this command "
    "(sessions and sandboxes stay)"
)


@cache
def build() -> str:
    """A digest of names, sizes and ages of the program's own files, as they are at the first call (some milliseconds)."""
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(_PACKAGE):
        folders[:] = sorted(one for one in folders if one != "__pycache__")
        for name in sorted(names):
            known = os.stat(os.path.join(folder, name))
            digest.update(f"{folder}/{name} {known.st_size} {known.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def is_other(other: object) -> bool:
    """Whether what an engine told of its build is another one; an engine that tells nothing is taken for one of this."""
    return isinstance(other, str) and bool(other) and other != build()
