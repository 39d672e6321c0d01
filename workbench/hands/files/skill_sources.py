"""Skills that lie in a project and in its user's home: found where other agents keep them, and read without being trusted."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from workbench.contracts.contents import Staged
from workbench.contracts.skills import PLACES, FoundSkill
from workbench.contracts.values import Session
from workbench.hands.files.contents import StoredContents
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.files.workspace import INSIDE, Workspace
from workbench.skills import folders
from workbench.skills.checking import SKILL_FILE, SkillRefused
from workbench.skills.packing import PIECE_BYTES, Pack, Skill
from workbench.text import signs

MOST_NAMES: Final = 200
"""Folders that are looked at in one place."""
MOST_BYTES: Final = 64 << 20
"""Of all skills of a project together, and of those of a home: they are read when a session begins."""
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EXDEV, errno.EACCES})


@dataclass(frozen=True)
class SkillSourcesOnDisk:
    """`home` is the user's own, and `sandboxes` has a folder for each session."""

    contents: StoredContents
    home: Path
    sandboxes: Path

    async def find(self, project: str | None) -> list[FoundSkill]:
        return await asyncio.to_thread(self._find, Path(project) if project is not None else None)

    async def find_cloned(self, session: Session, mount_path: str) -> list[FoundSkill]:
        own = Workspace(self.sandboxes / session.id, None).own
        root = own / PurePosixPath(mount_path).relative_to(INSIDE)
        return await asyncio.to_thread(lambda: list(_below(root, "repository", f"{mount_path}/")))

    async def stage(self, found: FoundSkill) -> Staged | None:
        return await asyncio.to_thread(self._stage, found)

    def _find(self, project: Path | None) -> list[FoundSkill]:
        of_home = [] if project == self.home else list(_below(self.home, "home", "~/"))
        return [*(_below(project, "project", "") if project else ()), *of_home]

    def _stage(self, found: FoundSkill) -> Staged | None:
        folder = Path(found.folder)
        root = folder.parents[2]
        try:
            with Pack() as pack, Beneath(root, follows_links=True) as beneath:
                skill = _read(beneath, str(folder.relative_to(root)), pack)
                if skill.digest != found.digest:
                    return None
                return self._written(pack, skill)
        except (SkillRefused, OSError):
            return None

    def _written(self, pack: Pack, skill: Skill) -> Staged:
        writing = self.contents.write()
        try:
            with tempfile.TemporaryFile() as archive:
                pack.write(skill, archive)
                archive.seek(0)
                while piece := archive.read(PIECE_BYTES):
                    writing.add(piece)
            return writing.finish()
        except BaseException:
            self.contents.abandon(writing)
            raise


def _below(root: Path, origin: str, shown_before: str) -> Iterator[FoundSkill]:
    """Links are followed as long as they stay below the root."""
    seen: set[tuple[int, int]] = set()
    reading = _Reading(root, origin, shown_before)
    with ExitStack() as stack:
        try:
            beneath = stack.enter_context(Beneath(root, follows_links=True))
        except OSError:
            return
        for place in PLACES:
            for name in _names(beneath, place):
                path = f"{place}/{name}"
                key = _key(beneath, f"{path}/{SKILL_FILE}")
                if key is None or key in seen:
                    # One folder may be a link to the other.
                    continue
                seen.add(key)
                yield reading.found(beneath, path)


def _names(beneath: Beneath, place: str) -> list[str]:
    try:
        return [name for name in beneath.names(place) if not name.startswith(".")][:MOST_NAMES]
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise


def _key(beneath: Beneath, path: str) -> tuple[int, int] | None:
    try:
        with beneath.file(path) as descriptor:
            status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


@dataclass
class _Reading:
    """What is read of one root, within the bound of all of it."""

    root: Path
    origin: str
    shown_before: str
    bytes_left: int = MOST_BYTES

    def found(self, beneath: Beneath, path: str) -> FoundSkill:
        name = signs.shown_exactly(shown(path.rpartition("/")[2]))
        place = signs.shown_exactly(shown(self.shown_before + path))
        unusable = FoundSkill(name, self.origin, place, str(self.root / path))
        if self.bytes_left <= 0:
            return replace(
                unusable, faults=(f"not read: the skills here have more than {MOST_BYTES >> 20} MB together",)
            )
        with Pack() as pack:
            try:
                skill = _read(beneath, path, pack)
            except SkillRefused as refused:
                return replace(unusable, faults=tuple(str(fault) for fault in refused.faults))
            except OSError as error:
                return replace(unusable, faults=(f"cannot be read: {error.strerror}",))
            finally:
                self.bytes_left -= pack.size
        return replace(unusable, name=skill.about.name, description=skill.about.description, digest=skill.digest)


def _read(beneath: Beneath, path: str, pack: Pack) -> Skill:
    with beneath.folder(path) as descriptor:
        folders.read(descriptor, pack)
    return pack.skill(path.rpartition("/")[2])
