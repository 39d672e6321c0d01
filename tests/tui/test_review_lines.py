"""Review, line by line: the next comment on the next line, lines of a hunk applied and discarded, and the keys that finish it at any size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import reviewed, screen_text, shows, until
from tests.tui.test_review import NEW, OLD, OWN, Reviewed, play
from workbench.client.requests import Query
from workbench.contracts.left_out import COMMITS_STAY
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.widgets.hints import Hints

Json = dict[str, Any]
ROWS = "".join(f"{number}\n" for number in range(1, 6))
SHOUTED = ROWS.replace("2\n3\n4\n", "two\nthree\n4\nmore\n")


def test_behind_a_comment_that_is_kept_the_next_one_is_about_the_next_line(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("j", "c", *"first", "enter", "c", *"second", "enter")
        assert [(one.first, one.text) for one in review.comments.all] == [(5, "first"), (6, "second")]
        # The last line of a hunk has none behind it: the keys of a hunk still mean the same one.
        await pilot.press("j", "c", *"last", "enter")
        assert ([one.text for one in review.comments.all][2:], review.diff.hunk) == (["last"], 0)
        await pilot.press("j", "j", "c", *"next", "enter")
        assert ([one.text for one in review.comments.all][3:], review.diff.hunk) == (["next"], 1)

    play(Reviewed(), tmp_path, story)


def test_no_comment_is_about_the_missing_end_of_a_file_alone(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("c", *"old", "enter", "c", *"new", "enter", "down", "down")
        # Now on the line that says so of the new file.
        await pilot.press("c", *"er", "enter")
        assert [(one.is_old, one.first, one.text) for one in review.comments.all] == [
            (True, 1, "old"),
            (False, 1, "newer"),
        ]

    play(Reviewed(reviewed("end", "one", "two")), tmp_path, story)


@pytest.mark.parametrize(
    ("width", "keys", "lines"),
    [
        # One under the other, a range holds what stands in it: here -2 and -3, then the new lines that follow.
        (100, "vj", [2, 3]),
        (100, "vjj", [2, 3, 4]),
        # Beside each other, a row is the line and the one in its place.
        (120, "v", [2, 4]),
        (120, "vj", [2, 3, 4, 5]),
    ],
)
def test_chosen_lines_alone_are_applied_and_discarded(tmp_path: Path, width: int, keys: str, lines: list[int]) -> None:
    engine = Reviewed(reviewed("rows", ROWS, SHOUTED))
    hunk = {"path": "rows", "id": engine.files[0]["hunks"][0]["id"], "lines": lines}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press(*keys)
        await shows(pilot, "a apply lines")
        await pilot.press("a")
        await shows(pilot, f"a again applies {len(lines)} chosen line")
        assert engine.told == []
        await pilot.press("a")
        await until(pilot, lambda: len(engine.told) == 1)
        await until(pilot, lambda: review.diff.is_choosing)
        await pilot.press("d")
        await shows(pilot, "d again discards")
        await pilot.press("d")
        await until(pilot, lambda: len(engine.told) == 2)

    play(engine, tmp_path, story, (width, 30))
    assert engine.told == [(f"{OWN}/hunks/apply", {"hunks": [hunk]}), (f"{OWN}/discard", {"hunks": [hunk]})]


def test_where_no_chosen_line_differs_that_is_said_and_nothing_is_asked(tmp_path: Path) -> None:
    engine = Reviewed()

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("k", "v", "a")
        await shows(pilot, "none of the chosen lines differs")
        await pilot.press("d", "escape")
        await shows(pilot, "a apply hunk")
        assert engine.told == []

    play(engine, tmp_path, story)


def test_the_question_and_the_answer_name_the_hunk(tmp_path: Path) -> None:
    engine = Reviewed()

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("a")
        await shows(pilot, "a again applies hunk 1 of 2 of src/values.py to the project")
        await pilot.press("n", "a")
        await shows(pilot, "a again applies the only hunk of a.txt to the project")
        await pilot.press("a")
        await shows(pilot, "applied the only hunk of a.txt")

    play(engine, tmp_path, story, (140, 30))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_what_finishes_a_review_is_hinted_at_and_so_is_the_way_back(tmp_path: Path, width: int) -> None:
    engine = Reviewed(reviewed("src/values.py", OLD, NEW), reviewed("a.txt", "", "new\n", kind="added"))
    engine.answers[f"{OWN}/base"] = {"applied": ["b.txt"], "message": "A change\n", "yours": []}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("j", "c", *"Why?", "enter")
        for hint in ("c comment", "a apply hunk", "d discard hunk", "S send", "M commit", "Esc back", "F1 help"):
            await shows(pilot, hint)
        await pilot.press("v")
        for hint in ("c comment", "a apply lines", "d discard lines", "S send", "M commit", "Esc back", "F1 help"):
            await shows(pilot, hint)
        assert len(review.query_one(Hints).lines) == 1, screen_text(review.workbench)  # type: ignore[arg-type]

    play(engine, tmp_path, story, (width, 24))


def test_files_that_the_list_has_no_room_for_are_counted(tmp_path: Path) -> None:
    engine = Reviewed(*(reviewed(f"file{number:02}", "", "new\n", kind="added") for number in range(20)))

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await shows(pilot, "… 14 more below")
        await pilot.press(*"nnnnnnnnnn")
        await shows(pilot, "… 7 more above · 7 more below")
        await pilot.press(*"nnnnnnnnn")
        await shows(pilot, "… 14 more above")
        assert "below" not in screen_text(review.workbench)  # type: ignore[arg-type]

    play(engine, tmp_path, story, (100, 30))


def test_lines_in_conflict_stand_above_the_diff_with_the_keys_that_take_a_side(tmp_path: Path) -> None:
    lines = ["<<<<<<< yours", "value_4 = 4.5", "=======", "value_4 = 44", ">>>>>>> the session's", *["more"] * 9]
    clash = reviewed("src/values.py", OLD, NEW, conflict=True)
    first, second = clash["hunks"]
    clash["hunks"] = [first | {"conflicts": lines}, second | {"conflict": False}]
    engine = Reviewed(clash, reviewed("a.txt", "", "new\n", kind="added", merge="clean"))

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        for said in (
            "in conflict with your project: 1 keeps yours, 2 takes the session's, 3 both between markers",
            "value_4 = 4.5",
            ">>>>>>> the session's",
            "… 6 more lines",
            "1 yours  2 its  3 both",
        ):
            await shows(pilot, said)
        await shows(pilot, "in conflict with your changes")
        await pilot.press("right_square_bracket")
        await shows(pilot, "hunk 1 of this file is in conflict with what your project has by now; this one is not")
        assert "2 its" not in screen_text(review.workbench)  # type: ignore[arg-type]
        await pilot.press("a")
        await shows(pilot, "a again applies hunk 2 of 2 of src/values.py to the project")
        await pilot.press("n")
        await shows(pilot, "merged with your changes")
        assert "value_4 = 4.5" not in screen_text(review.workbench)  # type: ignore[arg-type]

    play(engine, tmp_path, story)


def test_behind_a_hunk_that_came_the_next_one_is_at_hand_and_nothing_above_it_is_out_of_sight(tmp_path: Path) -> None:
    engine = Reviewed(reviewed("src/values.py", OLD, NEW))

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("right_square_bracket", *["j"] * 9, "left_square_bracket", *["j"] * 5)
        engine.files = [reviewed("src/values.py", OLD.replace("value_4 = 4\n", "value_4 = 44\n"), NEW)]
        await pilot.press("r")
        await until(pilot, lambda: len(review.file.hunks or ()) == 1 if review.file else False)
        await shows(pilot, "1 of 1")
        assert (review.diff.top, review.diff.hunk) == (0, 0)
        assert "›21    - value_20 = 20" in screen_text(review.workbench)  # type: ignore[arg-type]

    play(engine, tmp_path, story)


def test_commits_of_the_agent_are_said_with_the_key_that_brings_them(tmp_path: Path) -> None:
    class Committed(Reviewed):
        async def get(self, path: str, query: Query = ()) -> Json:
            answer = await super().get(path, query)
            return answer | {"left_out": [COMMITS_STAY]} if path == f"{OWN}/hunks" else answer

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await shows(pilot, "it has commits or branches of its own in the sandbox: b brings them as a branch")
        await shows(pilot, "b branch")

    play(Committed(reviewed("src/values.py", OLD, NEW)), tmp_path, story, (140, 30))


def test_the_message_of_all_comments_is_shown_whole_before_it_is_sent(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("c", *("many words " * 15), *"end", "enter", "S")
        await shows(pilot, "My comments on your changes:")
        await shows(pilot, "words end")

    play(Reviewed(reviewed("src/values.py", OLD, NEW)), tmp_path, story)


def test_both_sides_are_offered_only_where_they_can_stand_in_the_file(tmp_path: Path) -> None:
    clash = reviewed("src/values.py", OLD, NEW, conflict=True) | {"can_be_marked": False}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await shows(pilot, "1 yours  2 its")
        assert "3 both" not in screen_text(review.workbench)  # type: ignore[arg-type]
        await pilot.press("a")
        await shows(pilot, "your project has other lines there. 1 keeps yours, 2 takes the")

    play(Reviewed(clash), tmp_path, story)


def test_in_the_middle_of_a_merge_no_message_is_asked_for(tmp_path: Path) -> None:
    engine = Reviewed()
    engine.answers[f"{OWN}/base"] = {"applied": ["b.txt"], "unfinished": "merge", "message": "A\n", "yours": []}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("M")
        await shows(pilot, "your repository is in the middle of a merge, which git commits as a")
        assert not review.line.display

    play(engine, tmp_path, story)


def test_esc_says_no_to_a_question_and_leaves_nothing_else(tmp_path: Path) -> None:
    engine = Reviewed(reviewed("src/values.py", OLD, NEW))

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("a")
        await shows(pilot, "a again applies")
        await pilot.press("escape")
        await until(pilot, lambda: "a again" not in screen_text(review.workbench))  # type: ignore[arg-type]
        assert review.is_current
        await pilot.press("a")
        assert engine.told == []
        await shows(pilot, "a again applies")

    play(engine, tmp_path, story)


def test_a_branch_says_what_is_not_in_it_and_what_of_yours_is(tmp_path: Path) -> None:
    class Branching(Reviewed):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            await super().post(path, body)
            return {"commits": [{}], "branch": "workbench/a", "uncommitted": ["LICENSE"], "yours": ["CHANGES.md"]}

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("b")
        await until(pilot, lambda: bool(review.workbench.said))
        [said] = review.workbench.said
        assert "in none of them, and changed by the session: LICENSE" in said.text
        assert "in them, and not committed by you: CHANGES.md" in said.text

    play(Branching(reviewed("src/values.py", OLD, NEW)), tmp_path, story)


@pytest.mark.parametrize(
    ("answer", "side", "said"),
    [
        ({"changes": [], "kept": ["src/values.py"], "marked": []}, "1", "your lines stay, and nothing came"),
        ({"changes": [{}], "kept": [], "marked": []}, "1", "your lines where both changed them · M commits"),
        ({"changes": [{}], "kept": [], "marked": []}, "2", "the session's where both changed them"),
        ({"changes": [{}], "kept": [], "marked": ["src/values.py"]}, "3", "settle them in your editor, then M commits"),
    ],
)
def test_what_came_of_a_conflict_is_said_as_it_is(tmp_path: Path, answer: Json, side: str, said: str) -> None:
    class Answering(Reviewed):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            return await super().post(path, body) | answer

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("a")
        await shows(pilot, "your project has other lines there")
        await pilot.press(side)
        await until(pilot, lambda: said in " ".join(one.text for one in review.workbench.said))

    play(Answering(reviewed("src/values.py", OLD, NEW, conflict=True)), tmp_path, story)


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ({}, "nothing of it was applied that is not committed"),
        ({"marked": ["b.txt"]}, "b.txt has lines between markers: settle them in your editor, then M commits"),
        ({"changed_since": ["b.txt"]}, "you have changed b.txt since it was applied: git commits it"),
        (
            {"applied": ["b.txt"], "settled": ["b.txt"]},
            "commits b.txt (with the lines as you settled them in b.txt) with",
        ),
        ({"applied": ["b.txt"], "marked": ["c.txt"]}, "with this message; c.txt waits, with markers in it"),
    ],
)
def test_a_commit_says_what_waits_what_was_settled_and_what_is_for_git(tmp_path: Path, base: Json, said: str) -> None:
    engine = Reviewed()
    usual = {"applied": [], "settled": [], "marked": [], "changed_since": [], "message": "A change\n", "yours": []}
    engine.answers[f"{OWN}/base"] = usual | base

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await pilot.press("M")

        def told() -> str:
            shown = screen_text(review.workbench)  # type: ignore[arg-type]
            return " ".join(" ".join([*(one.text for one in review.workbench.said), shown]).split())

        await until(pilot, lambda: said in told())

    play(engine, tmp_path, story, (140, 30))


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ({}, "No changes in its project."),
        ({"applied": ["b.txt"]}, "Nothing is left to apply: what was applied is in your project, and M commits it."),
        ({"marked": ["b.txt"]}, "Nothing is left to apply. b.txt has lines between markers"),
    ],
)
def test_where_nothing_is_left_to_apply_the_way_on_is_said(tmp_path: Path, base: Json, said: str) -> None:
    engine = Reviewed()
    engine.files = []
    engine.answers[f"{OWN}/base"] = {"applied": [], "marked": [], "message": "A change\n", "yours": []} | base

    async def story(pilot: Pilot[None], review: ReviewScreen) -> None:
        await shows(pilot, said)

    play(engine, tmp_path, story)
