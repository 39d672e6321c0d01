"""Folders and zips of skills on this machine: checked, shown, and packed for an upload."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.skills import folders, plugins
from workbench.skills.checking import SKILL_FILE, Fault, SkillRefused
from workbench.skills.packing import Pack, Skill
from workbench.skills.plugins import Plugin
from workbench.text import display

MOST_SHOWN_BYTES: Final = 256 << 10


@dataclass(frozen=True)
class Held:
    """What a skill holds: its files, and the text of its SKILL.md."""

    files: list[Json]
    text: str


def check(folder: Path, *, as_json: bool) -> int:
    """Say every fault with its place; the exit code is 1 where there is one."""
    faults: list[Fault] = []
    try:
        with Pack() as pack:
            read(folder, pack)
            if plugins.is_plugin(pack):
                faults += plugins.read(pack).advice
            else:
                faults += pack.skill(_name(folder)).about.advice
    except SkillRefused as refused:
        faults += refused.faults
    wrong = [fault for fault in faults if not fault.is_advice]
    if as_json:
        surface.print_json([_as_json(folder, fault) for fault in faults])
    else:
        for fault in faults:
            said = f"{located(folder, fault)}{' (advice)' if fault.is_advice else ''}"
            surface.out(display.safe(said))
        if not wrong:
            surface.say("nothing is wrong with it")
    return surface.FAILED if wrong else 0


def located(folder: Path, fault: Fault) -> str:
    """The fault with its file as one names it from here."""
    inner = fault.path if folder.is_file() else str(folder / fault.path)
    return display.safe(str(Fault(inner, fault.line, fault.text)))


def _as_json(folder: Path, fault: Fault) -> Json:
    return {"file": str(folder / fault.path), "line": fault.line, "text": fault.text, "advice": fault.is_advice}


@contextlib.contextmanager
def zipped(folder: Path) -> Iterator[tuple[Skill | Plugin, Path]]:
    """What a folder or zip holds, and an archive of it that is gone when this is left.

    Raises:
        Wrong: with its faults.
    """
    with Pack() as pack, tempfile.TemporaryDirectory(prefix="workbench-skill-") as beside:
        try:
            read(folder, pack)
            found = plugins.read(pack) if plugins.is_plugin(pack) else pack.skill(_name(folder))
        except SkillRefused as refused:
            raise Wrong("\n".join(located(folder, fault) for fault in refused.faults)) from None
        name = found.about.name if isinstance(found, Skill) else found.name
        archive = Path(beside) / f"{name}.zip"
        with archive.open("wb") as file:
            if isinstance(found, Skill):
                pack.write(found, file)
            else:
                found.pack.write_files(name, found.files, file)
        yield found, archive


def of_folder(folder: Path) -> Held:
    """What lies there now, also where it is no whole skill."""
    with Pack() as pack:
        try:
            read(folder, pack)
            return _held(pack, pack.skill(_name(folder)))
        except SkillRefused:
            return Held([], _beginning(folder / SKILL_FILE))


def of_archive(pieces: Iterable[bytes]) -> Held:
    with tempfile.TemporaryFile() as archive, Pack() as pack:
        for piece in pieces:
            archive.write(piece)
        try:
            pack.add_archive(archive)
            return _held(pack, pack.skill())
        except SkillRefused as refused:
            raise Wrong(str(refused)) from None


def _held(pack: Pack, skill: Skill) -> Held:
    by_path = {file.path: file for file in skill.files}
    text = b"".join(pack.content(by_path[SKILL_FILE])).decode("utf-8", "replace")
    return Held([{"path": one.path, "size": one.size, "executable": one.executable} for one in skill.files], text)


def _beginning(file: Path) -> str:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as opened:
            return opened.read(MOST_SHOWN_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _name(folder: Path) -> str:
    return folder.resolve().name if folder.is_dir() else ""


def read(folder: Path, pack: Pack) -> None:
    """Take what a folder or zip holds.

    Raises:
        SkillRefused: it holds what no skill has.
        Wrong: it cannot be read.
    """
    try:
        if folder.is_file():
            with folder.open("rb") as archive:
                pack.add_archive(archive)
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            folders.read(descriptor, pack)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Wrong(f"{error.filename or folder}: {error.strerror}") from None
