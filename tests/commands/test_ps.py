"""`workbench ps` where the clock has jumped, and of sessions with agents of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.tui.teams import thread
from workbench.commands.ps import _name, age, is_ahead


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def test_a_session_of_the_future_says_so_and_is_no_newest_one() -> None:
    stamps = [ago(days=-400), ago(seconds=-5), ago(hours=5)]
    assert [age(stamp) for stamp in stamps] == ["in 400d", "0s", "5h"]
    assert [is_ahead(stamp) for stamp in stamps] == [True, False, False]


def test_a_row_tells_of_an_open_run_and_what_failed_in_it_and_one_that_waits_comes_first() -> None:
    run = {"id": "wrun_1", "name": "look", "phase": "", "phases": [], "agents": 4, "done": 3, "failed": 1}
    state = {"session_id": "sesn_a", "title": "Look", "runs": [run], "threads": []}
    assert _name(state, "") == "Look · 3 of 4 agents · 1 failed · look"
    asks = thread("sthr_1", "agent 1", workflow_run_id="wrun_1", waiting_for=["c1"])
    assert _name(state | {"threads": [asks]}, "") == "Look · 1 of 1 agent waits"
    assert _name({"session_id": "sesn_a", "title": "Look"}, "") == "Look"
