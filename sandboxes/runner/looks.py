"""What each agent of a session saw of a file last, so that one does not write over what another has changed since."""

from __future__ import annotations

from pathlib import Path

from sandboxes.runner.outcomes import ToolError

Stamp = tuple[int, int, int]
"""Inode, size and time of change in nanoseconds."""


class Looks:
    """By thread; while only one has looked at files, nothing is refused: what changed them was its own."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[Path, Stamp]] = {}

    def note(self, thread: str, path: Path) -> None:
        """The thread has read or written the file."""
        stamp = _stamp(path)
        if stamp is not None:
            self._seen.setdefault(thread, {})[path] = stamp

    def has_changed(self, thread: str, path: Path) -> bool:
        """Whether another agent may have changed the file since this one saw it; a file that nobody saw is nobody's."""
        now = _stamp(path)
        others = [seen[path] for other, seen in self._seen.items() if other != thread and path in seen]
        if now is None or not others:
            return False
        own = self._seen.get(thread, {}).get(path)
        return own != now

    def refuse_changed(self, thread: str, path: Path, name: object) -> None:
        """Raises: ToolError, where a whole file would be written over what another agent did."""
        if self.has_changed(thread, path):
            raise ToolError(
                f"write: {name} was changed since you read it, by another agent of this session. Read it again, and write what"
                " both of you need, or use edit."
            )


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
