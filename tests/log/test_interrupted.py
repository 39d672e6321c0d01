"""A session that a person interrupted at work is told so, until something is asked of it again."""

from __future__ import annotations

from tests.log.making import event
from tests.log.test_repetition import after

SAID = event("user.message", content=[{"type": "text", "text": "go"}])
RUNNING = event("session.status_running")
RESTS = event("session.status_idle", stop_reason={"type": "end_turn"})


def test_an_interrupt_at_work_is_told_until_a_message_and_one_at_rest_is_none() -> None:
    stopped = after(SAID, RUNNING, event("user.interrupt"), RESTS)
    assert stopped.is_interrupted
    assert not after(SAID, RUNNING, event("user.interrupt"), RESTS, SAID).is_interrupted
    assert not after(SAID, RUNNING, RESTS, event("user.interrupt")).is_interrupted


def test_an_interrupt_of_an_agent_that_works_for_it_leaves_the_session_as_it_is() -> None:
    assert not after(SAID, RUNNING, event("user.interrupt", session_thread_id="sthr_child"), RESTS).is_interrupted


def test_one_that_waits_for_a_person_is_interrupted_too() -> None:
    waits = event("session.status_idle", stop_reason={"type": "requires_action", "event_ids": ["sevt_1"]})
    assert after(SAID, RUNNING, waits, event("user.interrupt"), RESTS).is_interrupted
