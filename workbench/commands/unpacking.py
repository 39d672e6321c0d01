"""Archives of sandboxes, unpacked on this machine: whatever they say, nothing is written outside of the one new folder."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from workbench.commands.surface import Wrong


def unpack(archive: IO[bytes], folder: Path) -> list[str]:
    """Write what is in it into an empty folder; gives the names that were left out: links that lead out of it, and what is no file.

    Raises:
        Wrong: it is no archive.
    """
    left_out: list[str] = []
    links: list[tuple[Path, str]] = []
    try:
        with tarfile.open(fileobj=archive, mode="r:") as opened:
            for info in opened:
                place = PurePosixPath(info.name)
                if place.is_absolute() or ".." in place.parts or not place.parts or "\0" in info.name:
                    left_out.append(info.name)
                elif info.issym() and _stays(place, info.linkname):
                    # Made last, so that nothing is written through one.
                    links.append((folder / place, info.linkname))
                elif info.isdir():
                    (folder / place).mkdir(parents=True, exist_ok=True)
                elif not info.isfile() or not _written(opened, info, folder / place):
                    left_out.append(info.name)
    except tarfile.TarError as error:
        raise Wrong(f"what the sandbox sent cannot be unpacked: {error}") from None
    for link, target in links:
        if not link.exists() and not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
    return left_out


def _stays(place: PurePosixPath, target: str) -> bool:
    """Whether a link leads to a place of the same folder."""
    inside = os.path.normpath(place.parent / target)
    return not target.startswith("/") and inside != ".." and not inside.startswith("../")


def _written(opened: tarfile.TarFile, info: tarfile.TarInfo, target: Path) -> bool:
    content = opened.extractfile(info)
    if content is None or target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(info.mode & 0o755 | 0o600)
    return True
