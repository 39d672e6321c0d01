"""Memory stores that new sessions get by themselves: those of their project or agent, and those of every session, as a store's owner wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from workbench.catalog.errors import Refused
from workbench.catalog.memory_stores import MemoryStores
from workbench.catalog.resources import MOST_STORES
from workbench.contracts.values import Json

FOR_KEY: Final = "workbench.for"
"""In a store's metadata, a line each: `project /path`, `agent agent_…`, `everywhere` or `nobody`."""
WITHOUT_KEY: Final = "workbench.memory"
"""In a session's metadata: `none` gives it no store that it does not name."""


async def standing(
    given: Sequence[Json], stores: MemoryStores, metadata: Mapping[str, str], project: str | None, agent_id: str
) -> list[Json]:
    """The resources that a new session gets besides those that it names, the oldest store first, as many as it may have.

    Raises:
        Refused: the session's metadata says something else than none.
    """
    wish = metadata.get(WITHOUT_KEY)
    if wish not in (None, "none"):
        raise Refused(f"metadata.{WITHOUT_KEY}: must be none, or be left out; name stores in resources")
    if wish == "none":
        return []
    named = {one.get("memory_store_id") for one in given}
    room = MOST_STORES - sum(one.get("type") == "memory_store" for one in given)
    meant = [
        store["id"]
        for store in reversed(await stores.newest())
        if not store["archived_at"]
        and store["id"] not in named
        and is_for(store["metadata"].get(FOR_KEY, ""), project, agent_id)
    ]
    return [{"type": "memory_store", "memory_store_id": one} for one in meant[: max(0, room)]]


def is_for(wish: str, project: str | None, agent_id: str) -> bool:
    """Whether sessions of this project and agent are meant; what lies in a project's folder is the project's."""
    for line in wish.splitlines():
        kind, _, name = line.strip().partition(" ")
        match kind:
            case "everywhere":
                return True
            case "agent" if name == agent_id:
                return True
            case "project" if project is not None and PurePosixPath(project).is_relative_to(name):
                return True
    return False
