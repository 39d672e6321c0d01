"""The first run: checks, keys, colours and a demo; then never again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import NOW, FakeEngine, app_over, blocked, call, looked_at, shows, state, until
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import Preferences, begun, read
from workbench.tui.screens.board import Board
from workbench.tui.state.drafts import Drafts
from workbench.tui.state.machine import Machine
from workbench.tui.state.store import Store
from workbench.tui.state.view_state import ViewFile

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]
CHECKS = (
    {"name": "Podman", "ok": True, "found": "4.9"},
    {"name": "subuid", "ok": False, "found": "no range", "cure": "sudo usermod --add-subuids …"},
)


def play(folder: Path, story: Story, began: list[str]) -> None:
    engine = FakeEngine(state("sesn_older", project="/a"), events={"sesn_demo": [call("c1", "echo hello")]})

    def demo() -> str:
        began.append("demo")
        return "sesn_demo"

    machine: Any = Machine(
        ensure=lambda say: None,
        begin=lambda task: "",
        checks=lambda: CHECKS,
        demo=demo,
        choose=lambda choices: begun(folder / "app.toml", choices),
    )

    async def whole() -> None:
        store = Store(engine, Drafts(folder / "drafts"), ViewFile(folder / "view.json"), machine, lambda: NOW)
        app = WorkbenchApp(store, read(folder / "app.toml"), animated=False, welcomes=True)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_the_first_run_says_what_is_missing_and_its_cure_and_begins_the_demo(tmp_path: Path) -> None:
    began: list[str] = []

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "✓ Podman: 4.9")
        await shows(pilot, "✗ subuid: no range")
        await shows(pilot, "sudo usermod")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Board))
        await until(pilot, lambda: began == ["demo"])
        engine, board = app.store.engine, app.screen
        assert isinstance(engine, FakeEngine)
        assert isinstance(board, Board)
        await until(pilot, lambda: board.sessions.rows.cursor == "sesn_older")
        engine.tell(blocked("sesn_demo", "c1", project="/b"))
        await until(pilot, lambda: board.sessions.rows.cursor == "sesn_demo" and board.sessions.card.answerable)
        await shows(pilot, "echo hello")
        await looked_at(pilot, board.sessions.card)
        await pilot.press("y")
        await until(pilot, lambda: [one for one, _ in engine.posted] == ["sesn_demo"])

    async def again(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "older")
        assert isinstance(app.screen, Board)

    play(tmp_path, story, began)
    play(tmp_path, again, began)
    assert not (tmp_path / "app.toml").exists()


def test_keys_and_colours_count_at_once_and_are_kept(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Keys    p")
        await pilot.press("p", "c")
        await until(pilot, lambda: app.theme == "workbench-light")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Board))
        await pilot.press("ctrl+b")
        await shows(pilot, "Ctrl+B d back")

    play(tmp_path, story, [])
    assert read(tmp_path / "app.toml") == Preferences(profile="tmux", colours="light")


def test_a_file_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text("# mine\n")
    assert "is there already" in begun(tmp_path / "app.toml", Preferences(profile="vim"))
    assert (tmp_path / "app.toml").read_text() == "# mine\n"


@pytest.mark.parametrize("door", [{"session_id": "sesn_a"}, {"place": "panes"}, {"place": "inbox"}], ids=str)
def test_who_comes_to_sessions_by_another_door_is_not_welcomed_later(tmp_path: Path, door: dict[str, Any]) -> None:
    async def opened(wanted: str, **more: Any) -> None:
        app = app_over(FakeEngine(state("sesn_a"), events={"sesn_a": []}), tmp_path, welcomes=True, **more)
        async with app.run_test(size=(100, 30)) as pilot:
            # The welcome comes before anything of the engine does.
            await until(pilot, lambda: app.store.feed.live)
            await shows(pilot, wanted)

    place = {"sesn_a": "Session", "panes": "Panes", "inbox": "Inbox"}[next(iter(door.values()))]
    asyncio.run(asyncio.wait_for(opened(f"· {place}", **door), 30))
    asyncio.run(asyncio.wait_for(opened("○ idle     a"), 30))


def test_panes_of_a_home_without_a_session_begin_with_the_welcome(tmp_path: Path) -> None:
    async def opened() -> None:
        app = app_over(FakeEngine(), tmp_path, welcomes=True, place="panes")
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "demo: an agent writes a file")

    asyncio.run(asyncio.wait_for(opened(), 30))
