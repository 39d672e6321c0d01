"""The Board's and the Inbox's lines: pure functions of rows, a moment and a width."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import PurePath

from rich.text import Text

from workbench.text import display
from workbench.text.display import line, span
from workbench.tui.render.cells import cells
from workbench.tui.state.rows import DONE, FAILED, RETRYING, TO_APPLY, Row, group_of
from workbench.tui.state.view_state import View

DIM = "#999999"
MOST_NEEDING = 4
ROOMY = 118
"""Columns from which on a line has room for more than what happened last."""
NARROW = 60
ROOM_FOR_QUEUED = 28
ROOM_FOR_FOLDER = 20
"""Columns of what a session does from which on the lines that wait for it are a word, not a number."""
QuestionText = Callable[[Row, int], str]
"""What a session that needs a person says, in so many columns."""


CLOCKS_DIFFER_S = 60


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago; `in 3d` where the clock was ahead."""
    if moment is None:
        return ""
    seconds = (now - moment).total_seconds()
    return f"in {span(-seconds)}" if seconds < -CLOCKS_DIFFER_S else span(seconds)


def ages(rows: Mapping[str, Row], now: datetime) -> list[str]:
    """All that lists and tiles say of these sessions which changes by time alone."""
    return [
        age(moment, now) for row in rows.values() for moment in (row.last_event_at or row.created_at, row.called_at)
    ]


def session_counts(rows: Mapping[str, Row]) -> Text:
    """How many sessions stand how."""
    counts: dict[str, int] = {}
    styles: dict[str, str] = {}
    for row in rows.values():
        if not row.ended:
            counts[row.mark.shape] = counts.get(row.mark.shape, 0) + 1
            styles[row.mark.shape] = row.mark.style
    shown = Text()
    for shape in "?$!✔●◐±○":
        if shape in counts:
            shown.append(f"{shape}{counts[shape]} ", styles[shape])
    return shown


def engine_line(rows: Mapping[str, Row], trouble: str, model: str = "") -> Text:
    """What all sessions have cost, which model new ones have, and how the engine is."""
    cents = sum(row.own_cents for row in rows.values())
    line = Text(f"${cents / 100:.2f}   ")
    line.append(trouble or " · ".join(filter(None, (model, "engine ok"))), "bold #D55E00" if trouble else DIM)
    return line


def needing_lines(
    rows: Sequence[Row],
    question: QuestionText,
    now: datetime,
    width: int,
    *,
    most: int = MOST_NEEDING,
    name: int | None = None,
    key: str = "",
) -> list[Text]:
    """The strip on top: who waits for a person, oldest first, or only their names; nothing when nobody does."""
    if not rows:
        return []
    head = Text(f" NEEDS YOU · oldest first · {len(rows)}", "bold #E69F00")
    if key:
        head.append(f" · {key} goes to the first", DIM)
    if not most:
        return [head.append("".join(f"  {row.mark.shape} {row.name}" for row in rows))]
    lines = [head, *(needing_line(row, question, now, width, name) for row in rows[:most])]
    if len(rows) > most:
        lines.append(Text(f"   … {len(rows) - most} more", DIM))
    return lines


def needing_line(row: Row, question: QuestionText, now: datetime, width: int, name: int | None = None) -> Text:
    """A session that needs a person, in the columns of the list: mark, word, a name of so many columns, what it asks, how long."""
    name = name or name_width(width)
    # In a narrow list what is asked is worth more than the word for its mark.
    word = 9 if width >= NARROW else 0
    room = max(4, width - 3 - word - name - 2 - 6)
    columns = [
        (f" {row.mark.shape}", 3, row.mark.style),
        (row.mark.word, word, row.mark.style),
        (row.name, name, "bold"),
    ]
    return cells(
        [*columns, (" ", 1, ""), (question(row, room), room, ""), (" ", 1, ""), (age(row.last_event_at, now), -6, DIM)]
    )


@dataclass(frozen=True)
class Sight:
    """What a line of the Board needs besides its row."""

    question: QuestionText
    now: datetime
    width: int
    view: View
    chosen: Collection[str] = ()
    note: Callable[[str], str] = lambda _: ""
    """What a person did with a session since its last message, in a line."""


