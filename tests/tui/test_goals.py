"""Goals in the app: set from the box and the prompt, how far a row is, and rounds that open to their criteria."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, screen_text, shows, state, until
from tests.tui.test_talk import play
from workbench.contracts.evaluation_words import Judged, explained
from workbench.tui.render.event_lines import summary_of, word_of
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.rows import row_of
from workbench.tui.state.task_line import Task, Unclear, task_of

Json = dict[str, Any]

EXPLAINED = explained([Judged(1, "it is blue", True), Judged(2, "it is round", False, "it is square")], "I looked.")
DEFINED: Json = {
    "type": "user.define_outcome",
    "id": "sevt_1",
    "outcome_id": "outc_1",
    "description": "Draw a ball.",
    "rubric": {"type": "text", "content": "- it is blue\n- it is round"},
    "max_iterations": 3,
    "processed_at": ago(50),
}
BEGUN: Json = {
    "type": "span.outcome_evaluation_start",
    "id": "sevt_2",
    "outcome_id": "outc_1",
    "iteration": 0,
    "processed_at": ago(40),
}
ENDED: Json = {
    **BEGUN,
    "type": "span.outcome_evaluation_end",
    "id": "sevt_3",
    "outcome_evaluation_start_id": "sevt_2",
    "result": "needs_revision",
    "explanation": EXPLAINED,
    "usage": {},
    "processed_at": ago(30),
}


def test_a_goal_is_read_behind_names_and_folder_and_is_never_empty(tmp_path: Path) -> None:
    text = "all tests pass: `make test` exits 0"
    assert task_of(f"@coder -C {tmp_path} /goal  {text}") == Task(text, ("coder",), str(tmp_path), is_goal=True)
    assert task_of("/goals are nice") == Task("/goals are nice")
    with pytest.raises(Unclear, match="/goal"):
        task_of("/goal ")


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ({"result": "running", "iteration": 0, "explanation": None}, "round 1 of 3"),
        ({"result": "running", "iteration": 1, "explanation": EXPLAINED}, "round 2 of 3 · 1 of 2 failed"),
        ({"result": "evaluating", "iteration": 1, "explanation": EXPLAINED}, "round 2 of 3 · 1 of 2 failed · graded"),
        ({"result": "satisfied", "iteration": 1, "explanation": EXPLAINED}, ""),
    ],
)
def test_a_row_says_the_round_and_what_failed_in_the_one_before(outcome: Json, told: str) -> None:
    assert row_of(state("sesn_a", status="running", outcome={**outcome, "max_iterations": 3})).goal == told
    assert row_of(state("sesn_a", outcome=None)).goal == ""


def test_a_round_is_one_line_from_its_start_to_its_end() -> None:
    conversation = Conversation("sesn_a")
    for event in (DEFINED, BEGUN):
        conversation.take(event)
    assert [block.text for block in conversation.blocks] == ["goal: Draw a ball.", "round 1 is graded …"]
    conversation.take(ENDED)
    goal, round_ = conversation.blocks
    assert (goal.result, round_.text, round_.failed) == ("- it is blue\n- it is round", "round 1: 1 of 2 failed", True)
    # A page that begins in mid-round has the end alone.
    late = Conversation("sesn_a")
    late.take(ENDED)
    assert late.blocks == [round_]


def test_each_event_of_an_outcome_has_a_word_and_a_line() -> None:
    assert [(word_of(one), summary_of(one)) for one in (DEFINED, BEGUN, ENDED)] == [
        ("you set a goal", "Draw a ball."),
        ("grading begins", "round 1 is graded"),
        ("verdict", "round 1: 1 of 2 failed"),
    ]


def test_a_goal_goes_to_the_engine_and_its_rounds_open_to_their_criteria(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [DEFINED, BEGUN, ENDED]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "◎ round 1: 1 of 2 failed")
        await pilot.press(*"/goal", "space", *"Draw", "enter")
        await until(pilot, lambda: bool(engine.posted))
        rubric = {"type": "text", "content": "Draw"}
        assert engine.posted == [("sesn_a", {"type": "user.define_outcome", "description": "Draw", "rubric": rubric})]
        assert "it is square" not in screen_text(talk.app)  # type: ignore[arg-type]
        await pilot.press("ctrl+o")
        await shows(pilot, "it is square")
        await shows(pilot, "✓ 1 it is blue")

    play(engine, tmp_path, story)
