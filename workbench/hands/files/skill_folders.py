"""Skills of sessions on the host: unpacked once for a session, before its sandbox is started."""

from __future__ import annotations

import asyncio
import errno
import json
import shutil
import stat
import zipfile
from pathlib import Path

from workbench.contracts.contents import ContentRefused
from workbench.contracts.values import Session
from workbench.hands.files.contents import StoredContents, missing
from workbench.hands.files.removing import remove
from workbench.hands.files.workspace import PLUGINS_FOLDER, SKILLS_FOLDER
from workbench.settings import Settings, make_private
from workbench.skills.packing import path_fault

PLACED = "skills.json"
_DAMAGED = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError)


class SkillFoldersOnDisk:
    """A session's skills never change, so that what was unpacked whole is not looked at again."""

    def __init__(self, settings: Settings, contents: StoredContents) -> None:
        self._settings = settings
        self._contents = contents

    async def place(self, session: Session) -> None:
        if session.skills or session.plugins:
            await asyncio.to_thread(self._place, session)

    def _place(self, session: Session) -> None:
        folder = self._settings.sandboxes / session.id
        wanted = {f"{SKILLS_FOLDER}/{one['name']}": one["sha256"] for one in session.skills}
        wanted |= {f"{PLUGINS_FOLDER}/{one['name']}": one["sha256"] for one in session.plugins}
        placed = _read(folder / PLACED)
        if placed == wanted:
            return
        make_private(folder)
        beside = folder / f"{SKILLS_FOLDER}.new"
        for name, sha256 in wanted.items():
            if placed.get(name) != sha256:
                remove(beside)
                self._unpack(sha256, beside)
                (folder / name).parent.mkdir(exist_ok=True)
                remove(folder / name)
                beside.rename(folder / name)
        noted = folder / f"{PLACED}.new"
        noted.write_text(json.dumps(wanted), encoding="utf-8")
        noted.replace(folder / PLACED)

    def _unpack(self, sha256: str, target: Path) -> None:
        """An archive of our own making, in one folder; it is read as if it were not."""
        try:
            with zipfile.ZipFile(self._contents.path(sha256)) as archive:
                for entry in archive.infolist():
                    path = entry.filename.partition("/")[2]
                    if (fault := path_fault(path)) is not None:
                        raise ContentRefused(f"the content {sha256[:12]}… {fault}", "missing")
                    place = target / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(entry) as content, place.open("xb") as file:
                        shutil.copyfileobj(content, file)
                    place.chmod(0o555 if entry.external_attr >> 16 & stat.S_IXUSR else 0o444)
        except FileNotFoundError:
            raise missing(sha256) from None
        except _DAMAGED as error:
            raise ContentRefused(f"the content {sha256[:12]}… cannot be unpacked: {error}", "missing") from None
        except OSError as error:
            kind = "no_space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "missing"
            raise ContentRefused(f"{target} cannot be written: {error.strerror}", kind) from None


def _read(file: Path) -> dict[str, str]:
    """What was noted; lost or cut short it is nothing, and everything is done anew."""
    try:
        kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept
