"""What a session is given besides its agent: memory stores, repositories and files that are mounted for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from workbench.catalog import repositories
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Params, Refused, checked, not_found
from workbench.catalog.memory_stores import MemoryStores
from workbench.contracts.shared_folders import UPLOADS
from workbench.contracts.values import Json
from workbench.events import new_id

MOST_STORES = 8
MOST_FILES = 500
FILE = "file"
MOUNTED_AT = "/mnt/memory"
LONGEST_MOUNT_BYTES = 1000
LONGEST_NAME_BYTES = 240
"""Less than a file system takes: a file has a longer name while it is written."""


class MemoryStoreResource(Body):
    type: Literal["memory_store"]
    memory_store_id: str
    access: Literal["read_write", "read_only"] | None = None
    instructions: Annotated[str | None, Field(max_length=4096)] = None


def _mount_path(path: str | None) -> str | None:
    if path is None:
        return None
    place = PurePosixPath(path)
    below = place.relative_to(UPLOADS) if place.is_relative_to(UPLOADS) else PurePosixPath(str(place).lstrip("/"))
    if not below.parts or ".." in below.parts or any(ord(letter) < ord(" ") for letter in path):
        raise ValueError(f"must name a file below {UPLOADS}, as /data.csv does")
    if len(path.encode()) > LONGEST_MOUNT_BYTES or any(len(part.encode()) > LONGEST_NAME_BYTES for part in below.parts):
        raise ValueError("is too long for a path")
    return f"{UPLOADS}/{below}"


class FileResource(Body):
    type: Literal["file"]
    file_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]
    mount_path: Annotated[str | None, AfterValidator(_mount_path)] = None


def settled_file(given: Json, place: str, others: Sequence[Json], moment: str) -> Json:
    """A file's resource in wire shape, which still names the file that was given.

    Raises:
        Refused: the documented reasons, or a place that another file has.
    """
    resource = _read(FileResource, given, place)
    mount_path = resource.mount_path or f"{UPLOADS}/{resource.file_id}"
    files = [PurePosixPath(other["mount_path"]) for other in others if other["type"] == FILE]
    if len(files) >= MOST_FILES:
        raise Refused(f"resources: at most {MOST_FILES} files")
    path = PurePosixPath(mount_path)
    for known in files:
        if path == known or known in path.parents or path in known.parents:
            raise Refused(f"{place}mount_path: {known} is mounted there; name another place")
    return {
        "id": new_id("sesrsc"),
        "type": FILE,
        "file_id": resource.file_id,
        "mount_path": mount_path,
        "created_at": moment,
        "updated_at": moment,
    }


async def attached(given: Sequence[Json], stores: MemoryStores, moment: str) -> list[Json]:
    """The resources of a new session in wire shape; a store's name and description are those of this moment.

    Raises:
        Refused: 404 for an unknown store; 400 for an archived one, one named twice, more than 8, two repositories in one
            place, two files in one place, or another resource.
    """
    resources: list[Json] = []
    taken: set[str] = set()
    for place, one in enumerate(given):
        if one.get("type") == repositories.REPOSITORY:
            repository = repositories.settled(
                _read(repositories.RepositoryResource, one, f"resources.{place}."), moment
            )
            if any(repository["mount_path"] == known["mount_path"] for known in resources):
                raise Refused(f"resources.{place}.mount_path: {repository['mount_path']} is taken; name another one")
            resources.append(repository)
            continue
        if one.get("type") == FILE:
            resources.append(settled_file(one, f"resources.{place}.", resources, moment))
            continue
        if one.get("type") != "memory_store":
            raise Refused(
                f"resources.{place}.type: must be file, memory_store or github_repository, not {one.get('type')!r}; for a "
                "project name its folder in metadata as workbench.project"
            )
        resource = _read(MemoryStoreResource, one, f"resources.{place}.")
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


def _read(kind: type[Params], one: Any, place: str) -> Params:
    try:
        return checked(kind, one)
    except Refused as refused:
        raise Refused("; ".join(f"{place}{fault}" for fault in refused.message.split("; "))) from None


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
