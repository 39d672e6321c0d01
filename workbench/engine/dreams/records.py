"""What a dream is, written down: its public object, its proposals, and the session in which it can be watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench import events
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.engine.dreams.dream_metadata import Landing

KIND = "dream"
AGENT_ID = "agent_dream"
ENDED = ("completed", "failed", "canceled")
NO_USAGE: Json = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 0,
}
DEFAULT_BUDGET_CENTS = 50


class StoreInput(Body):
    type: Literal["memory_store"]
    memory_store_id: Annotated[str, Field(min_length=1)]


class SessionsInput(Body):
    type: Literal["sessions"]
    session_ids: Annotated[list[str], Field(min_length=1, max_length=100)]


class ModelObject(Body):
    id: Annotated[str, Field(min_length=1, max_length=256)]
    speed: Literal["standard"] | None = None


class CreateNew(Body):
    type: Literal["create_new"]


class UpdateExisting(Body):
    type: Literal["update_existing"]
    memory_store_id: str


class CreateDream(Body):
    inputs: list[Annotated[StoreInput | SessionsInput, Field(discriminator="type")]]
    model: Annotated[str, Field(min_length=1, max_length=256)] | ModelObject
    instructions: Annotated[str | None, Field(min_length=1, max_length=4096)] = None
    output_behavior: Annotated[CreateNew | UpdateExisting, Field(discriminator="type")] | None = None


@dataclass(frozen=True)
class Wanted:
    """A dream that was asked for, read and checked."""

    store_id: str
    session_ids: tuple[str, ...]
    model: str
    instructions: str | None
    is_update: bool


def wanted(body: Json) -> Wanted:
    """The request, checked.

    Raises:
        Refused: 400 with what is wrong.
    """
    given = checked(CreateDream, body)
    stores = [one for one in given.inputs if isinstance(one, StoreInput)]
    sessions = [one for one in given.inputs if isinstance(one, SessionsInput)]
    if len(stores) != 1 or len(sessions) != 1:
        raise Refused("inputs: must be exactly one memory_store and one sessions")
    ids = sessions[0].session_ids
    if len(set(ids)) < len(ids):
        raise Refused("inputs: session_ids must be distinct")
    behavior = given.output_behavior
    is_update = isinstance(behavior, UpdateExisting)
    if isinstance(behavior, UpdateExisting) and behavior.memory_store_id != stores[0].memory_store_id:
        raise Refused("output_behavior.memory_store_id: must be the store of inputs")
    model = given.model if isinstance(given.model, str) else given.model.id
    return Wanted(stores[0].memory_store_id, tuple(sorted(ids)), model, given.instructions, is_update)


def drafted(asked: Wanted, moment: str, *, budget_cents: int, landing: Landing, agent_id: str | None) -> Json:
    """The record of a new dream."""
    update = {"type": "update_existing", "memory_store_id": asked.store_id}
    return {
        "id": events.new_id("drm"),
        "type": "dream",
        "status": "pending",
        "inputs": [
            {"type": "memory_store", "memory_store_id": asked.store_id},
            {"type": "sessions", "session_ids": list(asked.session_ids)},
        ],
        "outputs": [],
        "model": {"id": asked.model, "speed": "standard"},
        "instructions": asked.instructions,
        "output_behavior": update if asked.is_update else {"type": "create_new"},
        "session_id": None,
        "usage": NO_USAGE,
        "error": None,
        "created_at": moment,
        "ended_at": None,
        "archived_at": None,
        "workbench": {
            "budget_cents": budget_cents,
            "landing": landing.wire(),
            "agent_id": agent_id,
            "proposals": [],
            "quarantined": [],
            "left_out": 0,
            "characters": 0,
            "notes": [],
            "landings": [],
        },
    }


def store_of(record: Json) -> str:
    """The store that a dream reads."""
    return str(record["inputs"][0]["memory_store_id"])


def sessions_of(record: Json) -> list[str]:
    """The sessions that a dream reads."""
    return list(record["inputs"][1]["session_ids"])


def wire(record: Json) -> Json:
    """The public object."""
    return {key: value for key, value in record.items() if key != "workbench"}


def session_record(dream: Json, store_name: str, session_id: str, moment: str) -> Json:
    """The session in which a dream is watched: it has no tools, and is archived when the dream has ended."""
    agent = {
        "id": AGENT_ID,
        "type": "agent",
        "version": 1,
        "name": "dream",
        "description": None,
        "model": {
            "id": dream["model"]["id"],
            "effort": {"type": "high"},
            "speed": "standard",
            "inference_geo": None,
        },
        "system": None,
        "tools": [],
        "mcp_servers": [],
        "skills": [],
        "multiagent": None,
        "execution_identity": {"type": "service_account"},
    }
    environment: Json = {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": []}, "packages": {}}
    return {
        "id": session_id,
        "type": "session",
        "agent": agent,
        "environment_id": "env_dream",
        "title": f"dream of {store_name}"[:500],
        "metadata": {"workbench.dream": dream["id"]},
        "resources": [],
        "vault_ids": [],
        "outcome_evaluations": [],
        "budget": None,
        "deployment_id": None,
        "created_at": moment,
        "updated_at": moment,
        "archived_at": None,
        "workbench": {"project": None, "environment": environment, "image": None, "containerfile": None},
    }


class DreamRecords:
    """The dreams of this installation."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def get(self, dream_id: str) -> Json:
        """The whole record.

        Raises:
            Refused: 404.
        """
        document = await self._documents.get(KIND, dream_id)
        if document is None:
            raise Refused(f"dream {dream_id} was not found", status=404, kind="not_found_error")
        return document.body

    async def put(self, record: Json) -> Json:
        await self._documents.put(Document(KIND, record["id"], 1, record))
        return record

    async def changed(self, dream_id: str, **fields: Any) -> Json:
        """The record with these fields replaced; those under `workbench` are named with their own name."""
        record = await self.get(dream_id)
        own = {name: value for name, value in fields.items() if name in record["workbench"]}
        public = {name: value for name, value in fields.items() if name not in own}
        return await self.put(record | public | {"workbench": record["workbench"] | own})

    async def newest(self) -> list[Json]:
        """All dreams, newest first."""
        return [document.body for document in reversed(await self._documents.newest(KIND))]
