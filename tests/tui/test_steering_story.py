"""Stories in a real terminal against a real engine: a session that is steered and left, four that stream, an engine that dies."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.messages_server import call
from tests.tui.tmux import Terminal, app_pid, terminal_of
from workbench.bench.model import model_apart

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


def _say(terminal: Terminal, words: str, until: str) -> None:
    terminal.type(words)
    terminal.keys("C-j")
    terminal.shows(until)


def _leave(terminal: Terminal) -> None:
    """Out of a place and out of the app, and a clean screen behind it."""
    terminal.keys("F2")
    terminal.shows("· Board")
    terminal.keys("C-z")
    terminal.shows("shell>")
    _say(terminal, "clear", "shell>")


@podman_only
def test_a_session_is_steered_sent_to_the_background_and_found_again_from_the_shell() -> None:
    with installation([call("bash", {"command": "sleep 3; echo one"})]) as here, terminal_of(here) as terminal:
        terminal.shows("shell>")
        _say(terminal, "workbench", "Enter  the Board")
        terminal.keys("Enter")
        terminal.shows("Type a task")
        terminal.type("count slowly")
        terminal.keys("Enter")
        terminal.shows("● working")
        terminal.keys("Enter")
        terminal.shows("▶ bash")
        terminal.type("and then to two")
        terminal.keys("Enter")
        terminal.shows("at the next step: and then to two")
        terminal.keys("F2")
        terminal.shows("✔ done")
        terminal.keys("Tab")
        terminal.keys("Space")
        terminal.shows("and then to two")
        terminal.keys("Space")
        _leave(terminal)
        session = here.json("ps")[0]["id"]
        _say(terminal, f"workbench attach {session[-6:]}", "and then to two")
        _leave(terminal)
        _say(terminal, "workbench inbox", "· Inbox")
        _leave(terminal)
        _say(terminal, "workbench --plain", "Number opens, n new task")
        _say(terminal, "1", "Text sends")
        assert "you: and then to two" in terminal.screen()
        _say(terminal, "b", "q leaves")
        _say(terminal, "q", "left; sessions go on")


def test_four_that_stream_are_left_answered_and_attached_again_over_a_killed_app() -> None:
    with (
        model_apart(rate=50) as url,
        installation(offline=True, ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY="sk-test") as here,
        terminal_of(here) as terminal,
    ):
        for number in range(4):
            here.run_detached(f"task {number}")
        terminal.shows("shell>")
        _say(terminal, "workbench panes", "4 ● working")
        terminal.shows("Reading")
        # One goes to the background: its pane is closed, and it streams on.
        terminal.keys("M-w")
        terminal.hides("4 ●")
        terminal.keys("F2")
        terminal.shows("· Board")
        assert terminal.screen().count("● working") == 4
        terminal.keys("Tab")
        terminal.keys("Space")
        terminal.shows("│● task")
        terminal.keys("Enter")
        terminal.shows("· Session")
        terminal.type("that is enough")
        terminal.keys("Enter")
        terminal.shows("at the next step: that is enough")
        terminal.type("half a thought")
        terminal.shows("half a thought")
        os.kill(app_pid(terminal), signal.SIGKILL)
        # The killed app left the terminal raw: only a line feed ends a line.
        terminal.keys("C-j")
        terminal.shows("shell>")
        _say(terminal, "stty sane; clear; workbench panes", "3 ● working")
        assert "4 ●" not in terminal.screen()
        _leave(terminal)
        assert [one["status"] for one in here.json("ps")] == ["running"] * 4


def test_an_engine_that_is_killed_is_said_and_the_app_is_back_on_it_when_it_runs_again() -> None:
    with installation(offline=True) as here, terminal_of(here) as terminal:
        here.told("run", "--model", "offline", "hello")
        terminal.shows("shell>")
        _say(terminal, "workbench", "Enter  the Board")
        terminal.keys("Enter")
        terminal.shows("✔ done")
        here.kill_engine()
        terminal.shows("no engine answers")
        terminal.hides("engine ok")
        terminal.type("typed meanwhile")
        terminal.shows("typed meanwhile")
        assert "✔ done" in terminal.screen()
        here.told("up")
        terminal.shows("engine ok")
        assert "typed meanwhile" in terminal.screen()
