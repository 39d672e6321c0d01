"""Instruction files of a project: AGENTS.md of its folder, of those above and below, and what they import."""

from __future__ import annotations

import errno
import os
import posixpath
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from workbench.contracts.instructions import InstructionFile, Instructions
from workbench.hands.files.git_names import belongs_to_git
from workbench.hands.files.instruction_imports import DOCUMENTS, imported, resolved
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.settings import project_root
from workbench.text import signs

NAMES: Final = ("AGENTS.md", "CLAUDE.md")
"""The first that is there speaks for its folder."""
MOST_FILE_BYTES: Final = 24 << 10
MOST_BYTES: Final = 32 << 10
"""Of all files together, as other agents have it (`project_doc_max_bytes`)."""
MOST_FILES: Final = 32
MOST_LEFT_OUT: Final = 20
DEEPEST_IMPORT: Final = 5
DEEPEST_FOLDER: Final = 8
MOST_LOOKED_AT: Final = 20_000
"""Directory entries."""
_UNSEARCHED: Final = frozenset(
    {"node_modules", "vendor", "venv", "target", "dist", "build", "site-packages", "__pycache__"}
)
"""Folders of what others wrote, or of what was built; so are hidden ones."""
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EISDIR})
_REASONS: Final = {
    errno.EXDEV: "a link that leads out of the project",
    errno.ELOOP: "a link that leads nowhere",
    errno.EACCES: "it cannot be read",
}


def read(project: Path) -> Instructions:
    """What the files of a resolved folder say now; what is not there, not readable or too much is left out."""
    collected = _Collected()
    try:
        return _read(project, collected)
    except OSError as error:
        collected.leave_out(".", f"the folder cannot be read: {error.strerror}")
        return Instructions(left_out=collected.told_left_out())


def _read(project: Path, collected: _Collected) -> Instructions:
    """In order of importance for what does not fit: the project's own, those above from the nearest on, those below."""
    root = project_root(project) or project
    parts = project.relative_to(root).parts
    with ExitStack() as stack:
        inner = _Tree(stack.enter_context(Beneath(project, follows_links=True)))
        own = collected.of_folder(inner, "")
        above: list[InstructionFile] = []
        if parts:
            outer = _Tree(stack.enter_context(Beneath(root, follows_links=True)), "/".join(parts))
            for depth in reversed(range(len(parts))):
                above = [*collected.of_folder(outer, "/".join(parts[:depth])), *above]
        below = [file for folder in _folders(inner, collected) for file in collected.of_folder(inner, folder)]
        return Instructions((*above, *own, *below), collected.told_left_out())


@dataclass(frozen=True)
class _Tree:
    """An open folder that nothing is read out of, and where the project lies in it."""

    beneath: Beneath
    project: str = ""

    def told(self, path: str) -> str:
        """A path as people and the model read it: from the project's folder, in one line, nothing hidden."""
        whole = signs.shown_exactly(shown(posixpath.relpath(path, self.project) if self.project else path))
        return whole.replace("\n", "⟨U+000A⟩").replace("\t", "⟨U+0009⟩")


