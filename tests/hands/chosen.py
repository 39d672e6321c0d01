"""Sessions whose environment chooses a backend in its metadata, as a client of the API would."""

from __future__ import annotations

from collections.abc import Mapping

from tests.trivial.log import TrivialLog
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.values import Json, Session
from workbench.events import now
from workbench.hands.registry import refusal
from workbench.settings import Settings

OPEN: Json = {"type": "cloud", "networking": {"type": "unrestricted"}}


async def session_by_metadata(settings: Settings, metadata: Mapping[str, str], config: Json | None = None) -> Session:
    """A session of an installation with these settings.

    Raises:
        Refused: the environment may not choose that.
    """
    log = TrivialLog()
    agents, environments = Agents(log, now), Environments(log, now)
    records = SessionRecords(log, log, agents, environments, now, lambda name: refusal(settings, name))
    environment = await environments.create({"name": "tried", "config": config or OPEN, "metadata": dict(metadata)})
    agent = await agents.create({"name": "tried", "model": "claude-sonnet-4-5"})
    draft = await records.drafted({"agent": agent["id"], "environment_id": environment["id"]})
    return session_of(draft.body)
