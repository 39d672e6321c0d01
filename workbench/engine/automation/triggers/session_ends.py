"""Sessions whose end starts another: each rest or end of one that was named, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.catalog.triggers import SESSION
from workbench.contracts.log import Log
from workbench.contracts.values import Document, Entry, Json, SessionState
from workbench.engine.automation.triggers.deliveries import Deliveries
from workbench.engine.automation.triggers.payload import Arrived
from workbench.engine.surprises import survived

CURSOR = "trigger_cursor"


@dataclass(frozen=True)
class SessionEnds:
    """Follows all sessions as long as a trigger asks for one."""

    log: Log
    deliveries: Deliveries
    _read: dict[str, int] = field(default_factory=dict)
    """By trigger and session: up to where its log was looked through; only a place behind an end that was told is written down."""

    async def follow(self) -> None:
        """Until this is cancelled, first what happened while no engine looked."""
        ended: dict[str, tuple[Any, ...]] = {}
        # Of an end there is nothing to hear in what a session at work says and does.
        changes = self.log.states.changes(lambda state: _standing(state) != ended.get(state.session_id))
        for state in self.log.states.states():
            await self._look(state.session_id)
        async for state in changes:
            if await self._look(state.session_id):
                ended[state.session_id] = _standing(state)

    async def _look(self, session_id: str) -> bool:
        """Whether it came to its end; what did not is looked at again."""
        with survived("the triggers of session %s could not be looked at", session_id):
            for trigger in await self.deliveries.triggers.active(SESSION):
                await self.look_at(trigger, session_id)
            return True
        return False

    async def look_at(self, trigger: Json, session_id: str) -> None:
        """Tell what happened in this session since the trigger's last look."""
        document = await self.log.documents.get("session", session_id)
        if document is None or not _is_meant(trigger["source"], document.body):
            return
        chain = document.body["workbench"].get("triggered_by") or []
        if trigger["id"] in chain:
            # A session that it led to itself: it would never end.
            return
        name = f"{trigger['id']} {session_id}"
        after = self._read.get(name, 0)
        if not after and (cursor := await self.log.documents.get(CURSOR, name)) is not None:
            after = int(cursor.body["seq"])
        entries = await self.log.sessions.read(session_id, after=after)
        if not entries:
            return
        since = datetime.fromisoformat(trigger["updated_at"])
        ends = [one for one in entries if _is_end(trigger["source"]["on"], one)]
        for entry in ends:
            if (entry.event.processed_at or since) > since:
                await self._tell(trigger, document.body, entry, chain)
        if ends:
            # Last: after a crash they are told again, under the same keys.
            await self.log.documents.put(Document(CURSOR, name, 1, {"seq": entries[-1].seq}))
        self._read[name] = entries[-1].seq or 0

    async def _tell(self, trigger: Json, record: Json, entry: Entry, chain: list[str]) -> None:
        state = self.log.states.state(record["id"])
        reason = getattr(entry.event, "stop_reason", None)
        fields = [
            ("session", record["id"]),
            ("title", record["title"] or ""),
            ("agent", record["agent"]["name"]),
            ("stop_reason", str(getattr(reason, "type", "") or "ended")),
            ("last_message", state.last_text or ""),
        ]
        what = "idle" if trigger["source"]["on"] == "idle" else "ended"
        arrived = Arrived(f"session {record['id'][-6:]} is {what}", [one for one in fields if one[1]])
        await self.deliveries.accept(trigger, entry.event.id, arrived, chain=chain)


def _standing(state: SessionState) -> tuple[Any, ...]:
    return state.status, state.rested_at, state.deleted


def _is_meant(source: Json, record: Json) -> bool:
    if named := source.get("session_id"):
        return bool(record["id"] == named)
    if named := source.get("agent_id"):
        return bool(record["agent"]["id"] == named)
    return bool(record["deployment_id"] == source.get("deployment_id"))


def _is_end(wanted: str, entry: Entry) -> bool:
    """Whether a session came to rest, or to its end; one that waits for a person does neither."""
    event = entry.event
    if wanted == "ended":
        return event.type == "session.status_terminated"
    return event.type == "session.status_idle" and event.stop_reason.type != "requires_action"
