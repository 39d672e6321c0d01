"""Parts of the engine that are put together from what its sides give."""

from __future__ import annotations

from dataclasses import replace

from workbench.catalog.sessions import SessionRecords
from workbench.contracts.hands import Hands
from workbench.contracts.log import Documents, Log, SessionLog
from workbench.contracts.skills import SkillSources
from workbench.contracts.values import Clock
from workbench.contracts.vault import Vault
from workbench.contracts.web import NoWeb, Web
from workbench.engine.commits import SessionCommits
from workbench.engine.console import Console
from workbench.engine.hunks import SessionHunks
from workbench.engine.pictures import Pictures
from workbench.engine.plugins import Plugins
from workbench.engine.recounts import Recounts
from workbench.engine.rooms import BrainSide, HandsSide, WebSide
from workbench.engine.sandbox_access import SandboxAccess
from workbench.engine.session_skills import SessionSkills
from workbench.engine.skill_trust import SkillTrust
from workbench.engine.skills import StoredSkills
from workbench.engine.web import WebTools
from workbench.engine.workspaces import Workspaces
from workbench.engine.wrappers.counted import CountedFiles
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


def counted_files(side: HandsSide, log: Log, clock: Clock) -> CountedFiles:
    """Files of sessions of which lists know how many are left to apply."""
    return CountedFiles(side.files, log.facts, log.states, clock)


def ways_in_of(log: Log, side: HandsSide, records: SessionRecords, clock: Clock) -> tuple[Console, SandboxAccess]:
    """A person's own commands in a session's sandbox, as they are typed and as programs run them."""
    facts, hands = log.facts, side.hands
    console = Console(facts=facts, hands=hands, records=records, clock=clock, preview=log.sessions.preview)
    access = SandboxAccess(facts=facts, hands=hands, records=records, transfers=side.transfers, clock=clock)
    return console, access


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


def recounts_of(spaces: Workspaces) -> Recounts:
    """What keeps the number of files that are left to apply."""
    return Recounts(spaces.log.states, spaces.records, spaces.hands.files, spaces.writes)
