"""What may be spent in a day: by all, by one agent, by one group, by one token; who is at a limit waits for the next day."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import Field

from workbench.brain.history import ThreadHistory
from workbench.brain.usage import list_cost
from workbench.catalog.base_models import Body, Money
from workbench.catalog.errors import Refused, checked
from workbench.catalog.groups import group_named
from workbench.contracts.log import Log
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.values import Clock, Document, Entry, Json, Session
from workbench.engine.surprises import survived
from workbench.events import primary_thread_id

KIND: Final = "spend_limit"
TOKEN: Final = "token_id"
"""Under `workbench` in a session's record: whose token made it."""
_LOOK_S: Final = 10.0
_WORDS: Final = {
    "day": "of a day",
    "agent": "of the agent {id} a day",
    "group": "of the group {id} a day",
    "token": "of the token {id} a day",
}


class SetLimit(Body):
    of: Literal["day", "agent", "group", "token"]
    id: Annotated[str, Field(max_length=256)] = ""
    max_list_cost: Money | None = None


@dataclass(kw_only=True)
class SpendLimits:
    """Keeps what was spent today by everything that has a limit; nothing is added up while there is none."""

    log: Log
    clock: Clock
    _spent: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    _limits: list[Json] = field(default_factory=list)
    _owners: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _costs: dict[str, tuple[datetime, int, Fraction]] = field(default_factory=dict)
    """By session: the day, the position in the log up to which it was added up, and the cost."""

    async def set(self, body: Json) -> Json:
        """A limit in place of the one before; None takes it away."""
        given = checked(SetLimit, body)
        if (given.of == "day") == bool(given.id):
            raise Refused("id: names the agent, group or token, and goes with none for the whole day")
        key = f"{given.of} {given.id}".strip()
        if given.max_list_cost is None:
            await self.log.documents.remove(KIND, key)
        else:
            record = {"of": given.of, "id": given.id, "max_list_cost": given.max_list_cost.model_dump()}
            await self.log.documents.put(Document(KIND, key, 1, record))
        await self.refresh()
        return {"of": given.of, "id": given.id, "max_list_cost": body.get("max_list_cost")}

    async def standing(self) -> list[Json]:
        """Each limit with what is spent of it today, in cents."""
        await self.refresh()
        return [
            one | {"spent_cents": round(float(self._spent.get(_key(one), Fraction(0)) * 100), 2)}
            for one in self._limits
        ]

    def held(self, session: Session) -> str | None:
        """Why the session asks no model now; None while it may."""
        for key in self._owners.get(session.id) or _keys(
            str((session.parent_agent or session.agent).get("id", "")), session.group, None
        ):
            for limit in self._limits:
                if _key(limit) == key and self._is_reached(limit):
                    return f"{self._told(limit)} is used up; goes on tomorrow…"
        return None

    async def refuse_reached(self, agent_id: str, group: str | None, token_id: str | None) -> None:
        """Raises: Refused: a new session would be at a limit from its beginning."""
        await self.refresh()
        for limit in self._limits:
            if _key(limit) in _keys(agent_id, group, token_id) and self._is_reached(limit):
                raise Refused(
                    f"{self._told(limit)} is used up; it is {_midnight(self.clock())} until it may go on",
                    code="spend_limit",
                )

    async def refuse_body(self, body: Json, token_id: str) -> None:
        """The same for a request to create a session."""
        given = body.get("agent")
        agent_id = str(given.get("id")) if isinstance(given, dict) else str(given)
        metadata = body.get("metadata")
        group = group_named(metadata) if isinstance(metadata, dict) else None
        if await self.log.documents.newest(KIND):
            await self.refuse_reached(agent_id, group, token_id or None)

    def _is_reached(self, limit: Json) -> bool:
        return self._spent.get(_key(limit), Fraction(0)) * 100 >= int(limit["max_list_cost"]["amount"])

    def _told(self, limit: Json) -> str:
        cents = int(limit["max_list_cost"]["amount"])
        return f"the limit {_WORDS[limit['of']].format(id=limit['id'])}, {cents / 100:.2f} USD,"

    async def keep(self) -> None:
        """Add up again and again, until this is cancelled."""
        while True:
            with survived("what was spent today could not be added up"):
                await self.refresh()
            await asyncio.sleep(_LOOK_S)

    async def refresh(self) -> None:
        """Add up what was spent since midnight, as this machine's clock shows it."""
        self._limits = [document.body for document in await self.log.documents.newest(KIND)]
        if not self._limits:
            self._spent, self._costs = {}, {}
            return
        today = self.clock().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        spent: dict[tuple[str, str], Fraction] = {}
        costs: dict[str, tuple[datetime, int, Fraction]] = {}
        for state in self.log.states.states():
            if state.last_event_at is None or state.last_event_at < today:
                continue
            known = self._costs.get(state.session_id)
            # A log is read again only where it has grown.
            is_known = known is not None and known[:2] == (today, state.position)
            cost = known[2] if known and is_known else await self._cost(state.session_id, today)
            costs[state.session_id] = today, state.position, cost
            document = await self.log.documents.get("session", state.session_id)
            if document is None:
                continue
            record = document.body
            keys = _keys(record["agent"]["id"], group_named(record["metadata"]), record["workbench"].get(TOKEN))
            self._owners[state.session_id] = keys
            for key in keys:
                spent[key] = spent.get(key, Fraction(0)) + cost
        self._spent, self._costs = spent, costs

    async def _cost(self, session_id: str, since: datetime) -> Fraction:
        """What the session has cost since then, in USD; what has no price counts as nothing."""
        created = await self.log.facts.facts(session_id, THREAD_CREATED.name)
        total = Fraction(0)
        for thread_id in [primary_thread_id(session_id), *(str(one.body["session_thread_id"]) for one in created)]:
            history = await ThreadHistory.opened(session_id, thread_id, self.log.sessions, self.log.facts)
            await history.turn()
            total += list_cost([one for one in history.entries if _is_since(one, since)], history.notes) or Fraction(0)
        return total


def _is_since(entry: Entry, moment: datetime) -> bool:
    return entry.event.processed_at is not None and entry.event.processed_at >= moment


def _keys(agent_id: str, group: str | None, token_id: str | None) -> list[tuple[str, str]]:
    named = [("agent", agent_id), ("group", group or ""), ("token", token_id or "")]
    return [("day", ""), *(one for one in named if one[1])]


def _key(limit: Json) -> tuple[str, str]:
    return limit["of"], limit["id"]


def _midnight(now: datetime) -> str:
    local = now.astimezone()
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = (tomorrow - local).total_seconds() / 3600
    return f"{hours:.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"
