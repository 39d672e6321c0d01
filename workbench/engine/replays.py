"""A session again against its own log: the same requests to the byte, or where the first difference is. Asks no model and runs nothing."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, model_validator

from workbench.brain.fact_fold import NAMES
from workbench.brain.replaying import Rebuilt, rebuilt
from workbench.brain.teams.thread_sessions import ADVISOR, making_of, seen_by
from workbench.catalog.agents import Agents, snapshot
from workbench.catalog.base_models import Body
from workbench.catalog.errors import checked, not_found
from workbench.catalog.own_brain import refuse_for_others
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.brain import written
from workbench.contracts.log import Log
from workbench.contracts.values import Json, Session
from workbench.events import dump, primary_thread_id

NO_REPLAY: Final = "its requests are its own and not in the log", "its events can be exported and asked with SQL"
MOST_DIFF_LINES: Final = 400
_NEW_LINE: Final = "\\n"


class Replay(Body):
    until: Annotated[str | None, Field(max_length=200)] = None
    agent: Annotated[str | None, Field(max_length=200)] = None
    version: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _names_its_agent(self) -> Replay:
        if self.version is not None and self.agent is None:
            raise ValueError("version: goes with the agent whose version it is")
        return self


@dataclass(frozen=True, kw_only=True)
class Replays:
    """Reads the log and nothing else."""

    log: Log
    records: SessionRecords
    agents: Agents

    async def replay(self, session_id: str, body: Json) -> Json:
        """What became of each request; with an agent, what that one would have asked in its place.

        Raises:
            Refused: 404 for the session, the event or the agent.
        """
        given = checked(Replay, body)
        record = (await self.records.document(session_id)).body
        session = session_of(record)
        refuse_for_others(session.acp, *NO_REPLAY)
        other = snapshot(await self.agents.get(given.agent, given.version)) if given.agent else None
        if other is not None:
            other = other | {"multiagent": None}
        last = await self._seq_of(session_id, given.until) if given.until else None
        found: list[Json] = []
        difference: Json | None = None
        for thread_id in [primary_thread_id(session_id), *await self._children(session_id)]:
            for one in await self._thread(session, record, thread_id):
                if last is not None and one.seq >= last:
                    break
                replayed = other if thread_id == primary_thread_id(session_id) else None
                told, differs = await asyncio.to_thread(_compared, one, replayed)
                found.append(told | {"thread_id": thread_id})
                difference = difference or differs
        return {"session_id": session_id, "requests": found, "first_difference": difference} | _counted(found)

    async def _thread(self, session: Session, record: Json, thread_id: str) -> list[Rebuilt]:
        making = await making_of(session.id, thread_id, self.log.facts)
        if making is not None and making["role"] == ADVISOR:
            # It is asked with a context of its own.
            return []
        entries = await self.log.sessions.read(session.id, thread_id=thread_id)
        facts = await self.log.facts.facts(session.id, *NAMES, thread_id=thread_id)
        seen = seen_by(session, thread_id, making)
        first = await self._first_agent(record, session.id) if making is None else seen.agent
        made = await asyncio.to_thread(lambda: list(rebuilt(seen, entries, facts, first)))
        # What a fork has of its parent is under other ids: its requests are the parent's to be replayed.
        return [one for one in made if one.seq > session.copied_through]

    async def _first_agent(self, record: Json, session_id: str) -> Json:
        """The agent before any update of the session: as the catalog has that version, with what overrides left."""
        entries = await self.log.sessions.read(session_id)
        now: Json = record["agent"]
        if not any("agent" in dump(one.event) for one in entries if one.event.type == "session.updated"):
            return now
        stored = snapshot(await self.agents.get(now["id"], now["version"]))
        # What an update changes; all else stands in the record as it always was.
        return now | {name: stored[name] for name in ("tools", "mcp_servers", "model")}

    async def _seq_of(self, session_id: str, event_id: str) -> int:
        for entry in await self.log.sessions.read(session_id):
            if entry.event.id == event_id:
                return entry.seq or 0
        raise not_found("event", event_id)

    async def _children(self, session_id: str) -> list[str]:
        created = [one.event for one in await self.log.sessions.read(session_id)]
        return [one.session_thread_id for one in created if one.type == "session.thread_created"]


def _counted(found: Sequence[Json]) -> Json:
    verdicts = [one["verdict"] for one in found]
    return {name: verdicts.count(name) for name in ("same", "different", "unknown", "aside")}


def _compared(one: Rebuilt, other: Json | None) -> tuple[Json, Json | None]:
    """What is told of a request, and the difference where there is one."""
    told: Json = {"event_id": one.start_id, "seq": one.seq, "purpose": one.purpose, "differs_in": []}
    if one.request is None:
        return told | {"verdict": "aside"}, None
    told["model"] = one.request.body["model"]
    if other is not None:
        asked = one.with_agent(other).body
        if written(asked) == written(one.request.body):
            return told | {"verdict": "same"}, None
        parts = [name for name in {**asked, **one.request.body} if asked.get(name) != one.request.body.get(name)]
        told |= {"verdict": "different", "differs_in": parts}
        return told, {"event_id": one.start_id, "differs_in": parts, "diff": difference(one.request.body, asked)}
    if one.is_same is None:
        return told | {"verdict": "unknown"}, None
    if one.is_same:
        return told | {"verdict": "same"}, None
    told |= {"verdict": "different", "differs_in": one.differs_in}
    # Only digests of it were kept: what it was cannot be shown, where it differs can.
    return told, {"event_id": one.start_id, "differs_in": one.differs_in, "diff": ""}


def difference(one: Json, other: Json) -> str:
    """Two requests as a diff, the lines of texts each on a line of their own; at most `MOST_DIFF_LINES`."""
    lines = difflib.unified_diff(_lines(one), _lines(other), "recorded", "replayed", n=2, lineterm="")
    return "\n".join(line for line, _ in zip(lines, range(MOST_DIFF_LINES), strict=False))


def _lines(body: Json) -> list[str]:
    shown = json.dumps(body, ensure_ascii=False, indent=1).replace(_NEW_LINE, "\n    ")
    return shown.split("\n")
