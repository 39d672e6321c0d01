"""Goals on a whole workbench: reached without an account, and graded in a copy that survives no crash."""

from __future__ import annotations

import json
import threading

from tests.hands.places import podman_only
from tests.line.installation import WAIT_S, Installation, installation
from tests.messages_server import Play, call, text
from workbench import settings
from workbench.contracts.values import Json
from workbench.hands.podman.specification import SPARE_PREFIX, home_label

GOAL = "the tests of this project pass: `python -m pytest -q` exits 0"
RUBRIC = """- the notes are there: `touch junk && sleep 4 && test -s /mnt/session/outputs/notes.md` exits 0
- the notes are polite
"""


@podman_only
def test_a_goal_without_an_account_is_reached_by_its_command_and_says_how_each_round_went() -> None:
    with installation(offline=True) as here:
        project = here.home / "adder"
        project.mkdir()
        (project / "adder.py").write_text("def add(a, b):\n    return a - b\n")
        (project / "test_adder.py").write_text("import adder\n\n\ndef test_add():\n    assert adder.add(1, 1) == 2\n")
        once = here.say("run", "--goal", GOAL, "-C", str(project), "--max-iterations", "1")
        assert (once.code, "1 of 1 failed; no further round" in once.out) == (8, True), once
        done = here.say("run", "--goal", GOAL, "-C", str(project))
        assert done.code == 0, done
        assert "◎ round 1: 1 of 1 failed" in done.out
        assert f"✗ 1 {GOAL}" in done.out
        assert "◎ round 2: the goal is reached" in done.out
        *_, last = here.say("run", "--goal", "`true` exits 0", "-C", "none", "--json").out.splitlines()
        told = json.loads(last)
        assert (told["exit_code"], told["outcome"]["result"]) == (0, "satisfied")
        told_rows = here.told(
            "sql", "select round, result, failed, criteria from outcomes order by ended_at", "--format", "csv"
        )
        assert told_rows.split() == [
            "round,result,failed,criteria",
            "1,max_iterations_reached,1,1",
            "1,needs_revision,1,1",
            "2,satisfied,0,1",
            "1,satisfied,0,1",
        ]
        demo = here.say("demo", "goal")
        assert (demo.code, "✓ the goal is reached, in 2 rounds" in demo.out) == (0, True), demo


def _play(request: Json) -> Play:
    """The agent writes notes; the grader reads them in its copy, and is content."""
    turns = request["messages"]
    results = [
        one for turn in turns for one in turn["content"] if isinstance(one, dict) and one["type"] == "tool_result"
    ]
    if any(tool["name"] == "submit_verdict" for tool in request["tools"]):
        if not results:
            return call("read", {"file_path": "/mnt/session/outputs/notes.md"})
        passed = "please" in str(results[-1])
        gap = "" if passed else "no please in them"
        criteria = [{"number": 2, "passed": passed, "gap": gap}]
        said = {
            "result": "satisfied" if passed else "needs_revision",
            "criteria": criteria,
            "explanation": "I read them.",
        }
        return call("submit_verdict", said)
    return (
        text("Written.")
        if results
        else call("bash", {"command": "echo please > /mnt/session/outputs/notes.md; touch own"})
    )


@podman_only
def test_a_kill_in_mid_grading_leaves_no_copy_and_the_round_is_graded_anew_under_its_start() -> None:
    with installation() as here:
        here.model.otherwise = _play
        (here.home / "rubric.md").write_text(RUBRIC)
        session_id = here.run_detached("write notes", "--rubric", "rubric.md", "-C", "none")
        _until_copied(here, session_id)
        here.kill_engine()
        here.told("up")
        assert here.say("logs", "-f", session_id).code == 0
        types = [event["type"] for event in here.events(session_id)]
        assert types.count("span.outcome_evaluation_start") == types.count("span.outcome_evaluation_end") == 1
        assert types.count("agent.message") == 1
        (end,) = [one for one in here.events(session_id) if one["type"] == "span.outcome_evaluation_end"]
        assert end["result"] == "satisfied", end
        sandboxes = here.home / "data" / "sandboxes"
        assert [folder.name for folder in sandboxes.iterdir()] == [session_id]
        # What the command wrote was in the copy alone.
        assert [one.name for one in (sandboxes / session_id / "workspace").iterdir()] == ["own"]
        own = f"label={home_label(settings.load(here.environment))}"
        names = here.told("podman", "ps", "-a", "--filter", own, "--format", "{{.Names}}").split()
        assert len([name for name in names if not name.startswith(SPARE_PREFIX)]) == 1


def _until_copied(here: Installation, session_id: str) -> None:
    """Wait until the copy's container runs."""
    record = here.home / "data" / "sandboxes" / session_id.replace("sesn_", "grad_") / "container.json"
    pause = threading.Event()
    for _ in range(WAIT_S * 10):
        if record.exists():
            return
        pause.wait(0.1)
    raise AssertionError("no copy was made")
