"""Review: going through files and hunks, comments that go as one message, applying, discarding, and what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, app_over, at_the_list, call, result, reviewed, screen_text, shows, state, until
from workbench.client.errors import ApiError
from workbench.client.requests import Query
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.state.comments import Comment
from workbench.tui.state.drafts import Drafts

Json = dict[str, Any]
Story = Callable[[Pilot[None], ReviewScreen], Awaitable[None]]

OWN = "/workbench/v1/sessions/sesn_a"
OLD = "".join(f"value_{number} = {number}\n" for number in range(30))
NEW = OLD.replace("value_4 = 4\n", "value_4 = 44\n").replace("value_20 = 20\n", "")


class Reviewed(FakeEngine):
    """A session with changes, which says what came of an order."""

    def __init__(self, *files: Json, **fields: Any) -> None:
        super().__init__(state("sesn_a", **fields))
        self.files = list(files) or [reviewed("src/values.py", OLD, NEW), reviewed("a.txt", "", "new\n", kind="added")]
        self.refuses = ""
        self.alone: list[str] = []
        """The files that were asked for alone."""

    async def get(self, path: str, query: Query = ()) -> Json:
        if path != f"{OWN}/hunks":
            return await super().get(path, query)
        alone = [value for name, value in query if name == "paths[]"]
        self.alone += alone
        files = [file for file in self.files if not alone or file["change"]["path"] in alone]
        return {"files": files, "ignored": 0, "left_out": []}

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        answer = await super().post(path, body)
        if self.refuses and path.startswith(OWN):
            raise ApiError(409, "conflict_error", self.refuses)
        return {"changes": [], "left_out": [], "before": "sevt_before"} if path.endswith("/discard") else answer


def play(engine: Reviewed, folder: Path, story: Story, size: tuple[int, int] = (100, 30)) -> None:
    async def whole() -> None:
        app = app_over(engine, folder, place="review", session_id="sesn_a")
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            review = cast("ReviewScreen", app.screen)
            await until(pilot, lambda: review.review is not None)
            await story(pilot, review)

    asyncio.run(asyncio.wait_for(whole(), 30))


def row_with(app: WorkbenchApp, text: str) -> str:
    return next(line for line in screen_text(app).splitlines() if text in line)


def test_it_is_opened_from_the_list_and_from_a_session_and_left_to_where_one_came_from(tmp_path: Path) -> None:
    async def whole() -> None:
        app = app_over(Reviewed(), tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            board = app.screen
            await pilot.press("d")
            await shows(pilot, "value_4 = 44")
            await pilot.press("escape")
            assert app.screen is board
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is not board)
            await pilot.press("alt+d")
            await shows(pilot, "value_4 = 44")

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_opened_alone_it_is_the_whole_app_and_leaving_it_leaves(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        assert len(pilot.app.screen_stack) == 1
        await pilot.press("q")
        await until(pilot, lambda: pilot.app._exit)

    play(Reviewed(), tmp_path, story)


def test_keys_go_to_the_next_hunk_over_the_end_of_a_file_and_to_the_next_file_around_the_end(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        def place() -> tuple[str, int]:
            assert review.file is not None
            return review.file.path, review.diff.hunk

        seen = [place()]
        for key in ("right_square_bracket", "right_square_bracket", "left_square_bracket", "n", "n", "p", "p"):
            await pilot.press(key)
            seen.append(place())
        values, new = "src/values.py", "a.txt"
        assert seen == [
            (values, 0), (values, 1), (new, 0), (values, 1), (new, 0), (values, 0), (new, 0), (values, 0),
        ]  # fmt: skip

    play(Reviewed(), tmp_path, story)


def test_two_comments_go_to_the_agent_as_one_message_with_file_lines_and_quotes(tmp_path: Path) -> None:
    engine = Reviewed()

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("j", "c", *"Why 44?", "enter")
        await shows(pilot, "▌ Why 44?")
        await pilot.press(
            "right_square_bracket", "k", "v", "j", "j", "c", *"Keep it.", "ctrl+j", *"It is used.", "enter"
        )
        await shows(pilot, "2 comments not sent")
        await pilot.press("S")
        await shows(pilot, "> -value_20 = 20")
        assert engine.posted == []
        await pilot.press("S")
        await shows(pilot, "2 comments sent to the agent as one message")
        assert "not sent" not in row_with(review.workbench, "file 1 of 2")  # type: ignore[arg-type]

    play(engine, tmp_path, story)
    [(session_id, event)] = engine.posted
    assert (session_id, event["type"]) == ("sesn_a", "user.message")
    assert event["content"][0]["text"] == (
        "My comments on your changes:\n\n"
        "src/values.py, line 5:\n> +value_4 = 44\nWhy 44?\n\n"
        "src/values.py, lines 20–21:\n>  value_19 = 19\n> -value_20 = 20\n>  value_21 = 21\nKeep it.\nIt is used."
    )
    assert Drafts(tmp_path / "drafts").of("sesn_a").comments == ()


def test_a_comment_is_kept_as_it_is_typed_changed_where_it_stands_and_deleted(tmp_path: Path) -> None:
    def kept() -> list[str]:
        return [comment.text for comment in Drafts(tmp_path / "drafts").of("sesn_a").comments]

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("j", "c", *"half a sen")
        # Whatever ends the app now takes no word.
        assert kept() == ["half a sen"]
        await pilot.press("escape")
        assert kept() == []
        await pilot.press("u")
        assert kept() == ["half a sen"]
        await pilot.press("j", "x")
        await until(pilot, lambda: kept() == [])
        await pilot.press("k", "c", *"first", "enter", "k", "c", *" and more", "enter", "k")
        assert kept() == ["first and more"]
        assert review.diff.comment is not None
        await pilot.press("c", "backspace", "enter", "k")
        assert kept() == ["first and mor"]
        await pilot.press("x")
        assert kept() == []
        assert [row for row in review.diff.diff.rows if row.kind == "comment"] == []
        await pilot.press("u")
        assert kept() == ["first and mor"]

    play(Reviewed(), tmp_path, story)


def test_in_the_list_of_comments_one_is_changed_one_deleted_and_enter_leads_to_its_line(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    on_new = Comment("a.txt", False, 1, 1, ("+new",), "on new")
    on_gone = Comment("src/values.py", False, 3, 3, ("+not there",), "on gone")
    drafts.comment("sesn_a", (on_new, on_gone))

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await shows(pilot, "on line 3, which is gone: on gone")
        await pilot.press("S")
        await shows(pilot, "a.txt, line 1")
        await pilot.press("enter")
        assert review.file is not None
        assert (review.file.path, review.diff.comment) == ("a.txt", on_new)
        await pilot.press("S", "j", "x")
        await until(pilot, lambda: review.comments.all == (on_new,))
        await pilot.press("e", "exclamation_mark", "enter")
        assert [comment.text for comment in review.comments.all] == ["on new!"]

    play(Reviewed(), tmp_path, story)


@pytest.mark.parametrize(
    ("keys", "path", "body"),
    [
        ("aa", "hunks/apply", {"hunks": [{"path": "src/values.py", "id": "HUNK"}]}),
        ("a2", "hunks/apply", {"hunks": [{"path": "src/values.py", "id": "HUNK"}], "take": "theirs"}),
        ("ff", "apply", {"paths": ["src/values.py"]}),
        ("f3", "apply", {"paths": ["src/values.py"], "take": "markers"}),
        ("AA", "apply", {}),
        ("A1", "apply", {"take": "mine"}),
    ],
)
def test_what_goes_into_the_project_is_said_first_and_done_on_the_second_key(
    tmp_path: Path, keys: str, path: str, body: Json
) -> None:
    engine = Reviewed(reviewed("src/values.py", OLD, NEW, conflict="take" in body))
    hunk = engine.files[0]["hunks"][1]["id"]

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("right_square_bracket", keys[0])
        if "take" in body:
            where = "in src/values.py" if keys[0] == "A" else "there"
            await shows(pilot, f"your project has other lines {where}. 1 keeps yours, 2")
            # However often its key comes: only a side answers it.
            await pilot.press(keys[0])
            await shows(pilot, f"your project has other lines {where}. 1 keeps yours, 2")
        else:
            await shows(pilot, f"{keys[0]} again applies")
        assert engine.told == []
        engine.files = [reviewed("src/values.py", OLD.replace("value_20 = 20\n", ""), NEW)]
        await pilot.press(keys[1])
        await until(pilot, lambda: len(review.file.hunks or ()) == 1 if review.file else False)

    play(engine, tmp_path, story)
    [(asked, given)] = engine.told
    assert (asked, str(given)) == (f"{OWN}/{path}", str(body).replace("HUNK", hunk))


def test_a_side_is_taken_only_right_after_it_was_asked_for(tmp_path: Path) -> None:
    engine = Reviewed(reviewed("src/values.py", OLD, NEW, conflict=True))

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("2")
        await shows(pilot, "hunk 1 of 2 of src/values.py: your project has other lines there. 1 keeps yours, 2 again")
        await pilot.press("j")
        assert engine.told == []
        await pilot.press("2")
        await shows(pilot, "hunk 1 of 2 of src/values.py: your project has other lines there")
        assert engine.told == []
        await pilot.press("2")
        await until(pilot, lambda: len(engine.told) == 1)

    play(engine, tmp_path, story)


@pytest.mark.parametrize(("keys", "done"), [("a", "applied"), ("A", "applied"), ("d", "discarded"), ("D", "discarded")])
def test_of_an_agent_at_work_nothing_is_offered_that_the_engine_would_refuse(
    tmp_path: Path, keys: str, done: str
) -> None:
    engine = Reviewed(status="running")

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press(keys)
        await shows(pilot, f"nothing is {done} before it rests")
        assert f" {keys} again" not in screen_text(pilot.app)  # type: ignore[arg-type]

    play(engine, tmp_path, story)
    assert engine.told == []


def test_a_commit_has_the_message_that_is_left_in_the_box_and_one_that_was_not_made_is_there_again(
    tmp_path: Path,
) -> None:
    class Committing(Reviewed):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            await super().post(path, body)
            return {"commits": [{"id": "c" * 40, "subject": "Better"}], "branch": "main", "head": "c" * 40}

    engine = Committing()
    engine.answers[f"{OWN}/base"] = {"applied": ["b.txt"], "message": "A change\n\nWhat it does.\n", "yours": ["b.txt"]}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("M")
        await shows(pilot, "What it does.")
        await shows(pilot, "commits b.txt, and what you had not committed in b.txt, with this message")
        await pilot.press(*"Better", "escape")
        assert (review.line.display, engine.told) == (False, [])
        await pilot.press("M")
        await shows(pilot, "Better")
        await pilot.press("right", "comma", "space", *"more", "enter")
        await shows(pilot, "committed to main as ccccccc")
        assert not review.line.display
        await pilot.press("c", "escape")

    play(engine, tmp_path, story)
    assert engine.told == [(f"{OWN}/commit", {"only_applied": True, "message": "Better, more"})]


def test_the_agents_own_commits_become_a_branch_on_a_key(tmp_path: Path) -> None:
    class Branching(Reviewed):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            await super().post(path, body)
            return {"commits": [{}, {}], "branch": "workbench/sesn_a"}

    engine = Branching()

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("b")
        await shows(pilot, "2 commits on the branch")
        await shows(pilot, "git merge workbench/sesn_a")

    play(engine, tmp_path, story)
    assert engine.told == [(f"{OWN}/branch", {})]


RUNNING = {"id": "bg_1", "command": "npm run dev", "state": "running", "exit_code": None, "last_line": "ready"}


@pytest.mark.parametrize(("key", "does", "path"), [("A", "applies", "apply"), ("D", "discards", "discard")])
def test_what_runs_in_the_background_is_named_before_its_sandbox_is_ended(
    tmp_path: Path, key: str, does: str, path: str
) -> None:
    engine = Reviewed()
    engine.answers[f"{OWN}/background"] = {"data": [RUNNING, RUNNING | {"id": "bg_2", "state": "ended"}]}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press(key)
        await shows(pilot, f"{key} again {does}")
        await shows(pilot, "this ends 1")
        await shows(pilot, "in the background: npm run dev · ready")
        assert engine.told == []
        await pilot.press(key)
        await until(pilot, lambda: bool(engine.told))

    play(engine, tmp_path, story)
    assert [told for told, _ in engine.told] == [f"{OWN}/{path}"]


def test_another_key_between_asks_again(tmp_path: Path) -> None:
    engine = Reviewed()

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("a", "right_square_bracket", "a", "f")
        await shows(pilot, "f again applies")
        assert engine.told == []

    play(engine, tmp_path, story)


def test_a_discard_is_said_and_taken_back_as_long_as_the_session_did_nothing_since(tmp_path: Path) -> None:
    engine = Reviewed()
    hunk = {"path": "src/values.py", "id": engine.files[0]["hunks"][0]["id"]}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("d")
        await shows(pilot, "d again discards hunk 1 of 2 of src/values.py")
        await pilot.press("d")
        await shows(pilot, "u brings it back")
        await pilot.press("u")
        await shows(pilot, "discard undone")
        await pilot.press("D")
        await shows(pilot, "D again discards src/values.py")
        await pilot.press("D")
        await until(pilot, lambda: len(engine.told) == 3)
        await until(pilot, lambda: bool(review.check_action("undo_discard", ())))
        engine.tell(state("sesn_a", rested_at="2026-11-20T11:59:00+00:00"))
        await shows(pilot, "it went on: r reads again")
        await pilot.press("u")

    play(engine, tmp_path, story)
    assert engine.told == [
        (f"{OWN}/discard", {"hunks": [hunk]}),
        (f"{OWN}/rewind", {"to": "sevt_before"}),
        (f"{OWN}/discard", {"paths": ["src/values.py"]}),
    ]


def test_what_the_engine_refuses_is_said_and_the_review_stays(tmp_path: Path) -> None:
    engine = Reviewed()
    engine.refuses = "hunk 1 is gone"

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("d")
        await shows(pilot, "d again discards")
        await pilot.press("d")
        await shows(pilot, "hunk 1 is gone")
        await shows(pilot, "value_4 = 44")

    play(engine, tmp_path, story)


def test_viewed_is_remembered_for_what_the_file_is_now_and_leads_to_the_next_file(tmp_path: Path) -> None:
    engine = Reviewed()

    async def mark(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("m")
        await shows(pilot, "1 viewed")
        assert review.file is not None
        assert review.file.path == "a.txt"

    async def again(pilot: Pilot[None], review: ReviewScreen) -> None:
        assert "✔ M src/values.py" in row_with(review.workbench, "src/values.py")  # type: ignore[arg-type]
        # The first that was not viewed comes first.
        assert review.place == 1
        engine.files[0]["digest"] = "another one"
        await pilot.press("r")
        await shows(pilot, "0 viewed")

    play(engine, tmp_path, mark)
    play(engine, tmp_path, again)


def test_files_without_lines_say_what_they_are_and_nothing_can_be_asked_of_their_hunks(tmp_path: Path) -> None:
    engine = Reviewed(
        reviewed("bin", "", "", whole="binary"),
        reviewed("empty", "", "", kind="added", mode_before=None),
        reviewed("run.sh", "", "", whole="its mode alone is another one", mode_after=0o755),
    )

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        for said in ("binary", "empty", "mode 644 → 755"):
            await shows(pilot, said)
            await pilot.press("a", "d", "c", "v", "j", "right_square_bracket")
        assert (engine.told, review.comments.all) == ([], ())

    play(engine, tmp_path, story)


def test_a_file_too_long_to_come_with_the_others_is_asked_for_when_it_is_shown(tmp_path: Path) -> None:
    engine = Reviewed(reviewed("a.py", OLD, NEW), reviewed("b.py", OLD, NEW) | {"hunks": None})

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        engine.files[1] = reviewed("b.py", OLD, NEW)
        assert engine.alone == []
        await pilot.press("n")
        await until(pilot, lambda: bool(review.file and review.file.path == "b.py" and review.file.hunks))
        await shows(pilot, "value_4 = 44")
        assert engine.alone == ["b.py"]

    play(engine, tmp_path, story)


def test_from_110_columns_on_both_sides_stand_beside_each_other_unless_a_person_wants_otherwise(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        def line() -> str:
            return row_with(review.workbench, "value_4 = 4")  # type: ignore[arg-type]

        assert ("│" in line(), "value_4 = 44" in line()) == (True, True)
        await pilot.press("t")
        await until(pilot, lambda: "│" not in line())
        await pilot.press("t")
        await pilot.resize_terminal(109, 30)
        review.diff.is_split = None
        review.show()
        await until(pilot, lambda: "│" not in line())

    play(Reviewed(), tmp_path, story, (110, 30))


def test_a_hunk_that_is_gone_is_named_by_its_line_and_not_by_an_id_that_no_screen_shows(tmp_path: Path) -> None:
    engine = Reviewed()
    hunk = engine.files[0]["hunks"][0]["id"]
    engine.refuses = (
        f"nothing was changed: hunk {hunk} of src/values.py is not there any more; look at the changes again"
    )

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("a")
        await shows(pilot, "a again applies")
        await pilot.press("a")
        await shows(pilot, "is not there any more; r")
        await pilot.press("f9")
        await shows(pilot, "the change of src/values.py at line 5 is not there")
        assert hunk not in screen_text(pilot.app)  # type: ignore[arg-type]

    play(engine, tmp_path, story)


def test_where_nothing_is_left_to_apply_no_comment_is_offered_and_a_session_with_changes_names_the_review(
    tmp_path: Path,
) -> None:
    engine = Reviewed(rested_at="2026-11-20T11:59:00+00:00")
    engine.answers[f"{OWN}/changes"] = {"changes": [{"path": "a.txt"}]}
    engine.events["sesn_a"] = [call("c1", "touch a.txt"), result("c1", "done")]

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await shows(pilot, "c comment")
        engine.files = []
        await pilot.press("r")
        await shows(pilot, "No changes in its project.")
        await until(pilot, lambda: "c comment" not in screen_text(pilot.app))  # type: ignore[arg-type]
        cast("WorkbenchApp", pilot.app).open_session("sesn_a")
        await shows(pilot, "Alt+D review its changes  ← back")

    play(engine, tmp_path, story)


def _found(*verdicts: str, result: Json | None) -> Json:
    findings = [
        {
            "file": "/workspace/api/src/values.py",
            "line": 5,
            "severity": "high",
            "title": f"claim {number}",
            "scenario": "value_4 is read as 4 elsewhere",
            "verdict": verdict,
            "reason": "I followed it",
        }
        for number, verdict in enumerate(verdicts, 1)
    ]
    phases = [{"name": "find", "status": "done"}, {"name": "verify", "status": "running"}]
    return {
        "session_id": "sesn_rev",
        "run": {"phases": phases, "agents": 3, "done": 2, "result": result},
        "findings": findings,
    }


def test_findings_of_agents_come_beside_the_diff_and_are_gone_through_line_by_line(tmp_path: Path) -> None:
    class ByAgents(Reviewed):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            answer = await super().post(path, body)
            return _found(result=None) if path == f"{OWN}/review" else answer

    engine = ByAgents()

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        app = cast("WorkbenchApp", pilot.app)
        await pilot.press("R")
        await shows(pilot, "R again has agents review these changes")
        await pilot.press("R")
        await shows(pilot, "agents review: verify · 2 of 3 agents")
        engine.answers[f"{OWN}/review"] = _found("confirmed", "refuted", result={"type": "completed"})
        engine.tell(state("sesn_rev"))
        await shows(pilot, "agents found 1, 1 refuted")
        await pilot.press("i")
        await shows(pilot, "! line 5 high: claim 1")
        await shows(pilot, "fails: value_4 is read as 4 elsewhere")
        assert (review.file.path if review.file else "", "claim 2" in screen_text(app)) == ("src/values.py", False)
        line = review.diff.diff.rows[review.diff.cursor].line
        assert line is not None
        assert review.diff.diff.lines[line].text == "value_4 = 44"
        await shows(pilot, "! high: claim 1")
        await shows(pilot, "C makes it")
        await pilot.press("C")
        await shows(pilot, "▌ claim 1: value_4 is read as 4 elsewhere")
        [comment] = review.comments.all
        assert (comment.path, comment.first, comment.quoted) == ("src/values.py", 5, ("+value_4 = 44",))

    play(engine, tmp_path, story)
