"""What the engine tells agents by a system.message, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.contracts import background_notices, sandbox_notices, skill_notices, talking


def told_in(content: Sequence[Mapping[str, Any]]) -> str | None:
    """None where it is no message of the engine's."""
    found = (one.told_in(content) for one in (background_notices, sandbox_notices, skill_notices, talking))
    return next((told for told in found if told is not None), None)
