"""A store's snapshot: a pure fold over the versions of its memories, without their contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from workbench.contracts.memory import Head, MemoryVersion


@dataclass(frozen=True)
class StoreSnapshot:
    """The live memories of one store, by id and by path; `ends` has the last version of every memory that ever was."""

    heads: Mapping[str, Head] = field(default_factory=dict)
    by_path: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)

    def at(self, path: str) -> Head | None:
        """The memory at a path."""
        return self.heads[self.by_path[path]] if path in self.by_path else None

    def sorted(self) -> list[Head]:
        """All memories in order of their paths."""
        return [self.heads[self.by_path[path]] for path in sorted(self.by_path)]


def snapshot_of(versions: Iterable[MemoryVersion]) -> StoreSnapshot:
    """The fold of all versions, oldest first."""
    return snapshot_after(StoreSnapshot(), versions)


def snapshot_after(snapshot: StoreSnapshot, versions: Iterable[MemoryVersion]) -> StoreSnapshot:
    """The snapshot after more versions."""
    heads, by_path, ends = dict(snapshot.heads), dict(snapshot.by_path), dict(snapshot.ends)
    for version in versions:
        ends[version.memory_id] = version.id
        old = heads.pop(version.memory_id, None)
        if old is not None and by_path.get(old.path) == old.memory_id:
            del by_path[old.path]
        head = _head(version, old)
        if head is not None:
            heads[head.memory_id] = head
            by_path[head.path] = head.memory_id
    return StoreSnapshot(heads, by_path, ends)


def _head(version: MemoryVersion, old: Head | None) -> Head | None:
    """None for a deletion, and for a redacted version, which is never the last of a live memory."""
    if version.path is None or version.content_sha256 is None or version.content_size_bytes is None:
        return None
    head = Head(
        memory_id=version.memory_id,
        store_id=version.store_id,
        version_id=version.id,
        path=version.path,
        content_sha256=version.content_sha256,
        content_size_bytes=version.content_size_bytes,
        created_at=version.created_at,
        updated_at=version.created_at,
    )
    return head if old is None else replace(head, created_at=old.created_at)
