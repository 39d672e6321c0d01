"""Files of this installation: uploaded, read, deleted; a content stays as long as a file that can be used has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from workbench.catalog.errors import Refused
from workbench.catalog.files import Files, Given, hash_of, refused_content, shown
from workbench.catalog.skills import HELD, used_contents
from workbench.contracts.contents import ContentRefused, Contents, Staged
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json

SWEEP_EVERY_S = 3600.0
SESSION = "session"


class StoredFiles:
    """What clients do with files; `known` are their documents."""

    def __init__(self, documents: Documents, contents: Contents, clock: Clock) -> None:
        self.known = Files(documents, clock)
        self.contents = contents
        self._documents = documents
        # Between a content's settling and its file's document no sweep may come.
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def staged(self, parts: AsyncIterator[bytes]) -> AsyncGenerator[Staged, None]:
        """What comes as one content, for `upload`; let go of where that was not called.

        Raises:
            Refused: 413, or no space on the disk.
        """
        try:
            staged = await self.contents.stage(parts)
        except ContentRefused as refused:
            raise refused_content(refused) from None
        try:
            yield staged
        finally:
            await self.contents.discard(staged)

    async def upload(self, given: Given, staged: Staged) -> Json:
        """A new file of what was staged.

        Raises:
            Refused: its name or its time to live.
        """
        document = self.known.uploaded(given, staged)
        await self.keep(document, staged)
        return shown(document.body)

    async def keep(self, document: Document, *staged: Staged) -> None:
        """Contents first, then what has them: what a crash leaves of the one without the other is swept at the next start."""
        async with self._turn:
            for one in staged:
                await self.contents.settle(one)
            await self.known.put(document)

    async def readable(self, file_id: str) -> Json:
        """A file whose content is here.

        Raises:
            Refused: 404, expired, or its content is gone from the disk.
        """
        file = await self.known.usable(file_id)
        if await self.contents.size(hash_of(file)) != file["size_bytes"]:
            refused = ContentRefused(f"the content of file {file_id} is not on this machine any more", "missing")
            raise refused_content(refused)
        return file

    def parts(self, file: Json, start: int, length: int) -> AsyncIterator[bytes]:
        """So many bytes of its content."""
        return self.contents.parts(hash_of(file), start, length)

    async def whole(self, file: Json) -> bytes:
        """Its content in one piece; for what goes into a model's request, and is checked to be small enough for one."""
        return b"".join([part async for part in self.parts(file, 0, file["size_bytes"])])

    async def delete(self, file_id: str) -> Json:
        """Remove a file for good; a session that has it mounted has a copy of its own.

        Raises:
            Refused: 404, or it is such a copy.
        """
        file = await self.known.get(file_id)
        if (scope := file["scope"]) is not None:
            session = await self._documents.get(SESSION, scope["id"])
            mounted = session.body["resources"] if session else ()
            if resource := next((one for one in mounted if one.get("file_id") == file_id), None):
                raise Refused(
                    f"file {file_id} is mounted in session {scope['id']} at {resource['mount_path']}; delete the resource "
                    f"{resource['id']} of that session instead"
                )
        await self.known.remove(file_id)
        await self.sweep()
        return {"id": file_id, "type": "file_deleted"}

    async def forget_session(self, session_id: str) -> None:
        """The session is deleted, and so is what it had mounted and what it left."""
        files = await self.known.of_session(session_id)
        for file in files:
            await self.known.remove(file["id"])
        if files:
            await self.sweep()

    async def sweep(self) -> None:
        """Remove contents that no file or skill can be read from any more, and expired files that are listed no longer."""
        async with self._turn:
            used = await used_contents(self._documents)
            for file in await self.known.newest():
                if self.known.is_forgotten(file):
                    await self.known.remove(file["id"])
                elif not self.known.is_expired(file):
                    used.add(hash_of(file))
            await self.contents.sweep(used)

    async def begin(self) -> None:
        """At the engine's start, before any client: what sessions have that are not there is what a crash has left."""
        scoped = [file for file in await self.known.newest() if file["scope"] is not None]
        holders = [document.id for document in await self._documents.newest(HELD)]
        # Most engines have neither, and then read no session for it.
        sessions = {document.id for document in await self._documents.newest(SESSION)} if scoped or holders else set()
        for file in scoped:
            if file["scope"]["id"] not in sessions:
                await self.known.remove(file["id"])
        for session_id in holders:
            if session_id not in sessions:
                await self._documents.remove(HELD, session_id)
        await self.sweep()

    async def keep_swept(self) -> None:
        """Sweep now and then, until cancelled: files expire by themselves."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            await self.sweep()
