"""What the engine tells agents by a system.message, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.contracts import background_notices, skill_notices


def told_in(content: Sequence[Mapping[str, Any]]) -> str | None:
    """None where it is no message of the engine's."""
    told = background_notices.told_in(content)
    return skill_notices.told_in(content) if told is None else told
