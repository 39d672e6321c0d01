"""Typing is only ever text: a hundred random keys in each box of the app change its draft and nothing else."""

from __future__ import annotations

import asyncio
import random
import string
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.tui.fake import (
    FakeEngine,
    ago,
    app_over,
    at_the_list,
    blocked,
    call,
    looked_at,
    screen_text,
    shows,
    state,
    until,
)
from tests.tui.stage import SCENES, Scene
from tests.tui.test_memory import DreamtEngine
from tests.tui.test_recap import RECAP
from workbench.client import paths
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.keys import PROFILES
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.board import Board
from workbench.tui.widgets.approval_card import ApprovalCard

SIGNS = string.ascii_letters + string.digits + string.punctuation + " " * 10


@dataclass(frozen=True)
class Box:
    """A box: the scene that it is in, and the keys that open it there."""

    scene: str | Scene
    keys: tuple[str, ...] = ()

    @property
    def place(self) -> Scene:
        return SCENES[self.scene] if isinstance(self.scene, str) else self.scene


def _at_its_budget() -> FakeEngine:
    engine = FakeEngine(state("sesn_a", stop_reason={"type": "budget_reached"}))
    usage, budget = {"list_cost": {"amount": "210"}}, {"type": "limit", "max_list_cost": {"amount": "200"}}
    engine.answers = {"/v1/sessions/sesn_a": {"usage": usage, "budget": budget, "metadata": {}}}
    return engine


def _with_a_plan() -> FakeEngine:
    plan = call("c", "", name="propose_plan", input={"plan": "1. Read it."})
    return FakeEngine(blocked("sesn_a", "c", mode="plan"), events={"sesn_a": [plan]})


def _with_a_recap() -> FakeEngine:
    engine = FakeEngine(state("sesn_a"))
    engine.answers[paths.RECAP] = RECAP
    return engine


BUDGET = Scene((((), "budget"), (("f4",), "budget")), engine=_at_its_budget)
PLAN = Scene((((), "proposes a plan"),), engine=_with_a_plan, opened_with={"session_id": "sesn_a"})
MEMORY = Scene((((), "quarrel"), (("f6",), "dream of team notes")), engine=DreamtEngine)
AWAY = Scene(
    (((), "WHILE YOU WERE AWAY"),), engine=_with_a_recap, view=f'{{"welcomed": true, "left_at": "{ago(9_000)}"}}'
)

BOXES = {
    "board": Box("board"),
    "board over a peek": Box("board", ("tab", "space", "tab")),
    "filter": Box("board_filtered"),
    "name": Box("board", ("tab", "r", "right")),
    "fork": Box("board", ("tab", "f")),
    "comment": Box("peek", ("c",)),
    "command": Box("peek", ("e",)),
    "inbox comment": Box("inbox", ("c",)),
    "session": Box("session_working"),
    "session that asks": Box("session_asks_over_a_draft"),
    "panes": Box("panes_4"),
    "all panes": Box("panes_16", ("alt+t",)),
    "sql": Box("sql", ("tab", "tab")),
    "palette": Box("palette"),
    "tags": Box("board", ("tab", "t")),
    "board under a recap": Box(AWAY),
    "mode of new tasks": Box("board", ("shift+tab",)),
    "inbox budget": Box(BUDGET, ("b",)),
    "changed plan": Box(PLAN, ("e",)),
    "mode list": Box("session_working", ("shift+tab",)),
    "model list": Box("session_working", ("alt+o",)),
    "effort list": Box("session_working", ("alt+y",)),
    "environment list": Box("session_working", ("alt+i",)),
    "events filter": Box("details", ("slash",)),
    "review comment": Box("review", ("c",)),
    "export": Box("sql", ("e",)),
    "wording": Box("memory_review", ("e",)),
    "dream": Box(MEMORY, ("D",)),
}
CASES = [(box, "direct") for box in BOXES] + [(box, one) for box in ("board", "session") for one in PROFILES]


def _typed(app: WorkbenchApp) -> str:
    focused = app.focused
    if isinstance(focused, TextArea):
        return focused.text
    assert isinstance(focused, Input), screen_text(app)
    return focused.value


@pytest.mark.parametrize(("box", "profile"), dict.fromkeys(CASES))
def test_a_hundred_random_keys_in_a_box_change_nothing_but_its_text(box: str, profile: str, tmp_path: Path) -> None:
    chance = random.Random(f"{box} {profile}")
    text = "".join(chance.choice(SIGNS) for _ in range(100))
    scene = BOXES[box].place

    async def whole() -> None:
        app = scene.app(tmp_path, Preferences(profile=profile))
        async with app.run_test(size=(140, 45)) as pilot:
            await scene.play(pilot)
            for card in app.screen.query(ApprovalCard):
                if card.display:
                    await looked_at(pilot, card)
            await pilot.press(*BOXES[box].keys)
            await until(pilot, lambda: isinstance(app.focused, TextArea | Input))
            await pilot.pause()
            engine, before, screens = app.store.engine, _typed(app), list(app.screen_stack)
            assert isinstance(engine, FakeEngine)
            focused, view = app.focused, app.store.view_file.view
            for sign in text:
                app.post_message(Key(_character_to_key(sign), sign))
            while len(_typed(app)) < len(before) + len(text):
                await pilot.pause(0.01)
            await pilot.pause()
            assert sorted(_typed(app)) == sorted(before + text)
            # A search is a read, although it is posted.
            written = [path for path, _ in engine.told if path != paths.SEARCH]
            assert (engine.posted, written, engine.begun) == ([], [], [])
            # To look at a session is to have seen it.
            now = replace(app.store.view_file.view, seen=view.seen)
            assert now == view
            assert (app.focused, list(app.screen_stack), app._exit) == (focused, screens, False)

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_the_box_keeps_the_focus_over_ten_tasks_and_the_arrows_choose_without_leaving_it(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), state("sesn_b"))

    async def story(pilot: Pilot[None], board: Board) -> None:
        for number in range(10):
            await pilot.press(*f"do {number}", "enter")
        assert [task.text for task in engine.begun] == [f"do {number}" for number in range(10)]
        first = board.sessions.rows.cursor
        await pilot.press("down")
        assert board.sessions.rows.cursor != first
        await pilot.press("up", "x")
        assert (board.sessions.rows.cursor, board.box.text, board.focused) == (first, "x", board.box)
        await pilot.press("backspace", "down", "enter")
        await until(pilot, lambda: pilot.app.screen is not board)

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "○ idle")
            assert isinstance(app.screen, Board)
            await story(pilot, app.screen)
            assert app.screen.view is not None
            assert app.screen.view.chosen == "sesn_a"

    asyncio.run(asyncio.wait_for(whole(), 30))
    assert (engine.posted, engine.told) == ([], [])


def test_the_box_with_the_focus_looks_otherwise_than_without_it(tmp_path: Path) -> None:
    async def whole() -> None:
        app = app_over(FakeEngine(state("sesn_a")), tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "┃")
            await at_the_list(pilot)
            await until(pilot, lambda: "┃" not in screen_text(app))

    asyncio.run(asyncio.wait_for(whole(), 30))
