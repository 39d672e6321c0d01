"""Skills that lie in a folder: read without following a link."""

from __future__ import annotations

import os
import stat
from typing import Final

from workbench.skills.checking import Fault, SkillRefused
from workbench.skills.packing import DEEPEST, MOST_FILES, Pack

NOT_TAKEN: Final = frozenset({".git", "__pycache__", ".DS_Store"})
"""What no author of a skill means by its folder."""


def read(folder: int, pack: Pack) -> None:
    """Every file below an open folder.

    Raises:
        SkillRefused: a link, a device, or too many or too large files.
        OSError: it cannot be read.
    """
    _read(folder, "", pack, [0])


def _read(folder: int, above: str, pack: Pack, seen: list[int]) -> None:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            seen[0] += 1
            if seen[0] > 2 * MOST_FILES or above.count("/") > DEEPEST:
                raise SkillRefused(
                    [Fault(above or ".", None, f"a skill has at most {MOST_FILES:,} files")], too_large=True
                )
            path = f"{above}{entry.name}"
            if entry.name in NOT_TAKEN:
                continue
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            if entry.is_dir(follow_symlinks=False):
                inner = os.open(entry.name, flags | os.O_DIRECTORY, dir_fd=folder)
                try:
                    _read(inner, f"{path}/", pack, seen)
                finally:
                    os.close(inner)
            elif entry.is_file(follow_symlinks=False):
                _read_file(os.open(entry.name, flags, dir_fd=folder), path, pack)
            else:
                raise SkillRefused([Fault(path, None, "is a link or a device; a skill has files and folders only")])


def _read_file(descriptor: int, path: str, pack: Pack) -> None:
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SkillRefused([Fault(path, None, "is a link or a device; a skill has files and folders only")])
        pack.begin(path, executable=bool(status.st_mode & 0o111))
        while piece := file.read(1 << 16):
            pack.add(piece)
