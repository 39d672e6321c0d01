"""Sessions that others' data starts: what such a session may do less than one that its user starts."""

from __future__ import annotations

from typing import Final

from workbench.contracts import modes
from workbench.contracts.agent_tools import TOOLSET
from workbench.contracts.tools import IN_WEB
from workbench.contracts.values import Json

_ASK: Final[Json] = {"type": "always_ask"}
_LOOSE: Final = (modes.ALLOW, modes.AUTO)


def tightened(record: Json) -> Json:
    """The record of a new session that asks before anything leaves its sandbox, writes into no memory, and has a limited network.

    Tools of MCP servers and of the web ask, whatever the agent's policies say; a mode that sets questions aside does not count.
    """
    private = record["workbench"]
    return record | {
        "agent": _asking(record["agent"]),
        "resources": [
            one | {"access": "read_only"} if one["type"] == "memory_store" else one for one in record["resources"]
        ],
        "metadata": {key: value for key, value in record["metadata"].items() if not _is_loose(key, value)},
        "workbench": private | {"environment": _limited(private["environment"])},
    }


def _is_loose(key: str, value: str) -> bool:
    return key in (modes.KEY, modes.AFTER_PLAN_KEY) and value in _LOOSE


def _asking(agent: Json) -> Json:
    """The agent, and those that it may have work for it, with tools that ask."""
    asking = agent | {"tools": [_asks(entry) for entry in agent.get("tools") or ()]}
    if agent.get("multiagent"):
        asking["multiagent"] = _roster(agent["multiagent"])
    return asking


def _roster(block: Json) -> Json:
    changed = dict(block)
    for key, value in block.items():
        if key in ("agents", "predefined_agents"):
            changed[key] = [_asking(one) if "tools" in one else one for one in value]
        elif isinstance(value, dict):
            changed[key] = _roster(value)
    return changed


def _asks(entry: Json) -> Json:
    if entry["type"] == TOOLSET:
        default = entry.get("default_config") or {}
        known = {one["name"]: one for one in entry.get("configs") or ()}
        web = {
            name: {"name": name, "type": name, "enabled": default.get("enabled", True)}
            | known.get(name, {})
            | {"permission_policy": _ASK}
            for name in sorted(IN_WEB)
        }
        return entry | {"configs": [*(known | web).values()]}
    if entry["type"] == "mcp_toolset":
        default = (entry.get("default_config") or {}) | {"permission_policy": _ASK}
        configs = [one | {"permission_policy": _ASK} for one in entry.get("configs") or ()]
        return entry | {"default_config": default, "configs": configs}
    return entry


def _limited(environment: Json) -> Json:
    """The environment's configuration with package managers and the agent's servers in place of the whole network."""
    networking = environment.get("networking") or {}
    if networking.get("type") != "unrestricted":
        return environment
    limited = {"type": "limited", "allowed_hosts": [], "allow_package_managers": True, "allow_mcp_servers": True}
    return environment | {"networking": limited}
