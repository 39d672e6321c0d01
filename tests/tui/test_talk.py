"""Stories in a session and in panes, by key presses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from textual.events import Key
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from tests.tui.fake import (
    FakeEngine,
    ago,
    app_over,
    blocked,
    call,
    command_output,
    looked_at,
    result,
    said,
    screen_text,
    shows,
    state,
    until,
)
from workbench.client.errors import ApiError
from workbench.client.requests import Query
from workbench.contracts.replaced_calls import Replacement
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.board import Board
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.drafts import Drafts
from workbench.tui.state.shell_runs import ShellRun
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.tile import Tile

Story = Callable[[Pilot[None], SessionScreen], Awaitable[None]]


def play(engine: FakeEngine, folder: Path, story: Story, *, size: tuple[int, int] = (80, 24)) -> None:
    """Run one story in the first session of this engine."""

    async def whole() -> None:
        app = app_over(engine, folder, session_id=next(iter(engine.states)))
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(
                pilot, lambda: app.store.feed.live and isinstance(app.screen, SessionScreen) and app.screen.is_mounted
            )
            await story(pilot, cast("SessionScreen", app.screen))

    asyncio.run(asyncio.wait_for(whole(), 30))


def _texts(engine: FakeEngine) -> list[str]:
    return [event["content"][0]["text"] for _, event in engine.posted if event["type"] == "user.message"]


def test_the_head_of_a_session_names_the_instruction_files_that_were_read(tmp_path: Path) -> None:
    read = {"files": ["AGENTS.md", "api/AGENTS.md"], "left_out": []}
    engine = FakeEngine(state("sesn_a", instructions=read), events={"sesn_a": []})

    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        await shows(pilot, "read api/AGENTS.md and 1 more")

    play(engine, tmp_path, story, size=(140, 24))


def test_an_edited_command_that_ran_says_so_and_is_no_failure(tmp_path: Path) -> None:
    ran = Replacement("make fast", "ok", failed=False)
    denial = {
        "type": "user.tool_confirmation",
        "id": "d",
        "tool_use_id": "c",
        "result": "deny",
        "processed_at": ago(59),
    }
    happened = [
        call("c", "make all"),
        denial | {"deny_message": ran.message()},
        result("c", ran.message(), is_error=True),
    ]
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": happened})

    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        await shows(pilot, "✓ bash  make all  edited by you")
        await shows(pilot, "you ran  make fast")
        assert "denied" not in screen_text(pilot.app)  # type: ignore[arg-type]

    play(engine, tmp_path, story)


def test_text_is_shown_as_it_comes_and_once_when_it_is_whole(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": [said("u", "hello", by="user")]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "hello")
        delta = {"type": "event_delta", "event_id": "m", "delta": {"content": {"text": "I am thin"}}}
        engine.happen("sesn_a", {"type": "event_start", "event": {"type": "agent.message", "id": "m"}})
        engine.happen("sesn_a", delta)
        await shows(pilot, "I am thin")
        engine.happen("sesn_a", said("m", "I am thinking."))
        await shows(pilot, "I am thinking.")
        assert screen_text(cast("WorkbenchApp", pilot.app)).count("I am thin") == 1

    play(engine, tmp_path, story)


def test_escape_goes_back_from_a_session_at_rest_and_stays_where_a_draft_is(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [said("m", "Ready.")]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "Ready.")
        await pilot.press("x", "escape")
        await until(pilot, lambda: talk.query_one(Prompt).text == "x")
        assert pilot.app.screen is talk
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: pilot.app.screen is not talk)
        assert engine.posted == []

    play(engine, tmp_path, story)


def test_enter_steers_tab_queues_and_escape_interrupts(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"now", "enter")
        await until(pilot, lambda: _texts(engine) == ["now"])
        await pilot.press(*"later", "tab")
        await shows(pilot, "after this turn: later")
        await pilot.press("escape")
        await until(pilot, lambda: engine.posted[-1][1] == {"type": "user.interrupt"})
        await shows(pilot, "paused, Enter on an empty line sends it: later")
        engine.tell(state("sesn_a"))
        await shows(pilot, "○ idle")
        assert _texts(engine) == ["now"]
        await pilot.press("enter")
        await until(pilot, lambda: _texts(engine) == ["now", "later"])

    play(engine, tmp_path, story)


def test_a_persons_command_shows_its_last_lines_while_it_runs_in_the_session_and_in_the_peek(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [said("m", "Hello.")]})
    ends = engine.runs = asyncio.Event()

    async def story(pilot: Pilot[None], _: SessionScreen) -> None:
        await shows(pilot, "Hello.")
        await pilot.press(*"!make", "enter")
        engine.happen("sesn_a", command_output(""))
        await shows(pilot, "you run  make")
        await shows(pilot, "running …")
        engine.happen("sesn_a", command_output("\n".join(f"step {number}" for number in range(40))))
        await shows(pilot, "step 39")
        assert "step 1\n" not in _screen(pilot)
        await pilot.press("f2", "escape", "space")
        await until(pilot, lambda: len(engine._listeners["sesn_a"]) > 1)
        engine.happen("sesn_a", command_output("step 40"))
        await shows(pilot, "step 40")
        ends.set()
        engine.happen("sesn_a", command_output("", is_over=True))
        await pilot.press("enter")
        await shows(pilot, "you ran  make")
        await shows(pilot, "lines")

    play(engine, tmp_path, story)


def _screen(pilot: Pilot[None]) -> str:
    return screen_text(cast("WorkbenchApp", pilot.app))


def test_a_rewind_that_ends_what_runs_in_the_background_says_so_and_is_asked_for_twice(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))
    running = {"id": "bg_1", "command": "npm run dev", "state": "running", "last_line": "ready"}
    engine.answers["/workbench/v1/sessions/sesn_a/background"] = {"data": [running]}

    async def story(pilot: Pilot[None], _: SessionScreen) -> None:
        await pilot.press(*"/rewind ", "enter")
        await until(pilot, lambda: any("/rewind again does it" in one.message for one in pilot.app._notifications))
        assert engine.told == []
        await pilot.press(*"/rewind ", "enter")
        await until(pilot, lambda: engine.told == [("/workbench/v1/sessions/sesn_a/rewind", {})])

    play(engine, tmp_path, story)


@pytest.mark.parametrize(("status", "is_hinted"), [("running", True), ("idle", False)])
def test_a_line_can_be_queued_where_there_is_a_turn_to_wait_for(tmp_path: Path, status: str, is_hinted: bool) -> None:
    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"text")
        await shows(pilot, "text")
        await pilot.pause(0.1)
        assert ("Tab queue" in screen_text(cast("WorkbenchApp", pilot.app))) is is_hinted

    play(FakeEngine(state("sesn_a", status=status), events={"sesn_a": []}), tmp_path, story)


def test_a_queued_line_goes_when_the_turn_ends_and_the_next_one_only_after_its_turn(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"one", "tab", *"two", "tab")
        engine.tell(state("sesn_a"))
        await until(pilot, lambda: _texts(engine) == ["one"])
        await pilot.pause()
        assert _texts(engine) == ["one"]
        engine.tell(state("sesn_a", status="running"))
        engine.tell(state("sesn_a"))
        await until(pilot, lambda: _texts(engine) == ["one", "two"])

    play(engine, tmp_path, story)


def test_the_up_key_takes_a_queued_line_back(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"one", "tab", "up")
        await until(pilot, lambda: talk.view.prompt.text == "one")
        assert not talk.store.drafts.of("sesn_a").held

    play(engine, tmp_path, story)


def test_a_message_to_a_session_that_asks_is_kept_until_it_is_answered(tmp_path: Path) -> None:
    engine = FakeEngine(blocked("sesn_a", "c"), events={"sesn_a": [call("c", "make")]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"hm", "enter")
        await shows(pilot, "after your answer: hm")
        assert engine.posted == []
        engine.tell(state("sesn_a", status="running"))
        await until(pilot, lambda: _texts(engine) == ["hm"])

    play(engine, tmp_path, story)


def test_a_question_that_comes_while_somebody_types_takes_no_key(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})
    text = "yes no yes, I know what you want: yyy nnn"

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        for place, letter in enumerate(text):
            await pilot.press("space" if letter == " " else letter)
            if place == 3:
                engine.happen("sesn_a", call("c", "rm -rf /"))
                engine.tell(blocked("sesn_a", "c"))
                await shows(pilot, "wants to use bash")
            talk.redraw()
        assert talk.view.prompt.text == text

    play(engine, tmp_path, story)
    assert engine.posted == []
    assert Drafts(tmp_path / "drafts").of("sesn_a").text == text


def test_over_an_empty_prompt_the_card_takes_the_focus_after_a_moment_and_is_answered(tmp_path: Path) -> None:
    engine = FakeEngine(blocked("sesn_a", "c"), events={"sesn_a": [call("c", "make")]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await until(pilot, lambda: talk.view.card.has_focus)
        await shows(pilot, "asked because")
        await looked_at(pilot, talk.view.card)
        await pilot.press("n")
        await until(pilot, lambda: bool(engine.posted))
        assert engine.posted[0][1]["result"] == "deny"

    play(engine, tmp_path, story)


def test_a_letter_that_the_card_does_not_know_was_meant_for_the_prompt(tmp_path: Path) -> None:
    engine = FakeEngine(blocked("sesn_a", "c"), events={"sesn_a": [call("c", "make")]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await until(pilot, lambda: talk.view.card.has_focus)
        await pilot.press(*"why")
        assert (talk.view.prompt.text, talk.view.prompt.has_focus) == ("why", True)

    play(engine, tmp_path, story)
    assert engine.posted == []


def test_a_message_while_the_engine_is_away_is_kept_and_goes_when_it_is_back(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        engine.leave()
        await shows(pilot, "no engine answers")
        await pilot.press(*"hello", "enter")
        await shows(pilot, "queued · sent at the next chance: hello")
        assert Drafts(tmp_path / "drafts").of("sesn_a").held[0].text == "hello"
        engine.away = False
        await until(pilot, lambda: _texts(engine) == ["hello"])

    play(engine, tmp_path, story)


def test_a_refused_message_stays_until_it_is_taken_back(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        async def post(self, path: str, body: object) -> dict[str, object]:
            raise ApiError(400, "invalid_request_error", "this session is archived")

    engine = Refusing(state("sesn_a"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"hello", "enter")
        await shows(pilot, "this session is archived")
        await pilot.press("up")
        await until(pilot, lambda: talk.view.prompt.text == "hello")

    play(engine, tmp_path, story)


def test_letters_typed_faster_than_they_are_drawn_are_all_in_the_message(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        for key in (*"one", "enter", *"two", "tab", *"three"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: talk.view.prompt.text == "three" and _texts(engine) == ["one"])
        assert [held.text for held in talk.store.drafts.of("sesn_a").held] == ["two"]

    play(engine, tmp_path, story)


def test_following_stops_when_one_scrolls_up_and_says_how_much_is_new(tmp_path: Path) -> None:
    history = [said(f"m{number}", f"message {number}") for number in range(60)]
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": history})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "message 59")
        await pilot.press("pageup")
        await shows(pilot, "↓ End")
        before = screen_text(cast("WorkbenchApp", pilot.app)).splitlines()[2:12]
        for number in range(14):
            engine.happen("sesn_a", said(f"n{number}", f"news {number}"))
        await shows(pilot, "↓ 14 new · End")
        assert screen_text(cast("WorkbenchApp", pilot.app)).splitlines()[2:12] == before
        await pilot.press("end")
        await shows(pilot, "news 13")

    play(engine, tmp_path, story)


def test_unfolding_shows_what_a_call_gave(tmp_path: Path) -> None:
    events = [call("c", "ls"), result("c", "first\nsecond")]
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": events})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "✓ bash  ls  2.0 s")
        await pilot.press("ctrl+o")
        await shows(pilot, "    second")

    play(engine, tmp_path, story)


def test_the_board_is_reached_from_everywhere_with_a_draft_and_over_a_card(tmp_path: Path) -> None:
    engine = FakeEngine(blocked("sesn_a", "c"), state("sesn_b"), events={"sesn_a": [call("c", "make")]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        for way in (["x"], ["f3"], ["f3", "x"], ["f4"], ["f4", "c", "x"], ["f8"], ["alt+n"], ["f4", "enter", "y"]):
            await pilot.press(*way, "f2")
            await until(pilot, lambda: isinstance(pilot.app.screen, Board))

    play(engine, tmp_path, story)
    assert engine.posted == []


def test_the_prompt_of_the_panes_belongs_to_the_chosen_one_and_keeps_each_draft(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), state("sesn_b"), state("sesn_c"), events={})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press("f3")
        await until(pilot, lambda: pilot.app.screen is not talk and pilot.app.screen.is_mounted)
        panes = cast("SessionScreen", pilot.app.screen)
        first = panes.view.chosen
        await pilot.press(*"for one", "ctrl+n", *"for two", "enter")
        await until(pilot, lambda: _texts(engine) == ["for two"])
        assert engine.posted[0][0] == panes.view.chosen != first
        await pilot.press("ctrl+b")
        await until(pilot, lambda: panes.view.prompt.text == "for one")

    play(engine, tmp_path, story, size=(140, 45))


def test_a_long_transcript_is_read_from_its_end_and_older_pages_come_when_one_scrolls(tmp_path: Path) -> None:
    history = [said(f"m{number}", f"message {number}.") for number in range(1000)]
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": history})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "message 999.")
        assert talk.view.tile is not None
        assert len(talk.view.tile.conversation.blocks) == 200
        for _ in range(60):
            await pilot.press("pageup")
        await until(pilot, lambda: len(cast("Tile", talk.view.tile).conversation.blocks) > 200)
        before = screen_text(cast("WorkbenchApp", pilot.app))
        numbers = [int(word[:-1]) for word in before.split() if word[:-1].isdecimal() and word.endswith(".")]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        for _ in range(120):
            await pilot.press("pageup")
        await until(pilot, lambda: len(cast("Tile", talk.view.tile).conversation.blocks) >= 600)
        await pilot.press("end")
        await shows(pilot, "message 999.")

    play(engine, tmp_path, story)


def test_a_session_that_ends_or_is_deleted_while_it_is_open_says_so_and_keeps_what_was_typed(tmp_path: Path) -> None:
    class Forgetting(FakeEngine):
        """It knows a session no more that it has told to be deleted."""

        async def get(self, path: str, query: Query = ()) -> dict[str, Any]:
            if self.states["sesn_a"]["deleted"]:
                raise ApiError(404, "not_found_error", "there is no session sesn_a")
            return await super().get(path, query)

    ended = Forgetting(state("sesn_a"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        talk.store.drafts.keep_run("sesn_a", ShellRun("make", "made"))
        talk.view.draw()
        await shows(pilot, "goes with your next message: I ran `make`")
        ended.tell(state("sesn_a", archived_at=ago(1)))
        await shows(pilot, "× ended")
        await until(pilot, lambda: "goes with your next message" not in screen_text(talk.app))  # type: ignore[arg-type]
        await shows(pilot, "/fork goes on from here")
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: talk.view.prompt.text == "hello")
        await pilot.press("tab")
        await until(pilot, lambda: talk.view.prompt.text == "hello")
        assert not talk.store.drafts.of("sesn_a").held

    play(ended, tmp_path / "ended", story)
    gone = Forgetting(state("sesn_a", deleted=True), events={"sesn_a": []})

    async def deleted(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "this session was deleted")
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: talk.view.prompt.text == "hello")
        assert (ended.posted, gone.posted) == ([], [])

    play(gone, tmp_path / "gone", deleted)


def test_a_session_that_is_not_known_yet_is_not_called_deleted(tmp_path: Path) -> None:
    engine = FakeEngine(events={"sesn_new": [said("m", "I begin.")]})

    async def whole() -> None:
        app = app_over(engine, tmp_path, session_id="sesn_new")
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(pilot, "I begin.")
            assert "deleted" not in screen_text(app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_a_line_that_is_on_its_way_to_the_engine_is_not_taken_back(tmp_path: Path) -> None:
    class Busy(FakeEngine):
        def __init__(self) -> None:
            super().__init__(state("sesn_a", status="running"), events={"sesn_a": []})
            self.has_it, self.goes_on = asyncio.Event(), asyncio.Event()

        async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
            self.has_it.set()
            await self.goes_on.wait()
            return await super().post(path, body)

    engine = Busy()

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await pilot.press(*"now", "enter")
        await until(pilot, engine.has_it.is_set)
        await pilot.press("up")
        assert talk.view.prompt.text == ""
        engine.goes_on.set()
        await until(pilot, lambda: _texts(engine) == ["now"])

    play(engine, tmp_path, story)


def test_the_last_row_is_the_transcripts_again_when_it_follows_again(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [said(f"m{n}", f"message {n}.") for n in range(40)]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "message 39.")
        # Whoever selects reads: the window stays, and nothing new came.
        assert talk.view.tile is not None
        talk.view.tile.transcript.selection_updated(Selection(Offset(0, 1), Offset(5, 1)))
        await shows(pilot, "↓ End")
        talk.view.tile.transcript.to_end()
        await until(pilot, lambda: talk.view.tile is not None and not talk.view.tile.transcript.dirty)
        assert "↓ End" not in screen_text(cast("WorkbenchApp", pilot.app))

    play(engine, tmp_path, story)


def test_a_message_of_many_lines_that_was_sent_waits_in_one_row(tmp_path: Path) -> None:
    waiting = said("u", "first line\nsecond line\nthird line", by="user", processed_at=None)
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": [said("m", "Working."), waiting]})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "sent · at the next step: first line second line third line")
        await shows(pilot, "to a · Enter steers: taken at the next step")

    play(engine, tmp_path, story)


def test_brackets_in_a_name_are_text_in_the_prompt_too(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a", title="[/red] of [bold]x"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], talk: SessionScreen) -> None:
        await shows(pilot, "to [/red] of [bold]x · Enter sends")

    play(engine, tmp_path, story)


def test_nothing_is_drawn_while_the_app_takes_its_widgets_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """News are drawn a moment after they came: when an app ends, its screen may stand and the parts of it be gone."""
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})
    drawn: list[bool] = []

    async def whole() -> None:
        app = app_over(engine, tmp_path, session_id="sesn_a")
        close_all = app._close_all

        async def closing() -> None:
            await cast("SessionScreen", app.screen).view.remove()
            app.redraw()
            drawn.append(True)
            await close_all()

        monkeypatch.setattr(app, "_close_all", closing)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.store.feed.live and isinstance(app.screen, SessionScreen))

    asyncio.run(asyncio.wait_for(whole(), 30))
    assert drawn
