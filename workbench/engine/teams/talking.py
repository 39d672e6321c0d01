"""Messages between sessions: each is sent once, bounded in number, and comes as data with a sender; and the word that one is idle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from workbench import events
from workbench.catalog.sessions import KIND, SessionRecords
from workbench.contracts import talking
from workbench.contracts.brain import INPUT
from workbench.contracts.facts import BACKGROUND_NOTICED
from workbench.contracts.log import Log
from workbench.contracts.talking import CannotTalk
from workbench.contracts.thread_facts import SESSION_AWAITED, SESSION_SAID, SESSION_SENT
from workbench.contracts.values import Clock, Json, SessionState
from workbench.text.display import line

_HOUR: Final = timedelta(hours=1)
_NOTICES: Final = (BACKGROUND_NOTICED.name, SESSION_SAID.name)
"""What makes a system.message one that begins a turn; another one is only read with the next."""
_WORKS: Final = ("running", "rescheduling")
_ENDS: Final = {"end turn": "", "requires action": ": it waits for an answer of its user"}
_BETWEEN: Final = f"Not sent: {talking.MOST_BETWEEN} messages went to that session within the hour already. Go on without it, or end your turn."
_ALL: Final = f"Not sent: this session has sent {talking.MOST_AN_HOUR} messages within the hour already. Go on without, or end your turn."


@dataclass(frozen=True)
class Talking:
    """The promise `Talk`. Both sides have to be sessions that talk."""

    log: Log
    records: SessionRecords
    clock: Clock
    wake: Callable[[str], None]
    changing: Callable[[str], asyncio.Lock]
    _awaited: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the session that is waited for: the calls that wait, and whose they are."""

    # ── what the brain asks for ───────────────────────────────────────────────────────────────────────────────────────

    async def find(self, session_id: str, words: str) -> str:
        """See `Talk.find`."""
        wanted = words.lower().split()
        lines = []
        for one in await self._others(session_id):
            name, agent = self._name(one), line(one["agent"]["name"], 60)
            if all(word in f"{name} {agent}".lower() for word in wanted):
                lines.append(f"{name} ({one['id']}), agent {agent}: {self.log.states.state(one['id']).standing}")
        return "\n".join(lines) or "No other session that takes messages fits."

    async def send(self, session_id: str, call_id: str, to: str, text: str) -> str:
        """See `Talk.send`."""
        other, own = await self._meant(session_id, to), (await self.records.document(session_id)).body
        said = f"Sent to {self._name(other)} ({other['id']}). An answer, if one comes, is a message to you."
        body: Json = {"session_id": other["id"], "call_id": call_id}
        if await self._was_told(other["id"], call_id):
            return said
        if not text.strip() or len(text) > talking.MOST_TEXT:
            raise CannotTalk(f"message: must be a text of at most {talking.MOST_TEXT} characters.")
        since = self.clock() - _HOUR
        sent = [one for one in await self.log.facts.facts(session_id, SESSION_SENT.name) if one.made_at > since]
        # Where an engine ended just then, it is counted and not sent yet.
        if all(one.body["call_id"] != call_id for one in sent):
            if len(sent) >= talking.MOST_AN_HOUR:
                raise CannotTalk(_ALL)
            if sum(one.body["session_id"] == other["id"] for one in sent) >= talking.MOST_BETWEEN:
                raise CannotTalk(_BETWEEN)
            await self.log.facts.record(SESSION_SENT.made(session_id, self.clock(), body))
        await self._tell(other["id"], call_id, session_id, talking.message(session_id, self._name(own), text))
        return said

    async def await_idle(self, session_id: str, call_id: str, to: str) -> str:
        """See `Talk.await_idle`."""
        other = await self._meant(session_id, to)
        said = f"You are told once when {self._name(other)} ({other['id']}) is idle."
        if await self._is_awaited(session_id, call_id):
            # An engine ended before the call had its result: it is told by a message, and not by this result too.
            return said
        if (how := await self._rest(other["id"])) is not None:
            return f"{self._name(other)} ({other['id']}) {how}"
        body = {"session_id": other["id"], "call_id": call_id}
        await self.log.facts.record(SESSION_AWAITED.made(session_id, self.clock(), body))
        self._awaited.setdefault(other["id"], {})[call_id] = session_id
        await self._look(other["id"])
        return said

    # ── telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def keep(self) -> None:
        """Tell those that wait for a session when it rests, also those that waited when an earlier engine ended."""
        changes = self.log.states.changes(lambda state: state.session_id in self._awaited)
        for session_id in await self.log.facts.sessions_with(SESSION_AWAITED.name):
            for fact in await self.log.facts.facts(session_id, SESSION_AWAITED.name):
                if not await self._was_told(session_id, fact.body["call_id"]):
                    self._awaited.setdefault(fact.body["session_id"], {})[fact.body["call_id"]] = session_id
        for awaited in list(self._awaited):
            await self._look(awaited)
        async for state in changes:
            if state.session_id in self._awaited:
                await self._look(state.session_id)

    async def _look(self, awaited: str) -> None:
        """Tell those that wait for this session, if it rests."""
        how = await self._rest(awaited)
        if how is None:
            return
        document = await self.log.documents.get(KIND, awaited)
        name = self._name(document.body) if document else awaited[-6:]
        for call_id, waiter in self._awaited.pop(awaited, {}).items():
            await self._tell(waiter, call_id, awaited, talking.idle(awaited, name, how))

    async def _rest(self, session_id: str) -> str | None:
        """How a session rests; None while it works, or has something to begin with."""
        document, state = await self.log.documents.get(KIND, session_id), self.log.states.state(session_id)
        if document is None or state.deleted:
            return "was deleted."
        if document.body["archived_at"]:
            return "has ended."
        if state.standing in _WORKS or self.log.inbox.queued(session_id) or await self._begins(state):
            return None
        reason = str((state.stop_reason or {}).get("type", "end_turn")).replace("_", " ")
        return f"is idle now{_ENDS.get(reason, f': {reason}')}."

    async def _begins(self, state: SessionState) -> bool:
        """Whether it has just taken something that begins a turn, and does not say yet that it works."""
        if state.last_event_type != "system.message":
            return state.last_event_type in INPUT
        [last] = await self.log.sessions.read(state.session_id, newest_first=True, limit=1, types=("system.message",))
        notices = await self.log.facts.facts(state.session_id, *_NOTICES)
        return any(one.body["event_id"] == last.event.id for one in notices)

    async def _tell(self, to: str, call_id: str, about: str, text: str) -> None:
        """Put a message into a session's inbox, once for this call, and wake it."""
        event = events.parse(
            {"type": "system.message", "id": events.new_id("sevt"), "content": [{"type": "text", "text": text}]}
        )
        async with self.changing(to):
            session = await self.records.session(to)
            if session is None or session.archived_at is not None or await self._was_told(to, call_id):
                return
            body = {"event_id": event.id, "session_id": about, "call_id": call_id}
            fact = SESSION_SAID.made(to, self.clock(), body)
            await self.log.inbox.send(to, [event], facts=[fact])
        self.wake(to)

    async def _is_awaited(self, session_id: str, call_id: str) -> bool:
        awaited = await self.log.facts.facts(session_id, SESSION_AWAITED.name)
        return any(one.body["call_id"] == call_id for one in awaited)

    async def _was_told(self, session_id: str, call_id: str) -> bool:
        told = await self.log.facts.facts(session_id, SESSION_SAID.name)
        return any(one.body["call_id"] == call_id for one in told)

    # ── finding ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _others(self, session_id: str) -> list[Json]:
        """The records of sessions that talk, but this one."""
        every = await self.log.documents.newest(KIND)
        return [
            one.body
            for one in every
            if one.id != session_id and not one.body["archived_at"] and one.body["workbench"].get("talks")
        ]

    async def _meant(self, session_id: str, to: str) -> Json:
        others = await self._others(session_id)
        for fits in (lambda one: one["id"] == to, lambda one: _ends(one, to), lambda one: _is_called(one, to)):
            found = [one for one in others if fits(one)]
            if len(found) == 1:
                return found[0]
            if found:
                raise CannotTalk(f"{to!r} fits several sessions: {_listed(found)}; give the id.")
        raise CannotTalk(
            f"No session {to!r} takes messages. Those that do: {_listed(others) or 'none'}. {talking.FIND} lists them."
        )

    def _name(self, record: Json) -> str:
        return line(record["title"] or record["agent"]["name"], 80)


def _ends(record: Json, to: str) -> bool:
    return len(to) >= 6 and bool(record["id"].endswith(to))


def _is_called(record: Json, to: str) -> bool:
    return (record["title"] or "").strip().lower() == to.strip().lower()


def _listed(records: Sequence[Json]) -> str:
    return ", ".join(f"{line(one['title'] or one['agent']['name'], 40)} ({one['id']})" for one in records[:10])
