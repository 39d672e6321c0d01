"""Suggestions for what was mistyped: words, options, ids and names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

OTHERS: Final = {
    **dict.fromkeys(("ls", "list", "sessions"), "ps"),
    **dict.fromkeys(("kill", "stop", "cancel", "abort"), "interrupt"),
    **dict.fromkeys(("show", "view", "cat"), "peek"),
    **dict.fromkeys(("undo", "reset", "restore"), "rewind"),
    **dict.fromkeys(("tail", "history"), "logs"),
    **dict.fromkeys(("delete", "remove"), "rm"),
    **dict.fromkeys(("start", "exec-task", "ask", "chat"), "run"),
    **dict.fromkeys(("resume", "continue", "reply", "message"), "send"),
    **dict.fromkeys(("approve", "yes"), "allow"),
    **dict.fromkeys(("reject", "no"), "deny"),
    **dict.fromkeys(("open", "join"), "attach"),
    "query": "sql",
    "find": "search",
    "merge": "apply",
}
"""What other tools call a word of ours."""


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for a word that other tools have, or that was mistyped."""
    return f"; did you mean {OTHERS[word]}?" if word in OTHERS else nearest(word, known)


def nearest(given: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing where no known one is near; ids count by their ends as well."""
    # Late: only an error needs it.
    from difflib import get_close_matches

    every = {ending: one for one in known for ending in (one[-6:], one) if one}
    found = dict.fromkeys(every[one] for one in get_close_matches(given, every, n=3, cutoff=0.65))
    return f"; did you mean {' or '.join(list(found)[:2])}?" if found else ""
