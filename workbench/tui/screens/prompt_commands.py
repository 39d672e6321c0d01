"""Lines of the prompt besides messages: commands, a shell line, earlier lines, the person's own editor, files by name."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from workbench.client import background
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.completion_sources import ProjectFiles
from workbench.tui.screens.package_actions import PackageActions
from workbench.tui.screens.session_actions import SessionActions
from workbench.tui.screens.setting_actions import SettingActions
from workbench.tui.screens.transcript_actions import TranscriptActions
from workbench.tui.state.completion import Choice, Word
from workbench.tui.state.project_files import completed, files_in
from workbench.tui.state.task_line import GOAL, NO_GOAL, NOTHING_TO_RUN
from workbench.tui.state.view_state import remembered
from workbench.tui.widgets.session_view import SessionView

COMMANDS: Final = {
    "rename": "a new name for the session",
    "tag": "its tags, with blanks between them",
    "fork": "a second session from here",
    "rewind": "its files as they were before the last turn",
    "mode": "its permission mode: ask, auto, plan, allow or agent",
    "model": "another model from the next request on",
    "effort": "how much the model thinks: low to max",
    "environment": "another environment, on the same files",
    "packages": "more packages for its image, as apt:cmake; alone: what it lacks",
    "retry": "go on after a failed turn",
    "goal": "work until this is reached, graded round by round",
    "budget": "what it may cost in dollars, or none",
    "archive": "end it for good; its history stays",
    "agents": "the agents that it started, and its workflow runs",
    "changes": "review what it changed in the project",
    "review": "have agents look for faults in its changes",
    "events": "every event of its log, one by one",
    "files": "files that it was given, and that it left",
    "cost": "what it cost: by model, turn and tool",
    "network": "hosts it asked for, and refusals",
    "copy": "the last answer to the clipboard",
    "find": "a text in the transcript",
    "open": "its last picture or document; again, the one before",
}


class PromptCommands(Actions):
    """What becomes of an entered line, and the keys of the prompt itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "earlier", "earlier line", priority=True, show=False, id="talk.history"),
        Binding("ctrl+g", "editor", "your editor", priority=True, show=False, id="talk.editor"),
        Binding("ctrl+at,ctrl+t", "complete", "complete @file", priority=True, show=False, id="talk.complete"),
    ]

    def __init__(
        self,
        screen: BaseScreen,
        view: SessionView,
        transcript: TranscriptActions,
        settings: SettingActions,
        packages: PackageActions,
    ) -> None:
        super().__init__(screen)
        self._view = view
        self._transcript = transcript
        self._settings = settings
        self._packages = packages
        self._prompt = view.prompt
        self._do = SessionActions(screen.store, screen.act)
        self._files: dict[str, list[str]] = {}
        self._found: tuple[str, int] = ("", 0)
        self._stem = ""
        self._rewinds: tuple[str, frozenset[str]] = ("", frozenset())
        """The session of which a rewind was asked for, and the commands that were said to end with it."""
        self._listed = ProjectFiles(screen, view.completion)
        view.completion.source = self._choices

    def _choices(self, word: Word) -> Sequence[Choice]:
        """The commands, or the files of the session's project."""
        if word.sign == "/":
            return [Choice(name, says) for name, says in COMMANDS.items()]
        return self._listed.of(self._view.row.project if self._view.row else "")

    def enter(self, text: str) -> None:
        """Take an entered line: for the agent, or with ! for its sandbox, or with / for the app."""
        if text == "!":
            self.screen.notify(NOTHING_TO_RUN, severity="warning")
            self._prompt.set(text)
            return
        self.store.view_file.put(remembered(self.store.view_file.view, text))
        if text.startswith("!"):
            command = self.store.run_command(self._view.chosen, text[1:].strip())
            self.screen.act(command, lambda _: self.screen.redraw())
        elif _is_command(text):
            self._command(*text[1:].partition(" ")[::2])
        else:
            self._view.send(text.removeprefix("/") if text.startswith("//") else text, "step")

    def _command(self, word: str, rest: str) -> None:
        chosen, do, show = self._view.chosen, self._do, self._transcript.action_details
        commands: dict[str, Callable[[], None]] = {
            "goal": lambda: self._set_goal(rest.strip()),
            "rename": lambda: do.rename([chosen], rest),
            "tag": lambda: do.tag([chosen], rest),
            "fork": lambda: do.fork([chosen], lambda new: self.screen.workbench.open_session(new["id"])),
            "rewind": self._rewind,
            "mode": lambda: self._settings.set_mode(rest.strip()) if rest.strip() else self._settings.action_mode(),
            "model": lambda: self._settings.set_model(rest.strip()),
            "effort": lambda: self._settings.set_effort(rest.strip()),
            "environment": lambda: self._settings.set_environment(rest.strip()),
            "packages": lambda: self._packages.add(rest.strip()),
            "retry": self._try_again,
            "budget": lambda: self._set_budget(" ".join(rest.split())),
            "archive": lambda: do.archive([chosen]),
            "agents": self._transcript.action_agents,
            "changes": self._transcript.action_review,
            "review": self._transcript.action_review_by_agents,
            "events": lambda: show("events"),
            "files": lambda: show("files"),
            "cost": lambda: show("cost"),
            "network": lambda: show("network"),
            "copy": self._transcript.action_copy,
            "find": lambda: self._transcript.find(rest.strip()),
            "open": self._transcript.action_open,
        }
        if word in commands:
            commands[word]()
            return
        listed = " · ".join(f"/{name} {what}" for name, what in COMMANDS.items())
        self.screen.notify(f"/{word} is no command; there are {listed}", severity="warning", timeout=12)
        self._prompt.set(f"/{word} {rest}".strip())

    def _set_goal(self, text: str) -> None:
        if text:
            self._do.set_goal(self._view.chosen, text)
            return
        self.screen.notify(NO_GOAL, severity="warning")
        self._prompt.set(f"{GOAL} ")

    def _rewind(self) -> None:
        """At once, or when it comes twice where it ends what runs in the background."""
        chosen, meant = self._view.chosen, self._rewinds
        self._rewinds = ("", frozenset())

        def look(commands: list[dict[str, Any]]) -> None:
            ends = frozenset(one["id"] for one in commands)
            if not ends or meant == (chosen, ends):
                said = "the session's files are as before its last turn; what was said stays, and the agent is told"
                self._do.rewind(chosen, lambda _: self.screen.notify(said, title="rewound", timeout=10))
                return
            self._rewinds = (chosen, ends)
            said = f"this ends {background.told(commands)}; /rewind again does it"
            self.screen.notify(said, severity="warning", timeout=12)

        self._do.find_background(chosen, look)

    def _try_again(self) -> None:
        self.store.try_again(self._view.chosen)
        self.screen.redraw()

    def _set_budget(self, dollars: str) -> None:
        try:
            self._do.set_budget(self._view.chosen, dollars, lambda _: self.screen.notify("budget changed"))
        except ValueError as unclear:
            self.screen.notify(str(unclear), severity="warning")
            self._prompt.set(f"/budget {dollars}")

    # ── earlier lines ──

    def action_earlier(self) -> None:
        """The youngest earlier line that holds what was typed; again, the one before."""
        wanted, back = self._found
        typed = self._prompt.text
        history = self.store.view_file.view.history
        fitting = [line for line in reversed(history) if wanted in line]
        if not back or back > len(fitting) or typed != fitting[back - 1]:
            wanted, back = typed, 0
            fitting = [line for line in reversed(history) if wanted in line and line != typed]
        if back >= len(fitting):
            self.screen.notify("there is no earlier line" + (f" with {wanted!r}" if wanted else ""))
            return
        self._found = (wanted, back + 1)
        self._prompt.set(fitting[back])

    # ── the person's own editor ──

    def action_editor(self) -> None:
        """Write the line in $VISUAL or $EDITOR; the app waits below it."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "prompt.md"
            file.write_text(self._prompt.text, encoding="utf-8")
            try:
                with self.screen.app.suspend():
                    done = subprocess.run(["/bin/sh", "-c", f'{editor} "$1"', "sh", str(file)], check=False)
                written = file.read_text(encoding="utf-8")
            except (SuspendNotSupported, OSError, UnicodeDecodeError) as error:
                self.screen.notify(f"{editor}: {error or 'this terminal cannot be handed over'}", severity="error")
                return
        if done.returncode:
            self.screen.notify(f"{editor} ended with {done.returncode}; the line is unchanged", severity="warning")
            return
        self._prompt.set(written.rstrip("\n"))

    # ── files ──

    def action_complete(self) -> None:
        """Complete the @file before the cursor to the next one that fits."""
        row = self._view.row
        project = row.project if row else ""
        if not project:
            self.screen.notify("this session has no project folder")
            return
        if project not in self._files:
            self._files[project] = files_in(Path(project))
        done = completed(self._prompt.text, self._files[project], self._stem)
        if done is None:
            self.screen.notify("no file of the project matches the text behind the last @")
            return
        text, self._stem = done
        self._prompt.set(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = self.screen.focused is self._prompt
        return typing and ("@" in self._prompt.text if action == "complete" else True)


def _is_command(text: str) -> bool:
    """Whether a line is for the app; one that begins with a path, as a file that was dropped, is a message."""
    return text.startswith("/") and "/" not in text[1:].partition(" ")[0]
