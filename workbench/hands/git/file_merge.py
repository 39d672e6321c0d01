"""Merges two versions of a file that come from a third one, line by line, as git does it; no repository is needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.contracts.files import Take
from workbench.hands.git.command import GitFailed, raw

MARK: Final = 7
"""So many signs begin a line that marks a conflict."""
LARGEST_BYTES: Final = 8 << 20
"""Of one side; larger files are taken whole."""
_MOST_CONFLICTS: Final = 127
_YOURS, _BASE, _SESSIONS = "yours", "when the session began", "the session's"
_MARKED: Final = (f"{'<' * MARK} {_YOURS}".encode(), f"{'>' * MARK} {_SESSIONS}".encode())
_WORDS: Final = {"mine": ("--ours",), "theirs": ("--theirs",)}


@dataclass(frozen=True)
class Merged:
    """`content` has markers where lines are in conflict and neither side was taken."""

    content: bytes
    has_conflicts: bool


def merged(base: bytes, yours: bytes, sessions: bytes, take: Take | None = None) -> Merged | None:
    """The file with the changes of both sides; None where it is no text, or git is not there to merge it."""
    base = _with_ends_of(base, yours, sessions)
    with tempfile.TemporaryDirectory() as name:
        places = []
        for number, content in enumerate((yours, base, sessions)):
            places.append(Path(name) / str(number))
            places[-1].write_bytes(content)
        labels = [word for label in (_YOURS, _BASE, _SESSIONS) for word in ("-L", label)]
        words = ("merge-file", "-p", "--quiet", *_WORDS.get(take or "", ()), *labels)
        try:
            done = raw(*words, *map(str, places), folder=Path(name))
        except GitFailed:
            return None
    if not 0 <= done.code <= _MOST_CONFLICTS:
        return None
    return Merged(done.output, bool(done.code))


def _with_ends_of(base: bytes, *others: bytes) -> bytes:
    """Git keeps a text without the carriage returns that a work tree may have."""
    if b"\r\n" not in base and all(b"\r\n" in one for one in others):
        return base.replace(b"\n", b"\r\n")
    return base


def has_markers(content: bytes) -> bool:
    """Whether a conflict of ours is in it that nobody has settled."""
    return any(line.startswith(_MARKED) for line in content.splitlines())


def conflicts_in(content: bytes) -> Iterator[tuple[str, ...]]:
    """The lines of each conflict, from marker to marker."""
    begun: list[str] | None = None
    for line in content.decode("utf-8", "replace").split("\n"):
        if line.startswith(f"{'<' * MARK} {_YOURS}"):
            begun = []
        if begun is None:
            continue
        begun.append(line.removesuffix("\r"))
        if line.startswith(f"{'>' * MARK} {_SESSIONS}"):
            yield tuple(begun)
            begun = None
