"""Permission modes: what of an agent's policies a person sets aside for one session, named in the session's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.contracts.tools import PROPOSE_PLAN

KEY: Final = "workbench.permission_mode"
"""Metadata key with one of `MODES`; without it the agent's own policies count."""
AFTER_PLAN_KEY: Final = "workbench.mode_after_plan"
"""Metadata key with the mode that follows when a plan is approved; without it the agent's own policies do."""
ASK, AUTO, PLAN, ALLOW = "ask", "auto", "plan", "allow"
MODES: Final[Mapping[str, str]] = {
    ASK: "every call asks you, but for those of tools that only read: each command does",
    AUTO: "rules decide, then a judgement by the model; what is not clear asks you",
    PLAN: "only reading, until you have approved a plan",
    ALLOW: "every call runs; your own deny rules still hold",
}

PLANNING: Final = (
    "Plan mode is on. Until the user has approved a plan you can only read: with the tools that read, and with commands that"
    " surely change nothing. Look at what the task needs, ask where something is unclear, and then call"
    f" {PROPOSE_PLAN.name} with the whole plan. The user approves it, changes it, or sends it back with words."
)
PLANNING_ENDED: Final = "Plan mode is off: the user lets you use all your tools again."
NOT_WHILE_PLANNING: Final = (
    "Plan mode is on, and this call does not surely only read, so it did not run. Go on reading, or call"
    f" {PROPOSE_PLAN.name} with the whole plan; when the user has approved it, all your tools work."
)
APPROVED: Final = "The user approved the plan. Plan mode is off, and all your tools work: carry it out now."
NO_PLAN_NEEDED: Final = "Plan mode is off: no plan has to be approved. Carry it out."


def mode_of(metadata: Mapping[str, str]) -> str:
    """The session's mode; "" where the agent's own policies count."""
    named = metadata.get(KEY, "")
    return named if named in MODES else ""


def after_plan(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata when the plan was approved."""
    left = {key: value for key, value in metadata.items() if key not in (KEY, AFTER_PLAN_KEY)}
    following = metadata.get(AFTER_PLAN_KEY, "")
    return left | ({KEY: following} if following in MODES and following != PLAN else {})


def planning(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The new metadata, with the mode noted that plan mode takes the place of where no other one was named."""
    before = mode_of(old)
    begins = mode_of(new) == PLAN and before not in ("", PLAN)
    return {**new, AFTER_PLAN_KEY: before} if begins and AFTER_PLAN_KEY not in new else dict(new)
