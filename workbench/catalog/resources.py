"""What a session is given at its creation besides its agent: the memory stores that are mounted for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.catalog import repositories
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Params, Refused, checked, not_found
from workbench.catalog.memory_stores import MemoryStores
from workbench.contracts.values import Json

MOST_STORES = 8
MOUNTED_AT = "/mnt/memory"


class MemoryStoreResource(Body):
    type: Literal["memory_store"]
    memory_store_id: str
    access: Literal["read_write", "read_only"] | None = None
    instructions: Annotated[str | None, Field(max_length=4096)] = None


async def attached(given: Sequence[Json], stores: MemoryStores, moment: str) -> list[Json]:
    """The resources of a new session in wire shape; a store's name and description are those of this moment.

    Raises:
        Refused: 404 for an unknown store; 400 for an archived one, one named twice, more than 8, two repositories in one
            place, or another resource.
    """
    resources: list[Json] = []
    taken: set[str] = set()
    for place, one in enumerate(given):
        if one.get("type") == repositories.REPOSITORY:
            repository = repositories.settled(_read(repositories.RepositoryResource, one, place), moment)
            if any(repository["mount_path"] == known["mount_path"] for known in resources):
                raise Refused(f"resources.{place}.mount_path: {repository['mount_path']} is taken; name another one")
            resources.append(repository)
            continue
        if one.get("type") != "memory_store":
            raise Refused(
                f"resources.{place}.type: {one.get('type')!r} is not mounted by this version; memory_store and "
                "github_repository are. For a project name its folder in metadata as workbench.project"
            )
        resource = _read(MemoryStoreResource, one, place)
        if any(resource.memory_store_id == known.get("memory_store_id") for known in resources):
            raise Refused(f"resources.{place}: {resource.memory_store_id} is attached already")
        if len(taken) == MOST_STORES:
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


def _read(kind: type[Params], one: Any, place: int) -> Params:
    try:
        return checked(kind, one)
    except Refused as refused:
        raise Refused("; ".join(f"resources.{place}.{fault}" for fault in refused.message.split("; "))) from None


def resource_of(record: Json, resource_id: str) -> Json:
    """A session's resource of this id, or of this memory store.

    Raises:
        Refused: 404.
    """
    for resource in record["resources"]:
        if resource_id in (resource.get("id"), resource.get("memory_store_id")):
            found: Json = resource
            return found
    raise not_found("resource", resource_id)
