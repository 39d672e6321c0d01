"""Commands in the background as a person sees them: what their sandbox says of those that the session has started."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.facts import BACKGROUND_STARTED
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts
from workbench.contracts.tools import BACKGROUND
from workbench.contracts.values import Call, Json, Outcome

MOST_LINE: Final = 300
WAITED_S: Final = 3.0
"""For one sandbox, where all are asked."""
_EXIT_CODES: Final = range(-128, 256)


@dataclass(frozen=True)
class BackgroundCommands:
    """Asks a sandbox that runs; starts none."""

    facts: Facts
    hands: Hands
    records: SessionRecords

    async def running_in(self, session_ids: Sequence[str]) -> list[Json]:
        """The commands that have not ended, of these sessions; a sandbox that does not answer in time is left out."""
        found: dict[str, list[Json]] = {session_id: [] for session_id in session_ids}

        async def ask(session_id: str) -> None:
            with contextlib.suppress(TimeoutError, Refused):
                async with asyncio.timeout(WAITED_S):
                    found[session_id] = await self.listed(session_id)

        async with asyncio.TaskGroup() as tasks:
            for session_id in session_ids:
                tasks.create_task(ask(session_id))
        return [
            {"session_id": session_id, **one}
            for session_id, listed in found.items()
            for one in listed
            if one["state"] == "running"
        ]

    async def listed(self, session_id: str) -> list[Json]:
        """The commands that the session's sandbox still knows, in the order in which they were started."""
        session = session_of((await self.records.document(session_id)).body)
        started = await self.facts.facts(session_id, BACKGROUND_STARTED.name)
        if not started or session.archived_at is not None:
            return []
        outcome = await self.hands.inspect(session, Call(events.new_id("sevt"), BACKGROUND.name, {"action": "list"}))
        told = {} if outcome is None else _told(outcome)
        return [
            {
                "id": fact.body["id"],
                "command": fact.body["command"],
                "started_at": events.timestamp(fact.made_at),
                **told[fact.body["id"]],
            }
            for fact in started
            if fact.body["id"] in told
        ]


def _told(outcome: Outcome) -> Mapping[str, Json]:
    """State and last line by id; what a sandbox says in another shape is left out."""
    told = {}
    for block in outcome.content:
        head, _, last_line = str(block.get("text", "")).partition("\n")
        stands = _read(head)
        if stands is not None:
            code = stands.get("exit_code")
            is_ended = type(code) is int and code in _EXIT_CODES
            told[str(stands.get("id"))] = {
                "state": "ended" if is_ended else "running",
                "exit_code": code if is_ended else None,
                "last_line": last_line[:MOST_LINE].partition("\n")[0].encode("utf-8", "replace").decode(),
            }
    return told


def _read(head: str) -> dict[str, Any] | None:
    try:
        stands = json.loads(head)
    except (ValueError, RecursionError):
        return None
    return stands if isinstance(stands, dict) else None
