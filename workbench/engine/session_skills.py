"""Skills of sessions: those that their agents name and those that their projects have, as they were when the session began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench.catalog.errors import Refused
from workbench.catalog.files import refused_content
from workbench.catalog.own_instructions import wants_skills
from workbench.catalog.skills import held, resolved
from workbench.contracts import agent_tools, threads
from workbench.contracts.contents import ContentRefused, Staged
from workbench.contracts.log import Documents
from workbench.contracts.skills import FoundSkill, SkillSources
from workbench.contracts.values import Document, Json
from workbench.engine.event_writer import error_body
from workbench.engine.plugins import Plugins
from workbench.engine.skill_trust import SkillTrust
from workbench.engine.skills import StoredSkills

_READ: Final = "read"


@dataclass(frozen=True, kw_only=True)
class SessionSkills:
    """As sessions begin, fork and are deleted."""

    documents: Documents
    skills: StoredSkills
    sources: SkillSources
    trust: SkillTrust
    plugins: Plugins

    async def drafted(self, draft: Document) -> Document:
        """The record of a new session, not yet stored, with its skills: each of the version that is then the newest, or was named.

        Raises:
            Refused: a skill that is not there, or two of one name.
        """
        named = await resolved(self.documents, _named(draft.body["agent"]))
        attached = [_attached(skill, version) for skill, version in named]
        _refuse_two_of_a_name(attached)
        staged: list[Staged] = []
        try:
            found, left_out = await self._found(draft.body, {one["name"] for one in attached}, staged)
            private = draft.body["workbench"]
            if attached or found:
                private = private | {"skills": [*attached, *found]}
            if left_out:
                private = private | {"skills_left_out": left_out}
            agent = draft.body["agent"]
            if needed := await self.plugins.of_session((skill for skill, _ in named), agent["mcp_servers"]):
                private = private | {"plugins": needed}
            drafted = replace(draft, body=draft.body | {"workbench": private})
            await self.hold(drafted.body, staged)
        finally:
            for one in staged:
                await self.skills.files.contents.discard(one)
        return drafted

    async def hold(self, record: Json, staged: Sequence[Staged] = ()) -> None:
        """What a session was given stays on the disk as long as the session does.

        Raises:
            Refused: it was deleted meanwhile.
        """
        given = _given(record)
        if not given:
            return
        await self.skills.files.keep(held(record["id"], [one["sha256"] for one in given]), *staged)
        for one in given:
            if await self.skills.files.contents.size(one["sha256"]) is None:
                await self.skills.known.let_go(record["id"])
                raise Refused(f"skill {one['name']!r} is not on this machine any more; upload it again")

    async def forget(self, record: Json) -> None:
        """The session is deleted, or was never made."""
        if _given(record):
            await self.skills.known.let_go(record["id"])
            await self.skills.files.sweep()

    async def _found(self, record: Json, taken: set[str], staged: list[Staged]) -> tuple[list[Json], list[Json]]:
        """What project and home have: those that a person trusts, which are staged, and the others with the reason."""
        project = record["workbench"]["project"]
        if not wants_skills(record["metadata"]) or project is None or not reads(record["agent"]):
            return [], []
        offered: list[Json] = []
        left_out: list[Json] = []
        for found in await self.sources.find(project):
            reason = await self.trust.fault_of(found, taken)
            content = None if reason else await self._staged(found)
            if content is None:
                left = {"name": found.name, "place": found.place, "reason": reason or "changed while it was read"}
                is_old = reason == SkillTrust.UNTRUSTED and await self.trust.is_known_untrusted(found)
                left_out.append(left | ({"told": True} if is_old else {}))
                continue
            taken.add(found.name)
            staged.append(content)
            offered.append(_offered(found, content.sha256))
        return offered, left_out

    async def _staged(self, found: FoundSkill) -> Staged | None:
        try:
            return await self.sources.stage(found)
        except ContentRefused as refused:
            raise refused_content(refused) from None


def told_of_trust(record: Json) -> list[Json]:
    """The body of an event with one sentence about the skills that its session does not have because nobody trusts them yet."""
    left_out: Sequence[Json] = record["workbench"].get("skills_left_out", ())
    named = [one["place"] for one in left_out if one["reason"] == SkillTrust.UNTRUSTED and not one.get("told")]
    if not named:
        return []
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    sentence = (
        f"The agent was not told of these skills, as nobody trusts what they say now: {', '.join(named[:3])}{more}. "
        "`workbench skills list` shows them, and `workbench skills trust NAME` is for one that you have read."
    )
    return [error_body({"type": "unknown_error", "message": sentence, "retry_status": {"type": "retrying"}})]


def _given(record: Json) -> list[Json]:
    """The skills and plugins whose contents the session has."""
    return [*record["workbench"].get("skills", ()), *record["workbench"].get("plugins", ())]


def _attached(skill: Json, version: Json) -> Json:
    return {
        "name": skill["workbench"]["name"],
        "description": version["description"],
        "sha256": version["sha256"],
        "skill_id": skill["id"],
        "version": version["id"],
        "origin": skill["source"]["type"],
        "plugin": skill["workbench"].get("plugin"),
    }


def _offered(found: FoundSkill, sha256: str) -> Json:
    return {
        "name": found.name,
        "description": found.description,
        "sha256": sha256,
        "skill_id": None,
        "version": None,
        "origin": found.origin,
        "plugin": None,
    }


def _refuse_two_of_a_name(skills: Sequence[Json]) -> None:
    by_name: dict[str, Json] = {}
    for one in skills:
        if (other := by_name.setdefault(one["name"], one)) is not one:
            raise Refused(
                f"agent.skills: {other['skill_id']} and {one['skill_id']} are both called {one['name']!r} and would lie in one folder"
            )


def reads(agent: Json) -> bool:
    """Whether an agent can read skills at all."""
    entry = agent_tools.toolset(agent)
    return entry is not None and agent_tools.is_enabled(entry, _READ)


def _named(agent: Json) -> list[Json]:
    """The skills that the session's agent names, and those of the agents that it may start, each once."""
    started = [skill for one in threads.roster(agent).agents for skill in one["skills"]]
    found: dict[str, Json] = {}
    for skill in [*agent["skills"], *started]:
        found.setdefault(skill["skill_id"], skill)
    return list(found.values())
