"""Typing is only ever text: a hundred random keys in each box of the app change its draft and nothing else."""

from __future__ import annotations

import asyncio
import random
import string
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.tui.fake import FakeEngine, app_over, at_the_list, looked_at, screen_text, shows, state, until
from tests.tui.stage import SCENES
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.keys import PROFILES
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.board import Board
from workbench.tui.state.search_hits import SEARCH
from workbench.tui.widgets.approval_card import ApprovalCard

SIGNS = string.ascii_letters + string.digits + string.punctuation + " " * 10


@dataclass(frozen=True)
class Box:
    """A box: the scene that it is in, and the keys that open it there."""

    scene: str
    keys: tuple[str, ...] = ()


BOXES = {
    "board": Box("board"),
    "board over a peek": Box("board", ("tab", "space", "tab")),
    "filter": Box("board_filtered"),
    "name": Box("board", ("tab", "r")),
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
    scene = SCENES[BOXES[box].scene]

    async def whole() -> None:
        app = scene.app(tmp_path, Preferences(profile=profile))
        async with app.run_test(size=(140, 45)) as pilot:
            await scene.play(pilot)
            for card in app.screen.query(ApprovalCard):
                if card.display:
                    await looked_at(pilot, card)
            await pilot.press(*BOXES[box].keys)
            await until(pilot, lambda: isinstance(app.focused, TextArea | Input))
            engine, before, screens = app.store.engine, _typed(app), list(app.screen_stack)
            assert isinstance(engine, FakeEngine)
            focused = app.focused
            for sign in text:
                app.post_message(Key(_character_to_key(sign), sign))
            while len(_typed(app)) < len(before) + len(text):
                await pilot.pause(0.01)
            await pilot.pause()
            assert sorted(_typed(app)) == sorted(before + text)
            # A search is a read, although it is posted.
            written = [path for path, _ in engine.told if path != SEARCH]
            assert (engine.posted, written, engine.begun) == ([], [], [])
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
