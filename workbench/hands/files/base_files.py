"""Files of the project as a session began to change them: copies in the session's folder, each at its own path."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from workbench.hands.files import placing
from workbench.hands.files.changes import found_at
from workbench.hands.files.overlay import Found
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.git.began import Version, put
from workbench.hands.git.file_merge import LARGEST_BYTES

MOST_BYTES: Final = 256 << 20
"""Of one look; what is beyond is not kept."""


@dataclass
class BaseFiles:
    """A checkpoint has them as well: a rewind brings them back with the session's own files."""

    root: Beneath
    left: int = field(default=MOST_BYTES)

    def found(self, path: str) -> Found | None:
        """The copy at this path; None where there is none."""
        found = found_at(self.root, path)
        return found if found is not None and found.kind in ("file", "link") else None

    def keep(self, source: Beneath, found: Found) -> None:
        """Copy a file or a link; what cannot be read, is very large, or has a file of another time above it is not kept."""
        self.left -= found.status.st_size
        if found.status.st_size > LARGEST_BYTES or self.left < 0:
            self.drop(found.path)
            return
        with contextlib.suppress(OSError):
            self.put(found.path, version_of(source, found))

    def put(self, path: str, version: Version) -> None:
        """Keep a version, or that there was nothing."""
        self.drop(path)
        if version.kind != "absent":
            with contextlib.suppress(OSError):
                put(self.root, path, version)

    def drop(self, path: str) -> None:
        with contextlib.suppress(OSError):
            placing.remove(self.root, path)

    def drop_all_but(self, paths: Collection[str]) -> None:
        """What no change is compared with any more goes."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for name in self.root.names(folder):
                path = f"{folder}/{name}" if folder else name
                if self.found(path) is None:
                    waiting.append(path)
                elif path not in paths:
                    self.drop(path)


def version_of(source: Beneath, found: Found | None) -> Version:
    """A file or a link as it is.

    Raises:
        OSError: it is neither, or cannot be read.
    """
    if found is None:
        return Version("absent")
    if found.kind == "link":
        return Version("link", os.fsencode(source.target(found.path)))
    return Version("file", source.content(found.path, LARGEST_BYTES), found.mode)
