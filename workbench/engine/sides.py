"""Parts of the engine that are put together from what its sides give."""

from __future__ import annotations

from dataclasses import replace

from workbench.contracts.hands import Hands
from workbench.contracts.log import Documents, SessionLog
from workbench.contracts.skills import SkillSources
from workbench.contracts.vault import Vault
from workbench.contracts.web import NoWeb, Web
from workbench.engine.commits import SessionCommits
from workbench.engine.hunks import SessionHunks
from workbench.engine.pictures import Pictures
from workbench.engine.plugins import Plugins
from workbench.engine.rooms import BrainSide, HandsSide, WebSide
from workbench.engine.session_skills import SessionSkills
from workbench.engine.skill_trust import SkillTrust
from workbench.engine.skills import StoredSkills
from workbench.engine.web import WebTools
from workbench.engine.workspaces import Workspaces
from workbench.engine.wrappers.readable import ReadableServers
from workbench.engine.wrappers.sandboxed_acp import SandboxedAcp
from workbench.engine.wrappers.sandboxed_servers import SandboxedServers
from workbench.permissions.gate import RuledGate


def session_skills_of(
    documents: Documents, skills: StoredSkills, sources: SkillSources, trust: SkillTrust, plugins: Plugins
) -> SessionSkills:
    """Skills as sessions begin with them."""
    return SessionSkills(documents=documents, skills=skills, sources=sources, trust=trust, plugins=plugins)


def with_programs_inside(side: HandsSide, pictures: Pictures, hands: Hands, vault: Vault) -> HandsSide:
    """The side whose MCP servers and agents of others find the sandbox that the hands prepare."""
    servers = SandboxedServers(ReadableServers(side.servers, pictures), hands, vault)
    return replace(side, servers=servers, acp=SandboxedAcp(side.acp, hands, vault))


def web_of(log: SessionLog, side: WebSide | None, vault: Vault, brain: BrainSide) -> Web:
    """The tools of the web, where there is a way into it."""
    if side is None:
        return NoWeb()
    return WebTools(
        log=log,
        ways=side.ways,
        vault=vault,
        extractor=side.extractor,
        gate=lambda: RuledGate(brain.rulebook.current()),
        searxng=side.searxng,
    )


def changes_of(spaces: Workspaces) -> tuple[SessionCommits, SessionHunks]:
    """What takes over a session's commits, and its hunks."""
    log, writer, hands, records = spaces.log, spaces.writer, spaces.hands, spaces.records
    commits = SessionCommits(
        log=log, writer=writer, hands=hands, records=records, workspaces=spaces, changing=spaces.changing
    )
    hunks = SessionHunks(
        log=log, writer=writer, hands=hands, records=records, workspaces=spaces, changing=spaces.changing
    )
    return commits, hunks
