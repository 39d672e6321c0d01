"""What an apply writes: each change as it came, or merged with what the project has there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.contracts.files import FileChange, FileChanges, FilesRefused, Take
from workbench.hands.files.applying import named
from workbench.hands.files.changes import Change
from workbench.hands.files.meeting import Meeting, Written
from workbench.hands.files.safe_paths import shown


def refuse_conflicts(meetings: Mapping[str, Meeting], take: Take | None) -> None:
    """Raises: FilesRefused, before anything is written: nothing was said of a conflict, or what cannot be done to a file."""
    conflicts = [shown(path) for path, one in meetings.items() if one.is_conflict]
    if conflicts and take is None:
        raise FilesRefused(
            f"nothing was applied: {named(conflicts)} changed in the project as well since the session began, where the session "
            "changed it; take your lines, the session's, or both between markers (workbench apply --take mine, theirs or markers), "
            "or apply other files by name",
            conflicts,
        )
    unmarked = [shown(path) for path, one in meetings.items() if one.is_conflict and not one.can_be_marked]
    if unmarked and take == "markers":
        raise FilesRefused(
            f"nothing was applied: {named(unmarked)} can have no markers; take mine or theirs of it, by name", unmarked
        )


@dataclass
class Order:
    """`changes` are from the project as it is now; `contents` are of those that come otherwise than the session has them."""

    take: Take | None
    changes: list[Change] = field(default_factory=list)
    contents: dict[str, Written] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    """Paths that stay as the project has them."""
    marked: list[str] = field(default_factory=list)
    """Paths in which lines of both sides come between markers."""

    def add(self, change: Change, meeting: Meeting | None) -> None:
        written = meeting.written(self.take) if meeting else None
        is_conflict = meeting is not None and meeting.is_conflict
        if meeting is not None and (
            meeting.stays(written) or (is_conflict and written is None and self.take != "theirs")
        ):
            self.kept.append(change.path)
            return
        self.changes.append(change)
        if written is not None:
            self.contents[change.path] = written
            if is_conflict and self.take == "markers":
                self.marked.append(change.path)

    def done(self, told: Sequence[FileChange], sentences: Sequence[str] = ()) -> FileChanges:
        """These changes as they were applied: without what stays as it was."""
        kept = [shown(path) for path in self.kept]
        came = tuple(one for one in told if one.path not in kept)
        return FileChanges(came, tuple(sentences), tuple(kept), tuple(shown(path) for path in self.marked))
