"""Files: their metadata as the public API has it; what they hold is kept by its hash."""

from __future__ import annotations

import codecs
import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from sandboxes.runner import media
from workbench.catalog.errors import Refused
from workbench.contracts.contents import ContentRefused, Staged
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

KIND: Final = "file"
LONGEST_NAME: Final = 255
LEAST_SECONDS: Final = 3600
MOST_SECONDS: Final = 7_776_000
LISTED_AFTER_EXPIRY: Final = timedelta(days=30)
PLAIN_TEXT: Final = "text/plain"

_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}")
_IN_BLOCKS: Final = {
    "image": frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"}),
    "document": frozenset({media.PDF, PLAIN_TEXT}),
}
_REFUSALS: Final = {
    "too_large": (413, "request_too_large", None),
    "no_space": (400, "invalid_request_error", "storage_quota_exceeded"),
    "missing": (404, "not_found_error", None),
}


@dataclass(frozen=True)
class Given:
    """What comes with an upload beside the content: `name` and `media_type` as they were sent, "" where they were not."""

    name: str = ""
    media_type: str = ""
    expires_in_seconds: int | None = None


class Files:
    """The files of this installation."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def uploaded(self, given: Given, staged: Staged) -> Document:
        """The document of an upload, not yet stored.

        Raises:
            Refused: the name or the seconds.
        """
        media_type = media_type_of(given, staged.head)
        moment = self._clock()
        expires_at = None
        if given.expires_in_seconds is not None:
            expires_at = timestamp(moment + timedelta(seconds=_seconds(given.expires_in_seconds)))
        name = _checked_name(given.name, media_type)
        return _document(staged, moment, filename=name, mime_type=media_type, expires_at=expires_at)

    def output(self, session_id: str, path: str, staged: Staged) -> Document:
        """The document of what a session left under its outputs folder, not yet stored."""
        name = _NOT_IN_NAMES.sub("_", PurePosixPath(path).name)[-LONGEST_NAME:]
        media_type = media_type_of(Given(name), staged.head)
        return _document(
            staged,
            self._clock(),
            filename=name,
            mime_type=media_type,
            downloadable=True,
            scope={"type": "session", "id": session_id},
            path=path,
        )

    def copy_for(self, session_id: str, file: Json) -> Document:
        """A file as a session has it mounted: another id, the same content; it does not expire while the session has it."""
        body = file | {
            "id": new_id(KIND),
            "created_at": timestamp(self._clock()),
            "downloadable": False,
            "expires_at": None,
            "scope": {"type": "session", "id": session_id},
            "workbench": file["workbench"] | {"copy_of": file["id"], "path": None},
        }
        return Document(KIND, body["id"], 1, body)

    async def put(self, document: Document) -> None:
        await self._documents.put(document)

    async def get(self, file_id: str) -> Json:
        """The file with what only the workbench knows of it.

        Raises:
            Refused: 404.
        """
        document = await self._documents.get(KIND, file_id)
        if document is None:
            raise Refused(f"File `{file_id}` not found.", status=404, kind="not_found_error")
        return document.body

    async def usable(self, file_id: str) -> Json:
        """The file, whose content can be used now.

        Raises:
            Refused: 404, also where it has expired.
        """
        file = await self.get(file_id)
        if self.is_expired(file):
            message = f"file {file_id} expired at {file['expires_at']}; upload it again"
            raise Refused(message, status=404, kind="not_found_error", code="file_expired")
        return file

    def is_expired(self, file: Json) -> bool:
        return file["expires_at"] is not None and datetime.fromisoformat(file["expires_at"]) <= self._clock()

    def is_forgotten(self, file: Json) -> bool:
        """Whether it expired so long ago that it is listed no more."""
        expires_at = file["expires_at"]
        return expires_at is not None and datetime.fromisoformat(expires_at) + LISTED_AFTER_EXPIRY <= self._clock()

    async def newest(self) -> list[Json]:
        """All files, newest first."""
        return [document.body for document in reversed(await self._documents.newest(KIND))]

    async def of_session(self, session_id: str) -> list[Json]:
        """What is scoped to a session, newest first."""
        return [file for file in await self.newest() if (file["scope"] or {}).get("id") == session_id]

    async def remove(self, file_id: str) -> None:
        await self._documents.remove(KIND, file_id)


def _document(
    staged: Staged,
    moment: datetime,
    *,
    filename: str,
    mime_type: str,
    expires_at: str | None = None,
    downloadable: bool = False,
    scope: Json | None = None,
    path: str | None = None,
) -> Document:
    body: Json = {
        "id": new_id(KIND),
        "type": "file",
        "filename": filename,
        "mime_type": mime_type,
        "size_bytes": staged.size_bytes,
        "created_at": timestamp(moment),
        "downloadable": downloadable,
        "expires_at": expires_at,
        "scope": scope,
        "workbench": {"sha256": staged.sha256, "path": path},
    }
    return Document(KIND, body["id"], 1, body)


def shown(file: Json) -> Json:
    """The public object."""
    return {key: value for key, value in file.items() if key != "workbench"}


def block_fault(kind: str, file: Json, content: bytes | None) -> str | None:
    """Why no model takes this file as a block of this kind (image or document), as the end of a sentence; `content` once it is read."""
    media_type = file["mime_type"]
    if media_type not in _IN_BLOCKS[kind]:
        return f"is {media_type}; {kind} takes {', '.join(sorted(_IN_BLOCKS[kind]))}"
    if file["size_bytes"] > media.LIMIT_BYTES:
        return f"is {file['size_bytes']} bytes, and a model's request takes {media.LIMIT_BYTES}"
    if content is None:
        return None
    if media_type == PLAIN_TEXT:
        return None if _is_text(content) else "is no UTF-8 text"
    if fault := media.fault_of(content):
        return fault
    seen = media.kind_of(content)
    return None if seen == media_type else f"says that it is {media_type}, and its content is {seen}"


def refused_content(refused: ContentRefused) -> Refused:
    """A content that was not taken or is not there, as the API says it."""
    status, kind, code = _REFUSALS[refused.kind]
    return Refused(str(refused), status=status, kind=kind, code=code)


def media_type_of(given: Given, head: bytes) -> str:
    """What was said with the file, else what its content and its name say."""
    said = given.media_type.partition(";")[0].strip().lower()
    if said:
        if not _MEDIA_TYPE.fullmatch(said):
            raise Refused(f"file: the part's content type {said[:80]!r} is none, such as text/csv")
        return said
    if seen := media.kind_of(head):
        return seen
    by_name, _ = mimetypes.guess_type(given.name)
    if by_name:
        return by_name
    return "application/octet-stream" if b"\0" in head or not _is_text(head) else PLAIN_TEXT


def _is_text(head: bytes) -> bool:
    try:
        # The head may end in the middle of a character.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _checked_name(given: str, media_type: str) -> str:
    name = given.rpartition("/")[2]
    if not name:
        extension = ".txt" if media_type == PLAIN_TEXT else mimetypes.guess_extension(media_type) or ""
        return f"unnamed{extension}"
    if len(name) > LONGEST_NAME:
        raise Refused(f"file: a filename has at most {LONGEST_NAME} characters, this one {len(name)}")
    if odd := _NOT_IN_NAMES.search(name):
        raise Refused(f"file: a filename has no {odd.group()!r} in it; rename {name[:80]!r}")
    return name


def _seconds(given: int) -> int:
    if not LEAST_SECONDS <= given <= MOST_SECONDS:
        raise Refused(f"expires_in_seconds: must be from {LEAST_SECONDS} to {MOST_SECONDS}, not {given}")
    return given


def hash_of(file: Json) -> str:
    """The name of what it holds."""
    return str(file["workbench"]["sha256"])
