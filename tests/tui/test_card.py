"""Deciding about a call: for good, for all that are the same, by another command, and what a person sees of it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, app_over, at_the_list, blocked, call, looked_at, screen_text, shows, until
from workbench.client.errors import ApiError
from workbench.tui.app import WorkbenchApp
from workbench.tui.render.call_lines import call_lines
from workbench.tui.screens.board import Board
from workbench.tui.state.approvals import rule_text

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]
Json = dict[str, Any]


def play(engine: FakeEngine, folder: Path, story: Story, *, size: tuple[int, int] = (100, 30)) -> None:
    """Run one story at the card of the first session, which has been looked at for long enough."""

    async def whole() -> None:
        app = app_over(engine, folder)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await shows(pilot, "bash: ")
            await at_the_list(pilot)
            await pilot.press("space")
            await shows(pilot, "asked because")
            board = app.screen
            assert isinstance(board, Board)
            await looked_at(pilot, board.sessions.card)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def asking(*session_ids: str, command: str = "make test") -> FakeEngine:
    return FakeEngine(
        *(blocked(one, f"c_{one}") for one in session_ids),
        events={one: [call(f"c_{one}", command)] for one in session_ids},
    )


def answers(engine: FakeEngine) -> list[tuple[str, str]]:
    return [(session_id, event["result"]) for session_id, event in engine.posted]


def test_allowed_for_good_writes_the_rule_that_was_shown_and_then_allows_the_call(tmp_path: Path) -> None:
    engine = asking("sesn_a")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("a")
        await shows(pilot, "1 in this session")
        await shows(pilot, "6 everywhere")
        await shows(pilot, "bash(make *)")
        assert engine.told == []
        await pilot.press("2")
        await until(pilot, lambda: bool(engine.posted))
        await shows(pilot, "always allowed")
        await pilot.press("alt+u")
        await until(pilot, lambda: len(engine.told) == 2)

    play(engine, tmp_path, story)
    assert engine.told == [
        ("/workbench/v1/rules", {"allow": ["bash(make test)"], "agent": "agent_coder"}),
        ("/workbench/v1/rules/1f0c9a2e", {}),
    ]
    assert answers(engine) == [("sesn_a", "allow")]


def test_leaving_the_choice_of_rules_decides_nothing(tmp_path: Path) -> None:
    engine = asking("sesn_a")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("1", "a")
        await shows(pilot, "1 in this session")
        await pilot.press("y", "n", "9", "escape")
        await shows(pilot, "asked because")

    play(engine, tmp_path, story)
    assert (engine.posted, engine.told) == ([], [])


def test_a_rule_that_is_refused_leaves_the_call_waiting(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        async def post(self, path: str, body: Any) -> Json:
            if path.endswith("/rules"):
                raise ApiError(400, "invalid_request_error", "permissions.toml: mend the file")
            return await super().post(path, body)

    engine = Refusing(blocked("sesn_a", "c"), events={"sesn_a": [call("c", "make test")]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("a", "1")
        await shows(pilot, "mend the file")

    play(engine, tmp_path, story)
    assert engine.posted == []


def test_the_same_request_of_several_is_answered_together_only_when_a_person_says_so(tmp_path: Path) -> None:
    engine = asking("sesn_a", "sesn_b", "sesn_c")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "2 more are the same")
        await pilot.press("Y")
        await shows(pilot, "y or n answers all 3 sessions")
        assert engine.posted == []
        await pilot.press("n")
        await until(pilot, lambda: len(engine.posted) == 3)
        await shows(pilot, "denied in 3 sessions")

    play(engine, tmp_path, story)
    assert sorted(answers(engine)) == [("sesn_a", "deny"), ("sesn_b", "deny"), ("sesn_c", "deny")]


def test_without_saying_so_only_one_is_answered(tmp_path: Path) -> None:
    engine = asking("sesn_a", "sesn_b")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "1 more is the same")
        await pilot.press("y")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    assert len(engine.posted) == 1


def test_the_inbox_folds_the_same_request_into_one_line(tmp_path: Path) -> None:
    engine = asking("sesn_a", "sesn_b", "sesn_c")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f4")
        await shows(pilot, "×3")
        assert screen_text(app).count("bash: make test") == 1

    play(engine, tmp_path, story)


def test_an_edited_command_runs_in_place_of_the_call(tmp_path: Path) -> None:
    engine = asking("sesn_a")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("e")
        await shows(pilot, "Enter runs this in the sandbox instead")
        await pilot.press(*"-fast", "enter")
        await until(pilot, lambda: bool(engine.told))

    play(engine, tmp_path, story)
    body = {"command": "make test-fast", "instead_of": "c_sesn_a"}
    assert engine.told == [("/workbench/v1/sessions/sesn_a/command", body)]
    assert engine.posted == []


def test_risk_place_and_reason_are_told_in_words(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        text = screen_text(app)
        assert "risk: changes a database" in text
        assert "in the sandbox · network: off" in text
        assert "asked because the agent coder " in text

    play(asking("sesn_a"), tmp_path, story)


EDIT = {"file_path": "tax.py", "old_string": "a\nb\nc\n", "new_string": "a\nB\nc\n"}


def _lines(width: int, terminal: int) -> list[str]:
    return [line.plain.rstrip() for line in call_lines({"name": "edit", "input": EDIT}, width, terminal)]


@pytest.mark.parametrize(("width", "terminal"), [(105, 109), (55, 200)])
def test_a_change_is_shown_one_under_the_other_where_it_is_narrow(width: int, terminal: int) -> None:
    assert _lines(width, terminal) == ["edit tax.py", "  a", "- b", "+ B", "  c"]


@pytest.mark.parametrize("width", [56, 106])
def test_a_change_is_shown_side_by_side_from_110_columns_on(width: int) -> None:
    halves = [line.split(" │ ") for line in _lines(width, 110)[1:]]
    assert [[half.rstrip() for half in row] for row in halves] == [["  a", "  a"], ["- b", "+ B"], ["  c", "  c"]]


@pytest.mark.parametrize(("place", "width", "beside"), [("f4", 110, True), ("space", 110, True), ("f4", 109, False)])
def test_the_inbox_and_the_peek_show_it_side_by_side_too(tmp_path: Path, place: str, width: int, beside: bool) -> None:
    engine = FakeEngine(blocked("sesn_a", "c"), events={"sesn_a": [call("c", "", name="edit", input=EDIT)]})

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(width, 30), notifications=True) as pilot:
            await shows(pilot, "edit: tax.py")
            await at_the_list(pilot)
            await pilot.press(place)
            await shows(pilot, "+ B")
            assert any("- b" in line and "+ B" in line for line in screen_text(app).splitlines()) is beside

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_no_line_of_a_change_is_cut() -> None:
    long = {"file_path": "x", "old_string": "", "new_string": "x" * 300 + "\n"}
    for width in (40, 120):
        assert (
            sum(line.plain.count("x") for line in call_lines({"name": "edit", "input": long}, width, width)[1:]) == 300
        )


def test_a_rule_reads_the_same_before_it_is_written_and_in_its_file() -> None:
    exact = {"tool": "bash", "input": {"command": "echo 'a' > b"}}
    written = "bash " + json.dumps(exact["input"])
    assert rule_text({"exact": exact}) == rule_text({"exact": written}) == "exactly bash echo 'a' > b"
    assert rule_text({"exact": "bash {"}) == "exactly bash {"


def test_a_call_that_was_not_painted_yet_takes_no_answer_however_long_ago_it_came(tmp_path: Path) -> None:
    engine = asking("sesn_a")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        later = itertools.count(1_000_000, 100)
        board.sessions.card._now = lambda: float(next(later))
        assert not board.sessions.card.is_new
        question = board.sessions.card.approval
        assert question is not None
        board.sessions.card.ask(replace(question, call=question.call | {"id": "c_other"}))
        board.sessions.card.action_answer("allow")
        assert board.sessions.card.is_new
        await until(pilot, lambda: not board.sessions.card.is_new)
        assert engine.posted == []
        board.sessions.card.action_answer("allow")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
