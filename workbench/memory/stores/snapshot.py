"""A store's snapshot: a pure fold over the versions of its memories, without their contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from workbench.contracts.memory import Head, MemoryVersion


@dataclass(frozen=True)
class StoreSnapshot:
    """The live memories of one store, by id and by path."""

    heads: Mapping[str, Head] = field(default_factory=dict)

    @cached_property
    def by_path(self) -> Mapping[str, Head]:
        return {head.path: head for head in self.heads.values()}

    def at(self, path: str) -> Head | None:
        """The memory at a path."""
        return self.by_path.get(path)

    def known(self, path: str) -> Head:
        """The memory at a path that has one."""
        return self.by_path[path]

    def sorted(self) -> list[Head]:
        """All memories in order of their paths."""
        return [head for _, head in sorted(self.by_path.items())]


def snapshot_of(versions: Iterable[MemoryVersion]) -> StoreSnapshot:
    """The fold of all versions, oldest first."""
    return snapshot_after(StoreSnapshot(), versions)


def snapshot_after(snapshot: StoreSnapshot, versions: Iterable[MemoryVersion]) -> StoreSnapshot:
    """The snapshot after more versions.

    A deletion takes a memory out, and so does a redacted version, which is never the last of a live one.
    """
    heads = dict(snapshot.heads)
    for version in versions:
        old = heads.pop(version.memory_id, None)
        if version.path is None or version.content_sha256 is None or version.content_size_bytes is None:
            continue
        heads[version.memory_id] = Head(
            version.memory_id,
            version.store_id,
            version.id,
            version.path,
            version.content_sha256,
            version.content_size_bytes,
            created_at=old.created_at if old else version.created_at,
            updated_at=version.created_at,
        )
    return StoreSnapshot(heads)
