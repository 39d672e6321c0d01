"""Words of agents and tools as text for a terminal: nothing in it steers the terminal, and a call fits in a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from workbench import signs

_MAIN_FIELD: Final = {
    "bash": "command",
    "read": "file_path",
    "write": "file_path",
    "edit": "file_path",
    "glob": "pattern",
    "grep": "pattern",
}
_DAY_S, _HOUR_S, _MINUTE_S = 86400, 3600, 60


def safe(text: str) -> str:
    """Prose of an agent, a tool or a file for a terminal: what steers or hides is named."""
    return signs.shown(text)


def exact(text: str) -> str:
    """A command, path, address or code for a person who decides about it: what is read is what runs."""
    return signs.shown_exactly(text)


def line(text: str, width: int = 100) -> str:
    """The first line, shortened."""
    first = safe(text).strip().partition("\n")[0]
    return first if len(first) <= width else first[: width - 1] + "…"


def call_line(call: Mapping[str, Any], width: int = 100) -> str:
    """What a call does, in a line."""
    given = call["input"]
    main = given.get(_MAIN_FIELD.get(call["name"], ""), None)
    return line(exact(main if isinstance(main, str) else json.dumps(given, ensure_ascii=False)), width)


def call_text(call: Mapping[str, Any]) -> str:
    """The whole call, as it would run."""
    given = call["input"]
    if call["name"] == "bash" and "command" in given:
        return exact(str(given["command"]))
    return exact(json.dumps(given, indent=2, ensure_ascii=False))


def content_text(blocks: Sequence[Mapping[str, Any]] | None) -> str:
    """The text of content blocks; other kinds are named in brackets."""
    return "\n".join(block["text"] if block["type"] == "text" else f"[{block['type']}]" for block in blocks or ())


def span(seconds: float) -> str:
    """How long, in one number: 40s, 12m, 5h, 3d."""
    for unit, size in (("d", _DAY_S), ("h", _HOUR_S), ("m", _MINUTE_S)):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(0, seconds):.0f}s"


def folded(places: Iterable[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """The first of all places with the same words, and how many they are."""
    found: dict[str, list[dict[str, Any]]] = {}
    for place in places:
        found.setdefault(place["quote"], []).append(place)
    return [(same[0], len(same)) for same in found.values()]
