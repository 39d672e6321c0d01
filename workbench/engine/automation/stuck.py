"""Sessions that get nowhere: said in their row, and stopped after a while where the owner's rule says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Json, Preview, SessionState, WorkProgress
from workbench.engine.event_writer import EventWriter
from workbench.engine.surprises import survived
from workbench.events import DeltaEvent, StartEvent
from workbench.log.store import repetition

LOOK_S: Final = 15.0
SILENT: Final = timedelta(minutes=5)
"""So long without a word of a model that was asked is said in the row."""

Send = Callable[[str, Json], Awaitable[Any]]


@dataclass
class StuckSessions:
    """Looks at every running session: the same calls again and again, or a request that nothing is heard of.

    `after` is how long a session may be so before it is interrupted, None for as long as it likes.
    """

    log: Log
    writer: EventWriter
    send: Send
    clock: Clock
    is_elsewhere: Callable[[str], bool] = lambda _: False
    """Whether a session works at another service: it is looked after there."""
    after: timedelta | None = None
    _since: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """By session: what it is stuck in, and since when that is seen."""
    _heard: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """By session whose model is asked: how much of the answer has come, and since when it is no more."""
    _stopped: dict[str, str] = field(default_factory=dict)
    """Sessions that were interrupted, with the reason that is written down when they rest."""

    async def keep(self) -> None:
        """Look again and again, until this is cancelled."""
        while True:
            with survived("sessions that are stuck could not be looked for"):
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once."""
        for state in self.log.states.states():
            if state.session_id in self._stopped and state.status != "running":
                words = self._stopped.pop(state.session_id)
                error = {"type": "unknown_error", "message": words, "retry_status": {"type": "exhausted"}}
                await self.writer.write_error(state.session_id, error)
            elif state.session_id not in self._stopped and not self.is_elsewhere(state.session_id):
                await self._look_at(state)

    async def _look_at(self, state: SessionState) -> None:
        now = self.clock()
        found = self._stuck(state, now)
        if found is None:
            if (was := self._since.pop(state.session_id, None)) and was[0] == "silent":
                self._say(state, "", now)
            return
        kind, words, since = found
        known = self._since.get(state.session_id)
        if known is None or known[0] != kind:
            known = (kind, since or now)
            self._since[state.session_id] = known
            if kind == "silent":
                self._say(state, f"stuck? {words}", known[1])
        if self.after is not None and now - known[1] >= self.after:
            del self._since[state.session_id]
            minutes = round(self.after.total_seconds() / 60)
            self._stopped[state.session_id] = f"stopped by rule: {words} for {minutes} min (nights.stop_stuck)"
            await self.send(state.session_id, {"events": [{"type": "user.interrupt"}]})

    def _say(self, state: SessionState, words: str, since: datetime) -> None:
        self.log.sessions.preview(Preview(state.session_id, WorkProgress(words, since)))

    def _stuck(self, state: SessionState, now: datetime) -> tuple[str, str, datetime | None] | None:
        """What a session is stuck in: a word for it, what to tell people, and since when where that is known; None where it gets on."""
        is_asked = state.last_event_type == "span.model_request_start"
        if not is_asked:
            self._heard.pop(state.session_id, None)
        if state.status != "running" or state.waiting_for:
            return None
        if again := repetition.told(state.recent):
            return f"again {state.recent[-1]}", again.removeprefix("stuck? ").rstrip(": "), None
        if is_asked and state.last_event_at is not None:
            since = max(state.last_event_at, self._heard_at(state.session_id, now))
            if now - since >= SILENT:
                return "silent", "nothing is heard of the model", since
        return None

    def _heard_at(self, session_id: str, now: datetime) -> datetime:
        """When more of the answer in the making was seen last: parts of it are no events."""
        parts = [one.event for one in self.log.sessions.unfinished(session_id)]
        came = sum(
            len(one.delta.content.text) if isinstance(one, DeltaEvent) else isinstance(one, StartEvent) for one in parts
        )
        known = self._heard.get(session_id)
        if known is None or known[0] != came:
            known = self._heard[session_id] = (came, now if came else datetime.min.replace(tzinfo=now.tzinfo))
        return known[1]
