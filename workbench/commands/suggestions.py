"""Suggestions for what was mistyped: words, options, ids and names."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(given: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing where no known one is near; ids count by their ends as well."""
    # Late: only an error needs it.
    from difflib import get_close_matches

    every = {ending: one for one in known for ending in (one[-6:], one) if one}
    found = dict.fromkeys(every[one] for one in get_close_matches(given, every, n=3, cutoff=0.65))
    return f"; did you mean {' or '.join(list(found)[:2])}?" if found else ""
