"""Whether the owner's git knows a file, read from its index without running git."""

from __future__ import annotations

import os
from typing import Final

from workbench.hands.files.safe_paths import Beneath

MOST_BYTES: Final = 64 << 20
_LONGEST_NAME: Final = 0xFFF


def is_tracked(project: Beneath, path: str) -> bool:
    """Whether the index has this path; never for a repository elsewhere (a worktree's) or an index of version 4."""
    try:
        index = project.content(".git/index", MOST_BYTES)
    except OSError:
        return False
    name = os.fsencode(path)
    entry = b"%s\0" % name
    place = index.find(entry)
    while place >= 2:
        # Before a name stand its flags, whose lower twelve bits are its length.
        if int.from_bytes(index[place - 2 : place], "big") & _LONGEST_NAME == min(len(name), _LONGEST_NAME):
            return True
        place = index.find(entry, place + 1)
    return False
