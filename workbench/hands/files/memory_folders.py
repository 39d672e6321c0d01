"""The folders of attached memory stores on the host: read and written as if a hostile sandbox wrote them at that moment."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from workbench.contracts.files import FilesRefused
from workbench.contracts.values import Json
from workbench.hands.files.bases import file_clock_ns
from workbench.hands.files.overlay import below
from workbench.hands.files.placing import BESIDE, remove, write
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.workspace import memory_folder
from workbench.settings import Settings, make_private

MOST_BYTES = 102_400
"""What one memory holds; of a larger file one byte more is read, which says that it is too large."""
TICK_NS = 20_000_000
"""A file may be written again within one tick of the kernel's clock and look the same: so young a file is read again."""

Stamp = tuple[int, int, int, int]


class MemoryFolders:
    """The folders of all sessions. A file's hash is remembered as long as the kernel says that it did not change."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[tuple[str, str], dict[str, tuple[Stamp, str]]] = {}

    async def hashes(self, session_id: str, slug: str) -> dict[str, str] | None:
        return await asyncio.to_thread(self._hashes, session_id, slug)

    async def content(self, session_id: str, slug: str, path: str) -> bytes | None:
        return await asyncio.to_thread(_content, self._folder(session_id, slug), path)

    async def put(self, session_id: str, slug: str, path: str, content: str | None) -> bool:
        return await asyncio.to_thread(self._put, session_id, slug, path, content)

    async def load(self, session_id: str, slug: str) -> Json:
        file = self._beside(session_id, slug)
        try:
            kept: Json = json.loads(await asyncio.to_thread(file.read_text, encoding="utf-8"))
        except (OSError, ValueError):
            # Lost or cut short: everything is compared anew, and what differs on both sides is the store's.
            return {}
        return kept

    async def save(self, session_id: str, slug: str, body: Json) -> None:
        await asyncio.to_thread(_replace, self._beside(session_id, slug), json.dumps(body))

    def _folder(self, session_id: str, slug: str) -> Path:
        return memory_folder(self._settings.sandboxes / session_id, slug)

    def _beside(self, session_id: str, slug: str) -> Path:
        return self._settings.sandboxes / session_id / f"memory-{slug}.json"

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _hashes(self, session_id: str, slug: str) -> dict[str, str] | None:
        folder = self._folder(session_id, slug)
        if not folder.is_dir():
            return None
        now = file_clock_ns(folder.parent)
        known = self._known.get((session_id, slug), {})
        seen: dict[str, tuple[Stamp, str]] = {}
        hashes: dict[str, str] = {}
        with Beneath(folder) as root:
            for path, status in _files(root):
                stamp = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                before = known.get(path)
                sha256 = before[1] if before is not None and before[0] == stamp else _hash(root, path)
                if now - status.st_ctime_ns > TICK_NS:
                    seen[path] = (stamp, sha256)
                hashes["/" + path] = sha256
        self._known[session_id, slug] = seen
        return hashes

    def _put(self, session_id: str, slug: str, path: str, content: str | None) -> bool:
        make_private(self._settings.sandboxes / session_id)
        folder = self._folder(session_id, slug)
        folder.mkdir(parents=True, exist_ok=True)
        with Beneath(folder) as root:
            try:
                if content is None:
                    remove(root, path[1:])
                else:
                    write(root, path[1:], content.encode())
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    raise
                return False
        return True


def _files(root: Beneath) -> Iterator[tuple[str, os.stat_result]]:
    """Regular files with names that are text; a folder that nobody may enter is passed over."""
    try:
        for found in below(root):
            with contextlib.suppress(UnicodeEncodeError):
                found.path.encode()
                if found.kind == "file" and not found.path.rpartition("/")[2].endswith(BESIDE):
                    yield found.path, found.status
    except FilesRefused:
        # More files than anybody would keep: the rest is not looked at.
        return


def _hash(root: Beneath, path: str) -> str:
    """Of what a memory could hold of it; of a file that cannot be read, one that no content has."""
    try:
        return hashlib.sha256(root.content(path, MOST_BYTES + 1)).hexdigest()
    except OSError:
        return ""


def _content(folder: Path, path: str) -> bytes | None:
    try:
        with Beneath(folder) as root:
            return root.content(path[1:], MOST_BYTES + 1)
    except OSError:
        return None


def _replace(file: Path, text: str) -> None:
    make_private(file.parent)
    beside = file.with_name(file.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
