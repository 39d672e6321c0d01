"""Skills of one session on the command line: uploaded ones beside those that its agent has."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json

UPLOADED = ("custom", "plugin")


def uploaded(engine: Client, named: str) -> Json:
    """The uploaded skill of this name or id.

    Raises:
        Wrong: there is none; with what is near.
    """
    rows = [one for one in engine.get(paths.EVERY_SKILL)["data"] if one["origin"] in UPLOADED]
    return surface.pick(rows, named, "skill")


def with_skills(engine: Client, agent: Json | str, named: Sequence[str]) -> Json | str:
    """What `sessions.create` takes as `agent`, with these skills as well."""
    if not named:
        return agent
    override: Json = {"type": "agent_with_overrides", "id": agent} if isinstance(agent, str) else agent
    known = engine.get(f"{paths.AGENTS}/{override['id']}")["skills"]
    wanted = list(dict.fromkeys(uploaded(engine, one)["id"] for one in named))
    more = [{"type": "custom", "skill_id": one} for one in wanted]
    return override | {"skills": [*(one for one in known if one["skill_id"] not in wanted), *more]}
