"""Keeps the folders under /mnt/memory of a session and its memory stores the same."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from workbench.contracts.memory import MemoryFolders, MemoryRefused
from workbench.contracts.values import Json, Session
from workbench.hands.files.merging import Step, Task, tasks
from workbench.memory.stores.memories import Memories, Write
from workbench.memory.stores.rules import MOST_CONTENT_BYTES, sha256_of
from workbench.memory.stores.snapshot import StoreSnapshot

_TRIES: Final = 3
"""A store that others write meanwhile is looked at again; what is still not settled then is settled after the next call."""


@dataclass
class _Mount:
    """One folder: what folder and store agreed on, and files that the store does not take as they are."""

    session_id: str
    store_id: str
    slug: str
    path: str
    read_only: bool
    agreed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def actor(self) -> Json:
        return {"type": "session_actor", "session_id": self.session_id}


class Mounts:
    """The mounted stores of all sessions; one thing at a time for each session."""

    def __init__(self, memories: Memories, folders: MemoryFolders) -> None:
        self._memories = memories
        self._folders = folders
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def synchronise(self, session: Session) -> list[str]:
        """Bring edits of the sandbox into the stores and changes of the stores into the sandbox.

        Gives sentences for the agent about what was not kept. A store that was deleted leaves its folder as it is.
        """
        notes: list[str] = []
        async with self._turns[session.id]:
            for resource in session.memories:
                notes += await self._synchronised(session.id, resource)
        return notes

    def forget(self, session_id: str) -> None:
        self._turns.pop(session_id, None)

    async def _synchronised(self, session_id: str, resource: Json) -> list[str]:
        slug = PurePosixPath(resource["mount_path"]).name
        kept = await self._folders.load(session_id, slug)
        is_read_only = resource["access"] == "read_only"
        mount = _Mount(session_id, resource["memory_store_id"], slug, resource["mount_path"], is_read_only)
        mount.agreed |= kept.get("agreed", {})
        mount.refused |= kept.get("refused", {})
        for _ in range(_TRIES):
            if not await self._once(mount):
                break
        now = {"agreed": mount.agreed, "refused": mount.refused}
        if now != kept:
            await self._folders.save(session_id, slug, now)
        return mount.notes

    async def _once(self, mount: _Mount) -> bool:
        """One comparison and what follows from it; whether the store was changed by others meanwhile."""
        try:
            snapshot = await self._memories.snapshot(mount.store_id)
        except MemoryRefused:
            return False
        local = await self._folders.hashes(mount.session_id, mount.slug)
        if local is None:
            # A folder that is not there yet says nothing, not even that something was removed.
            mount.agreed, local = {}, {}
        remote = {head.path: head.content_sha256 for head in snapshot.heads.values()}
        again = False
        for task in tasks(mount.agreed, local, remote, read_only=mount.read_only):
            match task.step:
                case Step.AGREE:
                    _agree(mount, task.path, task.remote)
                case Step.PULL:
                    await self._pull(mount, snapshot, task)
                case Step.PUSH:
                    again |= not await self._push(mount, task)
        return again

    async def _pull(self, mount: _Mount, snapshot: StoreSnapshot, task: Task) -> None:
        head = snapshot.at(task.path)
        text = (await self._memories.contents([head]))[0] if head else None
        if not await self._folders.put(mount.session_id, mount.slug, task.path, text):
            return
        _agree(mount, task.path, task.remote)
        if task.is_lost:
            mount.notes.append(
                f"{mount.path}{task.path} was changed by somebody else at the same time: it now says what they wrote, and your"
                " edit was not kept. Read it again before you edit it."
            )

    async def _push(self, mount: _Mount, task: Task) -> bool:
        """Write a file's content into the store; False where others changed the memory since it was looked at."""
        if mount.refused.get(task.path) == task.local and task.local is not None:
            return True
        try:
            content = await self._text(mount, task)
            write = Write(task.path, content, expected=task.remote or "")
            await self._memories.write_all(mount.store_id, [write], mount.actor)
        except MemoryRefused as refused:
            if refused.kind == "precondition_failed":
                return False
            # It is told once, and not tried again until the file changes.
            mount.refused[task.path] = task.local or ""
            mount.notes.append(f"{mount.path}{task.path} is not kept as a memory: {refused}.")
            return True
        _agree(mount, task.path, None if content is None else sha256_of(content))
        return True

    async def _text(self, mount: _Mount, task: Task) -> str | None:
        """What the file says; None for one that was removed.

        Raises:
            MemoryRefused: it cannot be a memory.
        """
        if task.local is None:
            return None
        raw = await self._folders.content(mount.session_id, mount.slug, task.path)
        if raw is None:
            raise MemoryRefused("it cannot be read")
        if len(raw) > MOST_CONTENT_BYTES:
            raise MemoryRefused(f"it is larger than {MOST_CONTENT_BYTES} bytes; split it")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise MemoryRefused("it is not UTF-8 text") from None


def _agree(mount: _Mount, path: str, sha256: str | None) -> None:
    mount.refused.pop(path, None)
    mount.agreed.pop(path, None)
    if sha256 is not None:
        mount.agreed[path] = sha256
