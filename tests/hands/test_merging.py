"""A folder and a store come to say the same, whatever each said before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.hands.files.merging import Step, Task, tasks

STATES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"))


@pytest.mark.parametrize(
    ("was", "here", "there", "step", "is_lost"),
    [
        ("1", "1", "2", Step.PULL, False),
        ("1", "2", "1", Step.PUSH, False),
        ("1", "2", "3", Step.PULL, True),
        ("1", None, "1", Step.PUSH, False),
        ("1", None, "2", Step.PULL, False),
        ("1", "1", None, Step.PULL, False),
        ("1", "2", None, Step.PUSH, False),
        (None, "1", None, Step.PUSH, False),
        (None, None, "1", Step.PULL, False),
        (None, "1", "2", Step.PULL, True),
        (None, "1", "1", Step.AGREE, False),
        ("1", None, None, Step.AGREE, False),
    ],
)
def test_each_case_goes_as_the_public_worker_has_it(
    was: str | None, here: str | None, there: str | None, step: Step, is_lost: bool
) -> None:
    agreed, local, remote = ({"/a": one} if one else {} for one in (was, here, there))
    assert tasks(agreed, local, remote) == [Task("/a", step, here, there, is_lost)]


@given(STATES, STATES, STATES, st.booleans())
def test_after_its_tasks_both_sides_are_the_same_and_nothing_is_left_to_do(
    agreed: dict[str, str], local: dict[str, str], remote: dict[str, str], read_only: bool
) -> None:
    before = dict(remote)
    for task in tasks(agreed, local, remote, read_only=read_only):
        goal, told = (local, task.remote) if task.step is Step.PULL else (remote, task.local)
        if told is None:
            goal.pop(task.path, None)
        else:
            goal[task.path] = told
    assert local == remote
    assert tasks(local, local, remote) == []
    if read_only:
        assert remote == before
