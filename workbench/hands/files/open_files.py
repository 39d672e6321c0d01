"""One session's files held open beside its project: told, reviewed, applied and discarded, while nobody else works on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.contracts.files import FileChange, FileChanges, FileDiff, FilesRefused, HunkName, Review
from workbench.hands.files import applying, bases, difference, discarding, ignoring, reviewing
from workbench.hands.files.bases import Bases
from workbench.hands.files.cautions import caution
from workbench.hands.files.changes import Change, Comparison, compare
from workbench.hands.files.reviewing import Part
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.files.workspace import Workspace
from workbench.hands.git.rules_above import rules_above
from workbench.hands.git.standing import note_applied


@dataclass(frozen=True)
class OpenFiles:
    """Looked at once, when they are first asked for: everything that is done is done to what was seen then."""

    workspace: Workspace
    project: Beneath
    upper: Beneath

    @cached_property
    def comparison(self) -> Comparison:
        return compare(self.upper, self.project)

    @cached_property
    def known(self) -> Bases:
        return bases.load(self.workspace.folder)

    @cached_property
    def ignored(self) -> frozenset[str]:
        return ignoring.ignored(self.comparison.changes, self.upper, self.project, rules_above(self.workspace))

    # ── reading ──

    def changes(self) -> FileChanges:
        return FileChanges(self._told(self.comparison.changes), self.comparison.sentences)

    def diff(self, *, binary: bool) -> FileDiff:
        changes = [change for change in self.comparison.changes if change.path not in self.ignored]
        return difference.unified(changes, self.project, self.upper, binary=binary)

    def review(self, paths: Sequence[str] | None) -> Review:
        picked = applying.chosen(self.comparison, paths, self.ignored)
        told = {one.path: one for one in self._told(picked)}
        listed = [(change, told[shown(change.path)]) for change in picked if shown(change.path) in told]
        files = tuple(reviewing.reviewed(listed, self.project, self.upper))
        return Review(files, len(self.ignored), self.comparison.sentences)

    def _told(self, changes: Sequence[Change]) -> tuple[FileChange, ...]:
        """As others are told: a folder only where nothing in it says the same."""
        full = {change.path.rpartition("/")[0] for change in changes}
        listed = (change for change in changes if change.what != "folder" or change.path not in full)
        return tuple(
            FileChange(
                path=shown(change.path),
                kind=change.kind,
                what=change.what,
                mode_before=change.before.mode if change.before else None,
                mode_after=change.after.mode if change.after else None,
                bytes=change.after.status.st_size if change.after else None,
                conflict=self.known.is_conflict(self.project, change),
                ignored=change.path in self.ignored,
                caution=caution(change, self.upper),
            )
            for change in listed
        )

    # ── changing ──

    def apply(self, paths: Sequence[str] | None, *, force: bool) -> FileChanges:
        return self._apply(applying.chosen(self.comparison, paths, self.ignored), (), force=force)

    def apply_hunks(self, hunks: Sequence[HunkName], *, force: bool) -> FileChanges:
        changes, parts = self._chosen((), hunks)
        new = [shown(part.change.path) for part in parts if part.change.before is None]
        if new:
            # A new file of which only some lines come stands in folders that may be new as well.
            above = applying.chosen(self.comparison, new, self.ignored)
            changes = [
                one for one in self.comparison.changes if one in changes or (one in above and one.what == "folder")
            ]
        return self._apply(changes, parts, force=force)

    def discard(self, paths: Sequence[str], hunks: Sequence[HunkName]) -> FileChanges:
        changes, parts = self._chosen(paths, hunks)
        told = self._told([*changes, *(part.change for part in parts)])
        discarding.discard(changes, parts, self.project, self.upper)
        self._settle(self.known)
        return FileChanges(told, self.comparison.sentences)

    def _chosen(self, paths: Sequence[str], hunks: Sequence[HunkName]) -> tuple[list[Change], list[Part]]:
        """Files to be taken whole, and hunks of others."""
        picked = reviewing.chosen_hunks(self.comparison.changes, hunks, self.project, self.upper)
        named = (*paths, *picked.whole)
        changes = applying.chosen(self.comparison, named, self.ignored) if named else []
        taken = {change.path for change in changes}
        return changes, [part for part in picked.parts if part.change.path not in taken]

    def _apply(self, whole: Sequence[Change], parts: Sequence[Part], *, force: bool) -> FileChanges:
        changes = [*whole, *(part.change for part in parts)]
        told = self._told(changes)
        conflicts = [shown(change.path) for change in changes if self.known.is_conflict(self.project, change)]
        if conflicts and not force:
            raise FilesRefused(
                f"nothing was applied: {applying.named(conflicts)} changed in the project as well since the session began; "
                "look at workbench diff, then merge by hand, apply other files by name, or say --force for the session's version",
                conflicts,
            )
        applying.apply(changes, self.project, self.upper, {part.change.path: part.in_project for part in parts})
        note_applied(self.workspace.folder, self.project, [change.path for change in changes])
        known = self.known
        for part in parts:
            # What else the session has of such a file is no conflict because of it; one that there was stays.
            there = part.change.before or part.change.after
            if shown(part.change.path) not in conflicts and there is not None:
                known = known.applied(part.change.path, there.mode, part.in_project)
        self._settle(known)
        return FileChanges(told, self.comparison.sentences)

    def _settle(self, known: Bases) -> None:
        moment = bases.file_clock_ns(self.workspace.folder)
        left = compare(self.upper, self.project)
        applying.settle(self.upper, left)
        known.looked(self.project, left.changes, moment).save(self.workspace.folder)
