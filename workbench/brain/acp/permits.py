"""What may become of a call that an agent of others asks for: by the session's policies, mode and rules, as of our own tools. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from workbench.brain.acp.calls import CHANGES_MODE, judged_as
from workbench.brain.acp.stood import AcpCall
from workbench.contracts import agent_tools, modes
from workbench.contracts.permissions import Gate, Verdict
from workbench.contracts.values import Json, Session

TOOLSET: Final[Json] = {"type": "agent_toolset_20260401"}
_ASKING: Final = ("default", "ask", "manual")
"""What agents call the mode in which they ask before they change anything."""
_ALLOW: Final = ("allow_once", "allow_always")
_REJECT: Final = ("reject_once", "reject_always")
CANCELLED: Final[Json] = {"outcome": {"outcome": "cancelled"}}


def verdict(gate: Gate, session: Session, call: AcpCall) -> Verdict:
    """The gate's where the call is the same as one of our tools; of others the policy for all tools, and in doubt a person."""
    entry = agent_tools.toolset(session.agent)
    if call.kind != CHANGES_MODE and (known := judged_as(call)) is not None:
        tools = list(session.agent.get("tools") or ()) + ([] if entry else [TOOLSET])
        return gate.verdict(replace(session, agent=session.agent | {"tools": tools}), *known, {})
    policy = ((entry or {}).get("default_config") or {}).get("permission_policy") or {"type": "always_allow"}
    is_let = session.mode == modes.ALLOW or (not session.mode and policy["type"] == "always_allow")
    if call.kind != CHANGES_MODE and is_let:
        return Verdict("allow", {"type": "always_allow"})
    return Verdict("ask", {"type": "always_ask"})


def answer(options: Sequence[Json], *, allowed: bool) -> Json:
    """The answer to its request: once rather than always, as rules of its own would not be ours."""
    for kind in _ALLOW if allowed else _REJECT:
        for option in options:
            if option.get("kind") == kind:
                return {"outcome": {"outcome": "selected", "optionId": option.get("optionId")}}
    return CANCELLED


def wanted_mode(offered: Sequence[str], current: str, *, plans: bool) -> str:
    """The mode of the agent's own that it is to be in; the one that it is in where it has no such mode."""
    # Some name their modes by a URL, whose fragment is the name.
    named = {one.rpartition("#")[2].lower(): one for one in offered}
    if plans and modes.PLAN in named:
        return named[modes.PLAN]
    asking = next((named[one] for one in _ASKING if one in named), current)
    if asking == named.get(modes.PLAN):
        return next((one for name, one in named.items() if name != modes.PLAN), current)
    return asking


def options_of(params: Json) -> list[Json]:
    """What the agent may be answered."""
    told = params.get("options")
    found = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return [
        {"optionId": one["optionId"][:1000], "kind": str(one.get("kind"))[:100]}
        for one in found[:20]
        if isinstance(one.get("optionId"), str)
    ]
