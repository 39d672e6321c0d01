"""Paths of the API that several commands and screens ask for: the public ones under `/v1`, the engine's own under `/workbench/v1`."""

from __future__ import annotations

from typing import Final

AGENTS: Final = "/v1/agents"
DEPLOYMENTS: Final = "/v1/deployments"
ENVIRONMENTS: Final = "/v1/environments"
FILES: Final = "/v1/files"
MEMORY_STORES: Final = "/v1/memory_stores"
PUBLIC_DREAMS: Final = "/v1/dreams"
SESSIONS: Final = "/v1/sessions"
SKILLS: Final = "/v1/skills"
VAULTS: Final = "/v1/vaults"

AGENT_TEMPLATES: Final = "/workbench/v1/agent_templates"
"""Agents by trade that come along."""
BACKGROUND: Final = "/workbench/v1/background"
"""Commands that run in the background of any session."""
DREAMS: Final = "/workbench/v1/dreams"
"""Dreams with their proposals, and the review of these."""
EVERY_DEPLOYMENT: Final = "/workbench/v1/deployments"
"""Those that are not archived, each with its last run and why it is paused."""
EVERY_DEPLOYMENT_RUN: Final = "/workbench/v1/deployment_runs"
"""Runs, and instants that were missed."""
FEED: Final = "/workbench/v1/feed"
GROUPS: Final = "/workbench/v1/groups"
HOSTED: Final = "/workbench/v1/hosted"
"""Other services of the same API, whose sessions are mirrored."""
PLUGINS: Final = "/workbench/v1/plugins"
RECAP: Final = "/workbench/v1/recap"
RULES: Final = "/workbench/v1/rules"
SANDBOXES: Final = "/workbench/v1/sandboxes"
SEARCH: Final = "/workbench/v1/search"
SERVERS: Final = "/workbench/v1/servers"
EVERY_SKILL: Final = "/workbench/v1/skills"
"""Uploaded ones, and those of a project and of the home folder."""
SKILL_TRUST: Final = "/workbench/v1/skills/trust"
SQL: Final = "/workbench/v1/sql"
STATES: Final = "/workbench/v1/states"
STATUS: Final = "/workbench/v1/status"
TRIGGERS: Final = "/workbench/v1/triggers"
TRIGGER_DELIVERIES: Final = "/workbench/v1/trigger_deliveries"
TRIGGER_RECEIVER: Final = "/workbench/v1/trigger_receiver"
"""Where webhooks come in."""
VAULT: Final = "/workbench/v1/vault"
WORK: Final = "/workbench/v1/work"
"""Queues of self-hosted environments, each with its numbers."""


def session(session_id: str) -> str:
    """A session as the public API has it."""
    return f"{SESSIONS}/{session_id}"


def work(environment_id: str) -> str:
    """The work queue of a self-hosted environment, as its workers have it."""
    return f"{ENVIRONMENTS}/{environment_id}/work"


def own_work(environment_id: str) -> str:
    """The same for the owner: every item, newest first."""
    return f"/workbench/v1/environments/{environment_id}/work"


def events(session_id: str) -> str:
    """A session's events, to list or to send."""
    return f"{SESSIONS}/{session_id}/events"


def threads(session_id: str, thread_id: str = "") -> str:
    """The threads of a session, or one of them."""
    return f"{SESSIONS}/{session_id}/threads" + (f"/{thread_id}" if thread_id else "")


def thread_events(session_id: str, thread_id: str) -> str:
    """The events of a child thread; of the primary one where the id is empty."""
    return f"{threads(session_id, thread_id)}/events" if thread_id else events(session_id)


def file(file_id: str) -> str:
    """A file as the public API has it."""
    return f"{FILES}/{file_id}"


def skill(skill_id: str) -> str:
    """A skill as the public API has it."""
    return f"{SKILLS}/{skill_id}"


def skill_versions(skill_id: str, version: str = "") -> str:
    """The versions of a skill, or one of them."""
    return f"{SKILLS}/{skill_id}/versions" + (f"/{version}" if version else "")


def content(file_id: str) -> str:
    """What a file holds, uploaded ones too."""
    return f"/workbench/v1/files/{file_id}/content"


def own(session_id: str, what: str) -> str:
    """What only this engine has of a session: `state`, `stream`, `fork`, `changes` …"""
    return f"/workbench/v1/sessions/{session_id}/{what}"
