"""The list of commands, files and agents that opens as one types, and never takes a key of ordinary text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, app_over, screen_text, shows, state, until
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.board import Board
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.completion import Choice, Word, fitting, last_word
from workbench.tui.state.task_line import Task
from workbench.tui.widgets.prompt import Prompt

Story = Callable[[Pilot[None], Prompt], Awaitable[None]]


def play(engine: FakeEngine, folder: Path, story: Story, *, session_id: str = "") -> None:
    async def whole() -> None:
        app = app_over(engine, folder / "state", session_id=session_id)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live and isinstance(app.focused, Prompt))
            await until(pilot, lambda: not session_id or isinstance(app.screen, SessionScreen))
            prompt = app.focused
            assert isinstance(prompt, Prompt)
            await story(pilot, prompt)

    asyncio.run(asyncio.wait_for(whole(), 30))


def in_project(folder: Path) -> FakeEngine:
    for name in ("tax.py", "src/cart.py", "src/carton.py"):
        (folder / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "project" / name).write_text("")
    return FakeEngine(state("sesn_a", status="running", project=str(folder / "project")), events={"sesn_a": []})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("/", Word("/", "", "")),
        ("/ren", Word("/", "ren", "")),
        ("/rename x", None),
        ("//etc", None),
        ("see /etc", None),
        ("/etc/hosts", None),
        ("see @ta", Word("@", "ta", "see ")),
        ("@", Word("@", "", "")),
        ("mail anna@home", None),
        ("see @tax.py now", None),
    ],
)
def test_only_a_word_behind_its_sign_is_completed(text: str, word: Word | None) -> None:
    assert last_word(text) == word


def test_letters_in_their_order_are_enough_and_what_begins_with_them_comes_first() -> None:
    choices = [Choice(name) for name in ("archive", "src/cart.py", "cart.py", "network", "tests")]
    assert [one.word for one in fitting("cart", choices)] == ["cart.py", "src/cart.py"]
    assert [one.word for one in fitting("ar", choices)] == ["archive", "src/cart.py", "cart.py"]
    assert [one.word for one in fitting("nwk", choices)] == ["network"]
    assert fitting("zz", choices) == []


def test_a_slash_lists_the_commands_and_enter_takes_then_sends(tmp_path: Path) -> None:
    engine = in_project(tmp_path)

    async def story(pilot: Pilot[None], prompt: Prompt) -> None:
        await pilot.press("slash")
        await shows(pilot, "a new name for the session")
        await pilot.press("n", "a")
        await shows(pilot, "›/rename")
        await pilot.press("enter")
        assert prompt.text == "/rename "
        assert engine.told == []
        await pilot.press(*"cart", "enter")
        await until(pilot, lambda: bool(engine.told))

    play(engine, tmp_path, story, session_id="sesn_a")
    assert engine.told == [("/v1/sessions/sesn_a", {"title": "cart"})]


def test_a_command_that_is_whole_is_done_by_one_enter(tmp_path: Path) -> None:
    engine = in_project(tmp_path)

    async def story(pilot: Pilot[None], prompt: Prompt) -> None:
        await pilot.press(*"/rewind", "enter")
        await until(pilot, lambda: bool(engine.told))

    play(engine, tmp_path, story, session_id="sesn_a")
    assert engine.told == [("/workbench/v1/sessions/sesn_a/rewind", {})]


def test_escape_closes_the_list_and_interrupts_nothing(tmp_path: Path) -> None:
    engine = in_project(tmp_path)

    async def story(pilot: Pilot[None], prompt: Prompt) -> None:
        await pilot.press("slash")
        await shows(pilot, "›/rename")
        await pilot.press("escape")
        await until(pilot, lambda: "›/rename" not in screen_text(pilot.app))  # type: ignore[arg-type]
        assert (prompt.text, engine.posted) == ("/", [])
        await pilot.press("escape")
        await until(pilot, lambda: [event["type"] for _, event in engine.posted] == ["user.interrupt"])

    play(engine, tmp_path, story, session_id="sesn_a")


def test_an_at_lists_the_files_of_the_project_and_the_arrows_choose(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], prompt: Prompt) -> None:
        await pilot.press(*"see @crt")
        await shows(pilot, "›@src/cart.py")
        await pilot.press("down")
        await shows(pilot, "›@src/carton.py")
        await pilot.press("tab", *"now")
        assert prompt.text == "see @src/carton.py now"

    play(in_project(tmp_path), tmp_path, story, session_id="sesn_a")


def test_the_box_lists_agents_before_the_task_and_files_of_its_folder_in_it(tmp_path: Path) -> None:
    engine = in_project(tmp_path)
    engine.answers = {"/v1/agents": {"data": [{"name": "careful"}, {"name": "coder"}]}}

    async def story(pilot: Pilot[None], prompt: Prompt) -> None:
        app = pilot.app
        assert isinstance(app, WorkbenchApp)
        await pilot.press("at")
        await shows(pilot, "›@careful")
        await pilot.press(*"cd", "tab")
        assert prompt.text == "@coder "
        prompt.set(f"@coder -C {tmp_path / 'project'} mend ")
        await pilot.press("at", *"tx")
        await shows(pilot, "›@tax.py")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: bool(engine.begun))
        assert isinstance(app.screen, Board)

    play(engine, tmp_path, story)
    assert engine.begun == [Task("mend @tax.py", ("coder",), str(tmp_path / "project"))]