@dataclass(frozen=True)
class SessionLine:
    """A session's line: what it says, of which that is drawn which comes into sight."""

    row: Row
    said: str
    """What it asks the person, where it needs one; else what happened last, or goes on."""
    aged: str
    width: int
    extras: str

    def text(self) -> Text:
        return _drawn(self)


def board_lines(rows: Sequence[Row], sight: Sight) -> list[tuple[str, Text | SessionLine]]:
    """The list: a line per session, under a line per group. Each with the session's id, empty for a group's line."""
    lines: list[tuple[str, Text | SessionLine]] = []
    group: tuple[int, str] | None = None
    for row in rows:
        of_row = group_of(row, sight.view)
        if of_row != group:
            group = of_row
            named = PurePath(group[1]).name or group[1]
            titles = Text() if lines else Text(" ") + _titles(sight.width)
            lines.append(("", Text(f"{named} ".ljust(max(0, sight.width - titles.cell_len), "─"), DIM) + titles))
        lines.append((row.session_id, _board_line(row, sight)))
    return lines


def _board_line(row: Row, sight: Sight) -> SessionLine:
    marked, muted = row.session_id in sight.chosen, row.session_id in sight.view.muted
    if row.mark.needs_you:
        said = sight.question(row, _event_width(sight.width))
    elif note := sight.note(row.session_id):
        said = note
    elif row.called_at is not None:
        room = _event_width(sight.width)
        said = going_on(row, sight.now, room - len(_queued(row, room) + _progress(row)))
    else:
        said = row.event
    aged = age(row.last_event_at or row.created_at, sight.now)
    return SessionLine(row, said, aged, sight.width, f"{'* ' * marked}{'(muted) ' * muted}")


def going_on(row: Row, now: datetime, room: int) -> str:
    """What a session does or waits for, cut where there is no room, and how long it has lasted and how far it is, which is not."""
    parts = ["", age(row.called_at, now), *([] if row.percent is None else [f"{row.percent}%"])]
    lasts = " · ".join(parts)
    # Of one that failed to reach its model, why is worth more than when it tries again; of one that a limit has stopped, until when.
    tries_again = row.mark is RETRYING and row.waits_until is None
    doing = row.event if tries_again else row.waits_for or row.event
    return line(doing, max(4, room - len(lasts))) + lasts


def _queued(row: Row, room: int) -> str:
    """How many lines wait for it, in short where there is little room."""
    if not row.queued:
        return ""
    return f"({row.queued} queued) " if room >= ROOM_FOR_QUEUED else f"+{row.queued} "


def _progress(row: Row) -> str:
    """How far it is towards its goal, and its agent in the task list that it keeps."""
    tasks = f"{row.tasks_done}/{row.tasks} " if row.tasks else ""
    return "" if row.mark.needs_you else f"{row.goal}{' · ' * bool(row.goal)}{tasks}"


def _to_apply(row: Row, room: int) -> str:
    """How many files its review has, once it is at rest; in short where there is little room."""
    if not row.to_apply or row.mark not in (DONE, TO_APPLY):
        return ""
    return (
        f"({row.to_apply} file{'s' * (row.to_apply != 1)} to apply) "
        if room >= ROOM_FOR_QUEUED
        else f"±{row.to_apply} "
    )


@lru_cache(maxsize=2048)
def _drawn(shown: SessionLine) -> Text:
    """Of five hundred lines, only those are made anew in which something changed."""
    row, width, extras = shown.row, shown.width, shown.extras
    name = name_width(width)
    model, context, cost = _columns(width)
    if width >= ROOMY:
        extras += f"{row.fork} · " if row.fork else ""
        extras += "".join(f"#{tag} " for tag in row.tags)
    event = _event_width(width)
    last = _queued(row, event) + _to_apply(row, event) + _progress(row) + shown.said
    style = "bold" if row.mark.needs_you else ""
    return cells(
        [
            (f" {row.mark.shape}", 3, row.mark.style),
            (row.mark.word, 9, row.mark.style),
            (row.name, name, style),
            (" ", 1, ""),
            (extras + last, event, style if row.mark is not FAILED else row.mark.style),
            (" ", 1, ""),
            (row.model.removeprefix("claude-"), model, DIM),
            (context_of(row), -context, DIM),
            (f"{row.cents / 100:.2f}", -cost, DIM),
            (shown.aged, -6, DIM),
        ]
    )


