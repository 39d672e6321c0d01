"""Which paths the file tools may touch: the working directory and a few others, links followed before the question."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK

from sandboxes.runner.outcomes import ToolError

MAX_LINK_HOPS = 40

_REASONS: tuple[tuple[type[OSError], str], ...] = (
    (FileNotFoundError, "no such file or directory"),
    (NotADirectoryError, "not a directory"),
    (IsADirectoryError, "is a directory"),
    (PermissionError, "permission denied"),
    (FileExistsError, "file already exists"),
)
_MISSING = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class Places:
    """The working directory, the other directories that the file tools may reach, and those that they may only read."""

    workdir: Path
    others: tuple[Path, ...] = ()
    read_only: tuple[Path, ...] = ()

    def resolve(self, tool: str, given: object) -> Path:
        """The real path of what the model named.

        Raises:
            ToolError: not a path, a loop of links, or outside the permitted directories.
        """
        if not isinstance(given, str) or not given or "\x00" in given:
            raise ToolError(f"{tool}: path must be non-empty text")
        root = self.workdir.resolve()
        try:
            real = canonical(Path(given) if os.path.isabs(given) else root / given)
        except OSError as error:
            raise ToolError(f"{tool}: path {given!r}: {reason(error)}") from None
        if within(real, root) or any(within(real, other.resolve()) for other in self.others):
            return real
        beside = " and its other permitted directories" if self.others else ""
        raise ToolError(f"{tool}: path {given!r} is outside the session's working directory{beside}")

    def resolve_to_write(self, tool: str, given: object) -> Path:
        """`resolve`, of what is to be written.

        Raises:
            ToolError: also inside a directory that may only be read.
        """
        real = self.resolve(tool, given)
        for root in self.read_only:
            if within(real, root.resolve()):
                raise ToolError(f"{tool}: {given} is inside read-only directory {root}")
        return real

    def reaches(self, program: Path) -> bool:
        """Whether the file tools could have written this file: such a program is never run by a tool."""
        try:
            real = program.resolve(strict=True)
        except (OSError, RuntimeError):
            return True
        return any(within(real, root.resolve()) for root in (self.workdir, *self.others))


def within(path: Path, root: Path) -> bool:
    return path == root or root in path.parents


def canonical(path: Path) -> Path:
    """`path` without `.` and `..` and with every link followed; names that do not exist yet stay as they are.

    Raises:
        OSError: a loop of links, or a part that cannot be read.
    """
    prefix = Path(os.path.normpath(path))
    missing: list[str] = []
    hops = 0
    while True:
        try:
            return prefix.resolve(strict=True).joinpath(*reversed(missing))
        except RuntimeError:
            # Before 3.13 this is how a loop is reported.
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        except OSError as error:
            if error.errno not in _MISSING:
                raise
        if not _is_link(prefix):
            if prefix.parent == prefix:
                return prefix.joinpath(*reversed(missing))
            missing.append(prefix.name)
            prefix = prefix.parent
            continue
        hops += 1
        if hops > MAX_LINK_HOPS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        parent = os.path.realpath(prefix.parent)
        prefix = Path(os.path.normpath(os.path.join(parent, os.readlink(prefix), *reversed(missing))))
        missing.clear()


def _is_link(path: Path) -> bool:
    try:
        return S_ISLNK(os.lstat(path).st_mode)
    except OSError as error:
        if error.errno not in _MISSING:
            raise
        return False


def reason(error: OSError) -> str:
    """The same words for the same fault everywhere."""
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    if error.errno == errno.ELOOP:
        return "too many levels of symbolic links"
    return (error.strerror or "i/o error").lower()
