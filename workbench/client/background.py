"""What runs in the background of sessions, in a line each: for the app, and for commands that end or list it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from workbench.text.display import line

_MOST_COMMAND: Final = 40
_MOST_LINE: Final = 60


def running(commands: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of a session's commands that have not ended."""
    return [one for one in commands if one["state"] == "running"]


def told(commands: Sequence[dict[str, Any]]) -> str:
    """How many run, and each with the last line that it printed; empty where none runs."""
    living = running(commands)
    shown = " │ ".join(_one(one) for one in living)
    return f"{len(living)} in the background: {shown}" if living else ""


def by_session(commands: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What `told` says of each session that has one of these commands."""
    ids = dict.fromkeys(one["session_id"] for one in commands)
    return {each: told([one for one in commands if one["session_id"] == each]) for each in ids}


def _one(command: dict[str, Any]) -> str:
    last = line(command["last_line"], _MOST_LINE)
    return line(command["command"], _MOST_COMMAND) + (f" · {last}" if last else "")
