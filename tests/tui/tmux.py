"""A real terminal: tmux with a shell in it, in which a person types and reads."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.line.installation import Installation
from workbench.tui.widgets.approval_card import GRACE_S

WAIT_S = 15


@dataclass(frozen=True)
class Terminal:
    """A terminal of 100 × 30 with a shell in it, in a tmux server of its own."""

    here: Installation

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-S", str(self.here.home / "tmux"), "-f", "/dev/null", *words]
        done = subprocess.run(
            command, env=self.here.environment | {"TERM": "xterm-256color"}, capture_output=True, text=True, check=False
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def type(self, said: str) -> None:
        self.tmux("send-keys", "-l", said)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def shows(self, wanted: str) -> None:
        self._until(lambda: wanted in self.screen(), wanted)

    def hides(self, unwanted: str) -> None:
        self._until(lambda: unwanted not in self.screen(), f"no {unwanted}")

    def allows(self) -> None:
        """Allow what a card asks, once it is whole; a card that says that it was too soon is asked again, as a person does."""
        self.shows("asked because")
        pause = threading.Event()
        for _ in range(WAIT_S):
            pause.wait(2 * GRACE_S)
            self.keys("y")
            self._until(lambda: "asked because" not in self.screen() or "press it again" in self.screen(), "an answer")
            if "asked because" not in self.screen():
                return
        raise AssertionError(f"no answer was taken:\n{self.screen()}")

    def _until(self, true: Callable[[], bool], what: str) -> None:
        pause = threading.Event()
        for _ in range(WAIT_S * 20):
            if true():
                return
            pause.wait(0.05)
        raise AssertionError(f"waited for {what!r}:\n{self.screen()}")


@contextmanager
def terminal_of(here: Installation) -> Iterator[Terminal]:
    """A terminal of 100 × 30 in this installation's home; its prompt is `shell>`."""
    terminal = Terminal(here)
    shell = "/bin/sh"
    terminal.tmux("new-session", "-d", "-x", "100", "-y", "30", "-c", str(here.home), shell)
    terminal.type(f"alias workbench='{sys.executable} -m workbench'; PS1='shell> '; clear")
    terminal.keys("Enter")
    try:
        yield terminal
    finally:
        terminal.tmux("kill-server")


def app_pid(terminal: Terminal) -> int:
    """The process that the shell of this terminal waits for."""
    shell = terminal.tmux("display-message", "-p", "#{pane_pid}").strip()
    done = subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])
