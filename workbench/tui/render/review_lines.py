"""What stands above a diff: the session with what is left to review, and the changed files around the one that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.text import Text

from workbench.text.display import exact, safe
from workbench.text.display import line as shortened
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import ADDED, REMOVED, prose
from workbench.tui.state.review import Review, ReviewedFile

MOST_SENTENCES = 3
LEAST_NAME = 16
NOTHING = "No changes in its project."
ROOM_FOR_SENTENCES = 5
"""Rows for the list of files from which on there is one for what holds for all of them, whichever is shown."""


@dataclass(frozen=True)
class Progress:
    """Where a person is in a review: the file that is shown, those that were viewed, and how many comments each has."""

    shown: int
    viewed: frozenset[str] = frozenset()
    comments: Mapping[str, int] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    """Files of the project in which lines of both sides wait between markers."""


def about_line(name: str, review: Review, progress: Progress, said: str, width: int) -> Text:
    """The session, how much of it is viewed, and what there is to say."""
    count = len(review.files)
    parts = [f"file {progress.shown + 1} of {count}", f"{len(progress.viewed)} viewed"] if count else []
    comments = sum(progress.comments.values())
    parts += [f"{comments} comment{'s' * (comments != 1)} not sent"] * bool(comments)
    left = _told(said, parts)
    while len(left) + LEAST_NAME > width and len(parts) > 1:
        # What is viewed, and where comments are, stands with the files as well.
        left = _told(said, parts := parts[:-1])
    return Text.assemble((shortened(name, max(8, width - len(left))), "bold"), (left, DIM))


def _told(said: str, parts: list[str]) -> str:
    return "  ".join(["", *filter(None, (said, " · ".join(parts)))])


def file_lines(review: Review, progress: Progress, width: int, most: int, nothing: str = NOTHING) -> list[Text]:
    """The files around the one that is shown, at most so many; `nothing` is said where there are none."""
    first = max(0, min(progress.shown - most // 2, len(review.files) - most))
    shown = list(enumerate(review.files))[first : first + most]
    lines = [_file_line(file, progress, width, is_shown=place == progress.shown) for place, file in shown]
    above, below = first, len(review.files) - first - len(shown)
    more = [f"{above} more above"] * bool(above) + [f"{below} more below"] * bool(below)
    lines += [Text(f"    … {' · '.join(more)}", DIM)] * bool(more)
    if not review.files:
        said = "No changed files to apply." if review.sentences and nothing == NOTHING else nothing
        lines = prose(safe(said), width, DIM)
    if progress.shown + 1 >= len(review.files) or most >= ROOM_FOR_SENTENCES:
        lines += [row for said in review.sentences[:MOST_SENTENCES] for row in prose(safe(said), width, DIM)]
    return lines


def conflict_lines(file: ReviewedFile | None, place: int, keys: str, width: int, most: int) -> list[Text]:
    """The lines of a hunk that are in conflict with those of its project, and with which keys a side is taken: so many rows, at most.

    Of a hunk that is in none it is said which are.
    """
    if file is None or not file.conflict:
        return []
    hunks = file.hunks or ()
    hunk = hunks[place] if place < len(hunks) else None
    if hunk is not None and not hunk.conflict:
        others = [str(number) for number, one in enumerate(hunks, 1) if one.conflict]
        said = (
            f"hunk {', '.join(others)} of this file is in conflict with what your project has by now; this one is not"
        )
        return prose(said, width, DIM) if others else []
    lines = hunk.conflicts if hunk is not None and hunk.conflicts else file.conflicts
    head = prose(f"in conflict with your project: {keys}", width, "bold")
    room = max(1, most - len(head))
    kept = lines if len(lines) <= room else lines[: room - 1]
    shown = [Text(exact(line), no_wrap=True, overflow="ellipsis") for line in kept]
    for row in shown:
        row.truncate(max(8, width), overflow="ellipsis")
    left = len(lines) - len(kept)
    return [
        *head,
        *shown,
        *[Text(f"… {left} more line{'s' * (left != 1)}: workbench diff shows all", DIM)] * bool(left),
    ]


def _file_line(file: ReviewedFile, progress: Progress, width: int, *, is_shown: bool) -> Text:
    came, went = file.counts
    comments = progress.comments.get(file.path, 0)
    notes = [f"{comments} comment{'s' * (comments != 1)}"] * bool(comments)
    notes += ["viewed"] * (file.path in progress.viewed)
    notes += ["markers to settle in it"] * (file.path in progress.waiting)
    notes += file.notes
    counts = Text.assemble((f"+{came}", ADDED), " ", (f"-{went}", REMOVED)) if came or went else Text()
    end = Text("  ").join(part for part in (counts, Text(" · ".join(notes), DIM)) if part)
    viewed = "✔" if file.path in progress.viewed else " "
    head = Text(f"{'›' if is_shown else ' '} {viewed} {file.letter} ", "bold" if is_shown else "")
    end.truncate(max(0, width - 24), overflow="ellipsis")
    path = exact(file.path)
    room = max(8, width - head.cell_len - end.cell_len - 2)
    # The name at the end of a long path tells more than its beginning.
    told = path if len(path) <= room else f"…{path[1 - room :]}"
    return Text.assemble(head, (told, "bold" if is_shown else ""), "  ", end)
