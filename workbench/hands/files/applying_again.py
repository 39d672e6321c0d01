"""Brings once more what was applied of a session and is not in its project any more: after a stash, a checkout, a reset."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from workbench.contracts.files import Applied, FileChange, FileChanges, FileReview, FilesRefused, Take
from workbench.hands.files import applying, difference
from workbench.hands.files.applied import Applies
from workbench.hands.files.base_files import BaseFiles, version_of
from workbench.hands.files.changes import Change, found_at
from workbench.hands.files.meeting import CLEAN, Meeting, met
from workbench.hands.files.ordering import Order, refuse_conflicts
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.git.began import Version


@dataclass
class Missing:
    """By path: the version that was applied, and how it meets what the project has now."""

    project: Beneath
    wanted: dict[str, Version] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)

    def add(self, path: str, steps: Sequence[tuple[Version, Version]]) -> None:
        """A file with what each apply made of it, oldest first; nothing where the project has all of the last one."""
        now = version_of(self.project, found_at(self.project, path))
        if met(*_around(now, steps[-1])) is None:
            return
        *earlier, last = steps
        at = now
        for step in earlier:
            meeting = met(*_around(at, step))
            written = meeting.written(None) if meeting and not meeting.is_conflict else None
            at = Version("file", written.content, written.mode) if written else at
        meeting, own = met(*_around(at, last)), last[1]
        if meeting is None:
            return
        if at != now and not meeting.is_conflict and (written := meeting.written(None)):
            # The earlier ones come with it: seen from the project it is one change.
            own = Version("file", written.content, written.mode)
            meeting = Meeting(CLEAN, (now, now, own))
        self.wanted[path], self.meetings[path] = own, meeting

    def told(self, path: str) -> FileChange:
        now, own, meeting = found_at(self.project, path), self.wanted[path], self.meetings[path]
        kind = "deleted" if own.kind == "absent" else "modified" if now else "added"
        what = own.kind if own.kind != "absent" else "file"
        size = None if own.kind == "absent" else len(own.content)
        mode = now.mode if now else None
        merge = meeting.kind if meeting.is_conflict else ""
        return FileChange(shown(path), kind, what, mode, own.mode, size, meeting.is_conflict, merge=merge)


def _around(now: Version, step: tuple[Version, Version]) -> tuple[Version, Version, Version]:
    was, own = step
    return was, now, own


def missing(folder: Path, project: Beneath) -> Missing:
    """What was applied of the session in this folder, and is not in the project."""
    steps = Applies(folder).versions()
    found = Missing(project)
    for path in sorted(steps):
        with suppress(OSError):
            found.add(path, steps[path])
    return found


def applied(folder: Path, project: Beneath) -> Applied:
    """Every apply as a diff, one after the other, and what of them is missing."""
    text = ""
    for before, after, changes in Applies(folder).each():
        one = difference.unified(changes, before, after, binary=True)
        text += one.text
        if one.truncated or len(text) > difference.LONGEST_PATCH:
            return Applied(text, truncated=True, missing=_told(missing(folder, project)))
    return Applied(text, missing=_told(missing(folder, project)))


def _told(found: Missing) -> tuple[FileReview, ...]:
    return tuple(
        FileReview(found.told(path), "", None, conflicts=meeting.lines) for path, meeting in found.meetings.items()
    )


def apply_again(folder: Path, project: Beneath, paths: Sequence[str] | None, take: Take | None) -> FileChanges:
    """Bring what is missing (at or under these paths) into the project, or none of it.

    Raises:
        FilesRefused: a path of which nothing is missing; lines in conflict, of which nothing is taken.
    """
    found = missing(folder, project)
    wanted = {path.strip("/").removeprefix("./") for path in paths or (".",)}
    chosen = [path for path in found.wanted if any(_is_at(path, one) for one in wanted)]
    for one in wanted:
        if paths and not any(_is_at(path, one) for path in chosen):
            raise FilesRefused(f"nothing that was applied of {one} is missing in the project")
    refuse_conflicts({path: found.meetings[path] for path in chosen}, take)
    told = tuple(found.told(path) for path in chosen)
    with _tree(folder, {path: found.wanted[path] for path in chosen}) as source:
        order = Order(take)
        for change in _with_folders(chosen, project, source):
            order.add(change, found.meetings.get(change.path))
        applying.apply(order.changes, project, source, order.contents)
    return order.done(told)


def _is_at(path: str, place: str) -> bool:
    return place in ("", ".") or shown(path) == place or shown(path).startswith(f"{place}/")


@contextmanager
def _tree(folder: Path, versions: dict[str, Version]) -> Iterator[Beneath]:
    """These versions as files."""
    with tempfile.TemporaryDirectory(dir=folder) as name, Beneath(Path(name)) as root:
        copies = BaseFiles(root)
        for path, version in versions.items():
            copies.put(path, version)
        yield root


def _with_folders(paths: Sequence[str], project: Beneath, source: Beneath) -> Iterator[Change]:
    folders = {above for path in paths for above in applying.folders_above(path)}
    for path in sorted({*folders, *paths}):
        now = found_at(project, path)
        if path not in folders or now is None:
            yield Change(path, now, found_at(source, path))
