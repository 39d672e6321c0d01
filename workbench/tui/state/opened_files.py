"""Pictures and documents of transcripts as files, for the desktop's own viewer."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sandboxes.runner import media
from workbench.client.attachments import Attached
from workbench.tui.state.opener import opener

_ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    media.PDF: "pdf",
}
_NOT_IN_NAMES: Final = re.compile(r"[^\w-]+")
_LONGEST: Final = 60


class OpenedFiles:
    """A folder that only this user can read and that goes when the app ends."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._count = 0

    def placed(self, attached: Attached, content: bytes | None = None) -> Path | None:
        """Write it down, or this content of it; None for what nobody has, or what no viewer of pictures and PDFs opens."""
        content = attached.content if content is None else content
        # By what it holds: a name, which an agent may have chosen, says nothing about how a file is opened.
        ending = _ENDINGS.get(media.kind_of(content) or "") if content else None
        if content is None or ending is None:
            return None
        name = f"{_stem(attached.name)}.{ending}"
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="workbench-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._count += 1
        path = self._folder / f"{self._count}-{name}"
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(content)
        return path


def address_of(attached: Attached) -> str:
    """Where a picture or document of the web lies, which a browser shows; "" for any other."""
    url = str(attached.source.get("url") or "") if attached.source.get("type") == "url" else ""
    return url if urlsplit(url).scheme in ("http", "https") else ""


async def shown(path: Path | str) -> str:
    """Give a file, or an address of the web, to the desktop; it may take as long as a person looks at it. What went wrong, in words."""
    program = opener(os.environ)
    if not program:
        return f"no desktop to show it on: it is {path} until you leave the app"
    quiet = subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, str(path), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    code = await process.wait()
    return f"{program} ended with {code}: it is {path} until you leave the app" if code else ""


def _stem(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name.rpartition(".")[0] or name).strip("_")[:_LONGEST] or "file"
