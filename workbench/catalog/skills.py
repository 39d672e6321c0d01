"""Skills: their metadata and versions as the public API has them; what they hold is an archive kept by its hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workbench.catalog.errors import Refused, not_found
from workbench.contracts.contents import Staged
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp
from workbench.skills.packing import Skill

KIND: Final = "skill"
HELD: Final = "session_skills"
"""Documents of sessions, by their id: the contents of their skills, which stay when a skill is deleted."""
PLUGIN: Final = "plugin"
"""Documents of plugins, by their names."""
LATEST: Final = "latest"
LONGEST_DISPLAY_NAME: Final = 255
SOURCES: Final = ("custom", "plugin", "anthropic", "anthropic_example")


class Skills:
    """The skills of this installation."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def made(
        self, skill: Skill, staged: Staged, *, display_name: str | None = None, plugin: str | None = None
    ) -> Document:
        """The document of a new skill with its first version, not yet stored; `plugin` is the name of the one that has it.

        Raises:
            Refused: the display name.
        """
        moment = timestamp(self._clock())
        body: Json = {
            "id": new_id(KIND),
            "type": "skill",
            "display_name": _display_name(display_name) or skill.about.name,
            "latest_version_id": "",
            "source": {"type": "plugin" if plugin else "custom"},
            "created_at": moment,
            "updated_at": moment,
            "workbench": {"name": skill.about.name, "versions": [], "plugin": plugin},
        }
        return self.with_version(body, skill, staged)

    def with_version(self, body: Json, skill: Skill, staged: Staged) -> Document:
        """The skill with one more version, its newest.

        Raises:
            Refused: the version has another name than the skill.
        """
        private, moment = body["workbench"], self._clock()
        if skill.about.name != private["name"]:
            raise Refused(
                f"SKILL.md: name: every version of skill {body['id']} is called {private['name']!r}, not "
                f"{skill.about.name!r}; upload another skill as a new one"
            )
        # Opaque to clients of today; those of the older beta know it as the microsecond of its making.
        newest = max((int(one["id"]) for one in private["versions"]), default=0)
        version = {
            "id": str(max(int(moment.timestamp() * 1_000_000), newest + 1)),
            "description": skill.about.description,
            "created_at": timestamp(moment),
            "sha256": staged.sha256,
            "digest": skill.digest,
            "files": len(skill.files),
        }
        changed = body | {
            "latest_version_id": version["id"],
            "updated_at": timestamp(moment),
            "workbench": private | {"versions": [*private["versions"], version]},
        }
        return Document(KIND, body["id"], 1, changed)

    async def put(self, document: Document) -> None:
        await self._documents.put(document)

    async def get(self, skill_id: str) -> Json:
        """The skill with what only the workbench knows of it.

        Raises:
            Refused: 404.
        """
        document = await self._documents.get(KIND, skill_id)
        if document is None:
            raise not_found("skill", skill_id)
        return document.body

    async def without_version(self, skill_id: str, version_id: str) -> Document:
        """The skill without one of its versions, not yet stored.

        Raises:
            Refused: 404, or it is the only one.
        """
        body = await self.get(skill_id)
        gone = version_of(body, version_id)
        left = [one for one in body["workbench"]["versions"] if one is not gone]
        if not left:
            raise Refused(f"version {version_id} is the only one of skill {skill_id}; delete the skill instead")
        private = body["workbench"] | {"versions": left}
        changed = {
            "latest_version_id": left[-1]["id"],
            "updated_at": timestamp(self._clock()),
            "workbench": private,
        }
        return Document(KIND, skill_id, 1, body | changed)

    async def newest(self) -> list[Json]:
        """All skills, newest first."""
        return [document.body for document in reversed(await self._documents.newest(KIND))]

    async def remove(self, skill_id: str) -> None:
        await self._documents.remove(KIND, skill_id)

    # ── what sessions hold ────────────────────────────────────────────────────────────────────────────────────────────

    async def let_go(self, session_id: str) -> None:
        await self._documents.remove(HELD, session_id)


def held(session_id: str, contents: list[str]) -> Document:
    """That a session has these contents, not yet stored."""
    return Document(HELD, session_id, 1, {"id": session_id, "contents": contents})


async def used_contents(documents: Documents) -> set[str]:
    """The contents that skills, and sessions with skills, are read from."""
    skills = [document.body["workbench"]["versions"] for document in await documents.newest(KIND)]
    held = [document.body["contents"] for document in await documents.newest(HELD)]
    plugins = {document.body["sha256"] for document in await documents.newest(PLUGIN)}
    uploaded = {version["sha256"] for versions in skills for version in versions}
    return uploaded | plugins | {one for some in held for one in some}


def version_of(body: Json, version_id: str, *, latest: bool = False) -> Json:
    """A version of the skill; with `latest` this word means the newest.

    Raises:
        Refused: 404.
    """
    wanted = body["latest_version_id"] if latest and version_id == LATEST else version_id
    found: Json | None = next((one for one in body["workbench"]["versions"] if one["id"] == wanted), None)
    if found is None:
        raise not_found(f"version {version_id[:100]} of skill", body["id"])
    return found


async def resolved(documents: Documents, skills: Sequence[Json]) -> list[tuple[Json, Json]]:
    """The skills that an agent names, each with its version of now.

    Raises:
        Refused: one that is not there, with its place.
    """
    found = []
    for place, named in enumerate(skills):
        document = await documents.get(KIND, named["skill_id"])
        try:
            if document is None:
                raise not_found("skill", named["skill_id"])
            found.append((document.body, version_of(document.body, named["version"], latest=True)))
        except Refused as refused:
            raise Refused(f"skills.{place}: {refused.message}; take it out, or upload it") from None
    return found


def shown(body: Json) -> Json:
    """The public object."""
    return {key: value for key, value in body.items() if key != "workbench"}


def shown_version(body: Json, version: Json) -> Json:
    """The public object of one version."""
    return {
        "id": version["id"],
        "type": "skill_version",
        "skill_id": body["id"],
        "name": body["workbench"]["name"],
        "description": version["description"],
        "created_at": version["created_at"],
    }


def _display_name(given: str | None) -> str | None:
    if given is None:
        return None
    if not 1 <= len(given.strip()) <= LONGEST_DISPLAY_NAME or "\n" in given:
        raise Refused(f"display_name: must be one line of 1 to {LONGEST_DISPLAY_NAME} characters")
    return given
