"""A tool call as text: in one line, and whole."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, Final

from workbench.contracts import elicitation
from workbench.contracts.task_list import current, done, tasks_of
from workbench.contracts.tools import BACKGROUND, BASH, BY_NAME, EDIT, PROPOSE_PLAN, UPDATE_TASKS, WRITE, command_of
from workbench.text.display import exact, line

_MARKS: Final = {"completed": "✔", "in_progress": "●", "pending": "○"}


def call_line(call: Mapping[str, Any], width: int = 100) -> str:
    """What a call does, in a line."""
    given = call["input"]
    if call["name"] == UPDATE_TASKS.name and (tasks := tasks_of(given)) is not None:
        return line(exact(f"{done(tasks)}/{len(tasks)} {current(tasks)}".rstrip()), width)
    if call["name"] == elicitation.NAME:
        return line(exact(f"{given.get('mcp_server_name', '')} asks: {given.get('message', '')}"), width)
    kind = BY_NAME.get(call["name"])
    main = given.get(kind.title_field) if kind else None
    if call["name"] == BACKGROUND.name and not isinstance(main, str) and isinstance(given.get("action"), str):
        main = " ".join(str(given[field]) for field in ("action", "id", "text") if field in given)
    return line(exact(main if isinstance(main, str) else json.dumps(given, ensure_ascii=False)), width)


def call_text(call: Mapping[str, Any]) -> str:
    """The whole call, as it would run."""
    given = call["input"]
    if call["name"] == BASH.name and "command" in given:
        return exact(str(given["command"]))
    if (command := command_of(call["name"], given)) is not None:
        return exact(command)
    if call["name"] == elicitation.NAME:
        return "\n".join(exact(one) for one in elicitation.shown(dict(given)))
    if call["name"] == PROPOSE_PLAN.name and isinstance(given.get("plan"), str):
        return exact(given["plan"])
    if call["name"] == UPDATE_TASKS.name and (tasks := tasks_of(given)) is not None:
        return "\n".join(exact(f"{_MARKS[one.status]} {one.title}") for one in tasks)
    return exact(json.dumps(given, indent=2, ensure_ascii=False))


def call_diff(call: Mapping[str, Any]) -> list[str]:
    """What a call of `edit` or `write` changes, each line behind `-`, `+` or a blank; nothing for other calls.

    Of a whole file that is written only the new lines are known.
    """
    given = call["input"]
    texts = [given.get(field) for field in ("old_string", "new_string")]
    if call["name"] == EDIT.name and all(isinstance(text, str) for text in texts):
        old, new = (exact(str(text)).splitlines() for text in texts)
    elif call["name"] == WRITE.name and isinstance(given.get("content"), str):
        old, new = [], exact(given["content"]).splitlines()
    else:
        return []
    lines = [*difflib.unified_diff(old, new, n=3, lineterm="")][2:]
    return [line for line in lines if not line.startswith("@@")]
