"""Agents that start others on a whole workbench: without an account, and through kills."""

from __future__ import annotations

import random

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.nightly import teams

KILLS = 2


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
    told = here.json("threads", lead)
    assert sorted(one["agent"]["name"] for one in told["threads"]) == ["looker", "mender", "writer"]
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


@podman_only
def test_each_report_comes_once_however_often_the_engine_is_killed() -> None:
    seed = random.randrange(1 << 32)
    summary = teams.run(KILLS, random.Random(seed))
    assert summary.faults == [], seed
