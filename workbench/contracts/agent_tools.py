"""The tools of one agent: which are on, under which settings, and what its model is offered. Pure."""

from __future__ import annotations

from typing import Final

from workbench.contracts.tools import BY_NAME, IN_ENGINE, IN_SANDBOX, IN_WEB, OF_WORKERS, RULED, SESSION_HISTORY, Json

TOOLSET: Final = "agent_toolset_20260401"


def toolset(agent: Json) -> Json | None:
    """The agent's built-in toolset entry, if it has one."""
    return next((entry for entry in agent.get("tools") or () if entry["type"] == TOOLSET), None)


def custom(agent: Json) -> dict[str, Json]:
    """The agent's custom tools by name."""
    return {entry["name"]: entry for entry in agent.get("tools") or () if entry["type"] == "custom"}


def is_enabled(entry: Json, name: str) -> bool:
    """Whether the toolset entry offers this built-in tool, or the one that a tool of ours is offered with."""
    own = settings_of(entry, name).get("enabled")
    return bool((entry.get("default_config") or {}).get("enabled", True) if own is None else own)


def of_engine(agent: Json) -> list[str]:
    """The tools of the engine that the agent has: always beside built-in tools, unless a tool of its own has the name.

    They are offered from the first request on and not only once they are of use, as tools stand at the head of the cached
    prompt: a later change of them would have all of it paid anew.
    """
    entry = toolset(agent)
    if entry is None or not any(is_enabled(entry, name) for name in IN_SANDBOX):
        return []
    return [name for name in IN_ENGINE if name not in custom(agent)]


def offers_history(agent: Json) -> bool:
    """Whether the agent may read its session again."""
    return SESSION_HISTORY.name in of_engine(agent)


def settings_of(entry: Json, name: str) -> Json:
    """The toolset entry's own configuration of one tool, or of the one that it is offered with; or nothing."""
    public = BY_NAME[name].offered_with or name if name in BY_NAME else name
    return next((one for one in entry.get("configs") or () if one["name"] == public), {})


def definitions(agent: Json, *, by_worker: bool = False) -> list[Json]:
    """What the model is offered: enabled built-in tools, those of the engine, then custom ones in the agent's order.

    `by_worker` leaves out the tools of ours that a worker of a self-hosted environment does not have.
    """
    entry, names = toolset(agent), custom(agent)
    built_in = [
        BY_NAME[name].definition
        for name in ((*OF_WORKERS, *IN_WEB) if by_worker else RULED)
        if entry is not None and is_enabled(entry, name) and name not in names
    ]
    own = [
        {"name": name, "description": tool.get("description") or "", "input_schema": tool["input_schema"]}
        for name, tool in names.items()
    ]
    return built_in + [BY_NAME[name].definition for name in of_engine(agent)] + own
