"""Approval of a plan in a person's own version: plan mode is left, and the proposed plan is answered with the one that counts."""

from __future__ import annotations

from typing import Any, Final

from workbench.contracts import modes

CHANGED: Final = "The user approved the plan in this version. Carry it out in place of yours:\n\n"

Json = dict[str, Any]


def leaving(session: Json) -> Json:
    """The update of a session that leaves plan mode for the mode that follows; to be sent before the answer."""
    following = modes.mode_of(modes.after_plan(session["metadata"])) or None
    return {"metadata": {modes.KEY: following, modes.AFTER_PLAN_KEY: None}}


def changed(call_id: str, plan: str) -> Json:
    """The answer to the proposed plan. The API lets a message in only when no call waits, and has no allowance with words."""
    return {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": "deny", "deny_message": CHANGED + plan}


def is_changed(confirmation: Json) -> bool:
    """Whether this answer approves another version of the plan."""
    return confirmation.get("result") == "deny" and str(confirmation.get("deny_message") or "").startswith(CHANGED)
