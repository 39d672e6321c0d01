"""Words of a recap, the same for the command and the terminal app."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

MARKS: Final = {
    "waiting": "?",
    "failed": "!",
    "budget": "$",
    "interrupted": "■",
    "ended": "✔",
    "working": "●",
    "archived": "×",
}
_WORDS: Final = {"waiting": "wait", "budget": "over budget", "working": "at work"}


def summed(found: Json) -> str:
    """All of a recap in one line: how many sessions stand how, what is left to apply, what it cost at list price."""
    counts: dict[str, int] = {}
    for one in found["sessions"]:
        counts[one["how"]] = counts.get(one["how"], 0) + 1
    parts = [f"{MARKS[how]} {count} {_WORDS.get(how, how)}" for how, count in counts.items()]
    if count := found["files_to_apply"]:
        parts.append(f"{count} file{'s' if count > 1 else ''} to apply")
    if count := sum(len(dream["lines"]) for dream in found.get("memory", ())):
        parts.append(f"{count} line{'s' if count > 1 else ''} of memory landed")
    return " · ".join([*(parts or ["nothing happened"]), f"${found['cost_usd']:.2f}"])
