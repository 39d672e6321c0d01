"""Marks that do not flicker, whatever a session does."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.fake import blocked, state
from workbench.tui.rows import Row, row_of
from workbench.tui.steady import STAYS_S, Steady

BODIES: dict[str, dict[str, Any]] = {
    "idle": state("sesn_a"),
    "working": state("sesn_a", status="running"),
    "retrying": state("sesn_a", status="rescheduling"),
    "waiting": blocked("sesn_a", "c"),
    "failed": state("sesn_a", stop_reason={"type": "retries_exhausted"}),
}
ROWS: dict[str, Row] = {word: row_of(body) for word, body in BODIES.items()}
NEEDED = {"waiting", "failed"}


class Watched:
    """What a person sees of one session, look by look."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[float] = []
        self.steady = Steady(self.asked.append, lambda: self.now)

    def sees(self, word: str, after_s: float = 0.0) -> str:
        self.now += after_s
        return self.steady.shown({"sesn_a": ROWS[word]})["sesn_a"].mark.word


def test_a_turn_that_is_over_at_once_flickers_once_and_not_twice() -> None:
    seen = Watched()
    assert [seen.sees("idle"), seen.sees("working", 5), seen.sees("idle", 0.2)] == ["idle", "working", "working"]
    assert (seen.steady.is_settled, [round(one, 3) for one in seen.asked]) == (False, [0.8])
    assert seen.sees("idle", 0.8) == "idle"
    assert seen.steady.is_settled


def test_who_needs_a_person_is_shown_at_once_and_so_is_the_answer() -> None:
    seen = Watched()
    words = [seen.sees("idle"), seen.sees("working", 5), seen.sees("waiting", 0.1), seen.sees("working", 0.1)]
    assert words == ["idle", "working", "waiting", "working"]


def test_a_new_session_is_shown_as_it_is_and_may_change_at_once() -> None:
    seen = Watched()
    assert [seen.sees("working"), seen.sees("idle", 0.1)] == ["working", "idle"]


def test_what_can_be_interrupted_is_known_before_its_mark_says_so() -> None:
    seen = Watched()
    for word in ("working", "idle"):
        seen.sees(word)
    row = seen.steady.shown({"sesn_a": ROWS["working"]})["sesn_a"]
    assert (row.mark.word, row.busy) == ("idle", True)


@given(st.lists(st.tuples(st.sampled_from(sorted(ROWS)), st.floats(0, 2)), min_size=1, max_size=60))
def test_no_mark_changes_twice_within_a_second_unless_somebody_is_needed(told: list[tuple[str, float]]) -> None:
    seen, changes, shown = Watched(), list[tuple[float, str, str]](), ""
    for word, after_s in told:
        now = seen.sees(word, after_s)
        assert now == word if word in NEEDED else now not in NEEDED
        if shown and now != shown:
            changes.append((seen.now, shown, now))
        shown = now
    for (before, _, _), (after, old, new) in itertools.pairwise(changes):
        assert after - before >= STAYS_S - 1e-9 or {old, new} & NEEDED
    assert seen.sees(told[-1][0], STAYS_S) == told[-1][0]
