"""What a session's upper layer changed against its project, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.hands.beneath import CHUNK_BYTES, Beneath, shown
from workbench.hands.overlay import Found, below, kind_of

LARGEST_COMPARED_BYTES = 1 << 30
"""Two larger files of the same size are taken as different."""


@dataclass(frozen=True)
class Change:
    """One path as it is in the project and as the session left it; None where there is nothing."""

    path: str
    before: Found | None
    after: Found | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "modified" if self.after else "deleted"

    @property
    def what(self) -> str:
        """file, link or folder: what it is now, or was."""
        one = self.after or self.before
        assert one is not None
        return one.kind


@dataclass(frozen=True)
class Comparison:
    """All changes in order of path, and a sentence for everything that can be neither shown nor applied."""

    changes: tuple[Change, ...]
    left_out: tuple[str, ...]


def compare(upper: Beneath, project: Beneath) -> Comparison:
    """Read the whole upper layer; the project is read only where the layer has something.

    Raises:
        FilesRefused: there are too many files.
    """
    reading = _Reading(upper, project)
    for found in below(upper):
        reading.add(found)
    changes = tuple(sorted(reading.changes.values(), key=lambda change: change.path))
    return Comparison(changes, tuple(reading.left_out))


@dataclass
class _Reading:
    """The changes so far; `hiding` are the folders whose project side is out of the session's sight."""

    upper: Beneath
    project: Beneath
    changes: dict[str, Change] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    hiding: set[str] = field(default_factory=set)

    def add(self, found: Found) -> None:
        before = found_at(self.project, found.path)
        match found.kind:
            case "gone":
                self._delete(before)
            case "folder":
                self._add_folder(found, before)
            case "file" | "link":
                self._replace(before, found)
            case _:
                self.left_out.append(
                    f"{shown(found.path)} is neither file, link nor folder: it is not shown or applied"
                )

    def _add_folder(self, found: Found, before: Found | None) -> None:
        if found.closed:
            self.left_out.append(
                f"{shown(found.path)} cannot be looked into: what is in it is not shown or applied; open it first"
            )
            return
        is_folder = before is not None and before.kind == "folder"
        if found.opaque or found.path.rpartition("/")[0] in self.hiding:
            self.hiding.add(found.path)
            if is_folder:
                self._delete_all_but(found.path, set(self.upper.names(found.path)))
        if before is None or not is_folder or before.mode != found.mode:
            self._note(found.path, before, found)

    def _delete_all_but(self, folder: str, kept: set[str]) -> None:
        for name in self.project.names(folder):
            if name not in kept:
                self._delete(found_at(self.project, f"{folder}/{name}"))

    def _delete(self, before: Found | None) -> None:
        if before is not None:
            self._note(before.path, before, None)
            self._delete_inside(before)

    def _delete_inside(self, before: Found) -> None:
        if before.kind == "folder":
            for inner in below(self.project, before.path):
                self._note(inner.path, inner, None)

    def _replace(self, before: Found | None, after: Found) -> None:
        if before is not None and self._is_same(before, after):
            return
        self._note(after.path, before, after)
        if before is not None:
            self._delete_inside(before)

    def _is_same(self, before: Found, after: Found) -> bool:
        if before.kind != after.kind:
            return False
        if after.kind == "link":
            return self.project.target(before.path) == self.upper.target(after.path)
        return before.mode == after.mode and _is_equal(self.project, self.upper, before, after)

    def _note(self, path: str, before: Found | None, after: Found | None) -> None:
        self.changes[path] = Change(path, before, after)


def found_at(root: Beneath, path: str) -> Found | None:
    """What is at one path of the project; None when nothing is, or a link is on the way."""
    status = root.status(path)
    return None if status is None else Found(path, kind_of(status), status)


def has_equal_content(project: Beneath, upper: Beneath, before: Found, after: Found) -> bool:
    """Whether two files hold the same bytes, whatever their modes are."""
    return before.kind == after.kind == "file" and _is_equal(project, upper, before, after)


def _is_equal(project: Beneath, upper: Beneath, before: Found, after: Found) -> bool:
    size = after.status.st_size
    if before.status.st_size != size or size > LARGEST_COMPARED_BYTES:
        return False
    try:
        return all(one == other for one, other in zip(_chunks(project, before), _chunks(upper, after), strict=True))
    except (OSError, ValueError):
        return False


def _chunks(root: Beneath, found: Found) -> Iterator[bytes]:
    with root.file(found.path) as descriptor, open(descriptor, "rb", closefd=False) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
