"""What a session is given at its creation besides its agent: the memory stores that are mounted for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.catalog.fields import Body
from workbench.catalog.memory_stores import MemoryStores
from workbench.catalog.refusals import Refused, checked
from workbench.contracts import Json

MOST_STORES = 8
MOUNTED_AT = "/mnt/memory"


class MemoryStoreResource(Body):
    type: Literal["memory_store"]
    memory_store_id: str
    access: Literal["read_write", "read_only"] | None = None
    instructions: Annotated[str | None, Field(max_length=4096)] = None


async def attached(given: Sequence[Json], stores: MemoryStores) -> list[Json]:
    """The resources of a new session in wire shape; a store's name and description are those of this moment.

    Raises:
        Refused: 404 for an unknown store; 400 for an archived one, one named twice, more than 8, or another resource.
    """
    resources: list[Json] = []
    taken: set[str] = set()
    for place, one in enumerate(given):
        if one.get("type") != "memory_store":
            raise Refused(
                f"resources.{place}.type: {one.get('type')!r} is not mounted by this version, memory_store is; for a project "
                "name its folder in metadata as workbench.project"
            )
        resource = _read(one, place)
        if any(resource.memory_store_id == known["memory_store_id"] for known in resources):
            raise Refused(f"resources.{place}: {resource.memory_store_id} is attached already")
        if len(resources) == MOST_STORES:
            raise Refused(f"resources: at most {MOST_STORES} memory stores")
        store = await stores.get(resource.memory_store_id)
        if store["archived_at"]:
            raise Refused(f"resources.{place}: memory store {store['id']} is archived; attach another one")
        slug = _free(slug_of(store["name"]), taken)
        taken.add(slug)
        resources.append(
            {
                "type": "memory_store",
                "memory_store_id": store["id"],
                "access": resource.access or "read_write",
                "name": store["name"],
                "description": store["description"],
                "instructions": resource.instructions,
                "mount_path": f"{MOUNTED_AT}/{slug}",
            }
        )
    return resources


def slug_of(name: str) -> str:
    """The folder of a store under /mnt/memory: lower case, each run outside [a-z0-9] one hyphen."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name.lower())
    return "-".join(letters.split()) or "memory"


def _free(slug: str, taken: set[str]) -> str:
    """The slug, numbered where another store of the session has it."""
    number, free = 2, slug
    while free in taken:
        free, number = f"{slug}-{number}", number + 1
    return free


def _read(one: Any, place: int) -> MemoryStoreResource:
    try:
        return checked(MemoryStoreResource, one)
    except Refused as refused:
        raise Refused("; ".join(f"resources.{place}.{fault}" for fault in refused.message.split("; "))) from None
