"""The tool `glob`: a project's own files first, the newest of them first, and what could not be looked into is said."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sandboxes.runner import patterns
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.own import OTHERS_FOLDERS, SKIPPED_FOLDERS
from sandboxes.runner.paths import Places, canonical, reason, within

MATCH_LIMIT = 200
WALK_LIMIT = 50_000
MOST_FAULTS = 10

_Segments = tuple[str, ...]


def glob(places: Places, given: Mapping[str, Any]) -> Outcome:
    """One call of the tool `glob`."""
    pattern = given.get("pattern")
    if not isinstance(pattern, str) or not pattern or "\x00" in pattern:
        raise ToolError("glob: pattern must be non-empty text")
    if os.path.isabs(pattern):
        raise ToolError("glob: absolute pattern not permitted; pass a relative pattern (and optionally path)")
    if ".." in PurePosixPath(pattern).parts:
        raise ToolError("glob: '..' is not permitted in the pattern")
    root = places.resolve("glob", given["path"]) if given.get("path") else places.workdir.resolve()
    if not root.is_dir():
        raise ToolError(f"glob: {given['path']}: {'not a directory' if root.exists() else 'no such file or directory'}")
    search = _Search(root)
    try:
        for one in patterns.alternatives(pattern):
            search.run(_segments(one))
    except patterns.BadPattern as error:
        raise ToolError(f"glob: {pattern!r} is no pattern: {error}") from None
    return text(search.told())


def _segments(pattern: str) -> _Segments:
    parts: list[str] = []
    for part in pattern.split("/"):
        if part not in ("", ".") and (part != "**" or parts[-1:] != ["**"]):
            parts.append(part)
    return tuple(parts)


class _Search:
    """Everything below one root that matches, and what could not be looked into."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: dict[Path, bool] = {}
        """Each match once, and whether it is the project's own."""
        self._faults: dict[Path, str] = {}
        self._seen = 0

    def run(self, segments: _Segments) -> None:
        """One pattern; folders of others wait until all own ones are done."""
        waiting: deque[tuple[Path, _Segments, bool]] = deque([(self._root, segments, True)])
        others: deque[tuple[Path, _Segments, bool]] = deque()
        visited: set[tuple[Path, _Segments]] = set()
        while waiting or others:
            folder, rest, own = waiting.popleft() if waiting else others.popleft()
            if not rest or (folder, rest) in visited:
                continue
            visited.add((folder, rest))
            for entry, left in self._step(folder, rest):
                is_own = own and entry.name not in OTHERS_FOLDERS
                if not left or left == ("**",):
                    self._keep(entry, own=is_own)
                if left:
                    (waiting if is_own else others).append((entry, left, is_own))

    def _step(self, folder: Path, segments: _Segments) -> Iterator[tuple[Path, _Segments]]:
        """What matches the first segment here, each with the segments that are left for it."""
        first, rest = segments[0], segments[1:]
        if first == "**":
            if rest:
                yield from self._step(folder, rest)
            for entry in self._entries(folder):
                if entry.name not in SKIPPED_FOLDERS:
                    if entry.is_dir(follow_symlinks=False):
                        yield Path(entry.path), segments
                    elif not rest:
                        yield Path(entry.path), ()
            return
        if self._is_there(folder, first):
            # Also a name that looks like a pattern: some frameworks have files called [id].
            yield folder / first, rest
        if patterns.has_signs(first):
            expression = patterns.expression(first)
            for entry in self._entries(folder):
                if entry.name != first and expression.fullmatch(entry.name) and (not rest or entry.is_dir()):
                    yield Path(entry.path), rest

    def _is_there(self, folder: Path, name: str) -> bool:
        try:
            os.lstat(folder / name)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            self._faults[folder] = reason(error)
            return False
        return True

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._seen += 1
                    if self._seen > WALK_LIMIT:
                        return
                    yield entry
        except NotADirectoryError:
            return
        except OSError as error:
            self._faults[folder] = reason(error)

    def _keep(self, match: Path, *, own: bool) -> None:
        """Drop what a link on the way led out of the root."""
        try:
            if within(canonical(match), self._root):
                self._found[match] = self._found.get(match, False) or own
        except OSError as error:
            self._faults[match] = reason(error)

    def told(self) -> str:
        """Own ones first, the newest first; then what is left out."""
        matches = sorted(self._found, key=lambda match: (not self._found[match], -_changed_at(match), str(match)))
        lines = [str(match) for match in matches[:MATCH_LIMIT]] or ["no matches"]
        looked = self._seen > WALK_LIMIT
        if looked:
            lines.append(
                f"[only the first {WALK_LIMIT:,} entries were looked at; name a folder as path to see the others]"
            )
        if len(matches) > MATCH_LIMIT:
            total = f"{len(matches):,}{' or more' if looked else ''}"
            lines.append(f"[first {MATCH_LIMIT} of {total}; a narrower pattern or a path shows the others]")
        for folder, fault in list(self._faults.items())[:MOST_FAULTS]:
            lines.append(f"[could not look into {folder}: {fault}]")
        if (more := len(self._faults) - MOST_FAULTS) > 0:
            lines.append(f"[could not look into {more:,} others]")
        return "\n".join(lines)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
