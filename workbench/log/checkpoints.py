"""Checkpoints beside the log: one small file a session, which is proved whole when it is read."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workbench.contracts.values import Json

FOLDER: Final = "checkpoints"
LEAST_EVENTS: Final = 256
"""Fewer are read again as fast as a checkpoint."""


class CheckpointFiles:
    """Files `checkpoints/<session>` of the log's folder: a digest, a line break, and the JSON that it is of."""

    least_events = LEAST_EVENTS

    def __init__(self, folder: Path, is_erased: Callable[[str], bool]) -> None:
        self._folder = folder / FOLDER
        self._is_erased = is_erased

    async def kept(self, session_id: str) -> Json | None:
        file = self._file(session_id)
        # Most sessions have none: a look costs less than a thread.
        return await asyncio.to_thread(_read, file) if file.exists() else None

    async def keep(self, session_id: str, body: Json) -> None:
        await asyncio.to_thread(_write, self._file(session_id), body)
        if self._is_erased(session_id):
            self.forget(session_id)

    def forget(self, session_id: str) -> None:
        """Remove what is kept of a session."""
        with contextlib.suppress(OSError):
            self._file(session_id).unlink(missing_ok=True)

    def _file(self, session_id: str) -> Path:
        return self._folder / hashlib.sha256(session_id.encode()).hexdigest()[:32]


def _read(file: Path) -> Json | None:
    try:
        digest, _, written = file.read_bytes().partition(b"\n")
        if digest != _digest(written):
            return None
        body = json.loads(written)
    except (OSError, ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _write(file: Path, body: Json) -> None:
    written = json.dumps(body, separators=(",", ":")).encode()
    draft = file.with_suffix(".new")
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, exist_ok=True)
        draft.write_bytes(_digest(written) + b"\n" + written)
        os.replace(draft, file)


def _digest(written: bytes) -> bytes:
    return hashlib.sha256(written).hexdigest().encode()