def name_width(width: int) -> int:
    """The columns of a session's name in a list of this width: they depend on nothing that changes by itself."""
    return max(12, width * (34 if width < NARROW else 24 if width < ROOMY else 28) // 100)


def _event_width(width: int) -> int:
    """The columns of what happened last."""
    return max(4, width - 3 - 9 - name_width(width) - 2 - sum(_columns(width)) - 6)


def _columns(width: int) -> tuple[int, int, int]:
    """The columns of model, context and cost; what there is no room for is 0."""
    # What a session does is worth more than its model, which the session's own head names.
    return (14 if width >= ROOMY else 0), (6 if width >= 78 else 0), (7 if width >= NARROW else 0)


def _titles(width: int) -> Text:
    """What the columns on the right are."""
    model, context, cost = _columns(width)
    return cells([("model", model, DIM), ("ctx", -context, DIM), ("$", -cost, DIM), ("age", -6, DIM)])


def context_of(row: Row) -> str:
    """How much of its window the conversation takes: 41 %, or 41k tokens where nobody knows the window."""
    count = row.context_tokens
    if count and row.context_window:
        return f"{count / row.context_window:.0%}"
    return f"{count / 1000:.0f}k" if count >= 1000 else str(count) if count else ""


def folder_line(view: View, width: int, height: int) -> list[Text]:
    """Where the next task works and in which mode, above the box; a low screen does not say that it is an empty folder."""
    if height < ROOM_FOR_FOLDER and not (view.folder or view.mode):
        return []
    said = [
        f"in {display.folder(view.folder)}" if view.folder else "in an empty folder",
        f"{view.mode} mode" if view.mode else "",
    ]
    line = Text(" · ".join(filter(None, said)), no_wrap=True)
    hint = "  -C DIR another, -C none an empty folder" if view.folder else "  -C DIR works on a folder of yours"
    if line.cell_len + len(hint) <= width:
        line.append(hint, DIM)
    line.truncate(width, overflow="ellipsis")
    return [line]


def waiting_tasks(texts: Sequence[str], width: int) -> list[Text]:
    """Tasks that no engine has taken yet, above the box: nothing of them is lost."""
    kept = [line(text, max(8, width - 22)) for text in texts]
    return [Text.assemble((" kept until it is there  ", "bold #E69F00"), text) for text in kept]


def scope_line(folder: str, elsewhere: int, key: str, width: int) -> Text:
    """What a list that is scoped to a folder leaves out, and the key that shows it."""
    named = display.folder(folder) if folder else "no folder"
    line = Text(f"only {named} · {elsewhere} elsewhere · {key} shows all", "bold #E69F00", no_wrap=True)
    line.truncate(width, overflow="ellipsis")
    return line


def in_place(said: str, width: int) -> list[tuple[str, Text]]:
    """What is said in the place of a list's lines, broken between words."""
    return [("", Text(f" {piece}", DIM)) for piece in textwrap.wrap(said, max(20, width - 2))]


EMPTY_BOARD = (
    ("A session is one agent working on one task in its own sandbox.", ""),
    ("It keeps running when you leave or close this terminal.", ""),
    ("", ""),
    ("Type a task and press Enter. For example:", "bold"),
    ("  explain this repository and list three risky places", DIM),
    ("  -C . run the tests and fix the first failure", DIM),
    ("  @default run `python3 --version`", DIM),
    ("  /goal all tests pass: `make test` exits 0      (graded, round by round)", DIM),
    ("  !python3 --version           (in a new sandbox; no model is asked)", DIM),
)


def empty_board() -> list[Text]:
    """What to press where there is nothing yet."""
    return [Text(f" {said}", style) for said, style in EMPTY_BOARD]
