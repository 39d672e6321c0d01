"""What a prompt can do besides sending: commands, a shell line, earlier lines, the person's own editor, files by name."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from workbench.client import budgets, paths
from workbench.tui.render.input_status import ended_line
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.bulk_actions import TAGS_KEY
from workbench.tui.state.budgets import change
from workbench.tui.state.drafts import When
from workbench.tui.state.project_files import completed, files_in
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.state.task_line import NOTHING_TO_RUN
from workbench.tui.state.view_state import remembered
from workbench.tui.widgets.prompt import Prompt

COMMANDS: Final = {
    "rename": "a new name for the session",
    "tag": "its tags, with blanks between them",
    "fork": "a second session from here",
    "rewind": "its files as they were before the last turn",
    "retry": "go on after a failed turn",
    "budget": "what it may cost in dollars, or none",
    "archive": "end it for good; its history stays",
    "changes": "what it changed in the project",
    "events": "everything that happened, raw",
    "cost": "what it used",
    "network": "what it wanted to reach",
    "copy": "the last answer to the clipboard",
    "find": "a text in the transcript",
}


class Writing(BaseScreen):
    """A place with a prompt that speaks to one session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "earlier", "earlier line", priority=True, show=False, id="talk.history"),
        Binding("ctrl+g", "editor", "own editor", priority=True, show=False, id="talk.editor"),
        Binding("ctrl+at,ctrl+t", "complete", "complete @file", priority=True, show=False, id="talk.complete"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.chosen = ""
        self.prompt = Prompt("", queues=True, name="prompt")
        self._files: dict[str, list[str]] = {}
        self._found: tuple[str, int] = ("", 0)
        self._stem = ""

    @property
    def row(self) -> Row | None:
        return self.store.rows.get(self.chosen)

    def hear(self, text: str) -> None:
        """A person said something: to the agent, or with ! to its sandbox, or with / to the app."""
        if text == "!":
            self.notify(NOTHING_TO_RUN, severity="warning")
            self.prompt.set(text)
            return
        self.store.view_file.put(remembered(self.store.view_file.view, text))
        if text.startswith("!"):
            self.act(self.store.run_command(self.chosen, text[1:].strip()), lambda _: self.ran())
        elif text.startswith("/") and not text.startswith("//"):
            self._command(*text[1:].partition(" ")[::2])
        else:
            self.say(text.removeprefix("/") if text.startswith("//") else text, "step")

    def over(self, session_id: str) -> str:
        """Why a session takes no message any more; empty while it does."""
        return ended_line(self.store.rows.get(session_id), gone=session_id in self.store.gone)

    def say(self, text: str, when: When) -> None:
        """Give a message to the chosen session; one that takes none leaves it in the prompt."""
        if over := self.over(self.chosen):
            self.notify(over, severity="warning")
            self.prompt.set(text)
        else:
            self.store.send(self.chosen, text, when)

    def ran(self) -> None:
        """A person's command has ended."""

    def _command(self, word: str, rest: str) -> None:
        path = paths.session(self.chosen)
        said = " ".join(rest.split())
        doing: dict[str, Callable[[], None]] = {
            "rename": lambda: self.act(self.store.engine.post(path, {"title": said or None})),
            "tag": lambda: self.act(self.store.engine.post(path, {"metadata": {TAGS_KEY: said or None}})),
            "fork": lambda: self.act(
                self.store.engine.post(paths.own(self.chosen, "fork"), {}),
                lambda new: self.workbench.open_session(new["id"]),
            ),
            "rewind": lambda: self.act(self.store.engine.post(paths.own(self.chosen, "rewind"), {})),
            "retry": self.try_again,
            "budget": lambda: self._set_budget(said),
            "archive": lambda: self.act(self.store.engine.post(f"{path}/archive", {})),
            "changes": lambda: self.open_papers("changes"),
            "events": lambda: self.open_papers("events"),
            "cost": lambda: self.open_papers("cost"),
            "network": lambda: self.open_papers("network"),
            "copy": self.copy,
            "find": lambda: self.find(rest.strip()),
        }
        if word in doing:
            doing[word]()
            return
        listed = " · ".join(f"/{name} {what}" for name, what in COMMANDS.items())
        self.notify(f"/{word} is no command; there are {listed}", severity="warning", timeout=12)
        self.prompt.set(f"/{word} {rest}".strip())

    def try_again(self) -> None:
        """Have a session go on whose turn has failed."""
        self.store.try_again(self.chosen)
        self.redraw()

    def _set_budget(self, dollars: str) -> None:
        try:
            budget = budgets.budget(dollars)
        except ValueError as unclear:
            self.notify(str(unclear), severity="warning")
            self.prompt.set(f"/budget {dollars}")
            return
        self.act(change(self.store.engine, self.chosen, budget), lambda _: self.notify("its budget is changed"))

    def open_papers(self, tab: str) -> None:
        """Show what the session left: changes, events, cost."""

    def copy(self) -> None:
        """Put an answer on the clipboard."""

    def find(self, text: str) -> None:
        """Show where a text stands."""

    # ── earlier lines ──

    def action_earlier(self) -> None:
        """The youngest earlier line that holds what was typed; again, the one before."""
        wanted, back = self._found
        typed = self.prompt.text
        history = self.store.view_file.view.history
        fitting = [line for line in reversed(history) if wanted in line]
        if not back or back > len(fitting) or typed != fitting[back - 1]:
            wanted, back = typed, 0
            fitting = [line for line in reversed(history) if wanted in line and line != typed]
        if back >= len(fitting):
            self.notify("there is no earlier line" + (f" with {wanted!r}" if wanted else ""))
            return
        self._found = (wanted, back + 1)
        self.prompt.set(fitting[back])

    # ── the person's own editor ──

    def action_editor(self) -> None:
        """Write the line in $VISUAL or $EDITOR; the app waits below it."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "prompt.md"
            file.write_text(self.prompt.text, encoding="utf-8")
            try:
                with self.app.suspend():
                    done = subprocess.run(["/bin/sh", "-c", f'{editor} "$1"', "sh", str(file)], check=False)
                written = file.read_text(encoding="utf-8")
            except (SuspendNotSupported, OSError, UnicodeDecodeError) as error:
                self.notify(f"{editor}: {error or 'this terminal cannot be lent to it'}", severity="error")
                return
        if done.returncode:
            self.notify(f"{editor} ended with {done.returncode}; the line is as it was", severity="warning")
            return
        self.prompt.set(written.rstrip("\n"))

    # ── files ──

    def action_complete(self) -> None:
        """Complete the @file before the cursor to the next one that fits."""
        project = self.row.project if self.row else ""
        if not project:
            self.notify("this session has no project folder to take files from")
            return
        if project not in self._files:
            self._files[project] = files_in(Path(project))
        done = completed(self.prompt.text, self._files[project], self._stem)
        if done is None:
            self.notify("no file of the project fits what stands behind the last @")
            return
        text, self._stem = done
        self.prompt.set(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "earlier" | "editor":
                return self.focused is self.prompt
            case "complete":
                return self.focused is self.prompt and "@" in self.prompt.text
        return super().check_action(action, parameters)
