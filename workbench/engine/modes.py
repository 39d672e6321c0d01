"""Plan mode in a session's log: what its agent is told when it begins and ends."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.contracts.modes import PLAN, PLANNING, PLANNING_ENDED, mode_of
from workbench.contracts.tools import PROPOSE_PLAN
from workbench.contracts.values import Json
from workbench.events import Event


def told_of_mode(old: Mapping[str, str], new: Mapping[str, str]) -> list[Json]:
    """The system.message for an agent whose plan mode begins or is ended by the user; none where neither is so."""
    was, is_now = mode_of(old) == PLAN, mode_of(new) == PLAN
    if was is is_now:
        return []
    return [{"type": "system.message", "content": [{"type": "text", "text": PLANNING if is_now else PLANNING_ENDED}]}]


def is_plan(event: Event) -> bool:
    """Whether this call proposes a plan."""
    return event.type in ("agent.tool_use", "agent.mcp_tool_use") and event.name == PROPOSE_PLAN.name
