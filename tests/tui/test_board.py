"""Stories at the Board, by key presses."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.tui.fake import (
    FakeEngine,
    ago,
    app_over,
    at_the_list,
    blocked,
    call,
    looked_at,
    output,
    result,
    said,
    screen_text,
    shows,
    state,
    until,
)
from workbench.client.errors import ApiError
from workbench.client.requests import Query
from workbench.tui.app import WorkbenchApp
from workbench.tui.render.board_lines import ROOMY
from workbench.tui.screens.board import Board
from workbench.tui.screens.inbox import Inbox
from workbench.tui.state.task_line import Task

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]


def play(engine: FakeEngine, folder: Path, story: Story, *, size: tuple[int, int] = (80, 24)) -> None:
    """Run one story in an app over this engine."""

    async def whole() -> None:
        app = app_over(engine, folder)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def one_blocked() -> FakeEngine:
    return FakeEngine(
        state("sesn_busy", status="running"),
        blocked("sesn_asks", "c1", last_event_at=ago(360), created_at=ago(400)),
        events={"sesn_asks": [said("m1", "I need the table."), call("c1", "psql -c 'ALTER TABLE orders'")]},
    )


async def _seasoned(pilot: Pilot[None], app: WorkbenchApp) -> None:
    """Wait until the card takes answers."""
    board = app.screen
    assert isinstance(board, Board)
    await until(pilot, lambda: board.sessions.card.answerable)
    await looked_at(pilot, board.sessions.card)


def test_a_blocked_session_shows_its_question_and_is_answered_from_the_peek(tmp_path: Path) -> None:
    engine = one_blocked()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "? waiting  asks")
        await shows(pilot, "ALTER TABLE orders")
        await pilot.press("space")
        await shows(pilot, "wants to use bash")
        await shows(pilot, "I need the table.")
        await _seasoned(pilot, app)
        await pilot.press("y")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    answer = {"type": "user.tool_confirmation", "tool_use_id": "c1", "result": "allow"}
    assert engine.posted == [("sesn_asks", answer)]


def test_a_denial_goes_with_its_comment(tmp_path: Path) -> None:
    engine = one_blocked()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("space")
        await _seasoned(pilot, app)
        await pilot.press("c", *"not y", "enter")
        await shows(pilot, "with: not y")
        await pilot.press("n")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    [(_, answer)] = engine.posted
    assert (answer["result"], answer["deny_message"]) == ("deny", "not y")


def test_a_card_that_has_just_come_takes_no_answer(tmp_path: Path) -> None:
    engine = one_blocked()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("space")
        await shows(pilot, "wants to use bash")
        assert isinstance(app.screen, Board)
        app.screen.sessions.card._now = lambda: app.screen.sessions.card._shown_at + 0.1  # type: ignore[attr-defined]
        await pilot.press("y", "n")
        await shows(pilot, "too soon to have been read: press it again")

    play(engine, tmp_path, story)
    assert engine.posted == []


def test_a_long_call_is_allowed_only_when_its_end_was_on_the_screen(tmp_path: Path) -> None:
    command = "\n".join(f"echo {number}" for number in range(40))
    engine = FakeEngine(blocked("sesn_asks", "c1"), events={"sesn_asks": [call("c1", command)]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("space")
        await shows(pilot, "more lines: PgDn")
        await _seasoned(pilot, app)
        await pilot.press("y")
        await shows(pilot, "you have not seen all of it")
        assert engine.posted == []
        for _ in range(8):
            if "echo 39" not in screen_text(app):
                await pilot.press("pagedown")
        await shows(pilot, "echo 39")
        await pilot.press("y")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)


def test_a_task_starts_a_session_and_an_unclear_one_says_why(tmp_path: Path) -> None:
    engine = FakeEngine()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Type a task")
        await pilot.press("tab", *"@coder", "enter")
        await shows(pilot, "say what to do")
        await pilot.press("space", *"go", "enter")
        await until(pilot, lambda: bool(engine.begun))
        engine.tell(state("sesn_new", status="running"))
        await shows(pilot, "● working")

    play(engine, tmp_path, story)
    assert engine.begun == [Task("go", ("coder",))]


def test_a_command_in_the_box_runs_in_a_new_session_and_asks_no_model(tmp_path: Path) -> None:
    engine = FakeEngine(events={"sesn_new": []})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Type a task")
        await pilot.press("tab", *"@small !make test", "enter")
        await shows(pilot, "!make test")
        engine.tell(state("sesn_new", title="!make test", last_text=""))
        await shows(pilot, "you ran make test: lines")
        await until(pilot, lambda: app.screen.sessions.rows.cursor == "sesn_new")  # type: ignore[attr-defined]
        await pilot.press("tab", "space")
        await shows(pilot, "you ran  make test")
        await pilot.press("enter")
        await shows(pilot, "goes with your next message: I ran `make test`")
        await pilot.press(*"why", "enter")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    assert engine.begun == [Task("", ("small",), None, "make test")]
    assert engine.told == [("/workbench/v1/sessions/sesn_new/command", {"command": "make test"})]
    [(_, message)] = engine.posted
    assert message["content"][0]["text"].startswith("I ran `make test` in your sandbox. It printed:\n```\ntwo\nlines")


class Refusing(FakeEngine):
    """Knows no name, or runs nothing."""

    def begin(self, task: Task) -> str:
        if task.names:
            raise ApiError(404, "not_found_error", "there is no agent or environment 'nowhere'")
        return super().begin(task)

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        if path.endswith("/command"):
            raise ApiError(400, "invalid_request_error", "no sandbox today")
        return await super().post(path, body)


def test_a_command_that_cannot_be_run_is_said_and_the_line_is_not_lost(tmp_path: Path) -> None:
    engine = Refusing(events={"sesn_new": []})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Type a task")
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("tab", "exclamation_mark", "enter")
        await shows(pilot, "say what to run behind the !")
        assert board.box.text == "!"
        board.box.set("@nowhere !ls")
        await pilot.press("enter")
        await shows(pilot, "there is no agent or environment")
        await until(pilot, lambda: board.box.text == "@nowhere !ls")
        board.box.set("!ls")
        await pilot.press("enter")
        await shows(pilot, "no sandbox today")
        assert app.store.drafts.of("sesn_new").text == "!ls"

    play(engine, tmp_path, story)
    assert engine.begun == [Task("", (), None, "ls")]


def test_a_filter_hides_the_others_and_escape_brings_them_back(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_alpha"), state("sesn_beta", status="running"))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "alpha")
        await pilot.press("slash", *"s:work", "enter")
        await until(pilot, lambda: "alpha" not in screen_text(app))
        assert "beta" in screen_text(app)
        await pilot.press("escape")
        await shows(pilot, "alpha")

    play(engine, tmp_path, story)


def test_letters_in_the_box_are_text_and_no_keys(tmp_path: Path) -> None:
    engine = one_blocked()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("space")
        await _seasoned(pilot, app)
        await pilot.press("tab", *"yni/q")
        await shows(pilot, "yni/q")

    play(engine, tmp_path, story)
    assert engine.posted == []


def test_the_cursor_stays_with_its_session_when_others_come_and_go(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_b", created_at=ago(20)), state("sesn_c", created_at=ago(30)))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("j")
        engine.tell(state("sesn_a", created_at=ago(10)))
        await shows(pilot, "○ idle     a")
        assert isinstance(app.screen, Board)
        assert app.screen.sessions.rows.cursor == "sesn_c"

    play(engine, tmp_path, story)


def test_an_engine_that_goes_is_said_and_everything_stays_readable_until_it_is_back(tmp_path: Path) -> None:
    engine = one_blocked()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "engine ok")
        engine.leave()
        await shows(pilot, "no engine answers")
        await until(pilot, lambda: bool(app.store.trouble))
        assert "asks" in screen_text(app)
        engine.away = False
        await shows(pilot, "engine ok")

    play(engine, tmp_path, story)


@pytest.mark.parametrize("width", [80, 110])
def test_the_share_of_the_context_stands_in_the_row_in_the_pane_and_over_the_session(
    tmp_path: Path, width: int
) -> None:
    held = {"context_tokens": 82_000, "context_window": 200_000, "model": "claude-haiku-4-5"}
    rows = state("sesn_a", created_at=ago(1), **held), state("sesn_b")
    engine = FakeEngine(*rows, events={"sesn_a": [], "sesn_b": []})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "ctx")
        row = next(line for line in screen_text(app).splitlines() if " idle " in line and " a " in line)
        assert ("41%" in row, "haiku-4-5" in row) == (True, width >= ROOMY), row
        await pilot.press("f3")
        await shows(pilot, "ctx 41%")
        await pilot.press("f2", "enter")
        await shows(pilot, "ctx 41%")

    play(engine, tmp_path, story, size=(width, 24))


def _long_edit() -> dict[str, Any]:
    old = "\n".join(f"line {number}" for number in range(40))
    given = {"file_path": "tax.py", "old_string": old, "new_string": old.replace("line", "LINE")}
    return call("c1", "", name="edit", input=given)


@pytest.mark.parametrize("place", ["space", "f4"])
@pytest.mark.parametrize("size", [(40, 12), (60, 16), (80, 24), (100, 16), (110, 35)])
def test_a_long_change_is_read_to_its_end_and_answered_in_a_peek_of_any_size(
    tmp_path: Path, size: tuple[int, int], place: str
) -> None:
    others = [state(f"sesn_{n}", stop_reason={"type": "refusal"}, last_event_at=ago(9)) for n in range(6)]
    asks = blocked("sesn_asks", "c1", last_event_at=ago(360), created_at=ago(1))
    engine = FakeEngine(asks, *others, events={"sesn_asks": [said("m1", "Look."), _long_edit()]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "edit")
        await pilot.press(place)
        await shows(pilot, "wants to use edit")
        await shows(pilot, "more lines: PgDn")
        board = app.screen
        assert isinstance(board, Board | Inbox)
        await until(
            pilot,
            lambda: board.sessions.card.approval is not None and board.sessions.card.approval.explanation is not None,
        )
        await looked_at(pilot, board.sessions.card)
        await pilot.press("y")
        await shows(pilot, "you have not seen all of it")
        read = set[str]()
        for _ in range(100):
            text = screen_text(app)
            assert ("y allow" in text, "n deny" in text, "╰" in text) == (True, True, True), text
            read.update(re.findall(r"[-+] (?:line|LINE) \d+", text))
            if "have not seen" not in text and "more lines" not in text:
                break
            await pilot.press("pagedown")
            await pilot.pause()
        assert len(read) == 80
        await pilot.press("y")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story, size=size)
    assert engine.posted[0][1]["result"] == "allow"


def test_below_the_smallest_size_it_says_so_and_no_key_answers_what_is_not_seen(tmp_path: Path) -> None:
    engine = one_blocked()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("space")
        await _seasoned(pilot, app)
        await pilot.resize_terminal(39, 12)
        await shows(pilot, "enlarge to 40x12")
        await pilot.press("y")
        assert engine.posted == []
        await pilot.resize_terminal(40, 12)
        await shows(pilot, "wants to use bash")
        await _seasoned(pilot, app)
        await pilot.press("y")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)


def test_what_is_typed_right_behind_a_key_that_opens_a_line_is_none_of_the_lists_keys(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_fix"), state("sesn_other"))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "other")
        for key in ("slash", *"fixu"):
            app.post_message(events.Key(key, "/" if key == "slash" else key))
        await until(pilot, lambda: isinstance(app.screen, Board) and app.screen.wanted.text == "fixu")
        assert (engine.posted, engine.told) == ([], [])

    play(engine, tmp_path, story)


def _many(*titles: str) -> FakeEngine:
    return FakeEngine(
        *(state(f"sesn_{place:02}", created_at=ago(100 + place), title=title) for place, title in enumerate(titles))
    )


def test_a_filter_from_the_end_of_a_long_list_shows_every_session_that_fits(tmp_path: Path) -> None:
    engine = _many(*("mend" if place % 20 == 0 else "other" for place in range(60)))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("G", "slash", *"mend")
        await until(pilot, lambda: screen_text(app).count("○ idle     mend") == 3)

    play(engine, tmp_path, story)


def test_the_cursor_stays_on_the_screen_when_sessions_come_above_it(tmp_path: Path) -> None:
    engine = _many(*(f"task {place}." for place in range(60)))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        assert isinstance(app.screen, Board)
        await pilot.press(*["j"] * (app.screen.sessions.rows.size.height - 2))
        pointed = app.store.rows[app.screen.sessions.rows.cursor].name
        for place in range(3):
            engine.tell(state(f"sesn_new{place}", created_at=ago(place)))
        await until(pilot, lambda: len(app.store.rows) == 63)
        await shows(pilot, pointed)
        await pilot.press("k", "k", "j", "j")
        await shows(pilot, pointed)

    play(engine, tmp_path, story)


def test_a_terminal_that_somebody_looks_at_from_another_window_shows_what_happens(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "○ idle     a")
        app.post_message(events.AppBlur())
        await until(pilot, lambda: not app.app_focus)
        engine.tell(state("sesn_a", status="running"))
        await shows(pilot, "● working  a")

    play(engine, tmp_path, story)


def test_an_older_answer_that_comes_late_does_not_take_the_place_of_a_younger_one_in_the_peek(tmp_path: Path) -> None:
    class Late(FakeEngine):
        """The first time it is asked for events, the answer waits."""

        def __init__(self, *states: dict[str, Any], **more: Any) -> None:
            super().__init__(*states, **more)
            self.goes_on = asyncio.Event()
            self.was_late = False
            self._times = 0

        async def get(self, path: str, query: Query = ()) -> dict[str, Any]:
            answer = await super().get(path, query)
            if path.endswith("/events"):
                self._times += 1
                if self._times == 1:
                    await self.goes_on.wait()
                    self.was_late = True
            return answer

    engine = Late(state("sesn_a"), events={"sesn_a": [said("m1", "First.")]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("space")
        engine.happen("sesn_a", said("m2", "Second."))
        engine.tell(state("sesn_a"))
        await shows(pilot, "Second.")
        engine.goes_on.set()
        await until(pilot, lambda: engine.was_late)
        await pilot.pause(0.2)
        await shows(pilot, "Second.")

    play(engine, tmp_path, story)


def test_the_peek_shows_what_a_session_at_work_is_saying_from_its_beginning(tmp_path: Path) -> None:
    engine = FakeEngine(
        state("sesn_a", status="running", activity="bash make"), events={"sesn_a": [said("u", "hello", by="user")]}
    )

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "bash make")
        await pilot.press("space")
        await shows(pilot, "hello")
        engine.happen("sesn_a", {"type": "event_start", "event": {"type": "agent.message", "id": "m"}})
        for text in ("one two", " three"):
            engine.happen("sesn_a", {"type": "event_delta", "event_id": "m", "delta": {"content": {"text": text}}})
        await shows(pilot, "one two three")

    play(engine, tmp_path, story)


def test_the_peek_shows_what_a_call_prints_and_its_row_how_long_it_has_run_and_how_far_it_is(tmp_path: Path) -> None:
    running = state(
        "sesn_a",
        status="running",
        activity="bash pytest -q",
        last_event_type="span.model_request_end",
        last_event_at=ago(12),
        percent=41,
    )
    engine = FakeEngine(running, events={"sesn_a": [call("c", "pytest -q", evaluated_permission="allow")]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "bash pytest -q · 12s · 41%")
        await pilot.press("space")
        await shows(pilot, "▶ bash  pytest -q")
        engine.happen("sesn_a", output("c", "....... [ 41%]\n..."))
        await shows(pilot, "....... [ 41%]")
        engine.happen("sesn_a", output("c", "....... [ 41%]\n....... [ 82%]\n"))
        await shows(pilot, "....... [ 82%]")
        engine.happen("sesn_a", result("c", "14 passed"))
        engine.tell(running | {"last_event_type": "agent.tool_result", "percent": None})
        await until(pilot, lambda: "82%" not in screen_text(app))
        assert "✓ bash  pytest -q" in screen_text(app)

    play(engine, tmp_path, story, size=(110, 30))


def test_what_a_session_waits_for_is_one_line_in_its_row_and_its_peek_that_changes(tmp_path: Path) -> None:
    def waiting(text: str) -> dict[str, Any]:
        since = {"type": "engine.progress", "text": text, "since": ago(45)}
        return state("sesn_a", status="running", activity="bash make", progress=since)

    engine = FakeEngine(waiting("Pulling python:3.12: 3 of 9 MB…"))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Pulling python:3.12: 3 of 9 MB · 45s")
        await pilot.press("space")
        await shows(pilot, "◌ Pulling python:3.12: 3 of 9 MB · 45s")
        engine.tell(waiting("Pulling python:3.12: 8 of 9 MB…"))
        await shows(pilot, "◌ Pulling python:3.12: 8 of 9 MB · 45s")
        assert screen_text(app).count("◌") == 1
        await pilot.press("enter")
        await shows(pilot, "◌ Pulling python:3.12: 8 of 9 MB · 45s")
        engine.tell(waiting("") | {"progress": None})
        await until(pilot, lambda: "◌" not in screen_text(app))

    play(engine, tmp_path, story, size=(140, 30))


def test_the_box_says_which_folder_new_tasks_work_on_and_the_last_choice_sticks(tmp_path: Path) -> None:
    project, other = tmp_path / "shop", tmp_path / "till"
    for folder in (project, other):
        folder.mkdir()
    view = tmp_path / "view.json"
    view.write_text(json.dumps({"welcomed": True, "folder": str(project)}))
    engine = FakeEngine()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("tab")
        for line, words in (("go", f"in {project}"), (f"-C {other} go", f"in {other}"), ("again", f"in {other}")):
            await pilot.press(*line, "enter")
            await shows(pilot, words)
        await until(pilot, lambda: len(engine.begun) == 3)
        await pilot.press(*"-C none empty", "enter")
        await until(pilot, lambda: len(engine.begun) == 4 and "in /" not in screen_text(app))

    play(engine, tmp_path, story, size=(140, 30))
    assert [task.folder for task in engine.begun] == [str(project), str(other), str(other), None]
    assert json.loads(view.read_text())["folder"] == ""


def test_tab_completes_a_folder_in_the_box_and_does_not_leave_it(tmp_path: Path) -> None:
    (tmp_path / "tabulate").mkdir()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("tab", *f"-C {tmp_path}/tabu", "tab")
        assert board.box.text == f"-C {tmp_path}/tabulate/"
        assert board.box.has_focus
        await pilot.press(*" go", "tab")
        assert not board.box.has_focus

    play(FakeEngine(), tmp_path, story)


def test_whoever_comes_back_to_the_board_by_its_key_types_into_the_box(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: app.screen is not board)
        await pilot.press("f2")
        await until(pilot, lambda: app.screen is board)
        await pilot.press(*"rxdq")
        assert board.box.text == "rxdq"

    play(FakeEngine(state("sesn_a"), events={"sesn_a": []}), tmp_path, story)
