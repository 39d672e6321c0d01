"""Triggers: what starts a session of a deployment besides its schedule, and the deliveries that came."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from workbench.catalog.base_models import Body
from workbench.catalog.deployments import Deployments
from workbench.catalog.errors import Refused, checked, not_found
from workbench.catalog.own_project import PROJECT_KEY, project_folder
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.contracts.vault import Vault, VaultRefused
from workbench.events import new_id, timestamp

KIND: Final = "trigger"
MOST: Final = 200
FILES, GIT, WEBHOOK, SESSION = "files", "git", "webhook", "session"
GITHUB, GITLAB, STANDARD, HMAC = "github", "gitlab", "standard", "hmac"
MANUAL: Final[Json] = {"type": "manual", "message": ""}
Word = Annotated[str, Field(min_length=1, max_length=200)]


class FilesSource(Body):
    type: Literal["files"]
    folder: Annotated[str, Field(min_length=1, max_length=4096)]
    only: Annotated[list[Word], Field(max_length=50, default_factory=list)]


class GitSource(Body):
    type: Literal["git"]
    repository: Annotated[str, Field(min_length=1, max_length=4096)]
    branch: Word


class WebhookSource(Body):
    type: Literal["webhook"]
    shape: Literal["github", "gitlab", "standard", "hmac"]
    events: Annotated[list[Word], Field(max_length=50, default_factory=list)]


class SessionSource(Body):
    type: Literal["session"]
    session_id: Word | None = None
    agent_id: Word | None = None
    deployment_id: Word | None = None
    on: Literal["idle", "ended"] = "idle"

    @model_validator(mode="after")
    def _names_one(self) -> SessionSource:
        if len([one for one in (self.session_id, self.agent_id, self.deployment_id) if one]) != 1:
            raise ValueError("name one of session_id, agent_id and deployment_id")
        return self


Source = Annotated[FilesSource | GitSource | WebhookSource | SessionSource, Field(discriminator="type")]


class CreateTrigger(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    deployment_id: Annotated[str, Field(min_length=1)]
    source: Source
    prompt: Annotated[str, Field(max_length=10_000)] = ""
    policy: Literal["tight", "deployment"] = "tight"
    most_per_hour: Annotated[int, Field(ge=1, le=10_000)] = 60
    workbench_deposit: Annotated[str | None, Field(max_length=200)] = None


@dataclass(frozen=True)
class Triggers:
    """The records; what watches, and starts sessions, is the engine's."""

    documents: Documents
    deployments: Deployments
    vault: Vault
    clock: Clock

    async def create(self, body: Json) -> Json:
        """The trigger; of a webhook with its secret, where none was deposited, which nobody is told again.

        Raises:
            Refused: a wrong field, a name that is taken, a folder or deployment that is not there, or no vault to keep the secret.
        """
        given = checked(CreateTrigger, body)
        known = await self.all()
        if len(known) >= MOST:
            raise Refused(f"there are {MOST} triggers already; remove one")
        if any(one["name"] == given.name for one in known):
            raise Refused(f"name: there is a trigger {given.name!r} already")
        await self.deployments.usable(given.deployment_id)
        moment = timestamp(self.clock())
        record: Json = {
            "id": new_id("trig"),
            "type": "trigger",
            "name": given.name,
            "deployment_id": given.deployment_id,
            "source": _settled(given.source),
            "prompt": given.prompt,
            "policy": given.policy,
            "most_per_hour": given.most_per_hour,
            "paused_reason": None,
            "created_at": moment,
            "updated_at": moment,
            "workbench": {},
        }
        made = wire(record)
        if given.source.type == WEBHOOK:
            made |= await self._kept_secret(record, given.workbench_deposit)
        elif given.workbench_deposit:
            raise Refused("workbench_deposit: only a webhook has a secret")
        await self.put(record)
        return made

    async def _kept_secret(self, record: Json, deposit_id: str | None) -> Json:
        credential_id = secret_of(record["id"])
        try:
            if deposit_id is not None:
                await self.vault.adopt(credential_id, deposit_id, {})
                return {}
            secret = _new_secret(record["source"]["shape"])
            await self.vault.put(credential_id, {"value": secret}, {})
        except VaultRefused as refused:
            raise Refused(f"the secret could not be kept: {refused}") from None
        return {"secret": secret}

    async def delete(self, trigger_id: str) -> Json:
        """Raises: Refused: 404."""
        record = await self.get(trigger_id)
        await self.documents.remove(KIND, trigger_id)
        if record["source"]["type"] == WEBHOOK:
            # It signs for nothing any more; a vault that is locked keeps it.
            with contextlib.suppress(VaultRefused):
                await self.vault.remove(secret_of(trigger_id))
        return {"id": trigger_id, "type": "trigger_deleted"}

    async def paused(self, trigger_id: str, reason: Json | None) -> Json:
        """Pause for this reason, or go on where it is None: what came meanwhile is not made up for."""
        record = await self.get(trigger_id)
        if record["paused_reason"] != reason:
            record = record | {"paused_reason": reason, "updated_at": timestamp(self.clock()), "workbench": {}}
            await self.put(record)
        return wire(record)

    async def get(self, trigger_id: str) -> Json:
        """The record. Raises: Refused: 404."""
        document = await self.documents.get(KIND, trigger_id)
        if document is None:
            raise not_found("trigger", trigger_id)
        return document.body

    async def all(self) -> list[Json]:
        """All records, the newest first."""
        return [document.body for document in reversed(await self.documents.newest(KIND))]

    async def active(self, *kinds: str) -> list[Json]:
        """Those of these kinds that are not paused."""
        return [one for one in await self.all() if one["source"]["type"] in kinds and not one["paused_reason"]]

    async def put(self, record: Json) -> None:
        await self.documents.put(document(record))


def document(record: Json) -> Document:
    return Document(KIND, record["id"], 1, record)


def wire(record: Json) -> Json:
    """What clients see of it."""
    shown: dict[str, Any] = {key: value for key, value in record.items() if key != "workbench"}
    if record["source"]["type"] == WEBHOOK:
        shown["path"] = f"/hooks/{record['id']}"
    return shown | {"status": "paused" if record["paused_reason"] else "active"}


def secret_of(trigger_id: str) -> str:
    """The credential of a trigger's secret in the vault."""
    return f"trigger {trigger_id}"


def _new_secret(shape: str) -> str:
    if shape == STANDARD:
        return "whsec_" + base64.b64encode(os.urandom(32)).decode()
    return secrets.token_urlsafe(32)


def _settled(source: FilesSource | GitSource | WebhookSource | SessionSource) -> Json:
    """The source with its folder resolved. Raises: Refused: it is no folder of one's own."""
    settled = source.model_dump(exclude_none=True)
    place = {FILES: "folder", GIT: "repository"}.get(source.type)
    if place is not None:
        try:
            settled[place] = project_folder({PROJECT_KEY: str(Path(settled[place]))})
        except Refused as refused:
            raise Refused(refused.message.replace(f"metadata.{PROJECT_KEY}", f"source.{place}")) from None
    return settled
