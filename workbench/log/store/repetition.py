"""Whether an agent does the same again and again: a pure look at its last calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST: Final = 8
SAME: Final = 5
"""So many equal calls in a row are no progress any more."""


def with_call(recent: Sequence[str], name: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The last calls with one more."""
    written = f"{name} {json.dumps(given, sort_keys=True, default=str)}"
    return (*recent[-(MOST - 1) :], hashlib.sha256(written.encode(errors="replace")).hexdigest()[:12])


def told(recent: Sequence[str]) -> str:
    """What a row says of it before the call; nothing where the agent gets on."""
    if len(recent) >= SAME and len(set(recent[-SAME:])) == 1:
        return "stuck? the same call again and again: "
    last = recent[-MOST:]
    if len(last) == MOST and len(set(last[::2])) == 1 and len(set(last[1::2])) == 1:
        return "stuck? the same two calls in turn: "
    return ""
