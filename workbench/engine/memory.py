"""Memory stores as clients and dreams reach them: the stores, and the memories in them."""

from __future__ import annotations

from workbench.catalog.memory_stores import MemoryStores
from workbench.contracts.log import Documents
from workbench.contracts.memory import MemoryVersions
from workbench.contracts.values import Clock
from workbench.memory.stores.memories import Memories


class MemoryAccess:
    """`stores` are the documents, `memories` what they hold."""

    def __init__(self, documents: Documents, versions: MemoryVersions, clock: Clock) -> None:
        self.stores = MemoryStores(documents, clock)
        self.memories = Memories(versions, self.stores.find, clock)

    async def delete_store(self, store_id: str) -> None:
        """Remove a store with its memories and all their versions."""
        await self.memories.drop(store_id)
        await self.stores.remove(store_id)
