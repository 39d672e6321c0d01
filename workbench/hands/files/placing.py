"""Writes and removes files below a folder in which others plant links: nothing is written through one, nothing outside."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import Final

from workbench.hands.files.safe_paths import Beneath

BESIDE: Final = ".workbench"
"""How the name of a file that is not whole yet ends."""


def write(root: Beneath, path: str, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in one step, with the folders above it; a link in its place is replaced and not followed.

    Raises:
        OSError: a link or a file is where a folder should be, or the disk is full.
    """
    above, _, _ = path.rpartition("/")
    made = ""
    for name in above.split("/") if above else ():
        with root.folder(made) as folder, contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=folder)
        made = f"{made}/{name}" if made else name
    with root.parent(path) as (folder, name):
        beside = f".{secrets.token_hex(8)}{BESIDE}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(beside, flags, mode, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            os.unlink(beside, dir_fd=folder)
            raise


def remove(root: Beneath, path: str) -> None:
    """Remove the file, and the folders that it leaves empty."""
    with root.parent(path) as (folder, name), contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    above = path.rpartition("/")[0]
    with contextlib.suppress(OSError):
        while above:
            with root.parent(above) as (folder, name):
                os.rmdir(name, dir_fd=folder)
            above = above.rpartition("/")[0]
