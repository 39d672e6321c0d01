"""Webhooks in: each delivery is checked over its raw body, kept, and answered at once; its session starts later."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from workbench.catalog.errors import Refused
from workbench.catalog.triggers import WEBHOOK, secret_of
from workbench.contracts.values import Clock, Json
from workbench.contracts.vault import Vault, VaultRefused
from workbench.engine.automation.triggers.deliveries import IGNORED, REFUSED, Deliveries, delivery_id
from workbench.engine.automation.triggers.payload import Arrived, fields_of
from workbench.engine.automation.triggers.signatures import Headers, NotSigned, Signed, signed

MOST_BYTES: Final = 1024 * 1024
MOST_A_MINUTE: Final = 60
_MINUTE: Final = timedelta(minutes=1)
_NO_SUCH: Final = "there is no such hook"


@dataclass(frozen=True)
class Answer:
    """What the sender is told: a status, and words that tell nothing of secrets."""

    status: int
    body: Json
    retry_after_s: int = 0


@dataclass
class Pace:
    """At most so many in a minute, of each name."""

    clock: Clock
    most: int
    _moments: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def takes(self, name: str) -> bool:
        """Whether one more may come now; it then counts."""
        now, moments = self.clock(), self._moments[name]
        while moments and now - moments[0] >= _MINUTE:
            moments.popleft()
        if len(moments) >= self.most:
            return False
        moments.append(now)
        return True


@dataclass(kw_only=True)
class Receiver:
    """What the receiver's own port and socket hand on. Those who do not know the secret are counted apart from those who do."""

    deliveries: Deliveries
    vault: Vault
    clock: Clock
    most_a_minute: int = MOST_A_MINUTE

    def __post_init__(self) -> None:
        self._right = Pace(self.clock, self.most_a_minute)
        self._wrong = Pace(self.clock, self.most_a_minute)

    async def receive(self, trigger_id: str, headers: Headers, body: bytes) -> Answer:
        """One delivery; 202 when it is durable, and for one that came before."""
        if len(body) > MOST_BYTES:
            return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is over 1 MiB")
        try:
            trigger = await self.deliveries.triggers.get(trigger_id)
        except Refused:
            return _answer(HTTPStatus.NOT_FOUND, _NO_SUCH)
        if trigger["source"]["type"] != WEBHOOK:
            return _answer(HTTPStatus.NOT_FOUND, _NO_SUCH)
        try:
            found = await signed(
                self.vault, secret_of(trigger_id), trigger["source"]["shape"], headers, body, self.clock()
            )
        except NotSigned as wrong:
            return await self._refused(trigger, str(wrong))
        except VaultRefused:
            # The sender comes again; a vault that is locked is no fault of its, and none of its business.
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "it cannot be checked now"}, 60)
        return await self._taken(trigger, found, body)

    async def _refused(self, trigger: Json, words: str) -> Answer:
        if not self._wrong.takes(trigger["id"]):
            return _too_many(self.most_a_minute)
        await self.deliveries.note(trigger, REFUSED, "webhook", words)
        return _answer(HTTPStatus.UNAUTHORIZED, words)

    async def _taken(self, trigger: Json, found: Signed, body: bytes) -> Answer:
        if await self.deliveries.known(trigger["id"], found.key) is not None:
            return Answer(HTTPStatus.ACCEPTED, {"delivery": delivery_id(trigger["id"], found.key), "state": "known"})
        if not self._right.takes(trigger["id"]):
            return _too_many(self.most_a_minute)
        fields = await asyncio.to_thread(fields_of, body)
        event = _event(found.event, dict(fields))
        title = f"{trigger['source']['shape']} webhook" + (f", {event}" if event else "")
        if (reason := _unwanted(trigger, found.event, event)) is not None:
            record = await self.deliveries.note(trigger, IGNORED, title, reason)
            return Answer(HTTPStatus.ACCEPTED, {"delivery": record["id"], "state": IGNORED})
        more = [("event", event)] if event else []
        record = await self.deliveries.accept(trigger, found.key, Arrived(title, [*more, *fields], body, _named(body)))
        return Answer(HTTPStatus.ACCEPTED, {"delivery": record["id"], "state": "accepted"})


def _event(named: str, fields: dict[str, str]) -> str:
    """The sender's word for what happened, with its action, as in pull_request.opened."""
    action = fields.get("action", "")
    return f"{named}.{action}" if named and action.isascii() and action.replace("_", "").isalnum() else named


def _unwanted(trigger: Json, named: str, event: str) -> str | None:
    wanted = trigger["source"]["events"]
    if trigger["paused_reason"]:
        return "the trigger is paused"
    if named == "ping":
        return "a ping: the sender looks whether it is heard"
    if wanted and not {named, event} & set(wanted):
        return f"{event or 'what has no event'} is none of its events"
    return None


def _named(body: bytes) -> str:
    return "payload.json" if body.lstrip()[:1] in (b"{", b"[") else "payload.txt"


def _too_many(most: int) -> Answer:
    return Answer(HTTPStatus.TOO_MANY_REQUESTS, {"error": f"more than {most} in a minute"}, 60)


def _answer(status: int, words: str) -> Answer:
    return Answer(status, {"error": words})
