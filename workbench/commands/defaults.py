"""The agent and environment of a session that names none: made once, found again by name."""

from __future__ import annotations

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json
from workbench.contracts.acp_agents import ACP_KEY, KNOWN, PREFIX

AGENT_NAME = "default"
OFFLINE = "offline"
ENVIRONMENT_NAME = "default"
ENVIRONMENT_KEY = "workbench.environment"
"""Metadata of an agent: the name of the environment of its sessions."""
SYSTEM = (
    "You are a careful software engineer. Read before you change, make the smallest change that does the task, "
    "run what you changed, and say plainly what you did, what you saw, and what you could not do."
)

TOOLSET: Json = {"type": "agent_toolset_20260401"}


def agent(engine: Client, named: str | None, model: str | None) -> Json | str:
    """What `sessions.create` takes as `agent`: the named one, or the default one on the model that is there now."""
    if named and named.startswith(PREFIX):
        chosen = _agent_of_others(engine, named, model)
    else:
        chosen = surface.pick(engine.pages(paths.AGENTS), named, "agent") if named else _default_agent(engine, model)
    if model and chosen["model"]["id"] != model:
        return {"type": "agent_with_overrides", "id": chosen["id"], "model": model}
    return str(chosen["id"])


def _default_agent(engine: Client, model: str | None) -> Json:
    wanted = model or engine.get(paths.STATUS)["default_model"]
    for known in engine.pages(paths.AGENTS):
        if known["name"] == AGENT_NAME:
            # Without --model the default agent follows what this machine offers: a key that came, a server that went.
            same = model or known["model"]["id"] == wanted
            return known if same else engine.post(f"{paths.AGENTS}/{known['id']}", {"model": wanted})
    body = {"name": AGENT_NAME, "model": wanted, "system": SYSTEM, "tools": [TOOLSET]}
    return engine.post(paths.AGENTS, body)


def _agent_of_others(engine: Client, named: str, model: str | None) -> Json:
    """The agent that runs a known one of others, made when it is first named; without --model it follows what this machine offers."""
    name = named.removeprefix(PREFIX)
    vendor = own_vendor(named)
    wanted = model or (name if vendor else engine.get(paths.STATUS)["default_model"])
    if wanted == OFFLINE and name in KNOWN:
        raise surface.Wrong(
            f"{named} asks your model's server, and none is known: `workbench login`, or set ANTHROPIC_BASE_URL for `workbench up`"
        )
    for known in engine.pages(paths.AGENTS):
        if known["name"] == named:
            same = model or known["model"]["id"] == wanted
            return known if same else engine.post(f"{paths.AGENTS}/{known['id']}", {"model": wanted})
    body = {"name": named, "model": wanted, "tools": [TOOLSET], "metadata": {ACP_KEY: name}}
    return engine.post(paths.AGENTS, body)


def own_vendor(agent_name: str) -> str:
    """The host of a known agent of others that asks a vendor of its own; "" for all others."""
    known = KNOWN.get(agent_name.removeprefix(PREFIX)) if agent_name.startswith(PREFIX) else None
    return known.hosts[0] if known and known.credential else ""


def environment(engine: Client, named: str | None, agent_id: str | None = None) -> str:
    """The id of the named environment, else of the one that the agent was made for, else of the default one, which reaches nothing
    but package managers."""
    known = engine.pages(paths.ENVIRONMENTS)
    if agent_id and not named:
        named = engine.get(f"{paths.AGENTS}/{agent_id}")["metadata"].get(ENVIRONMENT_KEY)
    if named:
        return str(surface.pick(known, named, "environment")["id"])
    for found in known:
        if found["name"] == ENVIRONMENT_NAME:
            return str(found["id"])
    network = {"type": "limited", "allow_package_managers": True}
    body = {"name": ENVIRONMENT_NAME, "config": {"type": "cloud", "networking": network}}
    return str(engine.post(paths.ENVIRONMENTS, body)["id"])
