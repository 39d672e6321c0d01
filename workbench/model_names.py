"""What the name of a Claude model says: its family and its version."""

from __future__ import annotations

import re
from typing import Final

_CLAUDE: Final = re.compile(r"claude-(?P<family>[a-z]+)-(?P<major>\d)(?:-(?P<minor>\d{1,2})(?!\d))?")


def claude(model: str) -> tuple[str, tuple[int, int]] | None:
    """Family and version of a Claude model, also under a vendor's prefix; None for any other model."""
    match = _CLAUDE.search(model)
    if match is None:
        return None
    return match["family"], (int(match["major"]), int(match["minor"] or 0))
