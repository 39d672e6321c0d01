"""What a session's upper layer changed against its project, path by path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workbench.contracts.left_out import COMMITS_STAY
from workbench.hands.files.git_names import belongs_to_git, is_git_name, layout_names, may_be_layout
from workbench.hands.files.overlay import Found, below, kind_of, was_copied
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath, shown

LARGEST_COMPARED_BYTES = 1 << 30
"""Two larger files of the same size are taken as different."""

LARGEST_RESEMBLED_BYTES = 1 << 20
MOST_RESEMBLED = 100


@dataclass(frozen=True)
class Change:
    """One path as it is in the project and as the session left it; None where there is nothing.

    `was_there` says of a file that the project does not have that it had it when the session first changed it.
    """

    path: str
    before: Found | None
    after: Found | None
    was_there: bool = False

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
    """All changes in order of path, and a sentence for everything that can be neither shown nor applied.

    `of_git` are paths of the session in which git keeps a repository: never a change, so that nothing that an agent wrote
    there is obeyed by git on this machine. What `stays` tells of them and of the project's own is no fault. `same` are files
    that the session touched and that the project has as well.
    """

    changes: tuple[Change, ...]
    left_out: tuple[str, ...]
    of_git: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    same: tuple[Change, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*self.stays, *self.left_out)


def compare(upper: Beneath, project: Beneath) -> Comparison:
    """Read the whole upper layer; the project is read only where the layer has something.

    Raises:
        FilesRefused: there are too many files.
    """
    reading = _Reading(upper, project)
    reading.hold_layout("")
    for found in below(upper):
        reading.add(found)
    reading.tell_moves()
    changes = tuple(sorted(reading.changes.values(), key=lambda change: change.path))
    of_git = tuple(sorted(reading.of_git))
    stays = (*told_of_git(of_git, upper, project), *reading.stays)
    return Comparison(changes, tuple(reading.left_out), of_git, stays, tuple(reading.same))


@dataclass
class _Reading:
    """The changes so far; `hiding` are the folders whose project side is out of the session's sight.

    `held` are names of a bare repository in a plain folder, `same` are files that the session touched and left as they were.
    """

    upper: Beneath
    project: Beneath
    changes: dict[str, Change] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    hiding: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    of_git: set[str] = field(default_factory=set)
    stays: list[str] = field(default_factory=list)
    same: list[Change] = field(default_factory=list)

    def add(self, found: Found) -> None:
        above, _, name = found.path.rpartition("/")
        if above in self.of_git or found.path in self.held or is_git_name(name):
            self.of_git.add(found.path)
            return
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

    def tell_moves(self) -> None:
        """A copy of a file that the project has under another name was moved there, or linked, and never was there before.

        The kernel does not say of which file it is a copy, where an ordinary user has it made; a move keeps size and moment, and
        an edit beside it most of the content of a file that the session has no more.
        """
        gone = [
            one.before
            for one in self.changes.values()
            if one.after is None and one.before and one.before.kind == "file"
        ]
        others = [one.before for one in (*self.same, *self.changes.values()) if one.before is not None]
        known = {(one.status.st_size, one.status.st_mtime_ns) for one in others if one.kind == "file"}
        for path, change in list(self.changes.items()):
            if change.was_there and change.after is not None:
                status = change.after.status
                is_known = (status.st_size, status.st_mtime_ns) in known
                if is_known or any(self._resemble(one, change.after) for one in gone[:MOST_RESEMBLED]):
                    self._note(path, None, change.after)

    def _resemble(self, before: Found, after: Found) -> bool:
        """Whether half of both are the same lines, as git tells a move by."""
        if max(before.status.st_size, after.status.st_size) > LARGEST_RESEMBLED_BYTES:
            return False
        try:
            one = self.project.content(before.path, LARGEST_RESEMBLED_BYTES)
            other = self.upper.content(after.path, LARGEST_RESEMBLED_BYTES)
        except OSError:
            return False
        same = Counter(one.splitlines(keepends=True)) & Counter(other.splitlines(keepends=True))
        return 2 * sum(len(line) * count for line, count in same.items()) >= max(len(one), len(other), 1)

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
        self.hold_layout(found.path)
        if before is None or not is_folder or before.mode != found.mode:
            self._note(found.path, before, found)

    def hold_layout(self, folder: str) -> None:
        """Git takes a folder for a repository by what lies in it, `.git` or not, and runs what its `config` says."""
        own = self.upper.names(folder)
        if not may_be_layout(own):
            return
        gone = {name for name in own if _is_gone(self.upper, _inside(folder, name))}
        known = set(own) - gone
        if folder not in self.hiding and (below_it := found_at(self.project, folder)) and below_it.kind == "folder":
            known |= set(self.project.names(folder)) - gone
        held = layout_names(known) & (set(own) - gone)
        if held:
            self.held |= {_inside(folder, name) for name in held}
            self.stays.append(
                f"{shown(folder or 'the project folder')} is laid out as a git repository, whose config git on this machine "
                f"would obey: {', '.join(sorted(map(shown, held)))} in it is not shown or applied"
            )

    def _delete_all_but(self, folder: str, kept: set[str]) -> None:
        for name in self.project.names(folder):
            if name not in kept:
                self._delete(found_at(self.project, f"{folder}/{name}"))

    def _delete(self, before: Found | None) -> None:
        if before is None or is_git_name(before.path.rpartition("/")[2]):
            return
        inside = self._inside_of(before)
        kept = _folders_of_git(inside)
        if kept:
            self.stays.append(
                f"{shown(before.path)} is deleted, but the git repository in it stays: remove it yourself"
            )
        for one in (before, *inside):
            if one.path not in kept and not belongs_to_git(one.path):
                self._note(one.path, one, None)

    def _inside_of(self, before: Found) -> list[Found]:
        return list(below(self.project, before.path)) if before.kind == "folder" else []

    def _replace(self, before: Found | None, after: Found) -> None:
        if before is None:
            self.changes[after.path] = Change(after.path, None, after, was_copied(self.upper, after))
            return
        if is_same(self.project, before, self.upper, after):
            self.same.append(Change(after.path, before, after))
            return
        inside = self._inside_of(before)
        if _folders_of_git(inside):
            self.left_out.append(
                f"{shown(after.path)} is a {after.kind} for the session and a folder with a git repository in the project: "
                "it is not shown or applied; move the folder away first"
            )
            return
        self._note(after.path, before, after)
        for one in inside:
            self._note(one.path, one, None)

    def _note(self, path: str, before: Found | None, after: Found | None) -> None:
        self.changes[path] = Change(path, before, after)


def told_of_git(of_git: Iterable[str], upper: Beneath, project: Beneath) -> Iterator[str]:
    """One sentence where the agent has made commits or branches, and one for each repository of its own in the project."""
    own = {
        path for path in of_git if is_git_name(path.rpartition("/")[2]) and not belongs_to_git(path.rpartition("/")[0])
    }
    foreign = {path for path in own if path != ".git" and found_at(project, path) is None}
    heads = (path for path in of_git if "/refs/heads/" in f"/{path}" and _repository_of(path) not in foreign)
    if any(not _is_equal_at(project, upper, path) for path in heads):
        if found_at(project, ".git") is None:
            yield "commits and branches made in the sandbox stay there: .git is neither shown nor applied"
        else:
            yield COMMITS_STAY
    for path in sorted(foreign):
        if found_at(upper, path) is not None and not _is_gone(upper, path):
            yield f"{shown(path)} stays in the sandbox, as git would take it for a repository; the files beside it can be applied"


def _repository_of(path: str) -> str:
    """The path up to its first name of git's."""
    parts = path.split("/")
    first = next((index for index, part in enumerate(parts) if is_git_name(part)), len(parts) - 1)
    return "/".join(parts[: first + 1])


def _is_equal_at(project: Beneath, upper: Beneath, path: str) -> bool:
    before, after = found_at(project, path), found_at(upper, path)
    if after is None or after.kind != "file":
        return True
    return before is not None and has_equal_content(project, upper, before, after)


def _folders_of_git(inside: Iterable[Found]) -> set[str]:
    """The folders above a repository's own files: they cannot go while it stays."""
    kept = set()
    for one in inside:
        path = one.path
        if belongs_to_git(path):
            while path := path.rpartition("/")[0]:
                kept.add(path)
    return kept


def _inside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_gone(root: Beneath, path: str) -> bool:
    found = found_at(root, path)
    return found is not None and found.kind == "gone"


def found_at(root: Beneath, path: str) -> Found | None:
    """What is at one path of the project; None when nothing is, or a link is on the way."""
    status = root.status(path)
    return None if status is None else Found(path, kind_of(status), status)


def is_same(project: Beneath, before: Found, upper: Beneath, after: Found) -> bool:
    """Whether two files or links are the same, their modes too."""
    if before.kind != after.kind:
        return False
    if after.kind == "link":
        return project.target(before.path) == upper.target(after.path)
    return before.mode == after.mode and _is_equal(project, upper, before, after)


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
