"""Making agents from templates: the environment and the skills that one needs, where they are missing, and then the agent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from workbench.catalog.agent_templates import SKILLS, TEMPLATE_KEY, AgentTemplate, environment_body, template, templates
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused, conflict
from workbench.contracts.values import Json
from workbench.engine.skills import StoredSkills
from workbench.skills.packing import Pack

_FIELDS = frozenset({"name", "model"})


@dataclass(frozen=True)
class AgentTemplates:
    """What clients do with templates."""

    agents: Agents
    environments: Environments
    skills: StoredSkills

    async def listed(self) -> list[Json]:
        """Every template, each with `made`: the names of agents that were made from it and are not archived."""
        found = await asyncio.to_thread(templates)
        every = await self.agents.newest()
        return [one.wire() | {"made": _made_from(one, every)} for one in found]

    async def create(self, named: str, body: Json) -> Json:
        """The agent of a template, with what it needs; `created` says which parts were not there before.

        The body has `model`, and may have `name`, which is the template's by default. Asked again the same changes nothing.

        Raises:
            Refused: 404 for the template; 409 where an agent of this name says something else; what is wrong with the body.
        """
        chosen = await asyncio.to_thread(template, named)
        if unknown := body.keys() - _FIELDS:
            raise Refused(f"{min(unknown)}: a template takes name and model, and no others")
        name, model = body.get("name") or chosen.name, body.get("model")
        if not isinstance(name, str) or not isinstance(model, str | dict) or not model:
            raise Refused("model: name the model of the agent" if isinstance(name, str) else "name: must be text")
        known = [one for one in await self.agents.newest() if one["name"] == name and not one["archived_at"]]
        if any(one["metadata"].get(TEMPLATE_KEY) != f"{chosen.trade}/{chosen.name}" for one in known):
            raise conflict(
                f"there is an agent {name!r} that is not made from this template; give this one another name"
            )
        created: list[str] = []
        environment = await self._environment(chosen, created)
        skill_ids = [await self._skill(one, created) for one in chosen.skills]
        if not known:
            created.append(f"agent {name}")
        agent = known[0] if known else await self.agents.create(chosen.body(name, model, skill_ids))
        return {"agent": agent, "environment": environment, "created": created}

    async def _environment(self, chosen: AgentTemplate, created: list[str]) -> Json:
        for one in await self.environments.newest():
            if one["name"] == chosen.environment and not one["archived_at"]:
                return one
        made = await self.environments.create(await asyncio.to_thread(environment_body, chosen.environment))
        created.append(f"environment {chosen.environment}")
        return made

    async def _skill(self, name: str, created: list[str]) -> str:
        """The id of the uploaded skill of this name, which is uploaded where there is none."""
        for one in await self.skills.listed():
            if one["name"] == name and one["origin"] == "custom":
                return str(one["id"])
        with Pack() as pack:
            await asyncio.to_thread(_fill, pack, name)
            made = await self.skills.create(pack, display_name=None)
        created.append(f"skill {name}")
        return str(made["id"])


def _made_from(one: AgentTemplate, every: list[Json]) -> list[str]:
    origin = f"{one.trade}/{one.name}"
    return [
        agent["name"] for agent in every if agent["metadata"].get(TEMPLATE_KEY) == origin and not agent["archived_at"]
    ]


def _fill(pack: Pack, name: str) -> None:
    folder = SKILLS / name
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            pack.begin(f"{name}/{file.relative_to(folder)}")
            pack.add(file.read_bytes())
