"""Plugins of this installation: their skills become skills here, their MCP servers stay off until an agent names them."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from workbench import events
from workbench.catalog.errors import not_found
from workbench.catalog.skills import PLUGIN
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.engine.skills import StoredSkills, pieces, refused_skill
from workbench.skills import plugins
from workbench.skills.checking import SkillRefused
from workbench.skills.packing import Pack
from workbench.skills.plugins import PLUGINS_INSIDE, Plugin

_NAMED: Final = re.compile(re.escape(PLUGINS_INSIDE) + r"/([a-z0-9.-]+)")


@dataclass(frozen=True)
class Plugins:
    """What clients do with plugins."""

    documents: Documents
    skills: StoredSkills
    clock: Clock

    async def add(self, pack: Pack) -> Json:
        """Take a plugin; one of a name that is there becomes what this one is.

        Raises:
            Refused: every fault of it; nothing is stored.
        """
        try:
            plugin = await asyncio.to_thread(plugins.read, pack)
        except SkillRefused as refused:
            raise refused_skill(refused) from None
        made = [await self.skills.of_plugin(plugin.name, part, skill) for part, skill in plugin.skills]
        named = zip(plugin.skills, made, strict=True)
        body: Json = {
            "name": plugin.name,
            "description": plugin.description,
            "version": plugin.version,
            "skills": [{"name": skill.about.name, "skill_id": one["id"]} for (_, skill), one in named],
            "servers": [{"name": one.name, "url": one.url} for one in plugin.servers],
            "advice": [str(one) for one in plugin.advice],
            "added_at": events.timestamp(self.clock()),
        }
        await self._keep(plugin, body)
        removed = await self._remove_skills(plugin.name, keep={one["id"] for one in made})
        await self.skills.files.sweep()
        return body | {"removed": removed}

    async def _keep(self, plugin: Plugin, body: Json) -> None:
        with tempfile.TemporaryFile() as archive:
            await asyncio.to_thread(plugin.pack.write_files, plugin.name, plugin.files, archive)
            archive.seek(0)
            async with self.skills.files.staged(pieces(archive)) as staged:
                kept = body | {"sha256": staged.sha256}
                await self.skills.files.keep(Document(PLUGIN, plugin.name, 1, kept), staged)

    async def listed(self) -> list[Json]:
        """Every plugin, newest first."""
        found = [document.body for document in reversed(await self.documents.newest(PLUGIN))]
        return [{key: value for key, value in one.items() if key != "sha256"} for one in found]

    async def remove(self, name: str) -> Json:
        """Remove a plugin with its skills; sessions keep what they began with.

        Raises:
            Refused: 404.
        """
        document = await self.documents.get(PLUGIN, name)
        if document is None:
            raise not_found("plugin", name)
        await self._remove_skills(name, keep=set())
        await self.documents.remove(PLUGIN, name)
        await self.skills.files.sweep()
        return {"name": name, "type": "plugin_deleted"}

    async def _remove_skills(self, name: str, *, keep: Collection[str]) -> list[str]:
        """Those of this plugin but for the ones that it has still; their names."""
        known = [one for one in await self.skills.known.newest() if one["workbench"].get("plugin") == name]
        gone = [one for one in known if one["id"] not in keep]
        for body in gone:
            await self.skills.known.remove(body["id"])
        return [str(one["workbench"]["name"]) for one in gone]

    async def of_session(self, skills: Iterable[Json], servers: Iterable[Json]) -> list[Json]:
        """The plugins whose folders a session needs: those of its skills, and those that its servers' commands lie in."""
        names = {str(one["workbench"]["plugin"]) for one in skills if one["workbench"].get("plugin")}
        names |= {name for server in servers for name in _NAMED.findall(server["url"])}
        found = [await self.documents.get(PLUGIN, name) for name in sorted(names)]
        return [{"name": one.id, "sha256": one.body["sha256"]} for one in found if one is not None]
