"""Files of a session as a list: what a person gave it and what its agent left, to read, save, open and name."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.text.display import exact, size
from workbench.tui.render.board_lines import DIM, in_place
from workbench.tui.render.file_lines import file_line, text_lines
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state import downloads, opener
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.rows import Rows

Json = dict[str, Any]

_WITHIN: Final = " "
"""Between a file's id and the number of a line of its text."""
_NONE: Final = (
    "No files yet. workbench run --file PATH gives a session one; what its agent leaves under /mnt/session/outputs is listed"
    " here when it rests."
)


class FileActions(Actions):
    """The list keeps up with the session; a file never changes, another version of it is another file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "fold_file", "fold", id="files.fold"),
        Binding("s", "save_file", "save", id="files.save"),
        Binding("o", "open_file", "open", id="files.open"),
        Binding("y", "copy_file('place')", "copy its path", id="files.copy_path"),
        Binding("Y", "copy_file('id')", "copy its id", id="files.copy_id"),
    ]

    def __init__(self, screen: BaseScreen, session_id: str, rows: Rows, line: LineInput) -> None:
        super().__init__(screen)
        self.files: list[Json] | None = None
        self._session_id = session_id
        self._rows = rows
        self._line = line
        self._texts: dict[str, str | None] = {}
        """The texts of files that were opened, by their ids."""
        self._drawn: dict[tuple[str, int], list[Text]] = {}
        """Their lines, by the width that they were made for."""
        self._unfolded: set[str] = set()
        self._position = -1
        """Where the session's log was when its files were asked for."""

    # ── reading ──

    def forget(self) -> None:
        """Ask again, although nothing happened in the session: a person gives it files meanwhile."""
        self._position = -1

    def keep_up(self) -> None:
        """Read the list, unless nothing came since it was read."""
        row = self.store.rows.get(self._session_id)
        position = row.position if row else 0
        if position != self._position:
            self._position = position
            self.screen.act(self.store.engine.get(paths.own(self._session_id, "files")), self._read)

    def _read(self, page: Json) -> None:
        self.files = page["data"]
        self.screen.redraw()

    @property
    def _chosen(self) -> Json | None:
        file_id = self._rows.cursor.partition(_WITHIN)[0]
        return next((file for file in self.files or [] if file["id"] == file_id), None)

    # ── drawing ──

    def draw(self, width: int) -> None:
        self._rows.put(self._lines(width))

    def _lines(self, width: int) -> list[tuple[str, Text]]:
        if self.files is None:
            return [("", Text(" reading …", DIM))]
        if not self.files:
            return in_place(_NONE, width)
        now = self.store.clock()
        lines: list[tuple[str, Text]] = []
        for file in self.files:
            is_open = file["id"] in self._unfolded
            lines.append((file["id"], file_line(file, width, now, unfolded=is_open)))
            if is_open:
                rows = enumerate(self._text_lines(file, width))
                lines += [(f"{file['id']}{_WITHIN}{number}", row) for number, row in rows]
        return lines

    def _text_lines(self, file: Json, width: int) -> list[Text]:
        drawn = self._drawn.get((file["id"], width))
        if drawn is None:
            drawn = self._drawn[file["id"], width] = text_lines(file, self._texts[file["id"]], width)
        return drawn

    # ── keys ──

    def toggle(self) -> None:
        """Unfold the file under the cursor to its text, or fold it from anywhere in it."""
        file = self._chosen
        if file is None:
            return
        if file["id"] in self._unfolded:
            self.action_fold_file()
        elif file["id"] in self._texts:
            self._unfold(file["id"], self._texts[file["id"]])
        else:
            reading = downloads.text_of(self.store.engine, file["id"])
            self.screen.act(reading, lambda text: self._unfold(file["id"], text))

    def _unfold(self, file_id: str, text: str | None) -> None:
        self._texts[file_id] = text
        self._unfolded.add(file_id)
        self.screen.redraw()

    def action_fold_file(self) -> None:
        if file := self._chosen:
            self._unfolded.discard(file["id"])
            self._rows.point_at(file["id"])
            self.screen.redraw()

    def action_copy_file(self, field: str) -> None:
        if file := self._chosen:
            self.screen.workbench.copy(file[field])

    def action_save_file(self) -> None:
        """Ask for a name; it stands there with one that is free in the current folder."""
        if file := self._chosen:
            name = downloads.free_name(Path.cwd(), downloads.plain_name(file["filename"]))
            self._line.open(name, f"a new file below {exact(str(Path.cwd()))}", lambda text: self._save(file, text))

    def _save(self, file: Json, name: str) -> None:
        if not name.strip():
            self._line.close()
            return
        target = Path(name.strip()).expanduser().absolute()
        if target.is_dir():
            target /= downloads.free_name(target, downloads.plain_name(file["filename"]))
        self.screen.act(self._saved(file, target))

    async def _saved(self, file: Json, target: Path) -> None:
        """The line stays as it is where the name is refused."""
        try:
            written = await downloads.save(self.store.engine, file["id"], target)
        except downloads.NotSaved as why:
            self.screen.notify(str(why), severity="warning")
            return
        if self._line.display:
            self._line.close()
        self.screen.notify(f"{target.name}: {size(written)} ({target.parent})", title="saved", timeout=10)

    def action_open_file(self) -> None:
        """Show the file with a program of the desktop, or say where it was saved."""
        if file := self._chosen:
            name = downloads.plain_name(file["filename"])
            if opener.is_shown(name):
                self.screen.act(self._open(file, name))
            else:
                said = f"{name} could be of a kind that runs and is not opened; s saves it"
                self.screen.notify(said, severity="warning")

    async def _open(self, file: Json, name: str) -> None:
        program, place = opener.opener(os.environ), Path("")
        try:
            folder = await asyncio.to_thread(opener.private_folder, self.store.view_file.folder / "opened")
            place = folder / name
            await downloads.save(self.store.engine, file["id"], place)
            if program:
                await asyncio.to_thread(opener.start, program, place)
        except (OSError, downloads.NotSaved) as why:
            self.screen.notify(f"{name} cannot be opened: {why}", severity="warning")
            return
        if program:
            self.screen.notify(f"{name} is being opened")
        else:
            said = f"there is no desktop here that could open it; for a day it lies at {place}"
            self.screen.notify(said, title="saved", timeout=15)

    def clear(self) -> bool:
        """Close the line; whether it was open."""
        if not self._line.display:
            return False
        self._line.close()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        file = self._chosen if self._rows.display else None
        if file is None or self._line.display:
            return False
        return file["id"] in self._unfolded if action == "fold_file" else True
