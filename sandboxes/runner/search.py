"""The tool `grep`: matches of a project's own files first, and what was left out or could not be read is said."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.own import OTHERS_FOLDERS, SKIPPED_FOLDERS
from sandboxes.runner.paths import Places
from sandboxes.runner.pipes import OutputPipe

OUTPUT_LIMIT_CHARS = 100 * 1024
OTHERS_LIMIT_LINES = 50
LINE_LIMIT_CHARS = 2000
READ_LIMIT_BYTES = 8 << 20
STDERR_LIMIT_BYTES = 1 << 16
MOST_NOTES = 10
TIMEOUT_S = 30

_ERROR_EXIT_CODE = 2
_COMPLAINT = re.compile(r"^rg: | \(os error \d+\)$|(?<=: )IO error for operation on .*?: ")


class Grep:
    """The grep tool: ripgrep where there is one that no tool can have written, else the program in `walk.py`."""

    def __init__(self, children: Children, environment: Mapping[str, str]) -> None:
        self._children = children
        self._environment = environment

    async def run(self, places: Places, given: Mapping[str, Any]) -> Outcome:
        """One call of the tool `grep`."""
        pattern = given.get("pattern")
        if not isinstance(pattern, str) or "\x00" in pattern:
            raise ToolError("grep: pattern must be text without NUL")
        path = given.get("path")
        place = places.resolve("grep", path) if path else places.workdir.resolve()
        if not place.exists():
            raise ToolError(f"grep: {path}: no such file or directory")
        if not place.is_file() and not place.is_dir():
            raise ToolError(f"grep: {path}: not a regular file")
        give_up_at = asyncio.get_running_loop().time() + TIMEOUT_S
        ripgrep = self._ripgrep(places)
        if ripgrep is None:
            walk = Path(__file__).with_name("walk.py")
            names = "/".join(OTHERS_FOLDERS), "/".join(SKIPPED_FOLDERS)
            argv = [sys.executable, "-I", "-S", str(walk), pattern, str(place), *names]
            return _told(await self._search(argv, give_up_at))
        own = await self._search([ripgrep, *_OWN, "-e", pattern, "--", str(place)], give_up_at)
        if place.is_file() or own.is_cut or own.timed_out:
            return _told(own)
        every = await self._search([ripgrep, *_EVERY, "-e", pattern, "--", str(place)], give_up_at)
        return _told(own, every)

    def _ripgrep(self, places: Places) -> str | None:
        for folder in self._environment.get("PATH", os.defpath).split(os.pathsep):
            program = shutil.which("rg", path=folder) if os.path.isabs(folder) else None
            if program and not places.reaches(Path(program)):
                return program
        return None

    async def _search(self, argv: list[str], give_up_at: float) -> _Found:
        async with OutputPipe() as found, OutputPipe() as complaint:
            child = self._children.start(
                argv,
                folder=Path("/"),
                environment=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=found.writing_end,
                stderr=complaint.writing_end,
            )
            found.release()
            complaint.release()
            output, errors = bytearray(), bytearray()
            work = asyncio.gather(
                found.first(READ_LIMIT_BYTES, output),
                complaint.first(STDERR_LIMIT_BYTES, errors),
                asyncio.shield(child.ended),
            )
            try:
                done, _ = await asyncio.wait({work}, timeout=max(0, give_up_at - asyncio.get_running_loop().time()))
            finally:
                if not child.ended.done():
                    child.kill()
            if not done:
                work.cancel()
            left_out, _, code = work.result() if done else (0, 0, 0)
            notes = errors.decode("utf-8", "backslashreplace").strip()
            if code == _ERROR_EXIT_CODE and (fault := _regex_fault(notes)):
                raise ToolError(f"grep: invalid regex: {fault}")
            lines = output.decode("utf-8", "backslashreplace").split("\n")
            # What follows the last line feed is nothing, or half a line.
            said = [_COMPLAINT.sub("", note) for note in notes.split("\n") if note]
            return _Found(lines[:-1], said, left_out, timed_out=not done)


_COMMON = (
    *("--no-config", "-n", "--no-heading", "--with-filename", "--color=never", "--hidden", "--binary"),
    *("--max-columns", str(LINE_LIMIT_CHARS), "--max-columns-preview"),
    *(f"--glob=!**/{name}/" for name in sorted(SKIPPED_FOLDERS)),
)
_OWN = (*_COMMON, "--no-require-git", "--sort=path", *(f"--glob=!**/{name}/" for name in sorted(OTHERS_FOLDERS)))
_EVERY = (*_COMMON, "--no-ignore")


@dataclass(frozen=True)
class _Found:
    """What one run of a program found, and what it complained of; `left_out` are lines beyond what is read."""

    lines: list[str]
    notes: list[str]
    left_out: int
    timed_out: bool

    @property
    def is_cut(self) -> bool:
        return self.left_out > 0


def _regex_fault(notes: str) -> str | None:
    found = re.search(r"(?:regex parse error|invalid regex): *(.*)", notes, re.DOTALL)
    return textwrap.dedent(found[1]).rstrip() if found else None


def _told(own: _Found, every: _Found | None = None) -> Outcome:
    mine = set(own.lines)
    others = sorted(line for line in every.lines if line not in mine) if every else []
    said = [*_bounded(own), *_of_others(others, every)] if own.lines or others else []
    said = said or ["no matches" if not (own.timed_out or own.notes) else "no matches in what was searched"]
    last = every or own
    if own.timed_out:
        said.append(f"[timed out after {TIMEOUT_S}s: not everything was searched; name a folder or file as path]")
    elif last.timed_out:
        said.append(f"[timed out after {TIMEOUT_S}s in ignored and vendored files; name a folder as path to search it]")
    notes = list(dict.fromkeys([*own.notes, *last.notes]))
    said += [f"[not searched: {note}]" for note in notes[:MOST_NOTES]]
    if len(notes) > MOST_NOTES:
        said.append(f"[not searched: {len(notes) - MOST_NOTES:,} others]")
    if own.timed_out and not own.lines:
        raise ToolError("\n".join((f"grep: timed out after {TIMEOUT_S}s", *said[1:])))
    return text("\n".join(said))


def _bounded(found: _Found) -> list[str]:
    kept, size = [], 0
    for line in found.lines:
        size += len(line) + 1
        if size > OUTPUT_LIMIT_CHARS:
            break
        kept.append(line)
    total = len(found.lines) + found.left_out
    if len(kept) < total:
        more = " or more" if found.timed_out else ""
        kept.append(
            f"[output truncated: first {len(kept):,} of {total:,}{more} lines; a narrower pattern or path shows the others]"
        )
    return kept


def _of_others(lines: Sequence[str], every: _Found | None) -> list[str]:
    """Matches in ignored and vendored files: some of them, and how many there are in which folder."""
    if not lines:
        return []
    shown, more = lines[:OTHERS_LIMIT_LINES], len(lines) - OTHERS_LIMIT_LINES
    said = ["[in ignored and vendored files:]", *shown]
    if more > 0:
        folders = Counter(os.path.dirname(line.partition(":")[0]) for line in lines[OTHERS_LIMIT_LINES:])
        where = ", ".join(f"{folder} ({count:,})" for folder, count in folders.most_common(5))
        beyond = " or more" if every and (every.left_out or every.timed_out) else ""
        said.append(f"[{more:,}{beyond} more lines there, most in {where}; name one as path to see them]")
    return said
