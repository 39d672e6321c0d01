"""Agents that start others on a whole workbench: without an account, and through kills."""

from __future__ import annotations

import json
import random

import pytest

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly import teams
from workbench.contracts.values import Json

KILLS = 2
THREADS = "select agent, role, status, stop_reason, reports, tokens > 0 as spent from threads where workflow_run_id is null order by 1"
RUNS = (
    "select phase, phases, agents, done, failed, result,"
    " (select count(*) from tool_calls where thread_id in (select thread_id from threads where workflow_run_id is not null)) as tasks"
    " from workflow_runs"
)


@podman_only
def test_a_team_and_a_workflow_run_end_well_without_an_account_and_the_command_line_tells_of_both() -> None:
    with installation(offline=True) as here:
        team = here.say("demo", "team")
        assert (team.code, "✓ 3 agents have reported: looker, mender, writer" in team.out) == (0, True), team
        assert "← mender:\n" in team.out
        assert "All tests pass now." in team.out
        flow = here.say("demo", "flow")
        assert (flow.code, "✓ the run has ended: 8 agents in 3 phases" in flow.out) == (0, True), flow
        assert "run market survey: phase look again" in flow.out
        _told_of(here)


def _told_of(here: Installation) -> None:
    """What the words of the command say of the two sessions."""
    lead = next(one["id"] for one in here.json("ps") if one["title"] == "demo: a team")
    survey = next(one["id"] for one in here.json("ps") if one["title"] == "demo: a workflow run")
    assert [line.split()[1:4] for line in here.told("ps", "--threads").splitlines() if "└" in line] == [
        ["✔", "done", "└"]
    ] * 3
    assert "run" in here.told("threads", survey).splitlines()[0]
    assert "8 of 8 agents" in here.told("threads", survey)
    assert "no workflow run" in here.say("threads", survey, "stop").err
    told = here.json("threads", lead)
    assert sorted(one["agent"]["name"] for one in told["threads"]) == ["looker", "mender", "writer"]
    assert here.told("sql", "--format", "csv", THREADS).split() == [
        "agent,role,status,stop_reason,reports,spent",
        "looker,subagent,idle,end_turn,1,true",
        "mender,subagent,idle,end_turn,1,true",
        "writer,subagent,idle,end_turn,1,true",
    ]
    assert here.told("sql", "--format", "csv", RUNS).split() == [
        "phase,phases,agents,done,failed,result,tasks",
        ",3,8,8,0,completed,8",
    ]
    mender = here.told("logs", "--thread", "mender", lead)
    assert mender.startswith("← the coordinator:\n  The tests of this project fail.")
    assert "→ edit" in mender
    assert here.say("logs", "-f", "--thread", "mender", lead).out == mender
    wrong = here.say("logs", "--thread", "mendr", lead)
    assert (wrong.code, "did you mean mender?" in wrong.err) == (2, True)
    sent = here.say("send", "--watch", "--thread", "writer", lead, "Run `true`.")
    assert "passes it on to writer" in sent.err
    assert here.events(lead)[-1]["type"] == "session.status_idle"
    here.told("threads", lead, "archive", "looker")
    ended = {one["agent"]["name"]: one["status"] for one in here.json("threads", lead)["threads"]}
    assert ended == {"looker": "terminated", "mender": "idle", "writer": "idle"}
    assert "looker (" in here.say("send", "--thread", "looker", lead, "more").err
    offered = here.told("completion", "candidates", "--", "threads", lead[-6:], "archive", "").split("\n")
    assert [one.partition("\t")[0] for one in offered if one] == ["mender", "writer"]


@pytest.mark.long
@podman_only
def test_each_report_comes_once_however_often_the_engine_is_killed() -> None:
    seed = random.randrange(1 << 32)
    summary = teams.run(KILLS, random.Random(seed))
    assert summary.faults == [], seed


FOUND: Json = {
    "file": "adder.py",
    "line": 2,
    "severity": "high",
    "title": "subtracts",
    "scenario": "add(1, 1) gives 0",
}


def _reviews(request: Json) -> Play:
    """An agent that changes a file; a finder that reads it in its copy; a refuter that lets the claim stand."""
    system, done = str(request["system"][0]["text"]), str(request["messages"]).count("tool_result")
    if system.startswith("You review changes"):
        return text(json.dumps({"findings": [FOUND]})) if done else call("grep", {"pattern": "return", "path": "."})
    if system.startswith("You check one claim"):
        return text(json.dumps({"verdict": "confirmed", "reason": "1 - 1 is 0"}))
    if system.startswith("You report on a review"):
        return text("One finding holds.")
    change = {"command": "echo 'def add(a, b): return a - b' > adder.py"}
    return text("Changed.") if done else call("bash", change)


@podman_only
def test_a_review_runs_on_a_copy_and_its_findings_are_printed() -> None:
    with installation() as here:
        here.model.otherwise = _reviews
        project = here.home / "adder"
        project.mkdir()
        (project / "adder.py").write_text("def add(a, b): return a + b\n")
        session_id = here.run_detached("change it", "-C", str(project))
        assert here.say("logs", "-f", session_id).code == 0
        before = here.events(session_id)
        done = here.say("review", session_id)
        assert (done.code, "1 finding held, 0 were refuted · 2 agents" in done.out) == (0, True), done
        assert "! adder.py:2 high · confirmed\n    subtracts\n" in done.out
        found = here.json("review", "--last", session_id)
        assert [one["verdict"] for one in found["findings"]] == ["confirmed"]
        seen = [one for one in here.model.requests if str(one["system"][0]["text"]).startswith("You review changes")]
        assert "a - b" in str(seen[-1]["messages"])
        assert here.events(session_id) == before
        assert here.say("review", "--last", found["session_id"]).code == 2
