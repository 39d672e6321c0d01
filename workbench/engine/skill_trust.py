"""Trust in skills that lie in projects and home folders: given by a person, once for a content, and kept in the log's documents."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from workbench import events
from workbench.catalog.errors import Refused
from workbench.contracts.log import Documents
from workbench.contracts.skills import FoundSkill, SkillSources
from workbench.contracts.values import Clock, Document, Json

KIND: Final = "skill_trust"
TOLD: Final = "skill_trust_told"
MOST_AT_ONCE: Final = 500
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SkillTrust:
    """A digest is of all that a skill's folder holds: another content is asked about again."""

    documents: Documents
    sources: SkillSources
    clock: Clock
    UNTRUSTED = "not trusted"

    async def fault_of(self, found: FoundSkill, taken: Collection[str]) -> str | None:
        """Why a found skill is not offered; None where it is."""
        if found.faults:
            return f"cannot be used: {found.faults[0]}"
        if found.name in taken:
            return "another skill of this name goes first"
        return None if await self._is_trusted(found.digest) else self.UNTRUSTED

    async def is_known_untrusted(self, found: FoundSkill) -> bool:
        """Whether a session has told before of this content of the home's, which lies there for every project; from now on it has."""
        if found.origin != "home":
            return False
        if await self.documents.get(TOLD, found.digest) is not None:
            return True
        told = {"digest": found.digest, "told_at": events.timestamp(self.clock())}
        await self.documents.put(Document(TOLD, found.digest, 1, told))
        return False

    async def listed(self, project: str | None) -> list[Json]:
        """What a session on this project would find, the nearest first, each with what becomes of it; without one, what the home has."""
        listed, first = [], dict[str, str]()
        for found in await self.sources.find(project):
            shadowed_by = first.get(found.name)
            is_trusted = bool(found.digest) and await self._is_trusted(found.digest)
            # As in a session: what nobody trusts stands in nobody's way.
            if is_trusted and not found.faults:
                first.setdefault(found.name, found.place)
            listed.append(
                {
                    "id": None,
                    "name": found.name,
                    "origin": found.origin,
                    "place": found.place,
                    "folder": found.folder,
                    "description": found.description,
                    "digest": found.digest,
                    "version": None,
                    "versions": 0,
                    "trusted": is_trusted,
                    "shadowed_by": shadowed_by,
                    "faults": list(found.faults),
                }
            )
        return listed

    async def set(self, body: Json) -> Json:
        """Trust contents, or trust them no more; sessions that have begun keep what they have.

        Raises:
            Refused: they are no digests.
        """
        digests, trusted = body.get("digests"), body.get("trusted", True)
        if not isinstance(digests, list) or not 0 < len(digests) <= MOST_AT_ONCE or not isinstance(trusted, bool):
            raise Refused("digests: must be 1 to 500 digests, and trusted true or false")
        if odd := next((one for one in digests if not isinstance(one, str) or not _DIGEST.fullmatch(one)), None):
            raise Refused(f"digests: {str(odd)[:80]!r} is none; GET /workbench/v1/skills tells them")
        for digest in digests:
            if trusted:
                kept = {"digest": digest, "trusted_at": events.timestamp(self.clock())}
                await self.documents.put(Document(KIND, digest, 1, kept))
            else:
                await self.documents.remove(KIND, digest)
        return {"digests": digests, "trusted": trusted}

    async def _is_trusted(self, digest: str) -> bool:
        return await self.documents.get(KIND, digest) is not None