@dataclass
class _Collected:
    """What was read so far, within the bounds; `seen` are files by device and number."""

    seen: set[tuple[int, int]] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)
    bytes_left: int = MOST_BYTES
    files_left: int = MOST_FILES

    def leave_out(self, path: str, reason: str) -> None:
        self.left_out.append(f"{path}: {reason}")

    def told_left_out(self) -> tuple[str, ...]:
        told = list(dict.fromkeys(self.left_out))
        more = len(told) - MOST_LEFT_OUT
        return (*told[:MOST_LEFT_OUT], f"and {more} more") if more > 0 else tuple(told)

    def of_folder(self, tree: _Tree, folder: str) -> list[InstructionFile]:
        """The folder's own file with its imports."""
        for name in NAMES:
            files = self.with_imports(tree, posixpath.join(folder, name), None, 0)
            if files is not None:
                return files
        return []

    def with_imports(self, tree: _Tree, path: str, importer: str | None, depth: int) -> list[InstructionFile] | None:
        """A file and what it imports; None where there is none, and empty where it adds nothing."""
        text = self._text(tree, path)
        if text is None:
            return None
        if not text:
            return []
        told = tree.told(path)
        files = [InstructionFile(told, text, importer)]
        for named in imported(text):
            target = resolved(named, posixpath.dirname(path))
            if target is None:
                self.leave_out(f"@{named} in {told}", "outside of the project")
            elif belongs_to_git(target):
                self.leave_out(f"@{named} in {told}", "it belongs to git")
            elif depth >= DEEPEST_IMPORT:
                self.leave_out(f"@{named} in {told}", f"more than {DEEPEST_IMPORT} imports deep")
            else:
                files += self.with_imports(tree, target, told, depth + 1) or []
        return files

    def _text(self, tree: _Tree, path: str) -> str | None:
        """What a file adds; None where there is no file to read, empty where it was read before or nothing of it fits."""
        told = tree.told(path)
        try:
            with tree.beneath.file(path) as descriptor:
                status, target = os.fstat(descriptor), os.readlink(f"/proc/self/fd/{descriptor}")
                if not target.lower().endswith(DOCUMENTS) or belongs_to_git(target):
                    # What a link of this name points to: an `.env` is no instruction.
                    raise OSError(errno.EINVAL, "no document")
                key = (status.st_dev, status.st_ino)
                if key in self.seen:
                    return ""
                with open(descriptor, "rb", closefd=False) as file:
                    content = file.read(MOST_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else errno.ENOENT
            if number not in _ABSENT:
                self.leave_out(told, _REASONS.get(number or 0, "not a plain document"))
            return None
        self.seen.add(key)
        return self._fitting(told, content, status.st_size)

    def _fitting(self, told: str, content: bytes, size: int) -> str:
        # A sign that hides is named: a text that its reader does not see says nothing to the model either.
        whole = signs.shown(content.decode("utf-8-sig", "replace")).strip()
        text = _cut(whole, MOST_FILE_BYTES)
        taken = len(text.encode())
        if taken > self.bytes_left or (whole and not self.files_left):
            self.leave_out(
                told, f"{size:,} bytes, and all files together may have {MOST_BYTES:,} in {MOST_FILES} files"
            )
            return ""
        self.bytes_left -= taken
        self.files_left -= bool(whole)
        if len(content) > MOST_FILE_BYTES or text != whole:
            self.leave_out(told, f"cut after {taken:,} of its {size:,} bytes")
        return text


def _cut(text: str, most: int) -> str:
    """The whole lines of its first bytes; of a line that is longer, its beginning."""
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    begun = encoded[:most].decode("utf-8", "ignore")
    return begun.rpartition("\n")[0] or begun


def _folders(tree: _Tree, collected: _Collected) -> Iterator[str]:
    """Folders below with an instruction file, the nearest first; none of other repositories."""
    waiting, looked_at = deque([""]), 0
    while waiting:
        folder = waiting.popleft()
        try:
            with tree.beneath.folder(folder) as descriptor, os.scandir(descriptor) as entries:
                found = {
                    entry.name: entry.is_dir(follow_symlinks=False) for entry in islice(entries, MOST_LOOKED_AT + 1)
                }
        except OSError:
            continue
        looked_at += len(found)
        has_file = not found.keys().isdisjoint(NAMES)
        if folder and ".git" in found:
            if has_file:
                collected.leave_out(tree.told(folder), "a repository of its own")
            continue
        if folder and has_file:
            yield folder
        if looked_at > MOST_LOOKED_AT:
            collected.leave_out(tree.told(folder) or ".", f"not all looked through: more than {MOST_LOOKED_AT:,} names")
            return
        if folder.count("/") < DEEPEST_FOLDER:
            inner = sorted(name for name, is_folder in found.items() if is_folder and _is_searched(name))
            waiting += (posixpath.join(folder, name) for name in inner)


def _is_searched(name: str) -> bool:
    return not name.startswith(".") and name not in _UNSEARCHED
