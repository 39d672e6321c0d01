"""How the offline model starts agents and runs: with what it is offered for that, and what it says of their reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from workbench.contracts.values import Json
from workbench.models.offline.conversation import Done
from workbench.models.offline.heard import Heard
from workbench.models.offline.instructions import Instruction, StartAgent
from workbench.models.offline.program import fenced

CREATE: Final = "create_agent"
_SYSTEM: Final = "You do one task, exactly as it is given to you, and report what you did and what you saw."


def with_roster(orders: Sequence[Instruction], tools: Sequence[Json]) -> list[Instruction]:
    """The orders, with agents that no roster names defined as they are started where that is allowed."""
    create: Json = next((one["input_schema"]["properties"] for one in tools if one.get("name") == CREATE), {})
    known = create.get("agent", {}).get("enum", [])
    return [
        StartAgent(one.name, one.task, _SYSTEM)
        if isinstance(one, StartAgent) and one.name not in known and "system" in create
        else one
        for one in orders
    ]


def told(heard: Sequence[Heard]) -> list[str]:
    """What is to be said of reports and ends."""
    texts = []
    for one in heard:
        what = f"The run {one.who} gave" if one.is_run else f"{one.who} {'reports' if one.is_last else 'says'}"
        texts.append(f"{what}:\n{fenced(one.text)}")
    return texts


def waiting(all_heard: Sequence[Heard], calls: Sequence[Done]) -> str:
    """How many reports are still to come, or that all are there; nothing where no agent was started."""
    started = sum(one.name == CREATE and not one.is_error for one in calls)
    reported = len([one for one in all_heard if one.is_last and not one.is_run])
    if not started:
        return ""
    if reported >= started:
        return f"All {started} agents have reported." if started > 1 else "The agent has reported."
    left = started - reported
    return f"{left} of {started} agents {'has' if left == 1 else 'have'} not reported yet; I wait."


def value_in(calls: Sequence[Done]) -> str | None:
    """The JSON value that the last call printed, where it is one."""
    if not calls or calls[-1].is_error:
        return None
    try:
        value = json.loads(calls[-1].text)
    except ValueError:
        return None
    return json.dumps(value, ensure_ascii=False)
