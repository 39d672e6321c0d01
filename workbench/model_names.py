"""What the name of a model says: its family, its version, and what it accepts; unknown names get the careful answer."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

_CLAUDE: Final = re.compile(
    r"claude-(?:(?P<old_major>\d)(?:[.-](?P<old_minor>\d{1,2}))?-(?P<old_family>opus|sonnet|haiku)"
    r"|(?P<family>[a-z]+)-(?P<major>\d)(?:[.-](?P<minor>\d{1,2})(?!\d))?)"
)
"""The version stood before the family until 4.0. Vendors write `anthropic.claude-…-v1:0` and `claude-…@20250514`."""

Effort = Literal["low", "medium", "high", "xhigh", "max"]
EFFORTS: Final = get_args(Effort)
"""How much a model thinks, from least to most: `output_config.effort` of the Messages API."""
DEFAULT_EFFORT: Final = "high"


def claude(model: str) -> tuple[str, tuple[int, int]] | None:
    """Family and version of a Claude model, also under a vendor's prefix; None for any other model."""
    match = _CLAUDE.search(model)
    if match is None:
        return None
    if match["old_family"]:
        return match["old_family"], (int(match["old_major"]), int(match["old_minor"] or 0))
    return match["family"], (int(match["major"]), int(match["minor"] or 0))


def thinks_adaptively(model: str) -> bool:
    """Whether `thinking: adaptive` is accepted: from Claude 4.6 on."""
    known = claude(model)
    return known is not None and known[1] >= (4, 6)


def takes_effort(model: str) -> bool:
    """Whether `output_config.effort` is accepted: from Claude 4.6 on, and by Opus 4.5."""
    known = claude(model)
    return known is not None and (known[1] >= (4, 6) or known == ("opus", (4, 5)))


def takes_system_turns(model: str) -> bool:
    """Whether a `role: system` turn may stand among the messages: from Claude 4.8 on."""
    known = claude(model)
    return known is not None and known[1] >= (4, 8)


def output_limit(model: str) -> int:
    """Tokens asked for as `max_tokens`; a local server refuses a number above its own context."""
    known = claude(model)
    return 64_000 if known is not None and known[1] >= (3, 7) else 8_192


def known_window(model: str) -> int | None:
    """Tokens that a request and its answer may have together; None for a model that is not known, and for the offline
    model, which has no such limit."""
    known = claude(model)
    if known is None:
        return None
    return 200_000 if known[0] == "haiku" or known[1] < (4, 6) else 1_000_000


def context_window(model: str) -> int | None:
    """The window that a conversation is kept within; of a model that is not known, the smallest of the known ones."""
    return None if model == "offline" else known_window(model) or 200_000
