"""What the answers in transcripts used: each answer once over all files, with the last of its counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from workbench.commands.claude_code.lines import Json

SYNTHETIC: Final = "<synthetic>"
"""The model of what the program wrote itself in an answer's place."""
_NAMES: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_MOST: Final = 10**12
"""No request has so many tokens."""


@dataclass(frozen=True)
class Usage:
    """What one answer used, and by which model; `is_odd` says that a count was none."""

    model: str
    counts: dict[str, Any]
    hour_tokens: int = 0
    web_searches: int = 0
    is_odd: bool = False


def usage_by_answer(lines: Iterable[Json]) -> dict[str, Usage]:
    """Per id of an answer: its blocks come as lines of their own, of which earlier ones have smaller counts."""
    found: dict[str, Usage] = {}
    for line in lines:
        answer = answer_of(line)
        usage = line["message"].get("usage") if answer else None
        if not answer or not isinstance(usage, dict):
            continue
        this = _usage(str(line["message"].get("model") or "unknown"), usage)
        known = found.get(answer)
        if known is None or this.counts["output_tokens"] >= known.counts["output_tokens"]:
            found[answer] = this
    return found


def answer_of(line: Json) -> str:
    """The id of the answer that the line is a part of; empty for others, and for what no model said."""
    message = line.get("message")
    if line.get("type") != "assistant" or not isinstance(message, dict) or is_notice(line):
        return ""
    return str(message.get("id") or "")


def is_notice(line: Json) -> bool:
    """Whether the program wrote it in the place of an answer, as it does when a request fails."""
    message = line.get("message")
    return bool(line.get("isApiErrorMessage")) or (isinstance(message, dict) and message.get("model") == SYNTHETIC)


def _usage(model: str, usage: Json) -> Usage:
    values = [usage.get(name) for name in _NAMES]
    counts: dict[str, Any] = {name: count(value) for name, value in zip(_NAMES, values, strict=True)}
    if usage.get("speed") in ("standard", "fast"):
        counts["speed"] = usage["speed"]
    kept, searched = usage.get("cache_creation"), usage.get("server_tool_use")
    hour = count(kept.get("ephemeral_1h_input_tokens")) if isinstance(kept, dict) else 0
    return Usage(
        model=model,
        counts=counts,
        hour_tokens=min(hour, counts["cache_creation_input_tokens"]),
        web_searches=count(searched.get("web_search_requests")) if isinstance(searched, dict) else 0,
        is_odd=any(value is not None and value != count(value) for value in values),
    )


def count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else 0
