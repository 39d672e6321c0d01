"""Memory stores: their names, descriptions and metadata; what they hold is the memory room's."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from workbench.catalog.base_models import Body, merged_metadata
from workbench.catalog.errors import Refused, checked, not_found
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

KIND = "memory_store"


def _printable(name: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise ValueError("must have no control characters")
    return name


Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_printable)]
Description = Annotated[str | None, Field(max_length=1024)]


class CreateMemoryStore(Body):
    name: Name
    description: Description = None
    metadata: dict[str, str | None] | None = None


class UpdateMemoryStore(Body):
    name: Name | None = None
    description: Description = None
    metadata: dict[str, str | None] | None = None


class MemoryStores:
    """The memory stores of this installation."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def create(self, body: Json, *, store_id: str | None = None) -> Json:
        """A new store; a dream that goes on after a restart makes the same one again by its id."""
        given = checked(CreateMemoryStore, body)
        moment = timestamp(self._clock())
        store: Json = {
            "id": store_id or new_id("memstore"),
            "type": "memory_store",
            "name": given.name,
            "description": given.description or "",
            "metadata": merged_metadata({}, given.metadata),
            "created_at": moment,
            "updated_at": moment,
            "archived_at": None,
        }
        await self._put(store)
        return store

    async def find(self, store_id: str) -> Json | None:
        """The store, if there is one."""
        document = await self._documents.get(KIND, store_id)
        return document.body if document else None

    async def get(self, store_id: str) -> Json:
        """The store.

        Raises:
            Refused: 404.
        """
        store = await self.find(store_id)
        if store is None:
            raise not_found("memory store", store_id)
        return store

    async def update(self, store_id: str, body: Json) -> Json:
        given = checked(UpdateMemoryStore, body)
        old = await self.get(store_id)
        if old["archived_at"]:
            raise Refused(f"memory store {store_id} is archived and read-only; create a new one")
        new = dict(old)
        if given.name is not None:
            new["name"] = given.name
        if "description" in given.model_fields_set:
            new["description"] = given.description or ""
        if given.metadata is not None:
            new["metadata"] = merged_metadata(old["metadata"], given.metadata)
        if new == old:
            return old
        new["updated_at"] = timestamp(self._clock())
        await self._put(new)
        return new

    async def archive(self, store_id: str) -> Json:
        """Make it read-only for ever; again is no error and changes nothing."""
        store = await self.get(store_id)
        if store["archived_at"]:
            return store
        moment = timestamp(self._clock())
        store = store | {"archived_at": moment, "updated_at": moment}
        await self._put(store)
        return store

    async def remove(self, store_id: str) -> None:
        await self._documents.remove(KIND, store_id)

    async def newest(self) -> list[Json]:
        """All stores, newest first."""
        return [document.body for document in reversed(await self._documents.newest(KIND))]

    async def _put(self, store: Json) -> None:
        await self._documents.put(Document(KIND, store["id"], 1, store))
