"""Agents that start others on a whole workbench: without an account, and through kills."""

from __future__ import annotations

import random

from tests.hands.places import podman_only
from tests.line.installation import installation
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


@podman_only
def test_each_report_comes_once_however_often_the_engine_is_killed() -> None:
    seed = random.randrange(1 << 32)
    summary = teams.run(KILLS, random.Random(seed))
    assert summary.faults == [], seed
