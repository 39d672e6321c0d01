"""The tools `glob` and `grep`."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.paths import Places, canonical, within
from sandboxes.runner.pipes import OutputPipe

MATCH_LIMIT = 200
WALK_LIMIT = 50_000
OUTPUT_LIMIT_CHARS = 100 * 1024
STDERR_LIMIT_BYTES = 4096
TIMEOUT_S = 30

_NO_MATCH_EXIT_CODE = 1


def glob(places: Places, given: Mapping[str, Any]) -> Outcome:
    """One call of the tool `glob`."""
    pattern = given.get("pattern")
    if not isinstance(pattern, str) or not pattern:
        raise ToolError("glob: pattern must be non-empty text")
    if os.path.isabs(pattern):
        raise ToolError("glob: absolute pattern not permitted; pass a relative pattern (and optionally path)")
    if ".." in PurePosixPath(pattern).parts:
        raise ToolError("glob: '..' is not permitted in the pattern")
    root = places.resolve("glob", given["path"]) if given.get("path") else places.workdir.resolve()
    try:
        matches = list(_inside(root, islice(root.glob(pattern), WALK_LIMIT)))
    except (ValueError, OSError, NotImplementedError) as error:
        raise ToolError(f"glob: {error}") from None
    matches.sort(key=_changed_at, reverse=True)
    return text("\n".join(str(match) for match in matches[:MATCH_LIMIT]) or "no matches")


def _inside(root: Path, matches: Iterator[Path]) -> Iterator[Path]:
    """Drop what a link on the way led out of the root."""
    for match in matches:
        try:
            real = canonical(match)
        except OSError:
            continue
        if within(real, root):
            yield match


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


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
        if place.exists() and not place.is_file() and not place.is_dir():
            raise ToolError(f"grep: {path}: not a regular file")
        ripgrep = self._ripgrep(places)
        if ripgrep:
            argv = [ripgrep, "--no-config", "-n", "--no-heading", "-e", pattern, "--", str(place)]
        else:
            walk = Path(__file__).with_name("walk.py")
            argv = [sys.executable, "-I", "-S", str(walk), pattern, str(place)]
        code, found, complaint = await self._search(argv)
        if code == _NO_MATCH_EXIT_CODE:
            return text("no matches")
        if code != 0:
            raise ToolError(f"grep: rg failed: {complaint}" if ripgrep else f"grep: {complaint.strip()}")
        if len(found) > OUTPUT_LIMIT_CHARS:
            found = f"{found[:OUTPUT_LIMIT_CHARS]}\n[output truncated at {OUTPUT_LIMIT_CHARS} bytes]"
        return text(found)

    def _ripgrep(self, places: Places) -> str | None:
        for folder in self._environment.get("PATH", os.defpath).split(os.pathsep):
            program = shutil.which("rg", path=folder) if os.path.isabs(folder) else None
            if program and not places.reaches(Path(program)):
                return program
        return None

    async def _search(self, argv: list[str]) -> tuple[int, str, str]:
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
            # Four bytes for the longest character: enough to know whether the limit in characters is passed.
            work = asyncio.gather(
                found.first(4 * OUTPUT_LIMIT_CHARS + 4),
                complaint.first(STDERR_LIMIT_BYTES),
                asyncio.shield(child.ended),
            )
            try:
                done, _ = await asyncio.wait({work}, timeout=TIMEOUT_S)
            finally:
                if not child.ended.done():
                    child.kill()
            if not done:
                work.cancel()
                raise ToolError(f"grep: timed out after {TIMEOUT_S}s")
            output, errors, code = work.result()
            return code, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")
