"""What must hold whatever comes: the prompt is sacred, no status flickers, and nothing that was typed is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.events import Paste

from tests.tui.fake import FakeEngine, ago, app_over, blocked, call, looked_at, shows, state, until
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.rows import Feed, apply_frame, begin_snapshot
from workbench.tui.state.task_line import Task
from workbench.tui.widgets.approval_card import GRACE_S

TEXT = "yes, no, y n a e c Y 1 2 3 and whatever else a card would take for an answer; " * 3


def test_twenty_approvals_that_arrive_while_somebody_types_take_no_key(tmp_path: Path) -> None:
    names = ["sesn_mine", *(f"sesn_{number}" for number in range(19))]
    engine = FakeEngine(*(state(name, status="running") for name in names), events={name: [] for name in names})
    typed = TEXT[:200]

    async def whole() -> None:
        app = app_over(engine, tmp_path, session_id="sesn_mine")
        async with app.run_test(size=(100, 30)) as pilot:
            await until(
                pilot, lambda: app.store.feed.live and isinstance(app.screen, SessionScreen) and app.screen.is_mounted
            )
            talk = app.screen
            assert isinstance(talk, SessionScreen)
            for place, letter in enumerate(typed):
                if place % 10 == 0:
                    name = names[place // 10]
                    engine.happen(name, call(f"c_{name}", "rm -rf /"))
                    engine.tell(blocked(name, f"c_{name}"))
                    # A card that was there long enough takes no key either, once something was typed.
                    talk.view.card._shown_at -= GRACE_S if place else 0
                await pilot.press({" ": "space", ",": "comma", ";": "semicolon"}.get(letter, letter))
            await until(pilot, lambda: len(app.store.approvals.calls) == 20)
            assert talk.view.prompt.text == typed
        assert app.store.drafts.of("sesn_mine").text == typed

    asyncio.run(asyncio.wait_for(whole(), 60))
    assert (engine.posted, engine.told) == ([], [])


def test_a_session_that_runs_from_start_to_question_to_end_changes_its_mark_only_when_the_log_says_so() -> None:
    feed, words = apply_frame(begin_snapshot(Feed()), "feed.live", {}), list[str]()
    story = [
        state("sesn_a", status="running", position=2),
        state("sesn_a", status="running", position=3, last_event_type="span.model_request_start"),
        blocked("sesn_a", "c", position=4),
        blocked("sesn_a", "c", position=5, title="renamed meanwhile"),
        state("sesn_a", stop_reason={"type": "requires_action"}, position=6),
        state("sesn_a", status="running", position=7),
        state("sesn_a", position=8, rested_at=ago(1)),
    ]
    for body in story:
        feed = apply_frame(feed, "session.state", body)
        words.append(feed.rows["sesn_a"].mark.word)
    assert words == ["working", "working", "waiting", "waiting", "working", "working", "idle"]


def test_a_task_that_was_given_just_before_the_app_was_killed_is_in_the_box_again(tmp_path: Path) -> None:
    class Hanging(FakeEngine):
        def begin(self, task: Task) -> str:
            # What the file holds at this moment is what a killed app leaves behind.
            kept.append((tmp_path / "drafts" / "board.json").read_text())
            return super().begin(task)

    kept: list[str] = []
    engine = Hanging()

    async def first() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "Type a task")
            await pilot.press(*"mend it", "enter")
            await until(pilot, lambda: bool(engine.begun))
            await until(pilot, lambda: not (tmp_path / "drafts" / "board.json").exists())

    async def again() -> None:
        (tmp_path / "drafts" / "board.json").write_text(kept[0])
        app = app_over(FakeEngine(), tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "mend it")

    asyncio.run(asyncio.wait_for(first(), 30))
    asyncio.run(asyncio.wait_for(again(), 30))


def test_a_paste_answers_nothing_and_is_text_for_the_prompt(tmp_path: Path) -> None:
    engine = FakeEngine(blocked("sesn_a", "c"), events={"sesn_a": [call("c", "make")]})

    async def whole() -> None:
        app = app_over(engine, tmp_path, session_id="sesn_a")
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view.card.has_focus)
            talk = app.screen
            assert isinstance(talk, SessionScreen)
            await looked_at(pilot, talk.view.card)
            app.post_message(Paste("yes\ny\n"))
            await until(pilot, lambda: talk.view.prompt.text == "yes\ny\n")
            await pilot.press("f2")
            await pilot.pause()
            app.post_message(Paste("q"))
            await shows(pilot, "┃q")

    asyncio.run(asyncio.wait_for(whole(), 30))
    assert engine.posted == []


def test_what_is_said_for_a_moment_is_text_and_no_markup(tmp_path: Path) -> None:
    async def whole() -> None:
        app = app_over(FakeEngine(state("sesn_a")), tmp_path)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            app.screen.notify("[notices] and [/b] and \x1b[2J", title="[x]")
            await shows(pilot, "[notices] and [/b] and")

    asyncio.run(asyncio.wait_for(whole(), 30))


class SlowApp(WorkbenchApp):
    """One that is painted and does not go on before it is told to."""

    is_painted = False

    def _begin(self) -> None:
        self.is_painted = True

    def go_on(self) -> None:
        super()._begin()


def test_what_is_typed_before_an_attached_session_is_there_goes_into_its_prompt_and_is_none_of_the_boards_keys(
    tmp_path: Path,
) -> None:
    engine = FakeEngine(state("sesn_a"), state("sesn_b"), events={"sesn_a": []})

    async def whole() -> None:
        app = app_over(engine, tmp_path, kind=SlowApp, session_id="sesn_a")
        assert isinstance(app, SlowApp)
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.is_painted)
            await pilot.press(*"fix")
            app.go_on()
            await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view.prompt.text == "fix")
            assert (engine.posted, engine.told) == ([], [])

    asyncio.run(asyncio.wait_for(whole(), 30))
