"""Changes of a session from the project as it began with it, and how each meets what the project has there now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from workbench.hands.files import bases, settling
from workbench.hands.files.applying import folders_above, settle
from workbench.hands.files.base_files import BaseFiles, version_of
from workbench.hands.files.bases import ABSENT, UNSURE, Bases, fingerprint
from workbench.hands.files.changes import Change, Comparison, compare, found_at, is_same
from workbench.hands.files.meeting import APART, CONFLICT, DELETED, MODES_OF_FOLDER, UNKNOWN, Meeting, met
from workbench.hands.files.overlay import Found
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.files.workspace import Workspace
from workbench.hands.git.began import Began, Version
from workbench.hands.git.file_merge import LARGEST_BYTES, merged

MOST_SAID: Final = 8
_NOT_KNOWN: Final = (
    "{path}: what the project had there when the session began to change it is not known; the difference is to the project as it "
    "is now, and what stands in it as removed may be lines of yours"
)


class AsBegun(Beneath):
    """The project as the session began with it: at some paths another file, or none, than the project has now."""

    def __init__(self, project: Beneath, base: Beneath, others: Mapping[str, bool]) -> None:
        """`others` are the paths at which it differs, each with whether the copies have something there."""
        self._project, self._base, self._others = project, base, others

    def __exit__(self, *_: object) -> None:
        """Both are others' to close."""

    def open(self, path: str, flags: int, mode: int = 0) -> int:
        if path not in self._others:
            return self._project.open(path, flags, mode)
        if not self._others[path]:
            raise FileNotFoundError(path)
        return self._base.open(path, flags, mode)

    def status(self, path: str) -> os.stat_result | None:
        if path not in self._others:
            return self._project.status(path)
        return self._base.status(path) if self._others[path] else None

    def target(self, path: str) -> str:
        return (self._base if self._others.get(path) else self._project).target(path)


@dataclass(frozen=True)
class SessionChanges:
    """What the session changed since it began, and what has become of the project meanwhile.

    `comparison` is seen from the project as it began, `raw` from the project as it is now. Where the two differ, `meetings` says
    how the session's version and the project's meet.
    """

    comparison: Comparison
    raw: Comparison
    begun: Beneath
    known: Bases
    meetings: Mapping[str, Meeting]

    def to_project(self, changes: Iterable[Change]) -> list[Change]:
        """The same changes from the project as it is now."""
        now = {change.path: change for change in self.raw.changes}
        return [now[change.path] for change in changes]


def look(workspace: Workspace, project: Beneath, upper: Beneath, base: Beneath) -> SessionChanges:
    """Compare, and keep what later looks need to know of the files that the project has now."""
    moment = bases.file_clock_ns(workspace.folder)
    raw = compare(upper, project)
    before = bases.load(workspace.folder)
    origins = _Origins(project, upper, BaseFiles(base), Began(workspace))
    known = _looked(before, raw, origins, moment)
    known.save(workspace.folder)
    return _seen(raw, known, origins)


def follow(workspace: Workspace) -> None:
    """What is no change any more goes from the session's layer, so that it sees the project's. Needs a released sandbox."""
    assert workspace.project is not None
    settling.settle_or_refuse(workspace.folder)
    workspace.base.mkdir(mode=0o700, exist_ok=True)
    with Beneath(workspace.project) as project, Beneath(workspace.upper) as upper, Beneath(workspace.base) as base:
        settle(upper, look(workspace, project, upper, base).comparison)
        look(workspace, project, upper, base)


