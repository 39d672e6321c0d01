"""What the idle says of a turn that has ended."""

from __future__ import annotations

from typing import Final

from workbench.brain.turn import Turn
from workbench.contracts.values import Json

END_TURN: Final[Json] = {"type": "end_turn"}
_REFUSAL_CATEGORIES: Final = frozenset({"cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"})


def ending(turn: Turn) -> tuple[Json, Json | None]:
    """What the idle says of a turn that a refusal or an interrupt has ended."""
    if turn.refusal is None:
        return END_TURN, None
    return {"type": "refusal"}, _refusal(turn.refusal.details)


def _refusal(details: Json | None) -> Json:
    told = details or {}
    # The endpoint's list of categories is open, the public event's is not.
    category = told.get("category") if told.get("category") in _REFUSAL_CATEGORIES else None
    return {"type": "refusal", "category": category, "explanation": told.get("explanation")}
