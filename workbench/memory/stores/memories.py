"""The memories of all stores: read, written one change of a store after the other, redacted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from workbench.contracts.memory import Head, MemoryRefused, MemoryVersion, MemoryVersions
from workbench.contracts.values import Clock, Json
from workbench.events import new_id
from workbench.memory.stores.rules import MOST_MEMORIES, check_content, check_path, sha256_of
from workbench.memory.stores.snapshot import StoreSnapshot, snapshot_after, snapshot_of

P = ParamSpec("P")
T = TypeVar("T")

StoreOf = Callable[[str], Awaitable[Json | None]]
"""Gives a store's wire object; None when there is none (any more)."""


@dataclass(frozen=True)
class Write:
    """A change of what stands at a path: its new content, or None to remove it.

    `expected` is the hash that must stand there before: "" for nothing at all, None for whatever there is. `move_to` is the
    path that the memory gets; `grounds` says why a dream wrote it.
    """

    path: str
    content: str | None
    expected: str | None = None
    grounds: Json | None = None
    move_to: str | None = None


def _alone(
    work: Callable[Concatenate[Memories, str, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Memories, str, P], Coroutine[Any, Any, T]]:
    """Do it with the store locked, to its end even when the caller has gone: the journal writes it all the same."""

    async def alone(self: Memories, store_id: str, /, *args: P.args, **named: P.kwargs) -> T:
        async def whole() -> T:
            async with self._turns[store_id]:
                return await work(self, store_id, *args, **named)

        task = asyncio.ensure_future(whole())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    return alone


class Memories:
    """Every change of a store is checked against what the store holds and durable before the next one is looked at."""

    def __init__(self, versions: MemoryVersions, store: StoreOf, clock: Clock) -> None:
        self._versions = versions
        self._find = store
        self._clock = clock
        # Read again for every write a store's history costs 3 ms; a thousand writers would wait three seconds.
        self._shelves: dict[str, StoreSnapshot] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._writing: set[asyncio.Task[Any]] = set()

    async def _store(self, store_id: str) -> Json:
        store = await self._find(store_id)
        if store is None:
            raise MemoryRefused(f"memory store {store_id} was not found", "not_found")
        return store

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def snapshot(self, store_id: str) -> StoreSnapshot:
        """What the store holds."""
        await self._store(store_id)
        async with self._turns[store_id]:
            return await self._snapshot(store_id)

    async def head(self, store_id: str, memory_id: str) -> Head:
        """One memory as it is now.

        Raises:
            MemoryRefused: there is none of this id.
        """
        return _known(await self.snapshot(store_id), memory_id)

    async def contents(self, heads: Sequence[Head]) -> list[str]:
        """What these memories of one store say."""
        if not heads:
            return []
        found = await self._versions.whole(heads[0].store_id, [head.version_id for head in heads])
        return [version.content or "" for version in found]

    async def history(self, store_id: str) -> list[MemoryVersion]:
        """All versions of a store, oldest first, without contents."""
        await self._store(store_id)
        return await self._versions.outline(store_id)

    async def whole(self, store_id: str, version_ids: Sequence[str]) -> list[MemoryVersion]:
        """These versions with their contents.

        Raises:
            MemoryRefused: there is none of one of these ids.
        """
        await self._store(store_id)
        found = await self._versions.whole(store_id, version_ids)
        if missing := sorted(set(version_ids) - {version.id for version in found}):
            raise MemoryRefused(f"memory version {missing[0]} was not found", "not_found")
        return found

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @_alone
    async def create(self, store_id: str, path: str, content: str, by: Json) -> Head:
        """A new memory; what is there is never overwritten.

        Raises:
            MemoryRefused: path_conflict, or the path, the size or the store does not allow it.
        """
        _refuse_taken(await self._open(store_id), check_path(path))
        await self._written(store_id, [Write(path, content)], by)
        return self._shelves[store_id].known(path)

    @_alone
    async def update(
        self,
        store_id: str,
        memory_id: str,
        by: Json,
        *,
        content: str | None = None,
        path: str | None = None,
        expected: str | None = None,
    ) -> Head:
        """New content, a new path, or both; what changes nothing makes no version.

        Raises:
            MemoryRefused: not_found, precondition_failed, path_conflict or a rule.
        """
        snapshot = await self._open(store_id)
        head = _known(snapshot, memory_id)
        _refuse_changed(head.path, head, expected)
        if path is not None and path != head.path:
            _refuse_taken(snapshot, check_path(path))
        text = content if content is not None else (await self.contents([head]))[0]
        await self._written(store_id, [Write(head.path, text, move_to=path)], by)
        return self._shelves[store_id].known(path or head.path)

    @_alone
    async def delete(self, store_id: str, memory_id: str, by: Json, *, expected: str | None = None) -> None:
        """Remove a memory; its versions stay. An archived store allows this too."""
        head = _known(await self._open(store_id, archived_too=True), memory_id)
        _refuse_changed(head.path, head, expected)
        await self._written(store_id, [Write(head.path, None)], by)

    @_alone
    async def write_all(self, store_id: str, writes: Sequence[Write], by: Json) -> list[MemoryVersion]:
        """All of these changes, or none of them; gives the versions that were made.

        Raises:
            MemoryRefused: as for single changes, with the path in the text.
        """
        snapshot = await self._open(store_id)
        for write in writes:
            _refuse_changed(write.path, snapshot.at(write.path), write.expected)
        return await self._written(store_id, writes, by)

    @_alone
    async def redact(self, store_id: str, version_id: str, by: Json) -> MemoryVersion:
        """Take out what a version said; again is no error.

        Raises:
            MemoryRefused: not_found, or it is what a live memory says now.
        """
        snapshot = await self._open(store_id, archived_too=True)
        [version] = await self.whole(store_id, [version_id])
        if any(head.version_id == version_id for head in snapshot.heads.values()):
            raise MemoryRefused(
                f"memory version {version_id} is what {version.path} says now; change or delete the memory first"
            )
        if version.redacted_at:
            return version
        emptied: Any = dict.fromkeys(("path", "content", "content_sha256", "content_size_bytes", "grounds"))
        redacted = replace(version, **emptied, redacted_at=self._clock(), redacted_by=by)
        await self._versions.keep([redacted])
        return redacted

    @_alone
    async def drop(self, store_id: str) -> None:
        """Remove everything of a store."""
        await self._store(store_id)
        await self._versions.drop(store_id)
        self._shelves[store_id] = StoreSnapshot()

    # ── with the store locked ────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, store_id: str, *, archived_too: bool = False) -> StoreSnapshot:
        """What a store holds that may be written."""
        if (await self._store(store_id))["archived_at"] and not archived_too:
            raise MemoryRefused(f"memory store {store_id} is archived and read-only; create a new one")
        return await self._snapshot(store_id)

    async def _snapshot(self, store_id: str) -> StoreSnapshot:
        if store_id not in self._shelves:
            self._shelves[store_id] = snapshot_of(await self._versions.outline(store_id))
        return self._shelves[store_id]

    async def _written(self, store_id: str, writes: Sequence[Write], by: Json) -> list[MemoryVersion]:
        """The versions that the writes made."""
        snapshot = self._shelves[store_id]
        versions: list[MemoryVersion] = []
        for write in writes:
            if version := self._version(store_id, write, snapshot.at(write.path), by):
                versions.append(version)
                snapshot = snapshot_after(snapshot, [version])
        if len(snapshot.heads) > MOST_MEMORIES:
            raise MemoryRefused(f"memory store {store_id} holds {MOST_MEMORIES} memories, no more; remove some first")
        await self._versions.keep(versions)
        self._shelves[store_id] = snapshot
        return versions

    def _version(self, store_id: str, write: Write, old: Head | None, by: Json) -> MemoryVersion | None:
        """The version that a write makes; None where it changes nothing."""
        path, content = check_path(write.move_to or write.path), write.content
        if content is None and old is None:
            return None
        sha256 = None if content is None else sha256_of(check_content(content))
        if old is not None and (old.path, old.content_sha256) == (path, sha256):
            return None
        return MemoryVersion(
            id=new_id("memver"),
            store_id=store_id,
            memory_id=old.memory_id if old else new_id("mem"),
            operation="deleted" if content is None else "modified" if old else "created",
            path=path,
            content=content,
            content_sha256=sha256,
            content_size_bytes=None if content is None else len(content.encode()),
            created_by=by,
            created_at=self._clock(),
            grounds=write.grounds,
        )


def _known(snapshot: StoreSnapshot, memory_id: str) -> Head:
    if memory_id not in snapshot.heads:
        raise MemoryRefused(f"memory {memory_id} was not found", "not_found")
    return snapshot.heads[memory_id]


def _refuse_taken(snapshot: StoreSnapshot, path: str) -> None:
    if (there := snapshot.at(path)) is not None:
        raise MemoryRefused(
            f"path: {path} is taken by {there.memory_id}; update that memory, or choose another path",
            "path_conflict",
            {"conflicting_memory_id": there.memory_id, "conflicting_path": path},
        )


def _refuse_changed(path: str, there: Head | None, expected: str | None) -> None:
    if expected is not None and expected != (there.content_sha256 if there else ""):
        what = f"has the hash {there.content_sha256}" if there else "does not exist"
        raise MemoryRefused(f"{path} {what}, not the expected one; read it again and retry", "precondition_failed")
