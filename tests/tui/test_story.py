"""One story in a real terminal, against a real engine: dispatch, approve from the peek, a killed app, the answer."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.messages_server import call, text
from tests.tui.tmux import app_pid, terminal_of


@podman_only
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_a_task_is_given_approved_from_the_peek_and_answered_over_a_killed_app() -> None:
    script = [call("bash", {"command": "echo approved > note; cat note"}), text("The note says: approved.")]
    with installation(script) as here, terminal_of(here) as terminal:
        agent = here.home / "agent.yaml"
        asks = "tools: [{type: agent_toolset_20260401, default_config: {permission_policy: {type: always_ask}}}]"
        agent.write_text(f"name: careful\nmodel: m\n{asks}\n")
        here.told("agents", "apply", "-f", str(agent))
        terminal.shows("shell>")
        terminal.type("workbench")
        terminal.keys("Enter")
        terminal.shows("Enter  the Board")
        terminal.keys("Enter")
        terminal.shows("Type a task")
        terminal.type("@careful write a note")
        terminal.keys("Enter")
        terminal.shows("? waiting")
        terminal.keys("Tab")
        terminal.keys("Space")
        terminal.shows("wants to use bash")
        terminal.allows()
        terminal.hides("wants to use bash")
        terminal.keys("Tab")
        terminal.type("half a thought")
        terminal.shows("half a thought")
        os.kill(app_pid(terminal), signal.SIGKILL)
        # The killed app left the terminal raw: only a line feed ends a line.
        terminal.keys("C-j")
        terminal.shows("shell>")
        terminal.type("stty sane; clear; workbench")
        terminal.keys("C-j")
        terminal.shows("✔ done")
        terminal.shows("half a thought")
        terminal.keys("Tab")
        terminal.keys("Enter")
        terminal.shows("The note says: approved.")
        terminal.shows("allowed by you")
        terminal.keys("F2")
        terminal.shows("Board")
        terminal.keys("C-z")
        terminal.shows("shell>")
        assert here.json("status")["running"]


@podman_only
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_the_first_run_has_a_demo_whose_approval_is_answered_from_the_board_by_one_key() -> None:
    with installation(offline=True) as here, terminal_of(here) as terminal:
        terminal.shows("shell>")
        terminal.type("workbench")
        terminal.keys("Enter")
        terminal.shows("demo: an agent writes a file")
        terminal.keys("d")
        terminal.shows("? waiting")
        terminal.allows()
        terminal.shows("Hello from your own sandbox.")
        terminal.hides("wants to use bash")


@podman_only
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_four_panes_one_closed_peeked_answered_and_attached_are_all_there_after_kill_9() -> None:
    script = [text(f"Answer number {number}.") for number in range(5)]
    with installation(script) as here, terminal_of(here) as terminal:
        for number in range(4):
            here.run_detached(f"task {number}")
        terminal.shows("shell>")
        terminal.type("workbench panes")
        terminal.keys("Enter")
        for number in range(4):
            terminal.shows(f"Answer number {number}.")
        terminal.keys("M-w")
        terminal.hides("4 ○")
        terminal.keys("F2")
        terminal.shows("Board")
        terminal.keys("Tab")
        terminal.keys("Space")
        terminal.shows("you")
        terminal.keys("Enter")
        terminal.shows("Session")
        terminal.type("one more")
        terminal.keys("Enter")
        terminal.shows("Answer number 4.")
        terminal.type("half a thought")
        terminal.shows("half a thought")
        os.kill(app_pid(terminal), signal.SIGKILL)
        terminal.keys("C-j")
        terminal.shows("shell>")
        terminal.type("stty sane; clear; workbench panes")
        terminal.keys("C-j")
        terminal.shows("3 ○")
        terminal.hides("4 ○")
        assert len(here.json("ps")) == 4
