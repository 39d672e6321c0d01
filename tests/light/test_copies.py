"""A changed copy is the one that Python's own `replace` would make, and the value stays as it was."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from workbench import events
from workbench.contracts.values import SessionState
from workbench.light.copies import replace

CHANGES: list[dict[str, Any]] = [
    {},
    {"seq": 4},
    {"status": "idle", "waiting_for": ("sevt_1",), "last_event_at": events.now()},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_a_copy_is_equal_to_pythons_own_and_frozen_like_it(changes: dict[str, Any]) -> None:
    state = SessionState("sesn_1", seq=3, waiting_for=("sevt_0",))
    before = dataclasses.asdict(state)
    copy = replace(state, **changes)
    assert copy == dataclasses.replace(state, **changes)
    assert dataclasses.asdict(state) == before
    assert copy is not state
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.seq = 5  # type: ignore[misc]


def test_a_field_that_there_is_not_is_refused() -> None:
    wrong: Any = {"sequence": 4}
    with pytest.raises(TypeError, match="SessionState has no sequence"):
        replace(SessionState("sesn_1"), **wrong)
