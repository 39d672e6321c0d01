"""Webhooks: what happened goes into an outbox that outlives a crash, and from there to who wants to know."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.webhooks import WebhookEndpoints, secret_of
from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Document, Entry, Json
from workbench.contracts.vault import Vault, VaultRefused
from workbench.contracts.web import Posted
from workbench.engine.surprises import survived

OUTBOX: Final = "webhook_delivery"
CURSOR: Final = "webhook_cursor"
ORGANIZATION: Final = "org_local"
WORKSPACE: Final = "wrkspc_local"
PAUSES_S: Final = (5.0, 60.0)
"""Between the three attempts of a delivery."""
MOST_FAILURES: Final = 10
"""Deliveries in a row that failed for good, after which an endpoint is disabled."""
MOST_KEPT: Final = 500
_AGAIN_S: Final = 30.0
_BEGIN: Final = ("user.message", "user.define_outcome")


Post = Callable[[str, dict[str, str], bytes], Awaitable[Posted]]
"""Posts to a URL through the vault."""


async def no_post(url: str, headers: dict[str, str], content: bytes) -> Posted:
    """Where there is no way out."""
    return Posted(None, "this engine has no way out")


@dataclass(kw_only=True)
class Webhooks:
    """Follows all sessions, and delivers; nothing is written while no endpoint is enabled."""

    log: Log
    endpoints: WebhookEndpoints
    vault: Vault
    post: Post
    clock: Clock
    pauses_s: Sequence[float] = PAUSES_S
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _read: dict[str, int] = field(default_factory=dict)
    """By session: up to where its log was looked through; only a place behind something that was told is written down."""

    # ── what happened ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def tell(self, kind: str, resource_id: str, *, of: str = "", at: datetime | None = None, **more: str) -> None:
        """Put an event into the outbox, for each endpoint that wants it; `of` makes its id, so that twice is once."""
        moment = at or self.clock()
        for endpoint in await self.endpoints.all():
            if endpoint["state"] != "enabled" or kind not in endpoint["enabled_events"]:
                continue
            if events.timestamp(moment) < endpoint["workbench"]["enabled_at"]:
                continue
            made = f"{endpoint['id']} {kind} {of or events.new_id('x')}"
            event_id = f"whe_01{hashlib.sha256(made.encode()).hexdigest()[:20]}"
            if await self.log.documents.get(OUTBOX, event_id) is not None:
                continue
            data = {"type": kind, "id": resource_id, "organization_id": ORGANIZATION, "workspace_id": WORKSPACE, **more}
            body = {"type": "event", "id": event_id, "created_at": events.timestamp(moment), "data": data}
            record = {"id": event_id, "endpoint_id": endpoint["id"], "body": body, "attempts": 0, "state": "pending"}
            kept = record | {"next_at": events.timestamp(self.clock()), "error": "", "status": None}
            await self.log.documents.put(Document(OUTBOX, event_id, 1, kept))
            self._arrived.set()

    async def wants(self, kind: str) -> bool:
        """Whether an endpoint is told this type."""
        return any(one["state"] == "enabled" and kind in one["enabled_events"] for one in await self.endpoints.all())

    async def follow(self) -> None:
        """Tell what happens in sessions, first what happened while no engine ran."""
        changes = self.log.states.changes()
        for state in self.log.states.states():
            await self._follow_one(state.session_id)
        async for state in changes:
            await self._follow_one(state.session_id)

    async def _follow_one(self, session_id: str) -> None:
        with survived("the webhooks of session %s could not be told", session_id):
            if any(one["state"] == "enabled" for one in await self.endpoints.all()):
                await self._tell_pending(session_id)
                await self._tell_entries(session_id)

    async def _tell_pending(self, session_id: str) -> None:
        """A session at rest has something to do that it has not begun with."""
        state = self.log.states.state(session_id)
        if state.queued and state.status == "idle" and not state.waiting_for:
            for first in self.log.inbox.queued(session_id)[:1]:
                await self.tell("session.pending", session_id, of=f"pending {first.event.id}")

    async def _tell_entries(self, session_id: str) -> None:
        after, is_new = self._read.get(session_id, 0), False
        if not after:
            cursor = await self.log.documents.get(CURSOR, session_id)
            after, is_new = (int(cursor.body["seq"]), False) if cursor else (0, True)
        entries = await self.log.sessions.read(session_id, after=after)
        if not entries:
            return
        is_told = is_new
        if is_new and (record := await self.log.documents.get("session", session_id)) is not None:
            made_at = datetime.fromisoformat(record.body["created_at"])
            await self.tell("session.created", session_id, of=session_id, at=made_at)
        for place, entry in enumerate(entries):
            if entry.event.type == "session.status_running" and (begun := _begun_with(entries[place + 1 :])):
                at = entry.event.processed_at
                await self.tell("session.pending", session_id, of=f"pending {begun}", at=at)
            for kind, more in _told(entry):
                await self.tell(kind, session_id, of=entry.event.id, at=entry.event.processed_at, **more)
                is_told = True
        if is_told:
            # Last: after a crash they are told again, under the same ids.
            await self.log.documents.put(Document(CURSOR, session_id, 1, {"seq": entries[-1].seq}))
        self._read[session_id] = entries[-1].seq or 0

    async def forget(self, session_id: str) -> None:
        """A session is deleted: it is told, and its place is not kept."""
        self._read.pop(session_id, None)
        await self.log.documents.remove(CURSOR, session_id)
        await self.tell("session.deleted", session_id, of=session_id)

    # ── deliveries ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def deliver(self) -> None:
        """Deliver what waits, until this is cancelled."""
        while True:
            self._arrived.clear()
            pause = _AGAIN_S
            with survived("the webhooks could not be delivered"):
                pause = await self.deliver_due()
            try:
                async with asyncio.timeout(pause):
                    await self._arrived.wait()
            except TimeoutError:
                pass

    async def deliver_due(self) -> float:
        """Try what is due now; gives the seconds until something else is."""
        now = self.clock()
        waiting = [one.body for one in await self.log.documents.newest(OUTBOX) if one.body["state"] == "pending"]
        due = [one for one in waiting if datetime.fromisoformat(one["next_at"]) <= now]
        await asyncio.gather(*(self._try(one) for one in due))
        await self._forget_old()
        later = [datetime.fromisoformat(one["next_at"]) for one in waiting if one not in due]
        return max(0.05, min([_AGAIN_S, *((one - now).total_seconds() for one in later), *([0.2] if due else [])]))

    async def _try(self, delivery: Json) -> None:
        try:
            endpoint = await self.endpoints.get(delivery["endpoint_id"])
        except Refused:
            await self._put(delivery | {"state": "failed", "error": "the endpoint was deleted"})
            return
        if endpoint["state"] != "enabled":
            await self._put(delivery | {"state": "failed", "error": "the endpoint is disabled"})
            return
        content = json.dumps(delivery["body"], separators=(",", ":")).encode()
        try:
            headers = await self._signed(endpoint["id"], delivery["id"], content)
            posted = await self.post(endpoint["url"], headers, content)
        except VaultRefused as refused:
            posted = Posted(None, str(refused))
        await self._after(endpoint, delivery | {"attempts": delivery["attempts"] + 1, "status": posted.status}, posted)

    async def _signed(self, endpoint_id: str, event_id: str, content: bytes) -> dict[str, str]:
        seconds = str(int(self.clock().timestamp()))
        code = await self.vault.code(secret_of(endpoint_id), f"{event_id}.{seconds}.".encode() + content)
        signature = base64.b64encode(bytes.fromhex(code)).decode()
        return {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{signature}",
        }

    async def _after(self, endpoint: Json, delivery: Json, posted: Posted) -> None:
        status = posted.status or 0
        if 200 <= status < 300:
            await self._put(delivery | {"state": "delivered", "error": ""})
            await self.endpoints.counted(endpoint["id"], failed=False)
        elif 300 <= status < 400:
            await self._put(delivery | {"state": "failed", "error": "it redirects"})
            await self.endpoints.disable(endpoint["id"], "auto-disabled: endpoint URL returned a redirect (3xx)")
        elif posted.is_refused:
            await self._put(delivery | {"state": "failed", "error": posted.error})
            await self.endpoints.disable(
                endpoint["id"], f"auto-disabled: endpoint URL resolved to an invalid address ({posted.error})"
            )
        elif delivery["attempts"] > len(self.pauses_s):
            await self._put(delivery | {"state": "failed", "error": posted.error or f"it answered {status}"})
            if await self.endpoints.counted(endpoint["id"], failed=True) >= MOST_FAILURES:
                await self.endpoints.disable(endpoint["id"], "auto-disabled after sustained delivery failures")
        else:
            next_at = self.clock() + timedelta(seconds=self.pauses_s[delivery["attempts"] - 1])
            error = posted.error or f"it answered {status}"
            await self._put(delivery | {"next_at": events.timestamp(next_at), "error": error})

    async def _put(self, delivery: Json) -> None:
        await self.log.documents.put(Document(OUTBOX, delivery["id"], 1, delivery))

    async def _forget_old(self) -> None:
        done = [one for one in await self.log.documents.newest(OUTBOX) if one.body["state"] != "pending"]
        for one in done[:-MOST_KEPT]:
            await self.log.documents.remove(OUTBOX, one.id)

    async def deliveries(self, endpoint_id: str) -> list[Json]:
        """What was and is to be told to an endpoint, the newest first, as far as it is kept."""
        await self.endpoints.get(endpoint_id)
        found = [one.body for one in await self.log.documents.newest(OUTBOX) if one.body["endpoint_id"] == endpoint_id]
        return [
            {**one["body"], **{key: one[key] for key in ("state", "attempts", "status", "error")}}
            for one in found[::-1]
        ]


def _begun_with(entries: Sequence[Entry]) -> str | None:
    """The id of what a turn began with, of the entries behind its beginning: what may have waited too short to be seen waiting."""
    for entry in entries:
        if entry.event.type in _BEGIN:
            return entry.event.id
        if entry.event.type.startswith("session.status_"):
            break
    return None


def _told(entry: Entry) -> list[tuple[str, dict[str, str]]]:  # noqa: PLR0911 - one return a kind
    """The public types that an entry of a session's log stands for, with what they name besides the session."""
    event = entry.event
    named = getattr(event, "session_thread_id", None)
    is_child = named is not None and events.child_thread(entry.session_id, named) is not None
    match event.type:
        case "session.status_running":
            return [("session.status_run_started", {}), ("session.running", {})]
        case "session.status_idle":
            more = {"requires_action": "session.requires_action", "budget_reached": "session.budget_reached"}
            also = more.get(event.stop_reason.type)
            return [("session.status_idled", {}), ("session.idled", {}), *([(also, {})] if also else [])]
        case "session.status_rescheduled":
            return [("session.status_rescheduled", {})]
        case "session.status_terminated":
            return [("session.status_terminated", {}), ("session.archived", {})]
        case "session.updated":
            return [("session.updated", {})]
        case "span.outcome_evaluation_end":
            return [("session.outcome_evaluation_ended", {})]
        case "session.thread_created" if is_child:
            return [("session.thread_created", {"session_thread_id": str(named)})]
        case "session.thread_status_idle" if is_child:
            return [("session.thread_idled", {"session_thread_id": str(named)})]
        case "session.thread_status_terminated" if is_child:
            return [("session.thread_terminated", {"session_thread_id": str(named)})]
    return []
