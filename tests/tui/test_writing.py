"""A prompt's other powers: a command in the sandbox, commands of the app, earlier lines, an editor, files, finding, copying."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, app_over, result, said, screen_text, shows, state, until
from tests.tui.fake import call as tool_call
from workbench.client.requests import Query
from workbench.tui.app import WorkbenchApp
from workbench.tui.render.block_renderer import BlockRenderer
from workbench.tui.screens.details import Details
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.project_files import completed, files_in
from workbench.tui.state.shell_runs import ShellRun

Story = Callable[[Pilot[None], SessionScreen], Awaitable[None]]
Json = dict[str, Any]


def play(engine: FakeEngine, folder: Path, story: Story) -> None:
    async def whole() -> None:
        app = app_over(engine, folder, session_id=next(iter(engine.states)))
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(
                pilot, lambda: app.store.feed.live and isinstance(app.screen, SessionScreen) and app.screen.is_mounted
            )
            await story(pilot, cast("SessionScreen", app.screen))

    asyncio.run(asyncio.wait_for(whole(), 30))


def one(*events: Json, **fields: Any) -> FakeEngine:
    return FakeEngine(state("sesn_a", **fields), events={"sesn_a": list(events)})


def test_a_command_runs_in_the_sandbox_and_the_agent_is_told_with_the_next_message(tmp_path: Path) -> None:
    engine = one()

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("exclamation_mark", *"ls -l", "enter")
        await shows(pilot, "you ran  ls -l")
        await shows(pilot, "goes with your next message: I ran `ls -l`")
        assert engine.posted == []
        await pilot.press(*"look", "enter")
        await until(pilot, lambda: bool(engine.posted))
        assert not talk.store.drafts.of("sesn_a").ran

    play(engine, tmp_path, story)
    assert engine.told == [("/workbench/v1/sessions/sesn_a/command", {"command": "ls -l"})]
    text = engine.posted[0][1]["content"][0]["text"]
    assert text == "I ran `ls -l` in your sandbox. It printed:\n```\ntwo\nlines\n```\n\nlook"


def test_a_command_that_ran_while_nobody_looked_stands_in_the_transcript_until_the_agent_is_told(
    tmp_path: Path,
) -> None:
    engine = one()

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("exclamation_mark", *"fail", "enter")
        await shows(pilot, "you ran  fail")

    async def again(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "you ran  fail")
        await shows(pilot, "goes with your next message: I ran `fail`")
        await pilot.press(*"why", "enter")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    play(engine, tmp_path, again)
    assert "It failed and printed:" in engine.posted[0][1]["content"][0]["text"]


def test_an_exclamation_mark_alone_runs_nothing_and_stays(tmp_path: Path) -> None:
    engine = one()

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("exclamation_mark", "enter")
        await shows(pilot, "say what to run behind the !")
        assert talk.view.prompt.text == "!"

    play(engine, tmp_path, story)
    assert (engine.told, engine.posted) == ([], [])


def test_a_command_of_the_app_is_done_and_an_unknown_one_is_given_back(tmp_path: Path) -> None:
    engine = one()

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"/rename x y", "enter")
        await until(pilot, lambda: bool(engine.told))
        await pilot.press(*"/fly me", "enter")
        await shows(pilot, "/fly is no command")
        assert talk.view.prompt.text == "/fly me"

    play(engine, tmp_path, story)
    assert engine.told == [("/v1/sessions/sesn_a", {"title": "x y"})]
    assert engine.posted == []


def test_an_earlier_line_is_found_by_a_part_of_it(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        for line in ("first one", "second", "third one"):
            await pilot.press(*line, "enter")
        await pilot.press(*"one", "ctrl+r")
        assert talk.view.prompt.text == "third one"
        await pilot.press("ctrl+r")
        assert talk.view.prompt.text == "first one"
        await pilot.press("ctrl+r")
        await shows(pilot, "no earlier line")
        assert talk.view.prompt.text == "first one"

    play(one(), tmp_path, story)


def test_the_text_that_was_found_stands_on_the_screen_also_from_an_older_page(tmp_path: Path) -> None:
    history = [said(f"m{number}", f"message {number}.") for number in range(500)]

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "message 499.")
        await pilot.press(*"/find sage 42.", "enter")
        await shows(pilot, "message 42.")
        await pilot.press(*"/find nowhere", "enter")
        await shows(pilot, "is not in the transcript above")

    play(one(*history), tmp_path, story)


def test_a_text_in_a_long_answer_is_shown_marked_and_again_goes_to_the_one_before(tmp_path: Path) -> None:
    lines = "\n\n".join(f"line {number} of it" for number in range(300))

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        assert talk.view.tile is not None
        transcript = talk.view.tile.transcript

        def marked() -> list[str]:
            rows = [transcript.render_line(y) for y in range(transcript.size.height)]
            return [row.text.strip() for row in rows if any(part.style and part.style.reverse for part in row)]

        await shows(pilot, "line 299 of it")
        await pilot.press(*"/find line 2", "enter")
        for number in (299, 298, 297):
            await until(pilot, lambda: f"line {number} of it" in marked())  # noqa: B023
            await pilot.press("ctrl+f")
        await pilot.press(*"/find line 42", "enter")
        await until(pilot, lambda: "line 42 of it" in marked())
        await pilot.press("end")
        await shows(pilot, "line 299 of it")
        await until(pilot, lambda: not marked())

    play(one(said("m", lines)), tmp_path, story)


def test_a_copy_equals_what_the_agent_wrote_and_not_what_is_drawn(tmp_path: Path) -> None:
    source = "A **bold** line that is much longer than the screen is wide " * 3 + "\n\n```py\nx = 1\n```"
    copied: list[str] = []

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "x = 1")
        cast("Any", pilot.app).copy = copied.append
        await pilot.press("ctrl+y", "ctrl+y")

    play(one(said("m1", "before"), said("m2", source)), tmp_path, story)
    assert copied == [source, "before"]


def test_the_details_show_events_and_cost(tmp_path: Path) -> None:
    engine = one(tool_call("c", "ls"), result("c", "x"))
    engine.answers = {"/v1/sessions/sesn_a": {"usage": {"list_cost": {"amount": "123"}}, "stats": {}}}

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("alt+e")
        await shows(pilot, "call              bash  ls")
        await pilot.press("tab")
        await shows(pilot, "$1.23 at list prices")
        assert isinstance(pilot.app.screen, Details)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is talk)

    play(engine, tmp_path, story)


def test_what_a_tab_asked_for_is_not_shown_under_another_one_and_a_long_name_leaves_the_tabs_their_room(
    tmp_path: Path,
) -> None:
    class Slow(FakeEngine):
        def __init__(self) -> None:
            super().__init__(state("sesn_a", title="a very long name " * 9), events={"sesn_a": [said("m", "Done.")]})
            self.goes_on, self.was_late = asyncio.Event(), False

        async def get(self, path: str, query: Query = ()) -> dict[str, Any]:
            if path.endswith("/network"):
                await self.goes_on.wait()
                self.was_late = True
            return await super().get(path, query)

    engine = Slow()

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("alt+r")
        await shows(pilot, "reading …")
        await pilot.press("shift+tab")
        await shows(pilot, "$0.12 at list prices")
        await shows(pilot, " events  cost  network")
        engine.goes_on.set()
        await until(pilot, lambda: engine.was_late)
        await pilot.pause(0.2)
        await shows(pilot, "$0.12 at list prices")

    play(engine, tmp_path, story)


def test_the_tab_memory_says_what_the_session_was_given_and_what_its_agent_read(tmp_path: Path) -> None:
    engine = one(tool_call("c", "ls"), result("c", "x"))
    about = {"memory_store_id": "memstore_a", "store": "notes", "is_gone": False}
    given = [
        about | {"path": "/conventions.md", "lines": ["- Use tabs."], "reads": [{"event_id": "c", "seq": 7}]},
        about | {"path": "/facts.md", "lines": ["- The port is 1."], "reads": []},
        about | {"store": "old", "path": None, "lines": [], "reads": [], "is_gone": True},
    ]
    engine.answers = {"/workbench/v1/sessions/sesn_a/memory": {"data": given}}

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("alt+r", "tab", "tab")
        for said_there in (
            "notes/conventions.md  read at #7",
            "- Use tabs.",
            "notes/facts.md  not read",
            "old: the store was deleted",
        ):
            await shows(pilot, said_there)

    play(engine, tmp_path, story)


def test_the_refused_host_is_allowed_from_the_papers_by_one_key_with_its_scope(tmp_path: Path) -> None:
    engine = one(tool_call("c", "ls"), result("c", "x"))
    path = "/workbench/v1/sessions/sesn_a/network"
    asked = {"decided_at": "2026-11-20T10:00:00.000000Z", "method": "GET", "port": 443, "where": ""}
    decisions = [
        {**asked, "host": "api.example.com", "allowed": True, "reason": "", "where": "header"},
        {**asked, "host": "new.example.com", "allowed": False, "reason": "host_not_allowed"},
    ]
    engine.answers = {path: {"data": decisions, "after": 2}}

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("alt+r")
        await shows(pilot, "GET api.example.com:443  secret put into the header")
        await shows(pilot, "GET new.example.com:443  host not allowed")
        await pilot.press("a")
        await shows(pilot, "new.example.com is allowed for this session")
        await pilot.press("e")
        await until(pilot, lambda: len(engine.told) == 2)

    play(engine, tmp_path, story)
    body = {"host": "new.example.com"}
    assert engine.told == [(path, {**body, "scope": "session"}), (path, {**body, "scope": "environment"})]


def test_an_editor_that_cannot_be_used_leaves_the_line_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "false")

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"keep me", "ctrl+g")
        await until(pilot, lambda: len(cast("WorkbenchApp", pilot.app)._notifications) > 0)
        assert talk.view.prompt.text == "keep me"

    play(one(), tmp_path, story)


def test_a_file_is_completed_by_its_beginning_its_name_or_a_part_and_then_goes_on_to_the_next() -> None:
    files = ["tax.py", "src/cart.py", "src/carton.py"]
    assert completed("see @ta", files) == ("see @tax.py", "ta")
    text, stem = completed("see @cart", files) or ("", "")
    assert text == "see @src/cart.py"
    assert completed(text, files, stem) == ("see @src/carton.py", "cart")
    assert completed("see @nothing", files) is None
    assert completed("no name", files) is None


def test_hidden_files_are_not_offered_where_there_is_no_git(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").touch()
    (tmp_path / ".env").touch()
    (tmp_path / ".git").mkdir()
    assert files_in(tmp_path) == ["a/b.py"]


def test_what_was_run_survives_the_app(tmp_path: Path) -> None:
    engine = one()

    async def first(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("exclamation_mark", *"ls", "enter")
        await shows(pilot, "goes with your next message")

    async def again(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "goes with your next message")
        assert "I ran `ls`" in screen_text(cast("WorkbenchApp", pilot.app))

    play(engine, tmp_path, first)
    play(one(), tmp_path, again)


def test_what_was_run_in_one_session_is_not_shown_for_what_was_run_in_another() -> None:
    painter, rows = BlockRenderer(), []
    for session_id, command in (("sesn_a", "make"), ("sesn_b", "ls")):
        conversation = Conversation(session_id)
        conversation.ran(ShellRun(command, f"of {command}"))
        rows.append([row.text.strip() for row in painter.rows(conversation.blocks[0], 40, unfolded=False)])
    assert rows == [["", "you ran  make", "of make"], ["", "you ran  ls", "of ls"]]
