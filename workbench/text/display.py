"""Words of agents and tools as text for a terminal: nothing in it steers the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.text import signs

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


def folder(path: str) -> str:
    """A folder as people write it, from ~ where it is below their home; in one line, and nothing in it hides."""
    home = str(Path.home())
    below_home = path.startswith(f"{home}/")
    return exact(f"~{path[len(home) :]}" if below_home else path).replace("\n", "⟨U+000A⟩")


def content_text(blocks: Sequence[Mapping[str, Any]] | None) -> str:
    """The text of content blocks; other kinds are named in brackets."""
    return "\n".join(block["text"] if block["type"] == "text" else f"[{block['type']}]" for block in blocks or ())


def span(seconds: float) -> str:
    """How long, in one number: 40s, 12m, 5h, 3d."""
    for unit, size in (("d", _DAY_S), ("h", _HOUR_S), ("m", _MINUTE_S)):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(0, seconds):.0f}s"


def size(size_bytes: int) -> str:
    """How much, in one number: 12 B, 3.4 kB, 56 MB."""
    amount, units = float(size_bytes), iter(("B", "kB", "MB", "GB"))
    unit = next(units)
    while amount >= 999.5 and unit != "GB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:.1f} {unit}" if amount < 9.95 and unit != "B" else f"{amount:.0f} {unit}"


def folded(places: Iterable[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """The first of all places with the same words, and how many they are."""
    found: dict[str, list[dict[str, Any]]] = {}
    for place in places:
        found.setdefault(place["quote"], []).append(place)
    return [(same[0], len(same)) for same in found.values()]