def begin_anew(workspace: Workspace, paths: Iterable[str], version: Callable[[str], Version | None]) -> None:
    """At these paths the session began with the versions that are given, as the project has taken them over; what is no change
    any more goes from the session's layer. Needs a released sandbox."""
    assert workspace.project is not None
    settling.settle_or_refuse(workspace.folder)
    workspace.base.mkdir(mode=0o700, exist_ok=True)
    with Beneath(workspace.project) as project, Beneath(workspace.upper) as upper, Beneath(workspace.base) as base:
        seen, copies = look(workspace, project, upper, base), BaseFiles(base)
        changed = {change.path: change for change in seen.raw.changes if change.what != "folder"}
        of = dict(seen.known.of)
        for path in paths:
            if path not in changed or (found := version(path)) is None:
                continue
            if found.kind == "file":
                found = replace(found, mode=mode_like(found, changed[path].after))
            copies.put(path, found)
            of[path] = fingerprint(base, copies.found(path))
        replace(seen.known, of=of).save(workspace.folder)
    follow(workspace)


# ── bases ──


@dataclass(frozen=True)
class _Origins:
    """Where the base of a change can be found."""

    project: Beneath
    upper: Beneath
    copies: BaseFiles
    began: Began


def _looked(before: Bases, raw: Comparison, origins: _Origins, moment_ns: int) -> Bases:
    """With a base for every file that the session changed or touched, and for nothing else."""
    found: dict[str, str] = {}
    for change in (*raw.changes, *raw.same):
        known = before.of.get(change.path)
        if known is not None:
            _have_copy(change, known, origins)
        found[change.path] = known if known is not None else _base_of(change, before, origins)
    origins.copies.drop_all_but(set(found))
    return Bases(moment_ns, found)


def _have_copy(change: Change, known: str, origins: _Origins) -> None:
    """A copy of what is known by its fingerprint alone, as sessions of an earlier version have it."""
    copies = origins.copies
    if change.after is None or not known.startswith(("file", "link")) or copies.found(change.path) is not None:
        return
    if fingerprint(origins.project, change.before) == known and change.before is not None:
        copies.keep(origins.project, change.before)
        return
    version = origins.began.version(change.path)
    if version is not None and version.kind != "absent":
        copies.put(
            change.path, replace(version, mode=mode_like(version, change.after)) if version.mode is None else version
        )
    if fingerprint(copies.root, copies.found(change.path)) != known:
        copies.drop(change.path)


def _base_of(change: Change, before: Bases, origins: _Origins) -> str:
    by_clock = before.by_clock(origins.project, change)
    if by_clock == UNSURE and change.what != "folder":
        came = change.after is None and _was_deleted_above(change.path, before, origins.upper)
        return ABSENT if came else _begun_with(change, origins)
    # Of what the session deletes it is enough to know whether it is the same.
    if change.before is not None and change.after is not None:
        origins.copies.keep(origins.project, change.before)
    return by_clock


def _was_deleted_above(path: str, before: Bases, upper: Beneath) -> bool:
    """Whether it came into a folder that the session had deleted by then."""
    if found_at(upper, path) is not None:
        return False
    return any(before.of.get(folder, ABSENT).startswith("folder") for folder in folders_above(path))


def _begun_with(change: Change, origins: _Origins) -> str:
    """What was there when the session's view began; or what is there now, where the session's file has all that came since."""
    version = origins.began.version(change.path)
    if version is None:
        return UNSURE
    now = change.before
    if now is not None and _has_all_of(change, now, version, origins):
        origins.copies.keep(origins.project, now)
        return fingerprint(origins.project, now)
    if version.kind == "file" and version.mode is None:
        version = replace(version, mode=mode_like(version, now or change.after))
    origins.copies.put(change.path, version)
    if version.kind == "absent":
        return ABSENT
    found = origins.copies.found(change.path)
    return UNSURE if found is None else fingerprint(origins.copies.root, found)


def mode_like(version: Version, like: Found | None) -> int:
    """The mode of a version of which git knows one bit: the others are as this file has them."""
    mode = like.mode if like is not None and like.kind == "file" else 0o644
    return mode | (mode & 0o444) >> 2 if version.is_program else mode & ~0o111


def _has_all_of(change: Change, now: Found, version: Version, origins: _Origins) -> bool:
    """Whether the session began with the project's present file: a merge would bring nothing of it into the session's."""
    after = change.after
    if after is None or {now.kind, after.kind, version.kind} != {"file"} or _is_large(now) or _is_large(after):
        return False
    try:
        own = origins.upper.content(change.path, LARGEST_BYTES)
        made = merged(version.content, origins.project.content(change.path, LARGEST_BYTES), own)
    except OSError:
        return False
    return made is not None and not made.has_conflicts and made.content == own


