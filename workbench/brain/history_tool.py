"""The tool with which an agent reads its own session again, also what its context no longer has: answered from the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from workbench.contracts.tools import SESSION_HISTORY
from workbench.contracts.values import Entry, Json, Outcome, text_outcome
from workbench.events import Event, now, text_of, words_of_user
from workbench.text.full_text.question import BadQuestion, read
from workbench.text.full_text.ranking import ranked
from workbench.text.shortening import shortened

NAME: Final = SESSION_HISTORY.name

_MOST_CHARACTERS: Final = 40_000
_MOST_OF_ONE_OF_MANY: Final = 2_000


def recalled(entries: Sequence[Entry], asked: Json) -> Outcome:
    """The events asked for, each with its number and type, as many as 40 000 characters hold; those searched for come best first."""
    first, last, search = asked.get("from_event", 1), asked.get("to_event"), asked.get("search", "")
    if not _is_number(first) or not (last is None or _is_number(last)) or not isinstance(search, str):
        return text_outcome(
            f"{NAME}: from_event and to_event must be whole numbers from 1 on, and search a text.", is_error=True
        )
    own = {entry.event.id for entry in entries if getattr(entry.event, "name", None) == NAME}
    told = [
        (entry, text)
        for entry in entries
        if first <= (entry.seq or 0) <= (last or entry.seq or 0)
        and (text := _told(entry.event)) is not None
        and entry.event.id not in own
        and getattr(entry.event, "tool_use_id", None) not in own
    ]
    if search.strip():
        try:
            question = read(search, now())
        except BadQuestion as fault:
            return text_outcome(f"{NAME}: {fault}", is_error=True)
        told = [told[number] for number, _ in ranked([text for _, text in told], question)]
    lines = _lines(told, _MOST_CHARACTERS if first == last else _MOST_OF_ONE_OF_MANY, is_search=bool(search.strip()))
    return text_outcome("\n\n".join(lines) or f"No event of this session fits. They are numbered 1 to {len(entries)}.")


def _lines(told: Sequence[tuple[Entry, str]], most: int, *, is_search: bool) -> list[str]:
    lines: list[str] = []
    left = _MOST_CHARACTERS
    for place, (entry, text) in enumerate(told):
        line = f"#{entry.seq} {entry.event.type}: {shortened(text, most)}"
        if lines and len(line) > left:
            more = f"{len(told) - place} events fit less well" if is_search else f"go on with from_event {entry.seq}"
            lines.append(f"(There is more: {more}.)")
            break
        lines.append(line)
        left -= len(line)
    return lines


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
