"""The Board's rows, folded from the feed's frames."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.fake import NOW, ago, blocked, state
from workbench.contracts.build import build
from workbench.tui.render.board_lines import Sight, board_lines, context_of, engine_line, going_on
from workbench.tui.state.rows import (
    Feed,
    apply_frame,
    begin_snapshot,
    fits,
    in_order,
    needing_you,
    row_of,
    seen_through,
)
from workbench.tui.state.troubles import trouble_of
from workbench.tui.state.view_state import View
from workbench.tui.widgets.sheet import text_of

Json = dict[str, Any]


NEWER = ("last_error_type", "rested_at", "context_tokens", "context_window", "tags", "agent_id")


def _fed(*states: Json) -> Feed:
    feed = begin_snapshot(Feed())
    for body in states:
        feed = apply_frame(feed, "session.state", body)
    return apply_frame(feed, "feed.live", {})


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "idle"),
        ({"status": "running"}, "working"),
        ({"last_event_type": "user.message"}, "working"),
        ({"status": "rescheduling"}, "retrying"),
        ({"waiting_for": ["c"], "stop_reason": {"type": "requires_action"}}, "waiting"),
        ({"waiting_for": ["c"], "status": "running"}, "waiting"),
        ({"stop_reason": {"type": "requires_action"}}, "working"),
        ({"stop_reason": {"type": "budget_reached"}}, "budget"),
        ({"stop_reason": {"type": "retries_exhausted"}, "last_error": "401"}, "failed"),
        ({"stop_reason": {"type": "refusal"}}, "failed"),
        ({"status": "terminated"}, "failed"),
        ({"status": "terminated", "archived_at": ago(1)}, "ended"),
        ({"stop_reason": None, "last_event_at": None, "usage": None, "last_text": None}, "idle"),
    ],
)
def test_every_state_has_its_mark(fields: Json, word: str) -> None:
    assert row_of(state("sesn_a", **fields)).mark.word == word


def test_a_session_that_tries_again_says_why_and_its_trouble_when() -> None:
    waits = {"type": "engine.progress", "text": "asks the model again after 30 s…", "since": ago(12)}
    row = row_of(state("sesn_a", status="rescheduling", last_error="429: too many requests", progress=waits))
    assert going_on(row, NOW, 60) == "429: too many requests · 12s"
    trouble = trouble_of(row)
    assert trouble is not None
    assert trouble.cause == "429: too many requests; asks the model again after 30 s"


def test_a_session_that_a_limit_has_stopped_says_until_when_in_its_row_and_its_trouble() -> None:
    words = "goes on at 06:45, when the model's limit has passed"
    waits = {"type": "engine.progress", "text": f"{words}…", "since": ago(12), "until": ago(-78)}
    row = row_of(state("sesn_a", status="rescheduling", last_error="429: too many requests", progress=waits))
    assert going_on(row, NOW, 60) == f"{words} · 12s"
    assert going_on(row, NOW, 24) == "goes on at 06:45,… · 12s"
    trouble = trouble_of(row)
    assert trouble is not None
    assert trouble.cause == f"{words}; 429: too many requests"


def test_how_long_and_how_far_are_shown_whole_in_the_narrowest_row() -> None:
    fields = {"activity": "bash pytest -q tests", "last_event_type": "agent.tool_use", "last_event_at": ago(12)}
    row = row_of(state("sesn_a", status="running", percent=41, **fields))
    assert [going_on(row, NOW, room) for room in (60, 20, 1)] == [
        "bash pytest -q tests · 12s · 41%",
        "bash py… · 12s · 41%",
        "bas… · 12s · 41%",
    ]


def test_marks_differ_by_shape_and_not_only_by_colour() -> None:
    bodies = [
        state("sesn_a"),
        state("sesn_a", status="running"),
        blocked("sesn_a", "c"),
        state("sesn_a", stop_reason={"type": "refusal"}),
        state("sesn_a", stop_reason={"type": "budget_reached"}),
        state("sesn_a", status="rescheduling"),
        state("sesn_a", archived_at=ago(1)),
    ]
    assert len({row_of(body).mark.shape for body in bodies}) == len(bodies)


def test_from_the_question_over_the_answer_to_the_end_no_mark_flickers() -> None:
    told = [
        state("sesn_a", position=1, status="running"),
        blocked("sesn_a", "c", position=2),
        state("sesn_a", position=3, stop_reason={"type": "requires_action"}),
        state("sesn_a", position=4, status="running"),
        state("sesn_a", position=5),
    ]
    feed, words = _fed(), list[str]()
    for body in told:
        feed = apply_frame(feed, "session.state", body)
        words.append(feed.rows["sesn_a"].mark.word)
    assert words == ["working", "waiting", "working", "working", "idle"]


def test_an_older_state_never_replaces_a_newer_one() -> None:
    feed = apply_frame(_fed(blocked("sesn_a", "c", position=9)), "session.state", state("sesn_a", position=8))
    assert feed.rows["sesn_a"].mark.word == "waiting"


def test_rows_keep_their_order_whatever_happens_to_them() -> None:
    states = [state(f"sesn_{name}", created_at=ago(60 * age)) for age, name in enumerate("cab")]
    quiet = [row.session_id for row in in_order(_fed(*states).rows)]
    loud = [blocked("sesn_b", "x"), state("sesn_c", created_at=ago(0), status="running"), states[1]]
    loud[0]["created_at"] = ago(120)
    assert [row.session_id for row in in_order(_fed(*loud).rows)] == quiet == ["sesn_c", "sesn_a", "sesn_b"]


def test_the_folder_that_new_tasks_work_on_is_the_first_project() -> None:
    states = [state(f"sesn_{name}", project=f"/home/{name}") for name in "abc"] + [state("sesn_d", project=None)]
    rows = _fed(*states).rows
    order = [row.session_id for row in in_order(rows, View(folder="/home/b"))]
    assert order == ["sesn_b", "sesn_a", "sesn_c", "sesn_d"]
    assert [row.session_id for row in in_order(rows, View())] == ["sesn_a", "sesn_b", "sesn_c", "sesn_d"]


def test_a_row_says_no_less_of_what_goes_on_in_a_wider_list() -> None:
    working = _fed(state("sesn_a", status="running", activity="x" * 100, last_event_type="agent.tool_use")).rows

    def told(width: int) -> int:
        sight = Sight(lambda row, _: "", NOW, width, View())
        return text_of(board_lines(list(working.values()), sight)[1][1]).plain.count("x")

    widths = (60, 80, 100)
    assert [told(width) for width in widths] == sorted(map(told, widths))


def test_those_who_need_you_come_oldest_first() -> None:
    feed = _fed(
        blocked("sesn_young", "1", last_event_at=ago(5)),
        state("sesn_broken", stop_reason={"type": "refusal"}, last_event_at=ago(50)),
        state("sesn_working", status="running", last_event_at=ago(500)),
        blocked("sesn_old", "2", last_event_at=ago(90)),
    )
    assert [row.session_id for row in needing_you(feed.rows)] == ["sesn_old", "sesn_broken", "sesn_young"]


def test_what_went_while_the_app_was_away_is_gone_only_when_the_new_picture_is_whole() -> None:
    feed = begin_snapshot(_fed(state("sesn_a"), state("sesn_b")))
    feed = apply_frame(feed, "session.state", state("sesn_b"))
    assert set(feed.rows) == {"sesn_a", "sesn_b"}
    assert set(apply_frame(feed, "feed.live", {}).rows) == {"sesn_b"}


def test_a_deleted_session_leaves() -> None:
    assert apply_frame(_fed(state("sesn_a")), "session.state", state("sesn_a", deleted=True)).rows == {}


@pytest.mark.parametrize(
    ("wanted", "does"),
    [
        ("", True),
        ("s:wait", True),
        ("s:idle", False),
        ("p:api m:off", True),
        ("m:opus", False),
        ("ALPHA", True),
        ("x", False),
    ],
)
def test_a_filter_fits_when_every_word_of_it_does(wanted: str, does: bool) -> None:
    assert fits(row_of(blocked("sesn_alpha", "c", last_text="hello")), wanted) is does


def test_the_context_is_a_share_of_a_window_that_is_known_and_else_never_one() -> None:
    held = [
        context_of(row_of(state("sesn_a", context_tokens=tokens, context_window=window)))
        for tokens, window in [(41_000, 100_000), (41_000, None), (410, None), (0, 100_000), (1, 1_000_000)]
    ]
    assert held == ["41%", "41k", "410", "", "0%"]


def test_an_engine_that_is_older_than_the_app_is_followed_all_the_same() -> None:
    older = {key: value for key, value in state("sesn_a").items() if key not in NEWER}
    assert row_of(older).mark.word == "idle"


def test_the_header_names_the_model_of_new_sessions_and_what_is_out_of_order() -> None:
    def right(**told: str | None) -> str:
        body = {"model": "claude-x", "endpoint": None, "source": None, "trouble": None, "progress": None, **told}
        feed = apply_frame(_fed(), "engine.state", body)
        return engine_line(feed.rows, feed.trouble, feed.model).plain.removeprefix("$0.00").strip()

    assert right() == "claude-x · engine ok"
    assert right(trouble="the vault does not start") == "the vault does not start"
    assert right(progress="Building the sandbox image …") == "Building the sandbox image …"
    assert right(build=build()) == "claude-x · engine ok"
    assert right(build="another").startswith("workbench down")


def _line_of(body: Json, width: int = 120) -> str:
    row = row_of(body)
    return text_of(board_lines([row], Sight(lambda row, width: "", NOW, width, View()))[1][1]).plain


@pytest.mark.parametrize("kind", ["agent.tool_use", "span.model_request_end"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_row_says_what_runs_and_how_long_already_whatever_room_there_is(kind: str, width: int) -> None:
    body = state("sesn_a", status="running", activity="bash pytest -q " + "x" * 99, last_event_type=kind)
    said = _line_of(body | {"last_event_at": ago(12)}, width)
    assert ("bash" in said, " · 12s " in said) == (True, True), said


@pytest.mark.parametrize("activity", [None, "asks the model"])
def test_a_row_at_work_never_repeats_its_title(activity: str | None) -> None:
    task = {"title": "find the leak and…", "last_text": "find the leak and mend it", "activity": activity}
    said = _line_of(state("sesn_a", status="running", last_event_type="span.model_request_start", **task))
    assert (activity or "starting") in said
    assert said.count("find the leak") == 1


def test_a_session_that_left_changes_looks_like_none_that_left_nothing() -> None:
    rested = {"stop_reason": {"type": "end_turn"}, "rested_at": ago(5)}
    # What a person has interrupted is no answer that they have not read.
    stopped = row_of(state("sesn_a", **rested, is_interrupted=True))
    assert seen_through({"sesn_a": stopped}, View())["sesn_a"].mark.word == "idle"
    bodies = [state(f"sesn_{number}", changed_files=number, **rested) for number in (0, 3)]
    rows = {body["session_id"]: row_of(body) for body in bodies}
    for view, words in (
        (View(), ["done", "done"]),
        (View(seen=tuple((key, ago(1)) for key in rows)), ["idle", "to apply"]),
    ):
        seen = seen_through(rows, view)
        assert [seen[key].mark.word for key in ("sesn_0", "sesn_3")] == words
        lines = {
            key: text_of(text).plain
            for key, text in board_lines(list(seen.values()), Sight(lambda row, _: "", NOW, 120, view))
        }
        assert ["files to apply" in lines[key] for key in ("sesn_0", "sesn_3")] == [False, True]


def test_the_head_adds_what_sessions_cost_and_not_what_is_shown_of_it() -> None:
    bodies = [state(f"sesn_{number}", usage={"list_cost": {"amount": "0"}}, own_cents=0.4) for number in range(5)]
    # What a fork took over was paid for by its parent.
    bodies.append(state("sesn_fork", usage={"list_cost": {"amount": "12"}}, own_cents=0))
    assert engine_line({body["session_id"]: row_of(body) for body in bodies}, "").plain.split()[0] == "$0.02"


def test_a_row_whose_agent_speaks_has_no_time_of_a_call() -> None:
    body = state("sesn_a", status="running", activity="The retry hides", last_event_type="span.model_request_start")
    assert row_of(body).called_at is None
