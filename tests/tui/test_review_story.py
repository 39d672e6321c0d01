"""A review in a real terminal on a real sandbox: two comments, a second round, hunks applied and discarded, and git's own commit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.messages_server import call, text
from tests.tui.tmux import terminal_of

NUMBERS = "".join(f"number_{number} = {number}\n" for number in range(1, 41))
FIRST = "sed -i 's/^number_3 = 3$/number_3 = 33/; s/^number_38 = 38$/number_38 = 83/' numbers.py; echo why > notes.txt"
THIRD = "sed -i 's/^number_10 = 10$/ten = 10/; s/^number_11 = 11$/eleven = 11/' numbers.py"
SECOND = "sed -i 's/^number_20 = 20$/number_20 = 22/' numbers.py"


def _git(project: Path, *words: str) -> str:
    own = ("-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *own, *words], cwd=project, check=True, capture_output=True, text=True).stdout


@podman_only
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_a_diff_is_commented_a_second_round_is_applied_by_hunks_and_the_project_is_as_git_would_have_it() -> None:
    script = [
        call("bash", {"command": FIRST}),
        text("Three changes."),
        call("bash", {"command": SECOND}),
        text("And a fourth."),
        call("bash", {"command": "cat numbers.py"}),
        text("I see."),
        call("bash", {"command": THIRD}),
        text("Two neighbours."),
    ]
    with installation(script) as here, terminal_of(here) as terminal:
        project = here.home / "project"
        project.mkdir()
        (project / "numbers.py").write_text(NUMBERS)
        _git(project, "init", "-q")
        _git(project, "add", ".")
        _git(project, "commit", "-qm", "Numbers")
        session_id = here.run_detached("-C", str(project), "change numbers")
        here.until(session_id, "session.status_idle")

        terminal.type(f"workbench diff -i {session_id[-6:]}")
        terminal.keys("Enter")
        terminal.shows("+ why")
        assert "reads again" not in terminal.screen()
        terminal.keys("c")
        terminal.type("Say why.")
        terminal.keys("Enter")
        terminal.shows("▌ Say why.")
        terminal.keys("n")
        terminal.shows("2 of 2")
        terminal.keys("j")
        terminal.keys("c")
        terminal.type("Why 33?")
        terminal.keys("Enter")
        terminal.shows("2 comments not sent")
        terminal.keys("S")
        terminal.shows("My comments on your changes:")
        terminal.keys("S")
        terminal.shows("2 comments sent to the agent")
        here.until(session_id, "session.status_idle", 2)
        messages = [event for event in here.events(session_id) if event["type"] == "user.message"]
        assert len(messages) == 2
        assert "numbers.py, line 3:\n> +number_3 = 33\nWhy 33?" in messages[1]["content"][0]["text"]
        assert "notes.txt, line 1:\n> +why\nSay why." in messages[1]["content"][0]["text"]

        terminal.shows("r reads again")
        terminal.keys("r")
        terminal.shows("3 of 3")
        terminal.keys("a")
        terminal.shows("a again applies")
        terminal.keys("a")
        terminal.hides("3 of 3")
        assert (project / "numbers.py").read_text() == NUMBERS.replace("= 3\n", "= 33\n", 1)
        terminal.shows("2 of 2")
        terminal.keys("d")
        terminal.shows("d again discards")
        terminal.keys("d")
        terminal.shows("1 of 1")
        terminal.keys("M")
        terminal.shows("commits numbers.py with this message")
        terminal.keys("Enter")
        terminal.shows("committed to main as")
        terminal.keys("q")
        terminal.shows("shell>")

        assert _git(project, "status", "--porcelain") == ""
        assert _git(project, "show", "HEAD:numbers.py") == NUMBERS.replace("= 3\n", "= 33\n", 1)
        assert f"Workbench-Session: {session_id}" in _git(project, "log", "-1", "--format=%B")
        [left] = here.json("diff", session_id, "--hunks")["files"][1]["hunks"]
        assert "+number_38 = 83" in left["lines"]
        here.told("apply", "-y", session_id, "--hunk", left["id"])
        here.told("discard", "-y", session_id, "notes.txt")
        assert here.told("diff", session_id) == ""
        (project / "mine").write_text("not of the session\n")
        here.told("commit", "--applied", "-y", "-m", "The other", session_id)
        assert _git(project, "status", "--porcelain") == "?? mine\n"
        assert _git(project, "log", "--format=%s").splitlines() == ["The other", "change numbers", "Numbers"]
        changed = NUMBERS.replace("= 3\n", "= 33\n", 1).replace("number_38 = 38\n", "number_38 = 83\n")
        assert (project / "numbers.py").read_text() == changed

        here.told("send", session_id, "look again")
        here.until(session_id, "session.status_idle", 3)
        [seen] = [event for event in here.events(session_id) if event["type"] == "agent.tool_result"][-1]["content"]
        assert seen["text"] == changed.rstrip("\n")
        told = [event["content"][0]["text"] for event in here.events(session_id) if event["type"] == "system.message"]
        assert ["numbers.py (in part)." in told[0], "notes.txt." in told[1]] == [True, True]

        here.told("send", session_id, "and two neighbours")
        here.until(session_id, "session.status_idle", 4)
        terminal.type(f"workbench diff -i {session_id[-6:]}")
        terminal.keys("Enter")
        terminal.shows("eleven = 11")
        # One under the other: the first line that goes, then the first that comes.
        terminal.keys("v")
        terminal.shows("a apply lines")
        terminal.keys("j")
        terminal.keys("j")
        terminal.keys("a")
        terminal.shows("a again applies 3 chosen lines of numbers.py")
        terminal.keys("a")
        terminal.shows("applied 3 chosen lines")
        applied = changed.replace("number_10 = 10\nnumber_11 = 11\n", "ten = 10\n")
        assert (project / "numbers.py").read_text() == applied
        terminal.keys("q")
        terminal.shows("shell>")
        [left] = here.json("diff", session_id, "--hunks")["files"][0]["hunks"]
        number = left["lines"].index("+eleven = 11") + 1
        assert f"{number} +eleven = 11" in here.told("diff", session_id, "--hunks")
        wrong = here.say("apply", "-y", session_id, "--hunk", f"{left['id']}:{number}-99")
        assert (wrong.code, "lines are numbers from 1 to" in wrong.err) == (2, True)
        here.told("apply", "-y", session_id, "--hunk", f"{left['id']}:{number}")
        assert (project / "numbers.py").read_text() == applied.replace("ten = 10\n", "ten = 10\neleven = 11\n")
        assert here.told("diff", session_id) == ""