def _is_large(found: Found) -> bool:
    return found.status.st_size > LARGEST_BYTES


# ── meetings ──


def _seen(raw: Comparison, known: Bases, origins: _Origins) -> SessionChanges:
    seen = _Seeing(known, origins)
    for change in raw.changes:
        seen.add(change)
    stays = [change for change in seen.changes if not seen.is_kept_for_others(change)]
    unknown = [shown(path) for path, one in seen.meetings.items() if one.kind == UNKNOWN]
    sentences = (*raw.stays, *(_NOT_KNOWN.format(path=path) for path in unknown[:MOST_SAID]))
    comparison = replace(raw, changes=tuple(stays), stays=sentences)
    return SessionChanges(
        comparison, raw, AsBegun(origins.project, origins.copies.root, seen.others), known, seen.meetings
    )


@dataclass
class _Seeing:
    """The changes so far; `others` are the paths at which the project began otherwise, `left` those that are no change."""

    known: Bases
    origins: _Origins
    changes: list[Change] = field(default_factory=list)
    others: dict[str, bool] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    def add(self, change: Change) -> None:
        origin = self.known.of[change.path]
        if origin == fingerprint(self.origins.project, change.before):
            self.changes.append(change)
        elif change.what == "folder" and (change.before is None or change.before.kind == "folder"):
            self._add_folder(change, origin)
        elif origin == ABSENT:
            self._add(change, None)
        elif change.after is None and origin != UNSURE:
            if self._is_taken_over(change):
                self.left.add(change.path)
            else:
                self._keep(change, Meeting(CONFLICT, said=DELETED))
        else:
            was = self.origins.copies.found(change.path)
            if was is None or fingerprint(self.origins.copies.root, was) != origin:
                self._keep(change, Meeting(UNKNOWN))
            else:
                self._add(change, was)

    def _add(self, change: Change, was: Found | None) -> None:
        """A change of which it is known what it began from."""
        now, own = change.before, change.after
        if (was is None and own is None) or (
            was and own and is_same(self.origins.copies.root, was, self.origins.upper, own)
        ):
            self.left.add(change.path)
            return
        if any(one is not None and (one.kind == "folder" or _is_large(one)) for one in (now, own)):
            meeting: Meeting | None = Meeting(CONFLICT, said=APART)
        else:
            try:
                meeting = met(
                    version_of(self.origins.copies.root, was),
                    version_of(self.origins.project, now),
                    version_of(self.origins.upper, own),
                )
            except OSError:
                meeting = Meeting(CONFLICT, said=APART)
        if meeting is None or (meeting.is_conflict and self._is_taken_over(change)):
            self.left.add(change.path)
            return
        self.others[change.path] = was is not None
        self._keep(replace(change, before=was), meeting)

    def _is_taken_over(self, change: Change) -> bool:
        return self.origins.began.has_had(change.path, self.origins.upper, deleted=change.after is None)

    def _add_folder(self, change: Change, origin: str) -> None:
        """Modes of folders that both have made are the project's; a folder that the project has no more is made again."""
        if change.before is not None and change.after is not None:
            if origin in (ABSENT, fingerprint(self.origins.upper, change.after)):
                self.left.add(change.path)
                return
            self.meetings[change.path] = Meeting(CONFLICT, said=MODES_OF_FOLDER)
        self.changes.append(change)

    def _keep(self, change: Change, meeting: Meeting) -> None:
        self.meetings[change.path] = meeting
        self.changes.append(change)

    def is_kept_for_others(self, change: Change) -> bool:
        """Whether it is a deleted folder in which the project has something that the session never saw."""
        return (
            change.what == "folder"
            and change.after is None
            and any(one.startswith(f"{change.path}/") for one in self.left)
        )
