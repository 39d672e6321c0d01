"""Deliveries of triggers: each is durable before anything happens, and has one session, which is written together with that."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from workbench.catalog.errors import Refused
from workbench.catalog.files import Given
from workbench.catalog.triggers import Triggers
from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Document, Json
from workbench.engine.automation.deployments import PAUSES, DeploymentRuns, Origin
from workbench.engine.automation.triggers.payload import Arrived, fenced, mount_path, with_payload
from workbench.engine.files import StoredFiles
from workbench.engine.sessions import SessionLifecycle
from workbench.events import timestamp

DELIVERY: Final = "trigger_delivery"
KEPT: Final = timedelta(hours=24)
"""How long a delivery is known, so that the same one starts nothing again; what is newer than that is never dropped."""
MOST_KEPT: Final = 500
FILE_LIVES_S: Final = 7 * 24 * 3600
MOST_TRIES: Final = 5
_SWEPT_AT: Final = 100
_AGAIN_S: Final = 5.0
_HOUR: Final = timedelta(hours=1)
WAITING, STARTED, FAILED, REFUSED, IGNORED = "waiting", "started", "failed", "refused", "ignored"

logger = logging.getLogger("workbench.engine")


@dataclass(kw_only=True)
class Deliveries:
    """What came, and what became of it."""

    log: Log
    triggers: Triggers
    runs: DeploymentRuns
    sessions: SessionLifecycle
    files: StoredFiles
    clock: Clock
    _queue: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _begun: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _accepting: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _tries: dict[str, int] = field(default_factory=dict)
    _refusals: int = 0

    # ── what comes ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def known(self, trigger_id: str, key: str) -> Json | None:
        """The delivery with this key, where it came before."""
        document = await self.log.documents.get(DELIVERY, delivery_id(trigger_id, key))
        return document.body if document else None

    async def accept(self, trigger: Json, key: str, arrived: Arrived, *, chain: Sequence[str] = ()) -> Json:
        """Keep a delivery, which then will have its session whatever happens; the same key again is the same delivery."""
        async with self._accepting[trigger["id"]]:
            if (known := await self.known(trigger["id"], key)) is not None:
                return known
            file_id = await self._kept(arrived) if arrived.body else None
            about = {
                "text": fenced(trigger["name"], arrived.fields),
                "file_id": file_id,
                "file_name": arrived.file_name,
                "chain": [*chain],
            }
            record = self._record(trigger, delivery_id(trigger["id"], key), WAITING, arrived.title, about)
            await self._put(record)
        self._queue.put_nowait(record["id"])
        return record

    async def note(self, trigger: Json, state: str, title: str, words: str) -> Json:
        """A row about something that starts nothing, such as a wrong signature."""
        self._refusals += 1
        made = delivery_id(trigger["id"], f"{state} {timestamp(self.clock())} {self._refusals} {words}")
        record = self._record(trigger, made, state, title, {}) | {"words": words}
        await self._put(record)
        if self._refusals % _SWEPT_AT == 0:
            await self._forget_old()
        return record

    def _record(self, trigger: Json, made: str, state: str, title: str, about: Json) -> Json:
        return {
            "id": made,
            "type": DELIVERY,
            "trigger_id": trigger["id"],
            "trigger": trigger["name"],
            "deployment_id": trigger["deployment_id"],
            "received_at": timestamp(self.clock()),
            "state": state,
            "title": title,
            "words": "",
            "session_id": None,
            "workbench": about,
        }

    async def _kept(self, arrived: Arrived) -> str:
        async def whole() -> AsyncIterator[bytes]:
            yield arrived.body or b""

        async with self.files.staged(whole()) as staged:
            given = Given(arrived.file_name, expires_in_seconds=FILE_LIVES_S)
            return str((await self.files.upload(given, staged))["id"])

    async def _put(self, record: Json) -> None:
        await self.log.documents.put(document(record))

    # ── what becomes of it ────────────────────────────────────────────────────────────────────────────────────────────

    async def work(self) -> None:
        """Start the sessions of what waits, first of what an earlier engine left, until this is cancelled."""
        for known in await self._all():
            if known["state"] == WAITING:
                self._queue.put_nowait(known["id"])
            elif known["state"] == STARTED and self._is_recent(known):
                self._begun[known["trigger_id"]].append(datetime.fromisoformat(known["received_at"]))
        await self._forget_old()
        while True:
            made = await self._queue.get()
            await self._try(made)
            if self._queue.empty():
                await self._forget_old()

    async def _try(self, made: str) -> None:
        try:
            await self.start(made)
        except Exception:
            # A surprise, such as a disk that is full: others go on, and this one comes again a few times.
            tries = self._tries[made] = self._tries.get(made, 0) + 1
            logger.exception("the delivery %s could not be started (%s)", made, tries)
            if tries < MOST_TRIES:
                asyncio.get_running_loop().call_later(_AGAIN_S * tries, self._queue.put_nowait, made)
            elif (known := await self.log.documents.get(DELIVERY, made)) is not None:
                await self._fail(known.body, "the engine failed on it; its log says where")

    async def start(self, made: str) -> None:
        """Start the session of one delivery, if it waits still."""
        found = await self.log.documents.get(DELIVERY, made)
        if found is None or found.body["state"] != WAITING:
            return
        record = found.body
        try:
            trigger = await self.triggers.get(record["trigger_id"])
        except Refused as refused:
            await self._fail(record, refused.message)
            return
        try:
            deployment = await self.runs.deployments.usable(trigger["deployment_id"])
        except Refused as refused:
            await self._fail(record, refused.message)
            await self.triggers.paused(trigger["id"], {"type": "error", "message": refused.message})
            return
        if trigger["paused_reason"] or deployment["workbench"]["paused_reason"]:
            what = "trigger" if trigger["paused_reason"] else "deployment"
            await self._put(record | {"state": IGNORED, "words": f"the {what} is paused"})
        elif self._is_over(trigger):
            words = f"it started {trigger['most_per_hour']} sessions within an hour, its most_per_hour"
            await self.triggers.paused(trigger["id"], {"type": "error", "message": words})
            await self._put(record | {"state": IGNORED, "words": words})
        else:
            await self._run(trigger, record)

    async def _run(self, trigger: Json, record: Json) -> None:
        chain, is_tight = [*record["workbench"]["chain"], trigger["id"]], trigger["policy"] == "tight"
        origin = Origin(
            run_id=f"drun_01{record['id'].removeprefix('tdlv_01')}",
            about={"trigger": trigger["name"], "trigger_id": trigger["id"], "delivery_id": record["id"]},
            body=lambda body: _body(body, trigger, record),
            create=partial(self.sessions.create_triggered, chain=chain, is_tight=is_tight),
            beside=lambda session_id: [document(record | {"state": STARTED, "session_id": session_id})],
        )
        run = await self.runs.triggered(trigger["deployment_id"], origin)
        if run["error"]:
            await self._fail(record, run["error"]["message"])
            if run["error"]["type"] in PAUSES:
                await self.triggers.paused(trigger["id"], {"type": "error", "message": run["error"]["message"]})
            return
        self._begun[trigger["id"]].append(self.clock())
        if (file_id := record["workbench"]["file_id"]) is not None:
            # The session has a copy of its own.
            await self.files.known.remove(file_id)

    async def _fail(self, record: Json, words: str) -> None:
        await self._put(record | {"state": FAILED, "words": words})

    def _is_over(self, trigger: Json) -> bool:
        begun = self._begun[trigger["id"]]
        while begun and self.clock() - begun[0] > _HOUR:
            begun.popleft()
        return len(begun) >= int(trigger["most_per_hour"])

    def _is_recent(self, record: Json) -> bool:
        return self.clock() - datetime.fromisoformat(record["received_at"]) < _HOUR

    # ── what was ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def log_of(self, trigger_id: str | None = None) -> list[Json]:
        """Deliveries as clients see them, the newest first: of a trigger, or of all."""
        found = [one for one in await self._all() if trigger_id in (None, one["trigger_id"])]
        return [shown(one) for one in reversed(found)]

    async def _all(self) -> list[Json]:
        return [one.body for one in await self.log.documents.newest(DELIVERY)]

    async def _forget_old(self) -> None:
        done = [one for one in await self._all() if one["state"] != WAITING]
        # Rows of what started nothing and has no key: whoever sends wrong signatures must not fill the log.
        rows, keyed = ([one for one in done if bool(one["workbench"]) is has_key] for has_key in (False, True))
        old = [one for one in keyed[:-MOST_KEPT] if self.clock() - datetime.fromisoformat(one["received_at"]) > KEPT]
        for one in [*rows[:-MOST_KEPT], *old]:
            await self.log.documents.remove(DELIVERY, one["id"])


def delivery_id(trigger_id: str, key: str) -> str:
    return f"tdlv_01{hashlib.sha256(f'{trigger_id} {key}'.encode()).hexdigest()[:20]}"


def shown(record: Json) -> Json:
    """What clients see of a delivery."""
    return {key: value for key, value in record.items() if key != "workbench"}


def document(record: Json) -> Document:
    return Document(DELIVERY, record["id"], 1, record)


def _body(body: Json, trigger: Json, delivery: Json) -> Json:
    """What a session of the deployment begins with, and what came beside it."""
    resources = [*body["resources"]]
    if (file_id := delivery["workbench"]["file_id"]) is not None:
        resources.append({"type": "file", "file_id": file_id, "mount_path": mount_path(delivery)})
    return body | {
        "title": f"{body['title']} · {trigger['name']}"[:500],
        "resources": resources,
        "initial_events": with_payload(body["initial_events"], trigger, delivery),
    }
