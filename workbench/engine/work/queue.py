"""The work queue: an item a session, offered to workers of its environment, leased by heartbeats, queued again when they end."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from workbench.catalog import work_items
from workbench.catalog.base_models import merged_metadata
from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused, not_found
from workbench.catalog.tokens import Permit
from workbench.contracts.log import Documents, States
from workbench.contracts.values import SELF_HOSTED, Clock, Document, Json

POLLING_S: Final = 30
"""How long a worker counts as polling after it has polled."""
KEPT: Final = 1000
"""Stopped items of an environment that are kept to be looked at."""
DEFAULT_RECLAIM: Final = timedelta(milliseconds=5000)


@dataclass(kw_only=True)
class WorkQueue:
    """The items of all environments; each change is durable before anybody hears of it, and one at a time."""

    documents: Documents
    environments: Environments
    states: States
    clock: Clock
    items: dict[str, Json] = field(default_factory=dict)
    """All that are kept, by id, oldest first: what the documents say."""
    by_session: dict[str, list[str]] = field(default_factory=dict)
    """Ids of a session's items, oldest first."""
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    _polled: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    async def open(self) -> None:
        """Read what earlier engines have left."""
        for document in await self.documents.newest(work_items.KIND):
            self._note(document.body)

    # ── for sessions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def first(self, record: Json) -> list[Document]:
        """What is written with a new session: its item, where workers run its tools."""
        if record["workbench"]["environment"]["type"] != SELF_HOSTED:
            return []
        return [_document(work_items.made(record["environment_id"], record["id"], (), self.clock()))]

    async def took(self, written: Iterable[Document]) -> None:
        """A session was written with these documents."""
        for document in written:
            self._note(document.body)
            await self._tell()

    async def want(self, record: Json) -> None:
        """Somebody has written to the session: its tools have a place in the queue, unless they have one."""
        if record["workbench"]["environment"]["type"] == SELF_HOSTED:
            await self._queue(record["environment_id"], record["id"])

    async def reconsider(self, session_id: str) -> None:
        """Queue the session's work where calls wait that no worker has given up, and no item is open."""
        newest = self.newest(session_id)
        if newest is None or newest["state"] in work_items.OPEN:
            return
        state = self.states.state(session_id)
        if state.status != "terminated" and set(state.waiting_for) - set(newest["workbench"]["given_up"]):
            await self._queue(newest["environment_id"], session_id)

    async def end(self, session_id: str) -> None:
        """The session is archived: whoever serves it hears that it is over."""
        newest = self.newest(session_id)
        if newest is not None and newest["state"] != "stopped":
            async with self._changing:
                await self._put(work_items.ended(self.items[newest["id"]], self.clock()))

    async def forget(self, session_id: str) -> None:
        """The session is deleted, and its items with it."""
        for item_id in self.by_session.pop(session_id, []):
            await self._drop(item_id)

    def newest(self, session_id: str) -> Json | None:
        """The session's last item; None where it has none."""
        ids = self.by_session.get(session_id)
        return self.items[ids[-1]] if ids else None

    # ── the protocol ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def poll(self, environment_id: str, worker_id: str, block_s: float, reclaim: timedelta) -> Json | None:
        """The oldest item that waits, with its secret; None when none came within `block_s` seconds.

        Raises:
            Refused: there is no such environment, or it is not self-hosted.
        """
        await self._self_hosted(environment_id)
        if worker_id:
            self._polled[environment_id, worker_id] = self.clock()
        loop = asyncio.get_running_loop()
        until = loop.time() + block_s
        while True:
            async with self._changing:
                if (found := self._waiting(environment_id, reclaim)) is not None:
                    return await self._offer(found)
            left = until - loop.time()
            if left <= 0:
                return None
            async with self._came:
                # An item may become free again by the mere passing of time, too.
                try:
                    await asyncio.wait_for(self._came.wait(), min(left, 0.25))
                except TimeoutError:
                    continue

    async def acknowledge(self, environment_id: str, work_id: str) -> Json:
        """Raises: Refused: 404."""
        async with self._changing:
            item = work_items.acknowledged(self.item(environment_id, work_id), self.clock())
            return work_items.shown(await self._put(item))

    async def beat(self, environment_id: str, work_id: str, expected: str | None, desired_ttl_s: int | None) -> Json:
        """Raises: Refused: 404, or 412 where another worker may hold the lease."""
        environment = await self.environments.get(environment_id)
        ttl_s = work_items.lease_seconds(desired_ttl_s, environment["metadata"])
        async with self._changing:
            item = work_items.beaten(self.item(environment_id, work_id), expected, ttl_s, self.clock())
            return work_items.heartbeat_answer(await self._put(item))

    async def stop(self, environment_id: str, work_id: str, *, force: bool, by_owner: bool) -> Json:
        """Have a worker end, or note that it has ended; calls that it leaves wait for the next one, once.

        Raises:
            Refused: 404, or 409 where it has stopped already.
        """
        async with self._changing:
            item = work_items.asked_to_stop(self.item(environment_id, work_id), self.clock(), force=force)
            await self._put(self._given_up(item, by_owner=by_owner) if item["state"] == "stopped" else item)
        await self.reconsider(item["data"]["id"])
        return work_items.shown(self.items[work_id])

    async def update(self, environment_id: str, work_id: str, patch: object) -> Json:
        """Change an item's metadata: text sets, null deletes.

        Raises:
            Refused: 404, or metadata that cannot be.
        """
        if not isinstance(patch, dict) or not all(isinstance(one, str | None) for one in patch.values()):
            raise Refused("metadata: must be an object of texts and nulls")
        async with self._changing:
            item = self.item(environment_id, work_id)
            changed = item | {"metadata": merged_metadata(item["metadata"], patch)}
            return work_items.shown(await self._put(changed))

    async def of_environment(self, environment_id: str) -> list[Json]:
        """Its items as the public API shows them, newest first."""
        await self._self_hosted(environment_id)
        return [work_items.shown(one) for one in reversed(self._of(environment_id))]

    async def statistics(self, environment_id: str) -> Json:
        """How many wait and are being taken, since when the oldest does, and how many workers have polled lately."""
        await self._self_hosted(environment_id)
        moment = self.clock()
        queued = [one for one in self._of(environment_id) if one["state"] == "queued"]
        pending = [one for one in queued if work_items.is_offered(one, moment, DEFAULT_RECLAIM)]
        since = moment - timedelta(seconds=POLLING_S)
        self._polled = {key: at for key, at in self._polled.items() if at >= since}
        return {
            "type": "work_queue_stats",
            "depth": len(queued) - len(pending),
            "pending": len(pending),
            "oldest_queued_at": min((one["created_at"] for one in queued), default=None),
            "workers_polling": len([key for key in self._polled if key[0] == environment_id]),
        }

    async def queues(self) -> list[Json]:
        """The numbers of every self-hosted environment that is not archived, with how many items workers have now."""
        return [
            await self.statistics(one["id"])
            | {"environment_id": one["id"], "name": one["name"], "active": len(self._held(one["id"]))}
            for one in await self.environments.newest()
            if one["config"]["type"] == SELF_HOSTED and not one["archived_at"]
        ]

    def item(self, environment_id: str, work_id: str) -> Json:
        """Raises: Refused: 404."""
        found = self.items.get(work_id)
        if found is None or found["environment_id"] != environment_id:
            raise not_found("work item", work_id)
        return found

    def permit(self, token: str) -> Permit | None:
        """What the token of an item permits; None where there is no such token, or its item has stopped."""
        item = self.items.get(self._tokens.get(hashed := work_items.hashed(token), ""))
        if item is None or hashed not in item["workbench"]["tokens"]:
            return None
        is_stale = item["workbench"]["tokens"][-1] != hashed
        return Permit("", item["id"], "work", item["data"]["id"], work_id=item["id"], is_stale=is_stale)

    # ── leases ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def lapsed(self, since: datetime) -> list[Json]:
        """The items whose lease is over, as `work_items.lease_end` counts it."""
        moment = self.clock()
        ends = ((one, work_items.lease_end(one, since)) for one in self.items.values())
        return [one for one, end in ends if end is not None and end <= moment]

    async def let_go(self, item: Json) -> None:
        """A lapsed item is queued again; one that was to stop has stopped."""
        async with self._changing:
            now = self.items.get(item["id"])
            if now is None or now["latest_heartbeat_at"] != item["latest_heartbeat_at"]:
                # Its worker was heard after all.
                return
            is_stopping = now["state"] == "stopping"
            await self._put(
                self._given_up(work_items.ended(now, self.clock()), by_owner=True)
                if is_stopping
                else work_items.queued_again(now)
            )
        await self._tell()

    # ── within ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _self_hosted(self, environment_id: str) -> None:
        environment = await self.environments.get(environment_id)
        if environment["config"]["type"] != SELF_HOSTED:
            raise Refused(f"environment {environment_id} is a cloud environment and has no work queue")

    async def _queue(self, environment_id: str, session_id: str) -> None:
        async with self._changing:
            newest = self.newest(session_id)
            if newest is None or newest["state"] == "stopped":
                waiting = self.states.state(session_id).waiting_for
                await self._put(work_items.made(environment_id, session_id, waiting, self.clock()))
        await self._tell()

    def _waiting(self, environment_id: str, reclaim: timedelta) -> Json | None:
        moment = self.clock()
        queued = (one for one in self._of(environment_id) if one["state"] == "queued")
        return next((one for one in queued if not work_items.is_offered(one, moment, reclaim)), None)

    async def _offer(self, item: Json) -> Json:
        offered, token = work_items.offered(item, self.clock())
        await self._put(offered)
        secret = base64.urlsafe_b64encode(json.dumps({"sessions_token": token}).encode()).decode()
        return work_items.shown(offered, secret)

    def _given_up(self, item: Json, *, by_owner: bool) -> Json:
        """What waits as a worker stops: another one takes it up, unless an item was queued for just these calls, or a person stopped it."""
        waiting = self.states.state(item["data"]["id"]).waiting_for
        was_for_them = set(waiting) <= set(item["workbench"]["calls"])
        given_up = [*waiting] if by_owner or was_for_them else []
        return item | {"workbench": item["workbench"] | {"given_up": given_up}}

    def _held(self, environment_id: str) -> list[Json]:
        return [one for one in self._of(environment_id) if one["state"] in ("starting", "active", "stopping")]

    def _of(self, environment_id: str) -> Sequence[Json]:
        return [one for one in self.items.values() if one["environment_id"] == environment_id]

    async def _put(self, item: Json) -> Json:
        if item is not self.items.get(item["id"]):
            await self.documents.put(_document(item))
            self._note(item)
            if item["state"] == "stopped":
                await self._tidy(item["environment_id"])
        return item

    def _note(self, item: Json) -> None:
        if item["id"] not in self.items:
            self.by_session.setdefault(item["data"]["id"], []).append(item["id"])
        self.items[item["id"]] = item
        for token in item["workbench"]["tokens"]:
            self._tokens[token] = item["id"]

    async def _tidy(self, environment_id: str) -> None:
        stopped = [one for one in self._of(environment_id) if one["state"] == "stopped"]
        for one in stopped[: max(0, len(stopped) - KEPT)]:
            ids = self.by_session[one["data"]["id"]]
            if ids[-1] != one["id"]:
                ids.remove(one["id"])
                await self._drop(one["id"])

    async def _drop(self, item_id: str) -> None:
        item = self.items.pop(item_id)
        for token in item["workbench"]["tokens"]:
            self._tokens.pop(token, None)
        await self.documents.remove(work_items.KIND, item_id)

    async def _tell(self) -> None:
        async with self._came:
            self._came.notify_all()


def _document(item: Json) -> Document:
    return Document(work_items.KIND, item["id"], 1, item)
