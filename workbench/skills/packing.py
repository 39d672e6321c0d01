"""Files on their way to become a skill: counted as they come, checked together, written as one archive that depends on them alone."""

from __future__ import annotations

import hashlib
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import IO, Final, Self

from workbench.skills.checking import SKILL_FILE, Described, Fault, SkillRefused, described

MOST_BYTES: Final = 30 << 20
"""Of all files together, unpacked, as the hosted API has it."""
MOST_FILES: Final = 10_000
LONGEST_PATH_BYTES: Final = 1000
LONGEST_PART_BYTES: Final = 240
MOST_SKILL_FILE_BYTES: Final = 1 << 20
DEEPEST: Final = 32
PIECE_BYTES: Final = 1 << 16
_ENTRY: Final = b"PK\x01\x02"
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True)
class PackedFile:
    """A file by its path below the skill's folder; `start` is its place in the pack."""

    path: str
    size: int
    executable: bool
    start: int = 0


@dataclass(frozen=True)
class Skill:
    """A pack that is a skill; `digest` says its content, whatever folder or archive it came in."""

    about: Described
    files: tuple[PackedFile, ...]
    digest: str


class Pack:
    """Files one after the other in a temporary file without a name; leaves nothing."""

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - open until the pack is left
        self._files: dict[str, PackedFile] = {}
        self._size = 0
        self._current = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    # ── what comes in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, path: str, *, executable: bool = False) -> None:
        """The next file; `add` is what it holds.

        Raises:
            SkillRefused: a path that leads elsewhere, one that is there already, or too many.
        """
        if (fault := path_fault(path)) is not None:
            raise _refused(path, fault)
        if path in self._files:
            raise _refused(path, "is there twice")
        if len(self._files) == MOST_FILES:
            raise SkillRefused([Fault(SKILL_FILE, None, f"a skill has at most {MOST_FILES:,} files")], too_large=True)
        self._files[path] = PackedFile(path, 0, executable, self._size)
        self._current = path

    def add(self, piece: bytes) -> None:
        """Raises: SkillRefused: all files together are too large."""
        self._size += len(piece)
        if self._size > MOST_BYTES:
            raise SkillRefused(
                [
                    Fault(
                        SKILL_FILE, None, f"all files of a skill together have at most {MOST_BYTES >> 20} MB, unpacked"
                    )
                ],
                too_large=True,
            )
        self._kept.write(piece)
        file = self._files[self._current]
        self._files[self._current] = replace(file, size=file.size + len(piece))

    def add_archive(self, archive: IO[bytes]) -> None:
        """Every file of a zip; what its headers say of sizes is not believed.

        Raises:
            SkillRefused: it is none, or holds what no skill has.
        """
        _refuse_many(archive)
        try:
            with zipfile.ZipFile(archive) as opened:
                for entry in opened.infolist():
                    self._add_entry(opened, entry)
        except _DAMAGED as error:
            raise _refused(
                "the archive", f"cannot be read as a zip: {str(error)[:200] or type(error).__name__}"
            ) from None

    def _add_entry(self, opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        name, mode = entry.orig_filename, entry.external_attr >> 16 if entry.create_system == 3 else 0
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(name, "is a link or a device; a skill has files and folders only")
        if entry.flag_bits & 0x1:
            raise _refused(name, "is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(name, "is packed in a way that is not read here; use deflate, as `zip` does by itself")
        if name.endswith("/") or stat.S_ISDIR(mode):
            if (fault := path_fault(name.rstrip("/"))) is not None:
                raise _refused(name, fault)
            return
        self.begin(name, executable=bool(mode & 0o111))
        with opened.open(entry) as content:
            while piece := content.read(PIECE_BYTES):
                self.add(piece)

    # ── parts of it ───────────────────────────────────────────────────────────────────────────────────────────────────

    def inner(self, name: str) -> str | None:
        """Where this file lies: "" at the top, `FOLDER/` in the one folder at the top; None when it does not."""
        if name in self._files:
            return ""
        tops = {path.partition("/")[0] for path in self._files}
        top = f"{next(iter(tops), '')}/"
        return top if len(tops) == 1 and top + name in self._files else None

    def below(self, top: str) -> Pack:
        """The files below a folder, as a pack of their own that is open as long as this one."""
        part = Pack.__new__(Pack)
        part._kept, part._size, part._current = self._kept, self._size, ""
        part._files = {
            path.removeprefix(top): replace(file, path=path.removeprefix(top))
            for path, file in self._files.items()
            if path.startswith(top)
        }
        return part

    def folders(self, above: str) -> list[str]:
        """The names of the folders below a folder."""
        inner = (path.removeprefix(f"{above}/") for path in self._files if path.startswith(f"{above}/"))
        return sorted({path.partition("/")[0] for path in inner if "/" in path})

    @property
    def size(self) -> int:
        """The bytes of all files that were taken."""
        return self._size

    def file(self, path: str) -> PackedFile | None:
        return self._files.get(path)

    def marked(self) -> tuple[PackedFile, ...]:
        """Every file in order of its path, scripts marked as such."""
        return tuple(
            replace(file, executable=file.executable or self._is_script(file))
            for _, file in sorted(self._files.items())
        )

    # ── what it is ────────────────────────────────────────────────────────────────────────────────────────────────────

    def skill(self, folder: str = "") -> Skill:
        """All files as one skill; `folder` is the name of the folder that they came from, where their paths do not begin with it.

        Raises:
            SkillRefused: with all faults of its SKILL.md, or of how its files lie.
        """
        paths = set(self._files)
        if clash := next((above for path in self._files for above in _above(path) if above in paths), None):
            raise _refused(clash, "is a file and a folder")
        top = self._top()
        folder = top.rstrip("/") or folder
        inner = {path.removeprefix(top): file for path, file in self._files.items()}
        skill_file = inner[SKILL_FILE]
        if skill_file.size > MOST_SKILL_FILE_BYTES:
            raise _refused(SKILL_FILE, f"has at most {MOST_SKILL_FILE_BYTES >> 10} KB; put the rest into other files")
        about = described(b"".join(self.content(skill_file)), folder)
        files = tuple(
            replace(file, path=path, executable=file.executable or self._is_script(file))
            for path, file in sorted(inner.items())
        )
        return Skill(about, files, self._digest(files))

    def _top(self) -> str:
        """What every path begins with, "" or a folder with a slash: where SKILL.md lies."""
        if SKILL_FILE in self._files:
            return ""
        tops = {path.partition("/")[0] for path in self._files}
        near = next(
            (path for path in self._files if path.rpartition("/")[2].lower() in ("skill.md", "skill.markdown")), None
        )
        spelled = f"; there is {near[:100]}, and the name is spelled exactly so" if near else ""
        if len(tops) > 1:
            named = ", ".join(sorted(tops)[:5])
            raise _refused(
                SKILL_FILE, f"is not there: all files lie in one folder that has it, and these lie in {named}{spelled}"
            )
        top = f"{next(iter(tops), '')}/"
        if top + SKILL_FILE not in self._files:
            raise _refused(
                SKILL_FILE, f"is not there: it must lie at the top, or in the one folder at the top{spelled}"
            )
        return top

    def content(self, file: PackedFile) -> Iterator[bytes]:
        self._kept.seek(file.start)
        left = file.size
        while left > 0 and (piece := self._kept.read(min(left, PIECE_BYTES))):
            left -= len(piece)
            yield piece

    def _is_script(self, file: PackedFile) -> bool:
        """A form has no modes: what begins as a script is to be run."""
        self._kept.seek(file.start)
        return file.size > 2 and self._kept.read(2) == b"#!"

    def _digest(self, files: tuple[PackedFile, ...]) -> str:
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{len(file.path.encode())} {file.path} {int(file.executable)} {file.size}\n".encode())
            for piece in self.content(file):
                digest.update(piece)
        return digest.hexdigest()

    def write(self, skill: Skill, target: IO[bytes]) -> None:
        """The skill as a zip in one folder of its name; the same bytes for the same skill."""
        self.write_files(skill.about.name, skill.files, target)

    def write_files(self, folder: str, files: Sequence[PackedFile], target: IO[bytes]) -> None:
        """Files of this pack as a zip in one folder."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for file in files:
                entry = zipfile.ZipInfo(f"{folder}/{file.path}", (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3
                entry.external_attr = (stat.S_IFREG | (0o755 if file.executable else 0o644)) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w") as written:
                    for piece in self.content(file):
                        written.write(piece)


def path_fault(path: str) -> str | None:
    """What is wrong with a file's path below its skill; None when it stays there."""
    parts = path.split("/")
    if not path or path.startswith("/") or any(part in ("", ".", "..") for part in parts) or parts[0].endswith(":"):
        return "leads out of its folder, or has no name"
    if _CONTROL.search(path) or any("\ud800" <= letter <= "\udfff" for letter in path):
        return "has a sign in its name that no file of a skill has"
    if len(path.encode()) > LONGEST_PATH_BYTES or any(len(part.encode()) > LONGEST_PART_BYTES for part in parts):
        return "has a path that is too long"
    return "lies too deep" if len(parts) > DEEPEST else None


def _above(path: str) -> Iterator[str]:
    while (path := path.rpartition("/")[0]) != "":
        yield path


def _refuse_many(archive: IO[bytes]) -> None:
    """By counting, before a list of entries is made: the end of an archive may say anything."""
    archive.seek(0)
    found, last = 0, b""
    while piece := archive.read(1 << 20):
        found += (last + piece).count(_ENTRY)
        last = piece[-len(_ENTRY) + 1 :]
    if found > 4 * MOST_FILES:
        raise SkillRefused([Fault("the archive", None, f"has more than {MOST_FILES:,} files")], too_large=True)


def _refused(path: str, text: str) -> SkillRefused:
    return SkillRefused([Fault(path[:200] or "a file", None, text)])
