"""The tool with which an agent reads its own session again, also what its context no longer has: answered from the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from workbench.contracts.tools import SESSION_HISTORY
from workbench.contracts.values import Entry, Json, Outcome, text_outcome
from workbench.events import Event, text_of, words_of_user
from workbench.text.shortening import shortened

NAME: Final = SESSION_HISTORY.name

_MOST_CHARACTERS: Final = 40_000
_MOST_OF_ONE_OF_MANY: Final = 2_000


def recalled(entries: Sequence[Entry], asked: Json) -> Outcome:
    """The events asked for, each with its number and type, as many as 40 000 characters hold."""
    first, last, search = asked.get("from_event", 1), asked.get("to_event"), asked.get("search", "")
    if not _is_number(first) or not (last is None or _is_number(last)) or not isinstance(search, str):
        return text_outcome(
            f"{NAME}: from_event and to_event must be whole numbers from 1 on, and search a text.", is_error=True
        )
    own = {entry.event.id for entry in entries if getattr(entry.event, "name", None) == NAME}
    most = _MOST_CHARACTERS if first == last else _MOST_OF_ONE_OF_MANY
    lines: list[str] = []
    left = _MOST_CHARACTERS
    for entry in entries:
        number, event = entry.seq or 0, entry.event
        text = _told(event)
        is_asked_for = first <= number <= (last or number) and search.lower() in (text or "").lower()
        if text is None or not is_asked_for or event.id in own or getattr(event, "tool_use_id", None) in own:
            continue
        line = f"#{number} {event.type}: {shortened(text, most)}"
        if lines and len(line) > left:
            lines.append(f"(There is more: go on with from_event {number}.)")
            break
        lines.append(line)
        left -= len(line)
    return text_outcome("\n\n".join(lines) or f"No event of this session fits. They are numbered 1 to {len(entries)}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _told(event: Event) -> str | None:  # noqa: PLR0911 - one return a kind
    """What an event tells an agent; None where it tells nothing."""
    match event.type:
        case "user.message" | "system.message" | "agent.message":
            return text_of(event.content)
        case "agent.tool_use" | "agent.custom_tool_use" | "agent.mcp_tool_use":
            return f"{event.name} {json.dumps(event.input, ensure_ascii=False)}"
        case "agent.tool_result" | "user.tool_result" | "user.custom_tool_result" | "agent.mcp_tool_result":
            return ("(error) " if event.is_error else "") + text_of(event.content)
        case "session.error":
            return event.error.message
        case "agent.thread_context_compacted":
            return "what came before was summed up"
        case "user.interrupt":
            return "the user interrupted"
        case "user.define_outcome":
            return words_of_user(event)
        case "span.outcome_evaluation_end":
            return f"the grader ({event.result}): {event.explanation}"
    return None
