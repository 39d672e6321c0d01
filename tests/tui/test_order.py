"""Keys that a busy machine reads late and all together mean what they meant when they were pressed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.tui.fake import (
    FakeEngine,
    ago,
    app_over,
    at_the_list,
    blocked,
    call,
    looked_at,
    press_at_once,
    screen_text,
    shows,
    state,
    until,
)
from workbench.client.errors import ApiError
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.board import Board
from workbench.tui.screens.panes import Panes
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.drafts import Draft, Drafts
from workbench.tui.state.task_line import Task

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]


def two() -> FakeEngine:
    names = ("sesn_a", "sesn_b")
    return FakeEngine(
        *(state(name, status="running", created_at=ago(place)) for place, name in enumerate(names)),
        events={name: [] for name in names},
    )


def play(engine: FakeEngine, folder: Path, story: Story) -> None:
    async def whole() -> None:
        app = app_over(engine, folder)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


async def _opened(
    pilot: Pilot[None], app: WorkbenchApp, kind: type[SessionScreen | Panes] = SessionScreen
) -> SessionScreen | Panes:
    await until(pilot, lambda: isinstance(app.screen, kind) and app.screen.is_mounted)
    assert isinstance(app.screen, kind)
    return app.screen


def _messages(engine: FakeEngine) -> list[tuple[str, str]]:
    return [(one, event["content"][0]["text"]) for one, event in engine.posted if event["type"] == "user.message"]


def test_a_session_that_is_opened_is_one_place_over_the_board(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("enter")
        await _opened(pilot, app)
        assert [type(one) for one in app.screen_stack] == [Board, SessionScreen]

    play(two(), tmp_path, story)


def test_a_line_and_the_key_to_another_pane_right_behind_it_go_to_the_first_pane(tmp_path: Path) -> None:
    engine = two()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f3")
        await _opened(pilot, app, Panes)
        press_at_once(app, *"go", "enter", *"half", "ctrl+n", *"other", "ctrl+n")
        await until(pilot, lambda: app.store.drafts.of("sesn_b").text == "other")
        assert app.store.drafts.of("sesn_a").text == "half"
        await until(pilot, lambda: _messages(engine) == [("sesn_a", "go")])

    play(engine, tmp_path, story)


def test_a_line_and_the_way_out_right_behind_it_lose_neither_the_message_nor_the_draft(tmp_path: Path) -> None:
    engine = two()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("enter")
        await _opened(pilot, app)
        press_at_once(app, *"go", "enter", *"half", "f2")
        await until(pilot, lambda: isinstance(app.screen, Board))
        assert app.store.drafts.of("sesn_a").text == "half"
        await until(pilot, lambda: _messages(engine) == [("sesn_a", "go")])

    play(engine, tmp_path, story)


def test_what_is_typed_right_behind_the_key_that_opens_a_session_is_text_for_it(tmp_path: Path) -> None:
    engine = two()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        press_at_once(app, "enter", *"fix it")
        talk = await _opened(pilot, app)
        await until(pilot, lambda: talk.view.prompt.text == "fix it")
        assert (engine.posted, engine.told) == ([], [])

    play(engine, tmp_path, story)


def test_an_answer_right_behind_the_step_to_another_session_answers_neither(tmp_path: Path) -> None:
    engine = FakeEngine(
        blocked("sesn_a", "c1", created_at=ago(1)),
        blocked("sesn_b", "c2", created_at=ago(2)),
        events={"sesn_a": [call("c1", "make it")], "sesn_b": [call("c2", "break it")]},
    )

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("space")
        await shows(pilot, "make it")
        await looked_at(pilot, board.sessions.card)
        press_at_once(app, "j", "y")
        await until(
            pilot,
            lambda: board.sessions.card.approval is not None and board.sessions.card.approval.session_id == "sesn_b",
        )
        await until(
            pilot, lambda: board.sessions.card.approval is not None and bool(board.sessions.card.approval.explanation)
        )
        await looked_at(pilot, board.sessions.card)
        assert engine.posted == []
        await pilot.press("y")
        await until(pilot, lambda: [one for one, _ in engine.posted] == ["sesn_b"])

    play(engine, tmp_path, story)


def test_a_draft_that_was_sent_from_the_whole_screen_is_not_in_the_pane_any_more(tmp_path: Path) -> None:
    engine = two()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f3")
        panes = await _opened(pilot, app, Panes)
        await pilot.press(*"half", "ctrl+e")
        await until(pilot, lambda: type(app.screen) is SessionScreen and app.screen.is_mounted)
        await pilot.press(*" done", "enter", *"next", "ctrl+z")
        await until(pilot, lambda: app.screen is panes and panes.view.prompt.text == "next")
        assert _messages(engine) == [("sesn_a", "half done")]

    play(engine, tmp_path, story)


def test_a_task_that_no_engine_takes_yet_stands_above_the_box_until_it_is_taken(tmp_path: Path) -> None:
    begins = threading.Event()

    class Gone(FakeEngine):
        def begin(self, task: Task) -> str:
            begins.wait(20)
            return super().begin(task)

    engine = Gone(state("sesn_a"))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("tab", *"fix it", "enter")
        app.store._set_trouble("no engine answers")
        await shows(pilot, "kept until it is there  fix it")
        begins.set()
        await until(pilot, lambda: "kept until" not in screen_text(app))
        assert [task.text for task in engine.begun] == ["fix it"]

    play(engine, tmp_path, story)


def test_a_session_that_begins_takes_no_key_from_the_next_task(tmp_path: Path) -> None:
    begins = threading.Event()

    class Slow(FakeEngine):
        def begin(self, task: Task) -> str:
            begins.wait(20)
            return super().begin(task)

    engine = Slow(state("sesn_a", status="running"))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("tab", *"one", "enter", *"f")
        begins.set()
        await until(pilot, lambda: not app.store.drafts.of("board").held)
        await pilot.press(*"ix it")
        assert board.box.text == "fix it"
        await pilot.press("enter")
        await until(pilot, lambda: len(engine.begun) == 2)
        assert board.focused is board.box
        assert [task.text for task in engine.begun] == ["one", "fix it"]
        assert (engine.posted, engine.told) == ([], [])

    play(engine, tmp_path, story)


def test_an_answer_that_comes_twice_is_given_once_and_can_be_given_again_where_it_was_refused(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        refuses = True

        async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
            if self.refuses:
                raise ApiError(503, "api_error", "not now")
            return await super().post(path, body)

    engine = Refusing(blocked("sesn_a", "c1"), events={"sesn_a": [call("c1", "make it")]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("space")
        await until(
            pilot, lambda: board.sessions.card.approval is not None and bool(board.sessions.card.approval.explanation)
        )
        await looked_at(pilot, board.sessions.card)
        await pilot.press("y")
        await shows(pilot, "not now")
        engine.refuses = False
        press_at_once(app, "y", "y", "n")
        await until(pilot, lambda: bool(engine.posted))
        await pilot.press("y")
        assert [event["result"] for _, event in engine.posted] == ["allow"]

    play(engine, tmp_path, story)


def test_what_is_typed_before_the_panes_are_there_is_text_for_their_prompt(tmp_path: Path) -> None:
    engine = two()

    async def whole() -> None:
        app = app_over(engine, tmp_path, place="panes")
        async with app.run_test(size=(100, 30)) as pilot:
            press_at_once(app, *"fix it")
            panes = await _opened(pilot, app, Panes)
            await until(pilot, lambda: panes.view.prompt.text == "fix it")

    asyncio.run(asyncio.wait_for(whole(), 30))
    assert (engine.posted, engine.told) == ([], [])


def test_a_comment_that_is_written_while_its_call_is_answered_elsewhere_is_no_key_of_the_list(tmp_path: Path) -> None:
    engine = FakeEngine(
        blocked("sesn_a", "c1", created_at=ago(1)), state("sesn_b"), events={"sesn_a": [call("c1", "make it")]}
    )

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("space")
        await until(pilot, lambda: board.sessions.card.answerable)
        await pilot.press("c", *"fi")
        engine.tell(state("sesn_a", status="running", created_at=ago(1)))
        await shows(pilot, "it is answered already")
        await pilot.press(*"x it", "enter")
        await shows(pilot, "it was answered already: nothing was sent")
        await until(pilot, lambda: not board.sessions.card.display and board.focused is board.sessions.rows)
        assert (engine.posted, engine.told) == ([], [])

    play(engine, tmp_path, story)


def test_a_new_name_is_for_the_session_that_stood_under_the_cursor_when_one_began_to_write(tmp_path: Path) -> None:
    engine = two()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("r")
        engine.tell(state("sesn_a", archived_at=ago(1), created_at=ago(0)))
        await until(pilot, lambda: isinstance(app.screen, Board) and app.screen.sessions.rows.cursor == "sesn_b")
        await pilot.press("!", "enter")
        await until(pilot, lambda: [path for path, _ in engine.told] == ["/v1/sessions/sesn_a"])

    play(engine, tmp_path, story)


def test_keys_that_nobody_has_read_when_the_app_is_left_are_for_nobody(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        # The story ends here, and the app with it.
        press_at_once(app, *"jjkk", "tab", *"text", "f8", *"jjkk", "f2", "enter", *"text")

    play(two(), tmp_path, story)


def test_a_line_that_is_sent_is_on_disk_at_every_moment_until_the_engine_has_it(tmp_path: Path) -> None:
    engine = two()

    def kept(key: str) -> Draft:
        return Drafts(tmp_path / "drafts").of(key)

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("tab", *"new")
        assert isinstance(app.screen, Board)
        app.screen.box.action_submit()
        assert kept("board").text == "new"
        await until(pilot, lambda: kept("board") == Draft())
        assert app.screen.focused is app.screen.box
        await pilot.press("enter")
        talk = await _opened(pilot, app)
        for send, text in ((talk.view.prompt.action_submit, "one"), (talk.view.prompt.action_queue, "two")):
            await pilot.press(*text)
            send()
            assert (talk.view.prompt.text, kept(talk.view.chosen).text) == ("", text)
            await until(pilot, lambda: not kept(talk.view.chosen).text)
            assert text in [held.text for held in kept(talk.view.chosen).held] or text in [
                said for _, said in _messages(engine)
            ]

    play(engine, tmp_path, story)
