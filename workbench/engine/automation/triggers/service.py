"""Triggers as clients have them: made, looked at, tried, paused and removed; and all that works for them."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.catalog.triggers import MANUAL, WEBHOOK, Triggers, secret_of, wire
from workbench.contracts.values import Json
from workbench.contracts.vault import VaultRefused
from workbench.engine.automation.triggers.deliveries import Deliveries, shown
from workbench.engine.automation.triggers.payload import Arrived
from workbench.engine.automation.triggers.receiver import Receiver
from workbench.engine.automation.triggers.session_ends import CURSOR, SessionEnds
from workbench.engine.automation.triggers.watching import HEAD, Watchers
from workbench.events import new_id

_NO_SECRET: Final = "its secret is not in the vault any more: remove it and add it again"


@dataclass(frozen=True, kw_only=True)
class TriggerService:
    """See the module."""

    records: Triggers
    deliveries: Deliveries
    watchers: Watchers
    receiver: Receiver
    ends: SessionEnds

    def works(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on as long as the engine does."""
        return [self.deliveries.work(), self.watchers.run(), self.ends.follow()]

    async def create(self, body: Json) -> Json:
        made = await self.records.create(body)
        self.watchers.changed()
        return made

    async def delete(self, trigger_id: str) -> Json:
        deleted = await self.records.delete(trigger_id)
        documents = self.records.documents
        await documents.remove(HEAD, trigger_id)
        for cursor in await documents.newest(CURSOR):
            if cursor.id.startswith(trigger_id):
                await documents.remove(CURSOR, cursor.id)
        self.watchers.changed()
        return deleted

    async def pause(self, trigger_id: str, *, is_on: bool) -> Json:
        """Pause it, or go on; what came meanwhile is not made up for."""
        changed = await self.records.paused(trigger_id, None if is_on else MANUAL)
        if is_on:
            await self.records.documents.remove(HEAD, trigger_id)
        self.watchers.changed()
        return changed

    async def one(self, trigger_id: str) -> Json:
        """A trigger with its trouble and its last delivery. Raises: Refused: 404."""
        record = await self.records.get(trigger_id)
        return self._shown(record, await self.deliveries.log_of(trigger_id), await self._vault_troubles([record]))

    async def all(self) -> list[Json]:
        """All of them, the newest first, each with its trouble and its last delivery."""
        log, known = await self.deliveries.log_of(), await self.records.all()
        troubles = await self._vault_troubles(known)
        return [self._shown(one, log, troubles) for one in known]

    async def _vault_troubles(self, known: Sequence[Json]) -> dict[str, str]:
        """Why a webhook's signature cannot be checked now, by trigger."""
        named = {secret_of(one["id"]): one["id"] for one in known if one["source"]["type"] == WEBHOOK}
        if not named:
            return {}
        try:
            standing = await self.records.vault.check([*named])
        except VaultRefused as refused:
            return dict.fromkeys(named.values(), str(refused))
        return {named[one]: _NO_SECRET for one in standing.missing if one in named}

    def _shown(self, record: Json, log: Sequence[Json], troubles: Mapping[str, str]) -> Json:
        last = next((one for one in log if one["trigger_id"] == record["id"]), None)
        trouble = self.watchers.troubles.get(record["id"]) or troubles.get(record["id"], "")
        is_ready = record["id"] in self.watchers.ready
        return wire(record) | {"trouble": trouble, "last_delivery": last, "is_ready": is_ready}

    async def test(self, trigger_id: str) -> Json:
        """A delivery of no consequence but its session's, as the trigger would have one."""
        record = await self.records.get(trigger_id)
        arrived = Arrived("a test by hand", [("test", "nothing happened: this is how a delivery arrives")])
        return shown(await self.deliveries.accept(record, new_id("test"), arrived))
