"""Skills of this installation: uploaded, versioned, read, deleted; each version's content is one archive, kept as files are."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import IO

from workbench.catalog.errors import Refused
from workbench.catalog.files import refused_content
from workbench.catalog.skills import Skills, shown, shown_version
from workbench.contracts.contents import ContentRefused, Staged
from workbench.contracts.values import Document, Json
from workbench.engine.files import StoredFiles
from workbench.skills.checking import SkillRefused
from workbench.skills.packing import Pack, Skill

_PIECE_BYTES = 1 << 20

Made = Callable[[Staged], Document]
"""The document of what is staged."""


@dataclass(frozen=True)
class StoredSkills:
    """What clients do with skills; `known` are their documents."""

    known: Skills
    files: StoredFiles
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def create(self, pack: Pack, *, display_name: str | None) -> Json:
        """A new skill of what was packed.

        Raises:
            Refused: every fault of it, with its file and line; nothing is stored.
        """
        skill = await _checked(pack)
        document = await self._kept(
            pack, skill, lambda staged: self.known.made(skill, staged, display_name=display_name)
        )
        return shown(document.body)

    async def add_version(self, skill_id: str, pack: Pack) -> Json:
        """A new version of a skill, which is then its latest.

        Raises:
            Refused: 404, or what is wrong with it.
        """
        skill = await _checked(pack)
        async with self._turn:
            body = await self.known.get(skill_id)
            document = await self._kept(pack, skill, lambda staged: self.known.with_version(body, skill, staged))
        return shown_version(document.body, document.body["workbench"]["versions"][-1])

    async def of_plugin(self, name: str, pack: Pack, skill: Skill) -> Json:
        """A skill that a plugin has: its first version, or one more."""
        async with self._turn:
            same = (one for one in await self.known.newest() if one["workbench"].get("plugin") == name)
            body = next((one for one in same if one["workbench"]["name"] == skill.about.name), None)
            if body is None:
                document = await self._kept(pack, skill, lambda staged: self.known.made(skill, staged, plugin=name))
            else:
                document = await self._kept(pack, skill, lambda staged: self.known.with_version(body, skill, staged))
        return shown(document.body)

    async def _kept(self, pack: Pack, skill: Skill, made: Made) -> Document:
        with tempfile.TemporaryFile() as archive:
            await asyncio.to_thread(pack.write, skill, archive)
            archive.seek(0)
            async with self.files.staged(pieces(archive)) as staged:
                document = made(staged)
                await self.files.keep(document, staged)
                return document

    async def delete(self, skill_id: str) -> Json:
        """Remove a skill with all its versions; a session that has it keeps it.

        Raises:
            Refused: 404.
        """
        async with self._turn:
            await self.known.get(skill_id)
            await self.known.remove(skill_id)
        await self.files.sweep()
        return {"id": skill_id, "type": "skill_deleted"}

    async def delete_version(self, skill_id: str, version_id: str) -> Json:
        """Raises: Refused: 404, or it is the only version."""
        async with self._turn:
            await self.known.put(await self.known.without_version(skill_id, version_id))
        await self.files.sweep()
        return {"id": version_id, "type": "skill_version_deleted"}

    async def listed(self) -> list[Json]:
        """Every skill in the shape in which those of projects are listed."""
        return [_listed(body) for body in await self.known.newest()]

    async def size(self, version: Json) -> int:
        """The bytes of a version's archive.

        Raises:
            Refused: it is gone from the disk.
        """
        size = await self.files.contents.size(version["sha256"])
        if size is None:
            words = f"the content of version {version['id']} is not on this machine any more"
            raise refused_content(ContentRefused(words, "missing"))
        return size

    def parts(self, version: Json, size: int) -> AsyncIterator[bytes]:
        """A version's archive, piece by piece."""
        return self.files.contents.parts(version["sha256"], 0, size)


async def _checked(pack: Pack) -> Skill:
    try:
        return await asyncio.to_thread(pack.skill)
    except SkillRefused as refused:
        raise refused_skill(refused) from None


def refused_skill(refused: SkillRefused) -> Refused:
    """A skill that was not taken, as the API says it."""
    if refused.too_large:
        return Refused(f"{refused}; nothing is stored", status=413, kind="request_too_large")
    return Refused(f"{refused}; nothing is stored")


def _listed(body: Json) -> Json:
    newest = body["workbench"]["versions"][-1]
    return {
        "id": body["id"],
        "name": body["workbench"]["name"],
        "origin": body["source"]["type"],
        "place": body["id"],
        "folder": None,
        "description": newest["description"],
        "digest": newest["digest"],
        "version": newest["id"],
        "versions": len(body["workbench"]["versions"]),
        "trusted": True,
        "shadowed_by": None,
        "faults": [],
    }


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
        yield piece
