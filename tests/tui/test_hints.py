"""The hints are the live key map: every key that they name does what it is named for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.actions import ActionParseResult
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, blocked, call, looked_at, said, screen_text, shows, state, until
from tests.tui.stage import SCENES
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.hints import Hints, hint_at, key_name, shown_bindings
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.sheet import text_of

PLACES: dict[str, tuple[str, ...]] = {
    "an empty board": (),
    "board": (),
    "board's list": ("tab",),
    "board with a peek": ("tab", "space"),
    "board with text in its box": ("x",),
    "session": ("enter",),
    "session with a draft": ("enter", "h"),
    "working session": ("down", "enter"),
    "working session with a draft": ("down", "enter", "x"),
    "working session with a queued line": ("down", "enter", "x", "tab"),
    "panes": ("f3",),
    "inbox": ("f4",),
    "system": ("f8",),
    "papers": ("down", "enter", "alt+e"),
    "help": ("f1",),
}
STAGED = (
    "runs",
    "review",
    "memory_review",
    "sql",
    "templates",
    "welcome",
    "panes_4",
    "session_asks_over_a_draft",
)
"""Places with more behind them, from the stage of the pictures."""


def _engine(place: str) -> FakeEngine:
    if place == "an empty board":
        return FakeEngine()
    history = [said(f"m{number}", f"message {number}") for number in range(40)]
    return FakeEngine(
        blocked("sesn_asks", "c", created_at=ago(1)),
        state("sesn_works", status="running", created_at=ago(2)),
        state("sesn_rests", created_at=ago(3)),
        events={"sesn_asks": [*history, call("c", "make")], "sesn_works": history, "sesn_rests": []},
    )


class ActingApp(WorkbenchApp):
    """One that notes what was done."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.ran: list[Any] = []

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        done = await super().run_action(action, default_namespace, namespaces)
        if done:
            self.ran.append(action)
        return done


def _app(place: str, folder: Path) -> ActingApp:
    if place in STAGED:
        folder.mkdir()
        app = SCENES[place].app(folder, Preferences(), ActingApp)
    else:
        app = app_over(_engine(place), folder, kind=ActingApp)
    assert isinstance(app, ActingApp)
    return app


async def _arrive(pilot: Pilot[None], app: WorkbenchApp, place: str) -> None:
    if place in STAGED:
        await SCENES[place].play(pilot)
        await _let_answer(pilot, app)
        return
    await until(pilot, lambda: app.store.feed.live)
    if place != "an empty board":
        await shows(pilot, "bash: make")
    for key in PLACES[place]:
        await pilot.press(key)
        await pilot.pause(0.05)
    await _let_answer(pilot, app)
    await pilot.pause(0.05)


async def _let_answer(pilot: Pilot[None], app: WorkbenchApp) -> None:
    """What asks has been looked at for long enough."""
    for asking in app.screen.query(ApprovalCard):
        await looked_at(pilot, asking)
    app.screen.refresh_bindings()


def _traces(app: WorkbenchApp) -> tuple[object, ...]:
    engine = app.store.engine
    assert isinstance(engine, FakeEngine)
    asked = (list(engine.posted), engine.asked, len(engine.begun), len(engine.told))
    return (screen_text(app), app.screen, app.focused, app._exit, app.preferences, asked)


