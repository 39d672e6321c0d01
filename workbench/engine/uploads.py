"""Files that sessions have mounted: each session has a copy of its own, which stays when the file that was given is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.files import hash_of
from workbench.catalog.repositories import shown
from workbench.catalog.resources import FILE, resource_of, settled_file
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.values import Document, Json
from workbench.engine.event_writer import EventWriter
from workbench.engine.files import StoredFiles


@dataclass(frozen=True, kw_only=True)
class SessionUploads:
    """As clients attach and detach them; `changing` is the lock that every change of a session takes."""

    files: StoredFiles
    records: SessionRecords
    writer: EventWriter
    changing: Callable[[str], asyncio.Lock]

    async def drafted(self, draft: Document) -> Document:
        """The record of a new session, not yet stored, with a copy of each file that it names; the copies are stored.

        Raises:
            Refused: 404 for a file that is not there or has expired; no copy is left.
        """
        resources = await self._copied(draft.id, draft.body["resources"])
        uploads = [_told(resource) for resource in resources if resource["type"] == FILE]
        private = draft.body["workbench"] | ({"uploads": uploads} if uploads else {})
        return replace(draft, body=draft.body | {"resources": resources, "workbench": private})

    async def forked(self, record: Json) -> Json:
        """The record of a fork with copies of its own, as its parent may be deleted before it."""
        return record | {"resources": await self._copied(record["id"], record["resources"])}

    async def _copied(self, session_id: str, resources: Sequence[Json]) -> list[Json]:
        try:
            return [await self._mounted(session_id, resource) for resource in resources]
        except BaseException:
            await self.files.forget_session(session_id)
            raise

    async def _mounted(self, session_id: str, resource: Json) -> Json:
        return await self._with_copy(session_id, resource) if resource["type"] == FILE else resource

    async def _with_copy(self, session_id: str, resource: Json) -> Json:
        file = await self.files.readable(resource["file_id"])
        copy = self.files.known.copy_for(session_id, file)
        await self.files.known.put(copy)
        # Deleted while it was copied: the content may be gone with it.
        await self.files.readable(copy.id)
        about = {"sha256": hash_of(file), "filename": file["filename"], "size_bytes": file["size_bytes"]}
        return resource | {"id": events.new_id("sesrsc"), "file_id": copy.id, "workbench": about}

    async def add(self, session_id: str, body: Json) -> Json:
        """Mount one more file; its agent finds it with its next call, and is told of it.

        Raises:
            Refused: 404, an archived session, another type, or a place that is taken.
        """
        if body.get("type") != FILE:
            raise Refused(
                f"type: only a file can be added to a session, not {body.get('type')!r}; name others when it is created"
            )
        async with self.changing(session_id):
            document = await self._changeable(session_id)
            moment = events.timestamp(self.writer.clock())
            settled = settled_file(body, "", document.body["resources"], moment)
            resource = await self._with_copy(session_id, settled)
            resources = [*document.body["resources"], resource]
            name = resource["workbench"]["filename"]
            text = f"The user added the file {name}; it is at {resource['mount_path']}, to be read only."
            await self._put(document, resources, moment, text)
        return shown(resource)

    async def remove(self, session_id: str, resource_id: str) -> Json:
        """Detach a file; it is gone from the sandbox with the next call.

        Raises:
            Refused: 404, an archived session, or another resource than a file.
        """
        async with self.changing(session_id):
            document = await self._changeable(session_id)
            resource = resource_of(document.body, resource_id)
            if resource["type"] != FILE:
                raise Refused(
                    f"resource {resource_id} is a {resource['type']}, which stays with its session; only files can be deleted"
                )
            resources = [one for one in document.body["resources"] if one is not resource]
            moment = events.timestamp(self.writer.clock())
            await self._put(document, resources, moment, f"The user took the file {resource['mount_path']} away.")
            await self.files.known.remove(resource["file_id"])
            await self.files.sweep()
        return {"id": resource_id, "type": "session_resource_deleted"}

    async def _changeable(self, session_id: str) -> Document:
        document = await self.records.document(session_id)
        if document.body["archived_at"]:
            raise Refused(f"session {session_id} is archived and read-only")
        return document

    async def _put(self, document: Document, resources: list[Json], moment: str, text: str) -> None:
        record = document.body | {"resources": resources, "updated_at": moment}
        changed = Document(document.kind, document.id, document.version, record)
        note: Json = {"type": "system.message", "content": [{"type": "text", "text": text}]}
        await self.writer.write(document.id, note, documents=(changed,))


def _told(resource: Json) -> Json:
    """What the model is told of a file that its session began with."""
    about = resource["workbench"]
    return {
        "mount_path": resource["mount_path"],
        "filename": about["filename"],
        "size_bytes": about["size_bytes"],
    }
