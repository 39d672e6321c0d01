"""Answers to calls of tools that the engine has itself: the session read again, a plan proposed, the task list kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workbench.brain import history_tool
from workbench.contracts import modes
from workbench.contracts.task_list import MOST_TASKS, STATUSES, current, done, tasks_of
from workbench.contracts.tools import PROPOSE_PLAN, UPDATE_TASKS
from workbench.contracts.values import Call, Entry, Outcome, text_outcome

_NO_LIST: Final = (
    f"{UPDATE_TASKS.name}: tasks must be a list of at most {MOST_TASKS}, each with a title and a status"
    f" ({', '.join(STATUSES)}); nothing was changed."
)


def answered(call: Call, entries: Sequence[Entry], *, was_asked: bool) -> Outcome:
    """What the call gives, from the log of its thread; `was_asked` says that a person allowed it. Nothing is changed by it."""
    match call.name:
        case history_tool.NAME:
            return history_tool.recalled(entries, call.input)
        case PROPOSE_PLAN.name:
            return text_outcome(modes.APPROVED if was_asked else modes.NO_PLAN_NEEDED)
        case _:
            return _noted(call)


def _noted(call: Call) -> Outcome:
    tasks = tasks_of(call.input)
    if tasks is None:
        return text_outcome(_NO_LIST, is_error=True)
    now = f" In progress: {current(tasks)}." if current(tasks) else ""
    return text_outcome(f"{done(tasks)} of {len(tasks)} tasks are completed.{now}")
