"""Why a turn ends: limits that it has reached, a refusal, an interrupt. Pure."""

from __future__ import annotations

from typing import Final

from workbench.brain.open_calls import OpenCall
from workbench.brain.retry import Retries
from workbench.brain.turn import Turn
from workbench.contracts.permissions import DENIED
from workbench.contracts.values import Json

END_TURN: Final[Json] = {"type": "end_turn"}
EXHAUSTED: Final[Json] = {"type": "retries_exhausted"}
AT_BUDGET: Final[Json] = {"type": "budget_reached"}
_REFUSAL_CATEGORIES: Final = frozenset({"cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"})
NO_ROOM: Final = (
    "The conversation is too long for the model's context window, and summing it up does not make it shorter any more. Send"
    " less at once, start a new session, or choose a model with a larger window."
)
PAUSE: Final = "asks the model again after {seconds:.0f} s…"
_CUT: Final = "The answer hit the model's output limit {times} times in a row; ask for a smaller part."
_CUT_CALLS: Final = (
    "{times} answers in a row each asked for one tool call and were cut by the model's output or context limit before it was"
    " complete, so none of them ran; ask for smaller steps, or for a file in parts."
)
_ROUNDS: Final = (
    "{times} answers of this turn called tools, which is the most that one turn may; send a message to go on."
)


def limit(turn: Turn, patience: Retries) -> tuple[str, str] | None:
    """The error of a turn that has gone on for too long without getting anywhere: its type and words."""
    if turn.cut_calls > patience.cut_calls:
        return "tool_use_limit_reached_error", _CUT_CALLS.format(times=turn.cut_calls)
    if turn.cut_answers > patience.continuations:
        return "model_request_failed_error", _CUT.format(times=turn.cut_answers)
    if turn.tool_rounds >= patience.tool_rounds:
        return "tool_use_limit_reached_error", _ROUNDS.format(times=turn.tool_rounds)
    return None


def denial(call: OpenCall) -> str:
    """What the model reads of a call that somebody denied."""
    told = call.confirmation.deny_message if call.confirmation else None
    return told or DENIED.format(name=call.use.name)


def of(turn: Turn) -> tuple[Json, Json | None]:
    """What the idle says of a turn that a refusal or an interrupt has ended."""
    if turn.refusal is None:
        return END_TURN, None
    return {"type": "refusal"}, _refusal(turn.refusal.details)


def _refusal(details: Json | None) -> Json:
    told = details or {}
    # The endpoint's list of categories is open, the public event's is not.
    category = told.get("category") if told.get("category") in _REFUSAL_CATEGORIES else None
    return {"type": "refusal", "category": category, "explanation": told.get("explanation")}
