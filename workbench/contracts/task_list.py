"""Task list of an agent, as its last call of `update_tasks` gave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

STATUSES: Final = ("pending", "in_progress", "completed")
MOST_TASKS: Final = 200


@dataclass(frozen=True)
class Task:
    """One task: `status` is pending, in_progress or completed."""

    title: str
    status: str


def tasks_of(given: Mapping[str, Any]) -> tuple[Task, ...] | None:
    """The tasks of a call's input; None where it is not as the tool says."""
    listed = given.get("tasks")
    if not isinstance(listed, list) or len(listed) > MOST_TASKS:
        return None
    found = []
    for one in listed:
        if not isinstance(one, dict) or one.get("status") not in STATUSES:
            return None
        title = one.get("title")
        if not isinstance(title, str) or not title.strip():
            return None
        found.append(Task(" ".join(title.split()), one["status"]))
    return tuple(found)


def done(tasks: Sequence[Task]) -> int:
    """How many are completed."""
    return sum(one.status == "completed" for one in tasks)


def current(tasks: Sequence[Task]) -> str:
    """The title of the one in progress; "" where none is."""
    return next((one.title for one in tasks if one.status == "in_progress"), "")
