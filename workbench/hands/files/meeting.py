"""One file of the project that somebody else has changed since a session began, and the session's own: how the two meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from workbench.contracts.files import Take
from workbench.hands.git import file_merge
from workbench.hands.git.began import Version
from workbench.hands.git.file_merge import conflicts_in

CLEAN: Final = "clean"
CONFLICT: Final = "conflict"
UNKNOWN: Final = "unknown"
MOST_LINES: Final = 200
"""Of one file's conflicts that are shown."""


class Written(NamedTuple):
    """What a file of the project becomes."""

    content: bytes
    mode: int


@dataclass(frozen=True)
class Meeting:
    """`kind` is clean, conflict, or unknown where nobody can say what the session began with.

    `sides` are the file as it began, the project's and the session's, where they can be merged; without them the session's comes
    whole, or not at all.
    """

    kind: str
    sides: tuple[Version, Version, Version] | None = None

    @property
    def is_conflict(self) -> bool:
        return self.kind != CLEAN

    @property
    def can_be_marked(self) -> bool:
        """Whether the lines of both sides can stand between markers."""
        return self.kind != UNKNOWN and self.written(None) is not None

    def written(self, take: Take | None) -> Written | None:
        """The project's file with the session's changes in it; None where it can only be one side or the other."""
        if self.sides is None:
            return None
        was, now, own = self.sides
        content = _content(was.content, now.content, own.content, take)
        modes = (now.mode, own.mode) if take == "mine" else (own.mode, now.mode)
        mode = next(mode for mode in (*(one for one in modes if one != was.mode), was.mode) if mode is not None)
        return None if content is None else Written(content.content, mode)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are in conflict, of both sides, between git's markers."""
        made = self.written(None) if self.kind == CONFLICT else None
        return tuple(conflicts_in(made.content))[:MOST_LINES] if made else ()


def met(was: Version, now: Version, own: Version) -> Meeting | None:
    """None where the project has all of the session's change already."""
    if own == now:
        return None
    if now == was:
        return Meeting(CLEAN, (was, now, own) if own.kind == "file" else None)
    if now.kind != "file" or own.kind != "file" or was.kind == "link":
        return Meeting(CONFLICT)
    content = _content(was.content, now.content, own.content, None)
    if content is None:
        return Meeting(CONFLICT)
    sides = (was, now, own)
    is_mode_in_conflict = was.mode not in (now.mode, own.mode) and now.mode != own.mode and was.kind == "file"
    if content.has_conflicts or is_mode_in_conflict:
        return Meeting(CONFLICT, sides)
    made = Meeting(CLEAN, sides)
    return None if made.written(None) == Written(now.content, now.mode or 0) else made


def _content(was: bytes, now: bytes, own: bytes, take: Take | None) -> file_merge.Merged | None:
    if own in (was, now):
        return file_merge.Merged(now, has_conflicts=False)
    if now == was:
        return file_merge.Merged(own, has_conflicts=False)
    return file_merge.merged(was, now, own, take)
