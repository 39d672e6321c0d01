"""What was typed and not sent: a small file per session, written with every key, so that no crash takes a word."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

from workbench.settings import make_private
from workbench.tui.state import comments, shell_runs
from workbench.tui.state.comments import Comment
from workbench.tui.state.shell_runs import ShellRun

When = Literal["step", "turn"]
BOX: Final = "board"
"""The draft of the Board's box while new tasks work on no folder."""


@dataclass(frozen=True)
class Held:
    """A message that is not in the engine yet: on its way to the next step, or kept for the end of the turn."""

    text: str
    when: When
    files: tuple[str, ...] = ()
    """Paths of pictures and documents that go with it."""


@dataclass(frozen=True)
class Draft:
    """One prompt: the text in it and the lines behind it; `paused` after an interrupt, until a person lets them go."""

    text: str = ""
    held: tuple[Held, ...] = ()
    paused: bool = False
    ran: tuple[ShellRun, ...] = ()
    """Commands of a person's own, which go to the agent with the next message."""
    comments: tuple[Comment, ...] = ()
    """On lines of what the session changed; they go together when a person sends them."""


class Drafts:
    """The drafts of all prompts, under the user's state folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = make_private(folder)
        self._known = {file.stem: draft for file in folder.glob("*.json") if (draft := _read(file)) is not None}

    def of(self, key: str) -> Draft:
        return self._known.get(key, Draft())

    def holding(self) -> list[str]:
        """The sessions for which lines wait."""
        return [key for key, draft in self._known.items() if draft.held]

    def holds(self, key: str) -> bool:
        """Whether lines wait for this session."""
        return bool(self.of(key).held)

    def typed(self, key: str, text: str) -> None:
        if text != self.of(key).text:
            self._put(key, replace(self.of(key), text=text))

    def hold(self, key: str, text: str, when: When, files: Sequence[str] = ()) -> Held:
        """Keep a line until it was sent."""
        held = Held(text, when, tuple(files))
        self._put(key, replace(self.of(key), held=(*self.of(key).held, held)))
        return held

    def release(self, key: str, held: Held) -> None:
        """Forget a line that was sent."""
        self._put(key, replace(self.of(key), held=tuple(one for one in self.of(key).held if one is not held)))

    def take_back(self, key: str) -> str:
        """The youngest line, which waits no longer; empty when none waits."""
        draft = self.of(key)
        if not draft.held:
            return ""
        self._put(key, replace(draft, held=draft.held[:-1]))
        return draft.held[-1].text

    def keep_run(self, key: str, ran: ShellRun) -> None:
        self._put(key, replace(self.of(key), ran=(*self.of(key).ran, ran)))

    def taken_runs(self, key: str) -> tuple[ShellRun, ...]:
        """What was run since the last message; it is told once."""
        since = self.of(key).ran
        self._put(key, replace(self.of(key), ran=()))
        return since

    def comment(self, key: str, given: tuple[Comment, ...]) -> None:
        """Keep these comments, and no others."""
        if given != self.of(key).comments:
            self._put(key, replace(self.of(key), comments=given))

    def pause(self, key: str, *, paused: bool) -> None:
        if paused != self.of(key).paused:
            self._put(key, replace(self.of(key), paused=paused))

    def _put(self, key: str, draft: Draft) -> None:
        self._known[key] = draft
        file = self._folder / f"{key}.json"
        if draft == Draft():
            file.unlink(missing_ok=True)
            return
        # A whole new file takes the place of the old one: a kill in between leaves one of them.
        new = f"{file}.new"
        # Three calls of the system: this happens with every key.
        opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(opened, json.dumps(asdict(draft), ensure_ascii=False).encode())
        finally:
            os.close(opened)
        os.replace(new, file)


def draft_of_folder(folder: str) -> str:
    """The name of the draft in the Board's box while new tasks work on this folder: a task for one project is none for another."""
    return f"{BOX}-{hashlib.sha256(folder.encode()).hexdigest()[:12]}" if folder else BOX


def _read(file: Path) -> Draft | None:
    """The draft in a file; a file that a person broke is left alone."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        held = tuple(Held(one["text"], one["when"], tuple(one.get("files", ()))) for one in kept["held"])
        ran = shell_runs.kept(kept.get("ran", ()))
        return Draft(kept["text"], held, kept["paused"], ran, comments.read(kept.get("comments", ())))
    return None
