"""Paths of the API that several commands and screens ask for: the public ones under `/v1`, the engine's own under `/workbench/v1`."""

from __future__ import annotations

from typing import Final

AGENTS: Final = "/v1/agents"
ENVIRONMENTS: Final = "/v1/environments"
FILES: Final = "/v1/files"
MEMORY_STORES: Final = "/v1/memory_stores"
PUBLIC_DREAMS: Final = "/v1/dreams"
SESSIONS: Final = "/v1/sessions"
VAULTS: Final = "/v1/vaults"

DREAMS: Final = "/workbench/v1/dreams"
"""Dreams with their proposals, and the review of these."""
FEED: Final = "/workbench/v1/feed"
GROUPS: Final = "/workbench/v1/groups"
RECAP: Final = "/workbench/v1/recap"
RULES: Final = "/workbench/v1/rules"
SANDBOXES: Final = "/workbench/v1/sandboxes"
SERVERS: Final = "/workbench/v1/servers"
SQL: Final = "/workbench/v1/sql"
STATES: Final = "/workbench/v1/states"
STATUS: Final = "/workbench/v1/status"
VAULT: Final = "/workbench/v1/vault"


def session(session_id: str) -> str:
    """A session as the public API has it."""
    return f"{SESSIONS}/{session_id}"


def events(session_id: str) -> str:
    """A session's events, to list or to send."""
    return f"{SESSIONS}/{session_id}/events"


def file(file_id: str) -> str:
    """A file as the public API has it."""
    return f"{FILES}/{file_id}"


def content(file_id: str) -> str:
    """What a file holds, uploaded ones too."""
    return f"/workbench/v1/files/{file_id}/content"


def own(session_id: str, what: str) -> str:
    """What only this engine has of a session: `state`, `stream`, `fork`, `changes` …"""
    return f"/workbench/v1/sessions/{session_id}/{what}"
