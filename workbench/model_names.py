"""What the name of a Claude model says: its family and its version."""

from __future__ import annotations

import re
from typing import Final

_CLAUDE: Final = re.compile(
    r"claude-(?:(?P<old_major>\d)(?:[.-](?P<old_minor>\d{1,2}))?-(?P<old_family>opus|sonnet|haiku)"
    r"|(?P<family>[a-z]+)-(?P<major>\d)(?:[.-](?P<minor>\d{1,2})(?!\d))?)"
)
"""The version stood before the family until 4.0. Vendors write `anthropic.claude-…-v1:0` and `claude-…@20250514`."""


def claude(model: str) -> tuple[str, tuple[int, int]] | None:
    """Family and version of a Claude model, also under a vendor's prefix; None for any other model."""
    match = _CLAUDE.search(model)
    if match is None:
        return None
    if match["old_family"]:
        return match["old_family"], (int(match["old_major"]), int(match["old_minor"] or 0))
    return match["family"], (int(match["major"]), int(match["minor"] or 0))
