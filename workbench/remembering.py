"""What a person and a session do with memory: stores with what they hold."""

from __future__ import annotations

from workbench.catalog.memory_stores import MemoryStores
from workbench.contracts import Clock, Documents, MemoryVersions
from workbench.memory.memories import Memories


class Remembering:
    """The memory stores and their memories."""

    def __init__(self, documents: Documents, versions: MemoryVersions, clock: Clock) -> None:
        self.stores = MemoryStores(documents, clock)
        self.memories = Memories(versions, self.stores.get, clock)

    async def delete_store(self, store_id: str) -> None:
        """Remove a store with its memories and all their versions."""
        await self.memories.drop(store_id)
        await self.stores.remove(store_id)
