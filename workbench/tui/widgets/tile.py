"""One session as a tile: its title and its transcript."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from workbench.text import display
from workbench.text.display import line
from workbench.tui.render.board_lines import DIM, context_of
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.widgets.drawn_once import DrawnOnce
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.transcript import Transcript

NARROW: Final = 30
LEAST_NAME: Final = 24
"""Columns of the name under which the rest gives way to it, and not the name to the rest."""


class Tile(DrawnOnce, Vertical):
    """One session: its title and its transcript, which is followed as long as the tile is there."""

    DEFAULT_CSS = """
    Tile > #title { height: 1; background: $panel; }
    Tile.-chosen > #title { background: $primary-muted; }
    """

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id
        self.conversation = Conversation(session_id)
        self.transcript = Transcript()
        self._about = Sheet(id="title")
        self._is_loading = False

    def compose(self) -> ComposeResult:
        yield from (self._about, self.transcript)

    async def load_older(self, store: Store) -> None:
        """Fetch the page before the oldest block, unless that is being done."""
        if self._is_loading:
            return
        self._is_loading = True
        try:
            self.transcript.prepended(await store.older(self.conversation))
        finally:
            self._is_loading = False

    def draw(self, number: int, row: Row | None, waits: str, *, gone: bool = False) -> None:
        """Say who stands here; the number is 0 where there is no other tile."""
        # The chosen one has a shape of its own: colour alone says nothing where there is none.
        pointed = "›" if self.has_class("-chosen") else " "
        head = Text(f"{pointed}{number} ", "bold") if number else Text(" ")
        if row is None:
            # One that was begun a moment ago, or before the engine has answered, is no deleted one.
            self._about.show([head + Text("this session was deleted" if gone else "…", DIM)])
            return
        taken = context_of(row)
        waited = row.waits_for if number else ""
        parts = [
            row.fork,
            waited,
            waits,
            f"ctx {taken}" if taken else "",
            f"${row.cents / 100:.2f}",
            row.agent,
            row.model,
        ]
        parts += [row.effort, f"{row.mode} mode" if row.mode else "", _environment(row), row.goal, _tasks(row)]
        # In a narrow tile the name is worth more than the word; the shape stays.
        mark = row.mark.shape if 0 < self.size.width < NARROW else f"{row.mark.shape} {row.mark.word}"
        about = Text.assemble(head, (mark, row.mark.style))
        told = _joined(parts)
        if self.size.width:
            told += _where(row, self.size.width - about.cell_len - len(told) - 2 - cell_len(row.name))
        room = self.size.width - about.cell_len - len(told) - 2
        about.append(f"  {line(row.name, max(LEAST_NAME, room)) if self.size.width else row.name}", "bold")
        self._about.show([about.append(told, DIM)])


def _joined(parts: Sequence[str]) -> str:
    return "".join(f"  {part}" for part in parts if part)


def _where(row: Row, room: int) -> str:
    """The folder and the instruction files that were read, as much of both as leaves the name whole."""
    folder, read = display.folder(row.project) if row.project else "", _instructions(row)
    last = PurePath(folder).name
    ways = (_joined(parts) for parts in ([folder, read], [last, read], [last]))
    return next((one for one in ways if len(one) <= room), "")


def _environment(row: Row) -> str:
    return f"in {row.environment}" if row.environment else ""


def _tasks(row: Row) -> str:
    """The task list, folded: how far it is, and the task in progress."""
    return f"{row.tasks_done}/{row.tasks} {row.task}".rstrip() if row.tasks else ""


def _instructions(row: Row) -> str:
    """The instruction files that were read, the nearest named."""
    if not row.instructions:
        return ""
    more = f" and {len(row.instructions) - 1} more" if len(row.instructions) > 1 else ""
    return f"read {line(row.instructions[-1], 40)}{more}"
