"""Names in which git keeps a repository's own files: whoever writes there decides what git on this machine runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_LAYOUT = frozenset({"head", "objects", "refs", "commondir", "config", "config.worktree", "hooks"})
"""What makes a plain folder a bare repository, and what git then obeys or runs."""
_SHORT_NAME = "git~1"
"""What `.git` is called as well on NTFS and FAT."""


def is_git_name(name: str) -> bool:
    """Whether any file system takes this name for `.git`: NTFS, FAT, HFS+ and APFS, as git's own fsck has it."""
    visible = name if name.isascii() else "".join(letter for letter in name if not _is_ignorable(letter))
    # NTFS: what follows a colon is a stream of the file, and a backslash ends the name of a folder.
    parts = visible.casefold().replace(":", "\\").split("\\")
    return any(part.rstrip(". ") in (".git", _SHORT_NAME) for part in parts)


def belongs_to_git(path: str) -> bool:
    """Whether any part of a path is such a name."""
    return any(map(is_git_name, path.split("/")))


def layout_names(names: Iterable[str]) -> frozenset[str]:
    """Those of a folder's names that make it a bare repository, with what git would obey there; none where it is none."""
    own = {name: name.casefold() for name in names}
    known = set(own.values())
    if "head" not in known or not ({"objects", "refs"} <= known or "commondir" in known):
        return frozenset()
    return frozenset(name for name, folded in own.items() if folded in _LAYOUT)


def may_be_layout(names: Iterable[str]) -> bool:
    """Whether the folder is worth a look."""
    return any(name.casefold() in _LAYOUT for name in names)


def _is_ignorable(letter: str) -> bool:
    """Code points that HFS+ and APFS leave out when they compare names."""
    return unicodedata.category(letter) == "Cf" or letter == "\u034f" or "\ufe00" <= letter <= "\ufe0f"
