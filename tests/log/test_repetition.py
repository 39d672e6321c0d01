"""A row says that an agent does the same again and again, and says it no more when a person has spoken."""

from __future__ import annotations

from tests.log.making import SESSION, event
from workbench.contracts.values import Entry, SessionState
from workbench.events import Event
from workbench.log.store.state import fold, state_json, state_of


def after(*happened: Event) -> SessionState:
    state = SessionState(SESSION)
    for number, one in enumerate(happened, start=1):
        state = fold(state, Entry(number, SESSION, number, one))
    return state


def call(command: str) -> Event:
    return event("agent.tool_use", name="bash", input={"command": command}, evaluated_permission="allow")


def test_the_same_call_five_times_and_two_calls_in_turn_are_told_until_a_person_speaks() -> None:
    assert "stuck" not in (after(*[call("pytest")] * 4).activity or "")
    assert (after(*[call("pytest")] * 5).activity or "").startswith("stuck? the same call again and again: bash")
    both = [call("sed -i s/a/b/ x"), call("sed -i s/b/a/ x")] * 4
    assert "two calls in turn" in (after(*both).activity or "")
    assert "stuck" not in (after(*[call("pytest")] * 4, call("pytest -x"), call("pytest")).activity or "")
    spoken = after(
        *[call("pytest")] * 5, event("user.message", content=[{"type": "text", "text": "go on"}]), call("pytest")
    )
    assert "stuck" not in (spoken.activity or "")
    kept = after(*[call("pytest")] * 4)
    assert state_of(state_json(kept)) == kept
