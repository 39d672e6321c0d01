"""Agents that start others, in the app: what a row says, a transcript of each, and a child's question answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import EXPLAINED, looked_at, said, shows, state, until
from tests.tui.teams import CODER, LEAD, TESTER, team, thread
from tests.tui.test_board import play
from workbench.tui.screens.thread import ThreadScreen
from workbench.tui.state.rows import WAITING, WORKING, row_of

Json = dict[str, Any]
WORKS = {"status": "running", "running_since": "2026-11-20T11:59:00+00:00"}
RUN = {"id": "wrun_1", "name": "looking", "phase": "b", "phases": ["a", "b", "c"], "agents": 40, "done": 17}


@pytest.mark.parametrize(
    ("fields", "mark", "told"),
    [
        (
            {
                "threads": [
                    thread("sthr_1", "a", waiting_for=["c1"]),
                    thread("sthr_2", "b", **WORKS),
                    thread("sthr_3", "c"),
                ],
                "waiting_for": ["c1"],
            },
            WAITING,
            "1 of 3 agents waits",
        ),
        (
            {"threads": [thread(f"sthr_{n}", "a", activity="bash pytest -q", **WORKS) for n in range(3)]},
            WORKING,
            "3 agents at work · bash pytest -q",
        ),
        (
            {"threads": [thread("sthr_1", "a", activity="bash ls", workflow_run_id="wrun_1", **WORKS)], "runs": [RUN]},
            WORKING,
            "17 of 40 agents · phase 2 of 3 · looking",
        ),
        ({"runs": [RUN | {"failed": 2}]}, WORKING, "17 of 40 agents · 2 failed · phase 2 of 3 · looking"),
        (
            {
                "threads": [thread("sthr_1", "a", workflow_run_id="wrun_1", waiting_for=["c1"])],
                "runs": [RUN | {"failed": 2}],
                "waiting_for": ["c1"],
            },
            WAITING,
            "1 of 1 agent waits",
        ),
        (
            {
                "threads": [thread("sthr_1", "a", **WORKS), thread("sthr_2", "b", stop_reason="refusal")],
                "primary_status": "running",
                "activity": "bash make",
            },
            WORKING,
            "1 agent at work · 1 failed · bash make",
        ),
        ({"threads": [thread("sthr_1", "a")], "activity": "bash make"}, WORKING, ""),
    ],
)
def test_a_row_sums_up_all_agents_and_one_that_waits_comes_first(fields: Json, mark: object, told: str) -> None:
    row = row_of(state("sesn_a", **{"status": "running", **fields}))
    assert (row.mark, row.team) == (mark, told)


def test_a_childs_question_is_answered_from_the_session_and_says_whose_it_is(tmp_path: Path) -> None:
    engine = team()

    async def story(pilot: Pilot[None], app: Any) -> None:
        await shows(pilot, "tester bash: rm -rf build · 1 of 3")
        await pilot.press("enter")
        await shows(pilot, "tester of coder wants to use bash")
        await shows(pilot, "← writer: Two of 48 tests fail")
        await until(pilot, lambda: app.screen.view.card.has_focus)
        await looked_at(pilot, app.screen.view.card)
        await pilot.press("y")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    assert engine.posted == [(LEAD, {"type": "user.tool_confirmation", "tool_use_id": "c7", "result": "allow"})]


@pytest.mark.parametrize("agent_id", ["agent_tester", None])
def test_a_childs_call_is_allowed_for_good_for_its_own_agent_where_that_has_an_id(
    agent_id: str | None, tmp_path: Path
) -> None:
    engine = team()
    told = EXPLAINED | {"agent": {"id": agent_id, "name": "tester"}}
    engine.answers[f"/workbench/v1/sessions/{LEAD}/calls/c7"] = told

    async def story(pilot: Pilot[None], app: Any) -> None:
        await shows(pilot, "tester bash: rm -rf build · 1 of 3")
        await pilot.press("enter")
        await shows(pilot, "asked because")
        await until(pilot, lambda: app.screen.view.card.has_focus)
        await looked_at(pilot, app.screen.view.card)
        await pilot.press("a")
        await shows(pilot, "2 for the agent tester  3 everywhere" if agent_id else "1 in this session  2 everywhere")
        await pilot.press("2")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    scope = {"agent": agent_id} if agent_id else {}
    assert engine.told == [("/workbench/v1/rules", {"allow": ["bash(make test)"], **scope})]


def test_a_run_is_ended_when_it_is_meant(tmp_path: Path) -> None:
    engine = team()

    async def story(pilot: Pilot[None], app: Any) -> None:
        await shows(pilot, "17 of 40 agents")
        await pilot.press("down", "enter")
        await shows(pilot, "run looking")
        await pilot.press("alt+q")
        await shows(pilot, "agent 12")
        await pilot.press("X")
        await shows(pilot, "X again ends the run looking and its agents")
        assert engine.told == []
        await pilot.press("X")
        await shows(pilot, "the run is stopped")

    play(engine, tmp_path, story)
    assert engine.told == [("/workbench/v1/sessions/sesn_look-at-all/workflow_runs/wrun_1/stop", {})]


def test_each_agent_is_a_key_away_with_a_transcript_of_its_own_and_a_way_back(tmp_path: Path) -> None:
    engine = team()

    async def story(pilot: Pilot[None], app: Any) -> None:
        await shows(pilot, "rm -rf build · 1 of 3")
        await pilot.press("enter")
        await shows(pilot, "writer")
        await until(pilot, lambda: app.screen.view.card.has_focus)
        await pilot.press("alt+q")
        await shows(pilot, "1.12")
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ThreadScreen) and app.screen.thread_id == CODER)
        engine.happen(CODER, said("x1", "The sum leaves out the last price."))
        await shows(pilot, "leaves out the last price")
        await pilot.press("x")
        await until(pilot, lambda: bool(engine.posted))
        await pilot.press("h")
        await shows(pilot, "There is an old build")
        await shows(pilot, "tester of coder wants to use bash")
        assert app.screen.thread_id == TESTER
        await until(pilot, lambda: app.screen.focused is app.screen.card)
        await looked_at(pilot, app.screen.card)
        await pilot.press("n")
        await until(pilot, lambda: len(engine.posted) == 2)
        await pilot.press("escape", "escape")
        await shows(pilot, "to ship-it")
        await pilot.press("right")
        await shows(pilot, "There is an old build")
        await pilot.press("escape")
        await shows(pilot, "to ship-it")
        await pilot.press("ctrl+o")
        await shows(pilot, "off by one")

    play(engine, tmp_path, story)
    assert engine.posted == [
        (LEAD, {"type": "user.interrupt", "session_thread_id": CODER}),
        (LEAD, {"type": "user.tool_confirmation", "tool_use_id": "c7", "result": "deny"}),
    ]
