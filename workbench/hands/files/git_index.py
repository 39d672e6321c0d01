"""Whether the owner's git knows a file, read from its index without running git."""

from __future__ import annotations

import os
from typing import Final

from workbench.hands.files.safe_paths import Beneath

MOST_BYTES: Final = 64 << 20
_LONGEST_NAME: Final = 0xFFF
_READABLE: Final = (b"\0\0\0\2", b"\0\0\0\3")
"""Versions in which names stand whole."""
_ELSEWHERE: Final = b"link\0\0\0"
"""Begins the part of a split index that names the file with the rest."""


def is_tracked(project: Beneath, path: str) -> bool:
    """Whether the index has this path; never for a repository elsewhere (a worktree's) or an index of version 4."""
    index = _index(project)
    return index is not None and _has(index, path)


def is_untracked(project: Beneath, path: str) -> bool:
    """Whether the index is there, can be read, and does not have this path."""
    index = _index(project)
    return index is not None and index[4:8] in _READABLE and _ELSEWHERE not in index and not _has(index, path)


def _index(project: Beneath) -> bytes | None:
    try:
        return project.content(".git/index", MOST_BYTES)
    except OSError:
        return None


def _has(index: bytes, path: str) -> bool:
    name = os.fsencode(path)
    entry = b"%s\0" % name
    place = index.find(entry)
    while place >= 2:
        # Before a name stand its flags, whose lower twelve bits are its length.
        if int.from_bytes(index[place - 2 : place], "big") & _LONGEST_NAME == min(len(name), _LONGEST_NAME):
            return True
        place = index.find(entry, place + 1)
    return False
