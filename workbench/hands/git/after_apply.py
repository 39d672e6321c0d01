"""What is a person's own in files that a session's apply has written: lines between markers to settle, and lines of before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import Match, SequenceMatcher
from typing import Final

from workbench.hands.files.base_files import version_of
from workbench.hands.files.changes import found_at
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.git.began import Version, in_commit
from workbench.hands.git.file_merge import has_markers
from workbench.hands.git.location import Repository
from workbench.hands.git.record import GitRecord
from workbench.hands.git.standing import head_of

MOST_LINES: Final = 20_000
"""Of a file that is compared; of a longer one, whatever was not committed is taken to be there still."""


def is_marked(project: Beneath, path: str) -> bool:
    """Whether lines of both sides stand in a file of the project, between our markers."""
    found = found_at(project, path)
    return found is not None and found.kind == "file" and has_markers(version_of(project, found).content)


Steps = Mapping[str, Sequence[tuple[Version, Version]]]
"""By path, what it was before and after each apply; see `Applies.versions`."""


def as_they_came(steps: Steps, project: Beneath, paths: Iterable[str]) -> set[str]:
    """Those of these paths that hold what the session's last apply wrote there, whatever was done with the file since: a stash and
    its return, a change and its undoing."""
    return {path for path in paths if path in steps and _is_same(version_now(project, path), steps[path][-1][1])}


def version_now(project: Beneath, path: str) -> Version:
    """What the project has there."""
    return version_of(project, found_at(project, path))


def _is_same(one: Version, other: Version) -> bool:
    return (one.kind, one.content, _runs(one)) == (other.kind, other.content, _runs(other))


def _runs(one: Version) -> bool:
    return one.is_program if one.mode is None else bool(one.mode & 0o111)


def marked(
    one: Repository, known: GitRecord, project: Beneath, standing: Iterable[str], own: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What has lines of both sides between markers of what the session brought and is in no commit, and what was settled by hand.

    `own` stands as the session's apply left it: it may have another session's.
    """
    waiting = {path for path in own if is_marked(project, path)}
    settled = set[str]()
    head, prefix = head_of(one), f"{known.project}/" if known.project else ""
    for path in known.marked.keys() & set(standing):
        then = known.marked[path]
        if then != head and not (
            then and in_commit(one.git, then, prefix + path) == in_commit(one.git, head, prefix + path)
        ):
            continue
        (waiting if is_marked(project, path) else settled).add(path)
    return tuple(sorted(waiting)), tuple(sorted(settled))


def has_lines_of(head: bytes, before: bytes, after: bytes) -> bool:
    """Whether something that a person changed from `head` to `before` is in `after` as well, or still gone there."""
    was, mine, now = (_lines(content) for content in (head, before, after))
    if was == mine:
        return False
    if now == was:
        return False
    if max(map(len, (was, mine, now))) > MOST_LINES:
        return True
    stays = [False] * len(mine)
    joined = [False] * (len(mine) + 1)
    """Whether the lines before and behind a place of `mine` stand beside each other in `now`; its ends count as lines."""
    for block in _equal(mine, now):
        first, last = block.a, block.a + block.size
        stays[first:last] = [True] * block.size
        joined[first + 1 : last] = [True] * max(0, block.size - 1)
        joined[first] |= first == 0 == block.b
        joined[last] |= last == len(mine) and block.b + block.size == len(now)
    for tag, _, _, begin, end in SequenceMatcher(None, was, mine, autojunk=False).get_opcodes():
        if tag == "delete" and joined[begin]:
            return True
        if tag in ("insert", "replace") and any(stays[begin:end]):
            return True
    return False


def _equal(one: Sequence[bytes], other: Sequence[bytes]) -> Iterator[Match]:
    return (block for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks() if block.size)


def _lines(content: bytes) -> list[bytes]:
    return content.replace(b"\r\n", b"\n").split(b"\n")
