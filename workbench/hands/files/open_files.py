"""One session's files held open beside its project: told, reviewed, applied and discarded, while nobody else works on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from workbench.contracts.files import FileChange, FileChanges, FileDiff, FileReview, Hunk, HunkName, Review, Take
from workbench.hands.files import applying, difference, discarding, ignoring, reviewing
from workbench.hands.files.applied import AFTER, BEFORE, Applies
from workbench.hands.files.applying_again import apply_again
from workbench.hands.files.base_files import BaseFiles, version_of
from workbench.hands.files.bases import fingerprint
from workbench.hands.files.cautions import caution
from workbench.hands.files.changes import Change, Comparison
from workbench.hands.files.meeting import CLEAN, UNKNOWN, Meeting, met
from workbench.hands.files.ordering import Order, refuse_conflicts
from workbench.hands.files.reviewing import Part
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.files.session_changes import SessionChanges, look
from workbench.hands.files.workspace import Workspace
from workbench.hands.git.began import Version
from workbench.hands.git.location import repository_of
from workbench.hands.git.rules_above import rules_above
from workbench.hands.git.standing import head_of, note_applied

MOST_MET: Final = 20
"""Hunks of one file that are each met with the project's file; of a file with more, all count as in conflict when one is."""


@dataclass(frozen=True)
class OpenFiles:
    """Looked at once, when they are first asked for: everything that is done is done to what was seen then."""

    workspace: Workspace
    project: Beneath
    upper: Beneath
    base: Beneath

    @cached_property
    def seen(self) -> SessionChanges:
        return look(self.workspace, self.project, self.upper, self.base)

    @property
    def comparison(self) -> Comparison:
        return self.seen.comparison

    @cached_property
    def ignored(self) -> frozenset[str]:
        return ignoring.ignored(self.comparison.changes, self.upper, self.project, rules_above(self.workspace))

    # ── reading ──

    def look(self) -> None:
        """Keep what later looks need to know of the project as it is now."""
        look(self.workspace, self.project, self.upper, self.base)

    def changes(self) -> FileChanges:
        return FileChanges(self._told(self.comparison.changes), self.comparison.sentences)

    def diff(self, *, binary: bool) -> FileDiff:
        changes = [change for change in self.comparison.changes if change.path not in self.ignored]
        return difference.unified(changes, self.seen.begun, self.upper, binary=binary)

    def review(self, paths: Sequence[str] | None) -> Review:
        picked = applying.chosen(self.comparison, paths, self.ignored)
        told = {one.path: one for one in self._told(picked)}
        listed = [(change, told[shown(change.path)]) for change in picked if shown(change.path) in told]
        files = reviewing.reviewed(listed, self.seen.begun, self.upper, self.seen.meetings)
        ignored = sum(change.path in self.ignored for change in _listed(self.comparison.changes))
        return Review(tuple(map(self._with_conflicts, files)), ignored, self.comparison.sentences)

    def _with_conflicts(self, file: FileReview) -> FileReview:
        """With what each of its hunks meets in the project."""
        if not file.change.conflict or not file.hunks:
            return file
        is_whole = bool(file.whole) or len(file.hunks) > MOST_MET
        met_each = (replace(one, conflict=True) if is_whole else self._with_conflict(file, one) for one in file.hunks)
        return replace(file, hunks=tuple(met_each))

    def _with_conflict(self, file: FileReview, hunk: Hunk) -> Hunk:
        parts = self._chosen((), [HunkName(file.change.path, hunk.id)])[1]
        if not parts:
            return replace(hunk, conflict=True)
        meeting = self._met(parts[0])
        return replace(hunk, conflict=meeting.is_conflict, conflicts=meeting.lines)

    def _told(self, changes: Sequence[Change]) -> tuple[FileChange, ...]:
        return tuple(self._one_told(change) for change in _listed(changes))

    def _one_told(self, change: Change) -> FileChange:
        meeting = self.seen.meetings.get(change.path)
        return FileChange(
            path=shown(change.path),
            kind=change.kind,
            what=change.what,
            mode_before=change.before.mode if change.before else None,
            mode_after=change.after.mode if change.after else None,
            bytes=change.after.status.st_size if change.after else None,
            conflict=meeting is not None and meeting.is_conflict,
            ignored=change.path in self.ignored,
            caution=caution(change, self.upper),
            merge=meeting.kind if meeting else "",
        )

    # ── changing ──

    def apply(self, paths: Sequence[str] | None, *, take: Take | None) -> FileChanges:
        return self._apply(applying.chosen(self.comparison, paths, self.ignored), (), take)

    def apply_hunks(self, hunks: Sequence[HunkName], *, take: Take | None) -> FileChanges:
        changes, parts = self._chosen((), hunks)
        new = [shown(part.change.path) for part in parts if part.change.before is None]
        if new:
            # A new file of which only some lines come stands in folders that may be new as well.
            above = applying.chosen(self.comparison, new, self.ignored)
            changes = [
                one for one in self.comparison.changes if one in changes or (one in above and one.what == "folder")
            ]
        return self._apply(changes, parts, take)

    def apply_again(self, paths: Sequence[str] | None, *, take: Take | None) -> FileChanges:
        done = apply_again(self.workspace.folder, self.project, paths, take)
        self._note(done)
        return done

    def discard(self, paths: Sequence[str], hunks: Sequence[HunkName]) -> FileChanges:
        changes, parts = self._chosen(paths, hunks)
        told = self._told([*changes, *(part.change for part in parts)])
        discarding.discard(self.seen.to_project(changes), parts, self.project, self.upper)
        self._settle()
        return FileChanges(told, self.comparison.sentences)

    def _chosen(self, paths: Sequence[str], hunks: Sequence[HunkName]) -> tuple[list[Change], list[Part]]:
        """Files to be taken whole, and hunks of others."""
        picked = reviewing.chosen_hunks(self.comparison.changes, hunks, self.seen.begun, self.upper)
        named = (*paths, *picked.whole)
        changes = applying.chosen(self.comparison, named, self.ignored) if named else []
        taken = {change.path for change in changes}
        return changes, [part for part in picked.parts if part.change.path not in taken]

    def _apply(self, whole: Sequence[Change], parts: Sequence[Part], take: Take | None) -> FileChanges:
        changes = [*whole, *(part.change for part in parts)]
        told = self._told(changes)
        meetings = {path: one for change in whole if (one := self.seen.meetings.get(path := change.path))}
        of_parts = {part.change.path: self._met(part) for part in parts}
        refuse_conflicts({**meetings, **of_parts}, take)
        order = Order(take)
        for now in self.seen.to_project(changes):
            order.add(now, of_parts.get(now.path) or meetings.get(now.path))
        if order.changes:
            kept = Applies(self.workspace.folder).begin()
            kept.note(BEFORE, self.project, order.changes)
            applying.apply(order.changes, self.project, self.upper, order.contents)
            kept.note(AFTER, self.project, order.changes)
        done = order.done(told, self.comparison.sentences)
        self._note(done)
        self._begin_anew(whole, [part for part in parts if self._is_known(part)])
        self._settle()
        return done

    def _note(self, done: FileChanges) -> None:
        """What came into the project, and what of it its person is to settle first."""
        repository = repository_of(self.workspace.project) if done.marked and self.workspace.project else None
        marked = dict.fromkeys(done.marked, head_of(repository) if repository else "")
        note_applied(self.workspace.folder, self.project, [change.path for change in done.changes], marked)

    def _is_known(self, part: Part) -> bool:
        meeting = self.seen.meetings.get(part.change.path)
        return meeting is None or meeting.kind != UNKNOWN

    def _met(self, part: Part) -> Meeting:
        """How the file with these hunks alone meets what the project has."""
        [now] = self.seen.to_project([part.change])
        was, there = version_of(self.seen.begun, part.change.before), version_of(self.project, now.before)
        own = self._with_them(part)
        if not self._is_known(part):
            return Meeting(UNKNOWN, (there, there, own))
        return met(was, there, own) or Meeting(CLEAN, (was, there, there))

    def _with_them(self, part: Part) -> Version:
        like = part.change.before or part.change.after
        assert like is not None
        return Version("file", part.with_them, like.mode)

    def _begin_anew(self, whole: Sequence[Change], parts: Sequence[Part]) -> None:
        """What was brought is no change any more, whatever else the project's file has."""
        copies, of = BaseFiles(self.base), dict(self.seen.known.of)
        for change in whole:
            if change.path in self.seen.meetings:
                copies.drop(change.path)
                if change.after is not None:
                    copies.keep(self.upper, change.after)
                of[change.path] = fingerprint(self.upper, change.after)
        for part in parts:
            copies.put(part.change.path, self._with_them(part))
            of[part.change.path] = fingerprint(self.base, copies.found(part.change.path))
        replace(self.seen.known, of=of).save(self.workspace.folder)

    def _settle(self) -> None:
        """What the project has as well goes from the session's layer, and what is left is looked at once more."""
        left = look(self.workspace, self.project, self.upper, self.base)
        applying.settle(self.upper, left.comparison)
        look(self.workspace, self.project, self.upper, self.base)


def _listed(changes: Sequence[Change]) -> Iterator[Change]:
    """As others are told of: a folder only where nothing in it says the same."""
    full = {change.path.rpartition("/")[0] for change in changes}
    return (change for change in changes if change.what != "folder" or change.path not in full)
