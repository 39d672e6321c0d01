"""Webhook endpoints: where events of this workbench are told to, which ones, and under which secret (which the vault keeps)."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked, not_found
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.contracts.vault import Vault, VaultRefused
from workbench.events import new_id, timestamp

KIND: Final = "webhook_endpoint"
MOST: Final = 32
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


def _types() -> frozenset[str]:
    found = [f"session.{word}" for word in _SESSION]
    for noun, words in _NOUNS.items():
        found += [f"{noun}.{word}" for word in words]
    return frozenset(found)


_SESSION: Final = (
    *("created", "pending", "running", "idled", "requires_action", "archived", "deleted", "updated", "budget_reached"),
    *("status_run_started", "status_idled", "status_rescheduled", "status_terminated", "outcome_evaluation_ended"),
    *("thread_created", "thread_idled", "thread_terminated"),
)
_NOUNS: Final = {
    "agent": ("created", "updated", "archived"),
    "deployment": ("created", "updated", "paused", "unpaused", "archived"),
    "deployment_run": ("started", "succeeded", "failed"),
    "environment": ("created", "updated", "archived", "deleted"),
    "memory_store": ("created", "archived", "deleted"),
    "vault": ("created", "archived", "deleted"),
    "vault_credential": ("created", "archived", "deleted", "refresh_failed"),
}
TYPES: Final = _types()
"""Those of the public types that can happen here."""
NEVER: Final = frozenset(
    {
        *("agent.deleted", "deployment.deleted", "external_key.failed", "external_key.recovered"),
        *("external_storage.failed", "external_storage.recovered", "user_profile.enforcement_action_opened"),
        *("user_profile.enforcement_action_resolved", "user_profile.program_status_updated"),
    }
)
"""The other public types: an endpoint may name them, so that a program registers here as it does elsewhere; they are never sent."""


def _url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_local = parts.scheme == "http" and host in _LOCAL
    if not host or (parts.scheme != "https" and not is_local):
        raise ValueError("must be https, or http on this machine (localhost)")
    if parts.username or parts.password:
        raise ValueError("must have no user or password in it")
    return url


Url = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_url)]


class CreateEndpoint(Body):
    url: Url
    enabled_events: Annotated[list[str], Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(max_length=256)] = ""
    description: Annotated[str, Field(max_length=2048)] = ""


class UpdateEndpoint(Body):
    url: Url | None = None
    enabled_events: Annotated[list[str] | None, Field(max_length=100)] = None
    name: Annotated[str | None, Field(max_length=256)] = None
    description: Annotated[str | None, Field(max_length=2048)] = None
    state: Literal["enabled", "disabled"] | None = None


@dataclass
class WebhookEndpoints:
    """The records, kept at hand: they are looked at whenever something happens in any session."""

    documents: Documents
    vault: Vault
    clock: Clock
    _known: list[Json] | None = None
    _changes: int = 0

    async def create(self, body: Json) -> Json:
        """The endpoint with its secret, which nobody is told again.

        Raises:
            Refused: a wrong field, too many, or the vault keeps no secret now.
        """
        given = checked(CreateEndpoint, body)
        if len(await self.all()) >= MOST:
            raise Refused(f"there are {MOST} webhook endpoints already; delete one")
        moment = timestamp(self.clock())
        record: Json = {
            "id": new_id("whep"),
            "url": given.url,
            "name": given.name,
            "description": given.description,
            "enabled_events": _known(given.enabled_events),
            "state": "enabled",
            "disabled_reason": "",
            "created_at": moment,
            "updated_at": moment,
            "workbench": {"enabled_at": moment, "failures": 0},
        }
        secret = await self._renewed(record["id"])
        await self.put(record)
        return wire(record) | {"signing_secret": secret}

    async def update(self, endpoint_id: str, body: Json) -> Json:
        """Raises: Refused: 404, or a wrong field."""
        given = checked(UpdateEndpoint, body)
        old = await self.get(endpoint_id)
        sent = given.model_dump(exclude_none=True)
        if not sent.get("enabled_events"):
            sent.pop("enabled_events", None)
        else:
            sent["enabled_events"] = _known(sent["enabled_events"])
        new = old | sent
        if given.state == "enabled" and old["state"] != "enabled":
            new["workbench"] = {"enabled_at": timestamp(self.clock()), "failures": 0}
        if given.state is not None:
            new["disabled_reason"] = ""
        if new != old:
            new["updated_at"] = timestamp(self.clock())
            await self.put(new)
        return wire(new)

    async def disable(self, endpoint_id: str, reason: str) -> None:
        """Tell it nothing more, until somebody enables it again."""
        record = await self.get(endpoint_id)
        changed = {"state": "disabled", "disabled_reason": reason, "updated_at": timestamp(self.clock())}
        await self.put(record | changed)

    async def counted(self, endpoint_id: str, *, failed: bool) -> int:
        """How many deliveries in a row have failed for good, with this one."""
        record = await self.get(endpoint_id)
        failures = record["workbench"]["failures"] + 1 if failed else 0
        if failures != record["workbench"]["failures"]:
            await self.put(record | {"workbench": record["workbench"] | {"failures": failures}})
        return int(failures)

    async def regenerate(self, endpoint_id: str) -> Json:
        """Another secret; the old one signs nothing from now on."""
        await self.get(endpoint_id)
        return {"signing_secret": await self._renewed(endpoint_id)}

    async def delete(self, endpoint_id: str) -> Json:
        """Raises: Refused: 404."""
        await self.get(endpoint_id)
        await self.documents.remove(KIND, endpoint_id)
        self._forget()
        await self.vault.remove(secret_of(endpoint_id))
        return {"id": endpoint_id, "type": "webhook_endpoint_deleted"}

    async def get(self, endpoint_id: str) -> Json:
        """The record. Raises: Refused: 404."""
        document = await self.documents.get(KIND, endpoint_id)
        if document is None:
            raise not_found("webhook endpoint", endpoint_id)
        return document.body

    async def all(self) -> list[Json]:
        """All records, the newest first."""
        if self._known is not None:
            return self._known
        changes = self._changes
        found = [document.body for document in reversed(await self.documents.newest(KIND))]
        if changes == self._changes:
            self._known = found
        return found

    def _forget(self) -> None:
        """What is at hand is not what is kept any more."""
        self._known = None
        self._changes += 1

    async def put(self, record: Json) -> None:
        await self.documents.put(Document(KIND, record["id"], 1, record))
        self._forget()

    async def _renewed(self, endpoint_id: str) -> str:
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        try:
            await self.vault.put(secret_of(endpoint_id), {"value": secret}, {})
        except VaultRefused as refused:
            raise Refused(f"the secret could not be kept: {refused}") from None
        return secret


def secret_of(endpoint_id: str) -> str:
    """The credential of an endpoint's secret in the vault."""
    return f"webhook {endpoint_id}"


def wire(record: Json) -> Json:
    """The public object."""
    return {key: value for key, value in record.items() if key != "workbench"}


def _known(given: list[str]) -> list[str]:
    if unknown := sorted(set(given) - TYPES - NEVER):
        raise Refused(f"enabled_events: {unknown[0]!r} is no event type; known are {', '.join(sorted(TYPES))}")
    return list(dict.fromkeys(given))
