"""A review as the engine tells it: changed files with their hunks, and which of them a person has viewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from workbench.contracts.left_out import COMMITS_STAY
from workbench.text.display import exact
from workbench.tui.state.view_state import View

Json = dict[str, Any]

LETTERS: Final = {"added": "A", "modified": "M", "deleted": "D"}
MOST_VIEWED: Final = 2000
MEETS: Final = {
    "clean": "merged with your changes",
    "conflict": "in conflict with your changes",
    "unknown": "seen from your file as it is now: what it began as is not known",
}
"""How a file meets what its project has by now."""


@dataclass(frozen=True)
class Hunk:
    """Lines that differ, with those around them; each begins with a blank, -, + or a backslash.

    `conflict` says that it meets other lines in the project, `conflicts` are those of both sides between git's markers.
    """

    id: str
    old_start: int
    new_start: int
    head: str
    lines: tuple[str, ...]
    conflict: bool = False
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewedFile:
    """One changed file: `hunks` is None where they were too long to be told with the others."""

    path: str
    kind: str
    digest: str
    hunks: tuple[Hunk, ...] | None
    conflict: bool = False
    notes: tuple[str, ...] = ()
    """What there is to know besides its lines."""
    conflicts: tuple[str, ...] = ()
    """Lines of both sides that are in conflict, between git's markers."""
    can_be_marked: bool = True
    """Whether both can come into the project between these."""

    @property
    def letter(self) -> str:
        return LETTERS.get(self.kind, "?")

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many lines come, and how many go."""
        lines = [line[:1] for hunk in self.hunks or () for line in hunk.lines]
        return lines.count("+"), lines.count("-")


@dataclass(frozen=True)
class Review:
    """All changed files in order of path, and sentences about the others."""

    files: tuple[ReviewedFile, ...] = ()
    sentences: tuple[str, ...] = ()
    has_commits: bool = False
    """Whether the agent has committed, or made a branch, in its sandbox."""

    def with_file(self, file: ReviewedFile) -> Review:
        return replace(self, files=tuple(file if one.path == file.path else one for one in self.files))


def review_of(answer: Mapping[str, Any]) -> Review:
    """The review in an answer of the engine."""
    ignored = answer["ignored"]
    also = (f"{ignored} new file{'s' * (ignored != 1)} that git ignores: workbench diff --stat names them",) * bool(
        ignored
    )
    files = sorted(answer["files"], key=_has_nothing_to_read)
    said = tuple(sentence for sentence in answer["left_out"] if sentence != COMMITS_STAY)
    return Review(tuple(map(_file, files)), (*said, *also), COMMITS_STAY in answer["left_out"])


def _has_nothing_to_read(told: Json) -> bool:
    """Compiled files and pictures come last: whoever begins to read wants lines. What needs a decision keeps its place."""
    change = told["change"]
    return told["hunks"] == [] and not change["conflict"] and not change["caution"]


def _file(told: Json) -> ReviewedFile:
    change = told["change"]
    hunks = None if told["hunks"] is None else tuple(_hunk(one) for one in told["hunks"])
    return ReviewedFile(
        change["path"],
        change["kind"],
        told["digest"],
        hunks,
        change["conflict"],
        tuple(_notes(change, told, hunks)),
        tuple(told["conflicts"]),
        told["can_be_marked"],
    )


def _hunk(told: Json) -> Hunk:
    head = f"@@ -{told['old_start']},{told['old_lines']} +{told['new_start']},{told['new_lines']} @@"
    lines, conflicts = tuple(told["lines"]), tuple(told["conflicts"])
    return Hunk(told["id"], told["old_start"], told["new_start"], head, lines, told["conflict"], conflicts)


def _notes(change: Json, told: Json, hunks: tuple[Hunk, ...] | None) -> list[str]:
    before, after = change["mode_before"], change["mode_after"]
    notes = [MEETS.get(change["merge"], exact(change["merge"]))] if change["merge"] else []
    notes += [exact(change["caution"])] if change["caution"] else []
    notes += [change["what"]] if change["what"] != "file" else []
    if before is not None and after is not None and before != after and change["what"] == "file":
        notes.append(f"mode {before:03o} → {after:03o}")
    if before is None and after is not None and after & 0o111 and change["what"] == "file":
        notes.append(f"mode {after:03o}: it can be run")
    if told["whole"] and told["whole"] != change["what"]:
        notes.append(told["whole"])
    if hunks == () and not told["whole"] and change["what"] == "file":
        notes.append("empty")
    return notes


# ── viewed ──


def viewed_paths(view: View, session_id: str, review: Review) -> frozenset[str]:
    """The files that a person has viewed as they are now."""
    marks = frozenset(view.viewed)
    return frozenset(file.path for file in review.files if (session_id, file.path, file.digest) in marks)


def with_viewed(view: View, session_id: str, file: ReviewedFile, *, viewed: bool) -> View:
    """The view with a file viewed as it is now, or not viewed at all."""
    others = tuple(one for one in view.viewed if one[:2] != (session_id, file.path))
    mark = ((session_id, file.path, file.digest),) * viewed
    return replace(view, viewed=(*others, *mark)[-MOST_VIEWED:])
