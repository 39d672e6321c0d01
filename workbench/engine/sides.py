"""Parts of the engine that are put together from what its sides give."""

from __future__ import annotations

from workbench.contracts.log import Documents, SessionLog
from workbench.contracts.skills import SkillSources
from workbench.contracts.vault import Vault
from workbench.contracts.web import NoWeb, Web
from workbench.engine.plugins import Plugins
from workbench.engine.rooms import BrainSide, WebSide
from workbench.engine.session_skills import SessionSkills
from workbench.engine.skill_trust import SkillTrust
from workbench.engine.skills import StoredSkills
from workbench.engine.web import WebTools
from workbench.permissions.gate import RuledGate


def session_skills_of(
    documents: Documents, skills: StoredSkills, sources: SkillSources, trust: SkillTrust, plugins: Plugins
) -> SessionSkills:
    """Skills as sessions begin with them."""
    return SessionSkills(documents=documents, skills=skills, sources=sources, trust=trust, plugins=plugins)


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
