"""Whether a session's view of a repository may be made anew: the repository has moved on, and no commit of the session's is lost."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.hands.files.safe_paths import Beneath
from workbench.hands.git.command import GitFailed
from workbench.hands.git.location import Repository

SHOWN: Final = "info/shown"
"""In a view, what it was made of: the text of HEAD, then the refs as `packed-refs`. It is kept and put back with the files."""
LARGEST_BYTES: Final = 64 << 20
MOST_REFS: Final = 20_000
_REFS: Final = ("refs/heads", "refs/tags", "refs/remotes")
_ID: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_AT_WORK: Final = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply")


@dataclass(frozen=True)
class Place:
    """Where a repository stands: the text of HEAD, and the commit of each ref."""

    head: str
    refs: Mapping[str, str]

    @property
    def ids(self) -> set[str]:
        """Every commit that is named."""
        return {name for name in (self.head, *self.refs.values()) if _ID.fullmatch(name)}


def shown(head: bytes, refs: bytes) -> bytes:
    """The content of `SHOWN`."""
    return head.strip() + b"\n" + refs


def of_owner(one: Repository) -> Place:
    """Where the user's repository stands.

    Raises:
        GitFailed, OSError: it cannot be read.
    """
    return _read(shown(one.directory.joinpath("HEAD").read_bytes(), refs_of(one)))


def refs_of(one: Repository) -> bytes:
    """Branches, tags and what is known of remotes, as `packed-refs`."""
    form = "%(objectname) %(refname)%00%(*objectname)"
    listed = one.git.run("for-each-ref", f"--format={form}", "--sort=refname", *_REFS).output
    lines = [b"# pack-refs with: peeled fully-peeled sorted \n"]
    for entry in listed.split(b"\n"):
        name, _, peeled = entry.partition(b"\0")
        if name:
            lines += [name + b"\n", *([b"^" + peeled + b"\n"] if peeled else [])]
    return b"".join(lines)


def may_follow(root: Beneath, view: str, one: Repository) -> bool:
    """Whether the view at this path is made anew: not where the agent has a commit, a branch or a merge of its own."""
    try:
        made, owner = _read(_content(root, f"{view}/{SHOWN}")), of_owner(one)
        if owner == made:
            return False
        own = _of_session(root, view)
        if own.head not in (made.head, owner.head) or any(root.status(f"{view}/{name}") for name in _AT_WORK):
            return False
        standing = _standing(made, owner)
        new = own.ids - made.ids - standing
        return not new or _has_all(one, new, standing)
    except (OSError, GitFailed):
        return False


def _standing(made: Place, owner: Place) -> set[str]:
    """The commits at which the user works: what is checked out, and the branches that were there already.

    One that came since may be the session's own, brought by `workbench branch`: who looks at it has not taken it over.
    """
    checked_out = owner.head.removeprefix("ref: ")
    there = {name: commit for name, commit in owner.refs.items() if name in made.refs or name == checked_out}
    return Place(owner.head, there).ids


def _of_session(root: Beneath, view: str) -> Place:
    head = _content(root, f"{view}/HEAD").strip()
    packed = _content(root, f"{view}/packed-refs") if root.status(f"{view}/packed-refs") else b""
    loose = {name: _content(root, f"{view}/{name}").decode("ascii", "replace").strip() for name in _loose(root, view)}
    place = _read(shown(head, packed))
    return Place(place.head, {**place.refs, **loose})


def _loose(root: Beneath, view: str) -> Iterator[str]:
    """The names of refs that have a file of their own.

    Raises:
        OSError: there are very many; the agent has something of its own there.
    """
    waiting, seen = ["refs"], 0
    while waiting:
        folder = waiting.pop()
        for name in root.names(f"{view}/{folder}"):
            if (seen := seen + 1) > MOST_REFS:
                raise OSError("too many refs")
            path = f"{folder}/{name}"
            try:
                with root.folder(f"{view}/{path}"):
                    waiting.append(path)
            except NotADirectoryError:
                yield path


def _read(content: bytes) -> Place:
    head, *lines = content.decode("utf-8", "surrogateescape").split("\n")
    pairs = (line.partition(" ") for line in lines if line and line[0] not in "#^")
    return Place(head, {name: commit for commit, _, name in pairs})


def _content(root: Beneath, path: str) -> bytes:
    with root.file(path) as file, os.fdopen(os.dup(file), "rb") as opened:
        content = opened.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise OSError("too large")
    return content


def _has_all(one: Repository, commits: set[str], tips: set[str]) -> bool:
    """Whether the user's own branches have these commits already: they were applied, or merged from a branch."""
    given = "".join(f"{line}\n" for line in (*commits, *(f"^{tip}" for tip in tips)))
    done = one.git.run("rev-list", "--count", "--stdin", given=given.encode(), wants=(0, 1, 128))
    return done.code == 0 and done.line == "0"
