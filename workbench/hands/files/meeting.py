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
DELETED: Final = "the session has deleted it, and you have changed it"
_GONE: Final = "you have deleted it (or given it another name), and the session has changed it"
_OTHER_KIND: Final = "it is a link, or of another kind, on one side: take one of them"
_MODES: Final = "its mode is {now:03o} in your project and {own:03o} in the session"
MODES_OF_FOLDER: Final = "its mode is another one in your project than in the session"
APART: Final = "it is a folder on one side, very large, or may not be read: take one side"
_NO_TEXT: Final = "it is no text, and differs on both sides: take one of them"
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
    whole, or not at all, and `said` is why.
    """

    kind: str
    sides: tuple[Version, Version, Version] | None = None
    said: str = ""

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

    def stays(self, written: Written | None) -> bool:
        """Whether the project's file becomes just what it is."""
        if self.sides is None or written is None:
            return False
        now = self.sides[1]
        return now.kind == "file" and written == Written(now.content, now.mode or 0)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are in conflict, of both sides, between git's markers; or why there are none to show."""
        if self.said:
            return (self.said,)
        made = self.written(None) if self.kind == CONFLICT else None
        if made is None or self.sides is None:
            return ()
        # Those that stand in the project's file already are for its person to settle there.
        before = list(conflicts_in(self.sides[1].content))
        new = [one for one in conflicts_in(made.content) if one not in before]
        return tuple(line for one in new for line in one)[:MOST_LINES]


def met(was: Version, now: Version, own: Version) -> Meeting | None:
    """None where the project has all of the session's change already."""
    if own == now:
        return None
    if now == was:
        return Meeting(CLEAN, (was, now, own) if own.kind == "file" else None)
    if said := _why_whole(was, now, own):
        return Meeting(CONFLICT, said=said)
    content = _content(was.content, now.content, own.content, None)
    if content is None:
        return Meeting(CONFLICT, said=_NO_TEXT)
    sides = (was, now, own)
    made = Meeting(CONFLICT if content.has_conflicts else CLEAN, sides)
    is_mode_in_conflict = was.mode not in (now.mode, own.mode) and now.mode != own.mode and was.kind == "file"
    if is_mode_in_conflict and not made.is_conflict:
        return Meeting(CONFLICT, sides, _MODES.format(now=now.mode or 0, own=own.mode or 0))
    return None if not made.is_conflict and made.stays(made.written(None)) else made


def _why_whole(was: Version, now: Version, own: Version) -> str:
    """Why only one side or the other can be taken; empty where they may be merged."""
    if own.kind == "absent":
        return DELETED
    if now.kind == "absent":
        return _GONE
    return "" if now.kind == own.kind == "file" and was.kind != "link" else _OTHER_KIND


def _content(was: bytes, now: bytes, own: bytes, take: Take | None) -> file_merge.Merged | None:
    if own in (was, now):
        return file_merge.Merged(now, has_conflicts=False)
    if now == was:
        return file_merge.Merged(own, has_conflicts=False)
    return file_merge.merged(was, now, own, take)
