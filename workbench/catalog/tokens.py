"""Tokens of the API: who may what, until when and how often; of each only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked, conflict, not_found
from workbench.contracts.log import Documents
from workbench.contracts.own_port import TOKEN_PREFIX
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

KIND: Final = "api_token"
KEY_PREFIX: Final = "sk-ant-oat01-"
"""Of the key of an environment, by which its workers are known."""
WORKER: Final = "worker"
"""Role of a key of an environment."""
_HASHED: Final = "sha256"


class CreateToken(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Literal["owner", "operate", "read", "session", "agent", "worker"]
    session_id: Annotated[str | None, Field(max_length=200)] = None
    environment_id: Annotated[str | None, Field(max_length=200)] = None
    agent_id: Annotated[str | None, Field(max_length=200)] = None
    expires_in_s: Annotated[int | None, Field(ge=60, le=366 * 24 * 3600)] = None
    creates_per_minute: Annotated[int | None, Field(ge=1, le=100_000)] = None
    reads_per_minute: Annotated[int | None, Field(ge=1, le=100_000)] = None

    @model_validator(mode="after")
    def _names_what_it_is_for(self) -> CreateToken:
        named = (("session", self.session_id, "session"), ("agent", self.agent_id, "agent"))
        for role, given, noun in (*named, (WORKER, self.environment_id, "environment")):
            if (self.role == role) != (given is not None):
                raise ValueError(f"{noun}_id: goes with the role {role}, and the role {role} with it")
        return self


@dataclass(frozen=True)
class Permit:
    """What the holder of a token may: everything as `owner`; `only` is the session, agent or environment that the role is for.

    `work_id` is the work item whose token it is: its role is `work`, and `only` the item's session. `is_stale` says that the
    item was offered again since.

    `creates` and `reads` bound requests a minute, None for no bound.
    """

    token_id: str
    name: str
    role: str
    only: str = ""
    creates: int | None = None
    reads: int | None = None
    work_id: str = ""
    is_stale: bool = False


OWNER: Final = Permit("", "the engine's own", "owner")


@dataclass(frozen=True)
class Tokens:
    """The records."""

    documents: Documents
    clock: Clock

    async def create(self, body: Json) -> Json:
        """The token with its secret, which nobody is told again.

        Raises:
            Refused: a wrong field, or 409 for a name that is taken.
        """
        given = checked(CreateToken, body)
        if any(one["name"] == given.name for one in await self.all()):
            raise conflict(f"a token is called {given.name!r} already; revoke it, or take another name")
        secret = (KEY_PREFIX if given.role == WORKER else TOKEN_PREFIX) + secrets.token_urlsafe(32)
        moment = self.clock()
        expires = moment + timedelta(seconds=given.expires_in_s) if given.expires_in_s else None
        record: Json = {
            "id": new_id("tok"),
            "type": "api_token",
            "name": given.name,
            "role": given.role,
            "session_id": given.session_id,
            "agent_id": given.agent_id,
            "environment_id": given.environment_id,
            "creates_per_minute": given.creates_per_minute,
            "reads_per_minute": given.reads_per_minute,
            "created_at": timestamp(moment),
            "expires_at": timestamp(expires) if expires else None,
            "workbench": {_HASHED: hashed(secret)},
        }
        await self.documents.put(Document(KIND, record["id"], 1, record))
        return wire(record) | {"token": secret}

    async def all(self) -> list[Json]:
        """All records, oldest first."""
        return [document.body for document in await self.documents.newest(KIND)]

    async def revoke(self, token_id: str) -> Json:
        """It opens nothing from now on. Raises: Refused: 404."""
        if await self.documents.get(KIND, token_id) is None:
            raise not_found("token", token_id)
        await self.documents.remove(KIND, token_id)
        return {"id": token_id, "type": "api_token_deleted"}

    async def permit(self, secret: str) -> Permit:
        """Raises: Refused: 401: there is no such token, or it has expired."""
        wanted = hashed(secret)
        for record in await self.all():
            if not secrets.compare_digest(record["workbench"][_HASHED], wanted):
                continue
            if record["expires_at"] and datetime.fromisoformat(record["expires_at"]) <= self.clock():
                raise Refused(
                    f"the token {record['name']!r} expired at {record['expires_at']}",
                    status=401,
                    kind="authentication_error",
                )
            # A record of an earlier version names no environment.
            only = record["session_id"] or record["agent_id"] or record.get("environment_id") or ""
            bounds = record["creates_per_minute"], record["reads_per_minute"]
            return Permit(record["id"], record["name"], record["role"], only, *bounds)
        message = "wrong or missing token: `workbench serve` prints the one to use as ANTHROPIC_API_KEY"
        raise Refused(message, status=401, kind="authentication_error")


def hashed(secret: str) -> str:
    """What is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def wire(record: Json) -> Json:
    """The object as its owner sees it."""
    return {key: value for key, value in record.items() if key != "workbench"}
