"""What keeps a session from going on: its cause, what is affected, and the one action that helps; a pure function of its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workbench.tui.state.rows import BUDGET, FAILED, RETRYING, Row

GO_ON: Final = "Please go on where you stopped."
"""What trying again says to the agent: after a failed turn, the next message is what a session goes on with."""
_PLACES: Final = {
    "model_rate_limited_error": "model endpoint",
    "model_overloaded_error": "model endpoint",
    "model_request_failed_error": "model endpoint",
    "billing_error": "model account",
    "compaction_limit_reached_error": "conversation",
    "tool_use_limit_reached_error": "conversation",
    "mcp_connection_failed_error": "MCP server",
    "mcp_authentication_failed_error": "MCP server",
    "credential_host_unreachable_error": "credential",
    "unknown_error": "engine",
}


@dataclass(frozen=True)
class Trouble:
    """`action` is the id of what helps, empty where it goes on by itself; `says` is what that does. `place` is empty where it is unknown."""

    cause: str
    place: str
    action: str = ""
    says: str = ""


def trouble_of(row: Row) -> Trouble | None:
    """None for a session that is well, or that waits for an answer."""
    if row.mark is BUDGET:
        return Trouble(row.event, "budget", "list.budget", "raise it")
    if row.mark is RETRYING:
        said = (row.waits_for, row.event) if row.waits_until else (row.event, row.waits_for)
        return Trouble("; ".join(filter(None, said)), _place(row))
    if row.mark is not FAILED:
        return None
    if row.stop_reason == "refusal":
        return Trouble("the model refuses to answer this", "model", "list.open", "rephrase it")
    if row.stop_reason != "retries_exhausted":
        return Trouble(row.event or "it ended with an error", _place(row), "list.events", "see its events")
    return Trouble(row.event, _place(row), "list.again", "try again")


def _place(row: Row) -> str:
    if row.error_type.startswith("repository_"):
        return "repository"
    return _PLACES.get(row.error_type, "")


def trouble_text(trouble: Trouble, key: str, width: int) -> str:
    """What is affected, cause and key in so many columns; the cause is shortened first, then what the key does."""
    helps = f" · {key} {trouble.says}" if key and trouble.says else ""
    if helps and width < len(trouble.place) + 8 + len(helps):
        helps = f" · {key}"
    cause = f"{trouble.place}: {trouble.cause}" if trouble.place else trouble.cause
    room = max(4, width - len(helps))
    return (cause if len(cause) <= room else f"{cause[: room - 1]}…") + helps
