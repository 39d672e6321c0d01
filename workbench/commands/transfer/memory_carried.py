"""Memory stores carried by their names, memory by memory; what only the other side has stays there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands.surface import Json
from workbench.commands.transfer.change import Change, all_of, by_name, diff

_PAGE = [("limit", "20"), ("view", "full")]


def memory_stores(source: Client, target: Client) -> Iterator[Change]:
    """What differs of each store that the source has."""
    there = by_name(all_of(target, paths.MEMORY_STORES), "memory store", "there")
    for name, one in by_name(all_of(source, paths.MEMORY_STORES), "memory store", "at the source").items():
        old = there.get(name)
        wanted = _memories(source, one["id"])
        known = _memories(target, old["id"]) if old else {}
        new = {
            path: memory for path, memory in wanted.items() if known.get(path, {}).get("content") != memory["content"]
        }
        if old is not None and not new:
            continue
        lines = tuple(
            line
            for path, memory in sorted(new.items())
            for line in diff(known.get(path, {}).get("content", ""), memory["content"], path)
        )
        yield Change("memory store", name, old is None, lines, partial(_make, target, one, old, new, known))


def _memories(service: Client, store_id: str) -> dict[str, Json]:
    found = service.pages(f"{paths.MEMORY_STORES}/{store_id}/memories", _PAGE)
    return {one["path"]: one for one in found if one["type"] == "memory"}


def _make(target: Client, store: Json, old: Json | None, new: dict[str, Json], known: dict[str, Json]) -> None:
    if old is None:
        old = target.post(paths.MEMORY_STORES, {"name": store["name"], "description": store["description"] or ""})
    base = f"{paths.MEMORY_STORES}/{old['id']}/memories"
    for path, memory in new.items():
        if path in known:
            # Who changed it meanwhile is asked again: the diff that was shown is not the one that would be made.
            held = {"type": "content_sha256", "content_sha256": known[path]["content_sha256"]}
            target.post(f"{base}/{known[path]['id']}", {"content": memory["content"], "precondition": held})
        else:
            target.post(base, {"path": path, "content": memory["content"]})