# The app's own keys are pressed once, in a session: they are the same everywhere.
@pytest.mark.parametrize("place", [*PLACES, *STAGED])
def test_every_hinted_key_does_what_its_hint_is_for(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One of them writes a file where the app was started.
    monkeypatch.chdir(tmp_path)

    async def hinted() -> list[Binding]:
        app = _app(place, tmp_path / "first")
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await _arrive(pilot, app, place)
            bindings = app.screen.query_one(Hints).bindings
            text = screen_text(app)
            assert all(f"{key_name(binding.key)} {binding.description}" in text for binding in bindings), text
            return [binding for binding in bindings if place == "session" or not (binding.id or "").startswith("app.")]

    async def pressed(binding: Binding) -> None:
        app = _app(place, tmp_path / binding.key)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await _arrive(pilot, app, place)
            before = _traces(app)
            app.ran.clear()
            typing = isinstance(app.focused, Prompt)
            await pilot.press(binding.key)
            await until(pilot, lambda: _traces(app) != before)
            # A prompt sends and queues by itself, so that no letter on its way is overtaken.
            assert binding.action in app.ran or (typing and binding.key in ("enter", "tab")), (binding, app.ran)

    bindings = asyncio.run(asyncio.wait_for(hinted(), 30))
    assert bindings
    for binding in bindings:
        asyncio.run(asyncio.wait_for(pressed(binding), 30))


def test_a_click_on_a_hint_is_its_key(tmp_path: Path) -> None:
    async def story() -> None:
        engine = _engine("board")
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await _arrive(pilot, app, "board with a peek")
            hints = app.screen.query_one(Hints)
            lines = [text_of(line).plain for line in hints.lines]
            y = next(number for number, line in enumerate(lines) if "n deny" in line)
            await pilot.click(Hints, offset=(1 + lines[y].index("n deny"), y))
            await until(pilot, lambda: bool(engine.posted))
        assert engine.posted[0][1]["result"] == "deny"

    asyncio.run(asyncio.wait_for(story(), 30))


@pytest.mark.parametrize("place", [place for place in SCENES if place not in ("help", "palette")])
def test_where_not_all_hints_fit_help_the_way_back_and_what_the_screen_is_for_stay(place: str, tmp_path: Path) -> None:
    async def story() -> None:
        scene = SCENES[place]
        app = scene.app(tmp_path, Preferences())
        # The largest first: what a scene waits for is on the screen there.
        async with app.run_test(size=(140, 45)) as pilot:
            await scene.play(pilot)
            for size in ((140, 45), (100, 30), (80, 24)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                hints = app.screen.query_one(Hints)
                screen, shown, every = app.screen, hints.bindings, shown_bindings(app.screen)
                back = [one for one in every if "escape" in one.key or one.description == "back"]
                assert all(one in shown for one in back), (size, text_of(hints.lines[0]).plain)
                assert "F1 help" in text_of(hints.lines[0]).plain
                main = [one for one in every if isinstance(screen, BaseScreen) and one.id in screen.MAIN]
                others = [one for one in shown if one not in main and one not in back and one.id != "app.help"]
                assert all(one in shown for one in main) or all((one.id or "").startswith("card.") for one in others)

    asyncio.run(asyncio.wait_for(story(), 60))


def test_between_two_hints_lies_none() -> None:
    bindings = [Binding("a", "a", "one"), Binding("b", "b", "two"), Binding("c", "c", "three")]
    found = [hint_at(bindings, 14, x, y) for x, y in ((0, 0), (4, 0), (5, 0), (6, 0), (7, 0), (0, 1), (7, 1), (0, 2))]
    assert [one and one.key for one in found] == ["a", "a", None, None, "b", "c", None, None]


def test_esc_is_hinted_at_over_the_boards_box_only_where_it_closes_something(tmp_path: Path) -> None:
    async def whole() -> None:
        app = app_over(_engine("board"), tmp_path)
        async with app.run_test(size=(220, 30)) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await shows(pilot, "asks")
            board = app.screen

            def hinted() -> list[str]:
                return [one.description for one in app.screen.query_one(Hints).bindings if one.key == "escape"]

            await until(pilot, lambda: hinted() == [])
            await pilot.press("escape", "space")
            await until(pilot, lambda: hinted() == ["close"])
            await pilot.press("tab")
            await until(pilot, lambda: hinted() == [] and board.query_one("#box").has_focus)
            # What is open in the list stays open when one only goes there.
            await pilot.press("escape")
            await until(pilot, lambda: hinted() == ["close"] and not board.query_one("#box").has_focus)
            await pilot.press("escape")
            await until(pilot, lambda: hinted() == [])

    asyncio.run(asyncio.wait_for(whole(), 30))
