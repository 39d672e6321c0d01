"""Which of a repository's settings a sandbox sees: how text and names are treated, who commits, and remotes without passwords."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from workbench.hands.git.command import settings_in
from workbench.hands.git.location import Repository

_SHOWN: Final = re.compile(
    r"core\.(filemode|symlinks|ignorecase|autocrlf|eol|safecrlf|precomposeunicode|quotepath)|extensions\.objectformat|"
    r"user\.(name|email)|remote\..+\.(url|fetch)|branch\..+\.(remote|merge|rebase)|merge\.conflictstyle|pull\.rebase|"
    r"diff\.(algorithm|renames)|submodule\..+\.(url|active|path|branch)"
)
_PROMISED: Final = re.compile(r"extensions\.partialclone|remote\..+\.promisor")
_PARTIAL: Final = {
    "extensions.partialclone": "partial",
    "remote.partial.promisor": "true",
    "remote.partial.url": "/run/git",
    "remote.partial.skipfetchall": "true",
    # Git would ask the network for what is missing, or take a missing object for a damaged repository.
    "remote.partial.uploadpack": (
        "echo 'This repository is a partial clone: the owner of this machine has not fetched the object that this "
        "command needs, and it cannot be fetched in a sandbox. Commands that need no older contents work.' >&2; false"
    ),
}
"""What is missing is said in words, before a command has changed anything."""
_LFS: Final = "python3 -I /opt/runner/sandboxes/programs/git_lfs.py"
_IDENTITY: Final = ("user.name", "user.email")
NOBODY: Final = {"user.name": "agent", "user.email": "agent@workbench.invalid"}


def identity(repository: Repository) -> dict[str, str]:
    """The user's name and address: those of the repository, else those of the user's own settings."""
    found = dict(NOBODY)
    home = Path(os.environ.get("HOME") or "/nonexistent")
    own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git" / "config"
    for file in (own, home / ".gitconfig", repository.common / "config", repository.directory / "config.worktree"):
        found |= {key: value for key, value in settings_in(file, includes=True) if key in _IDENTITY}
    return found


def shown_settings(repository: Repository, *, subfolder: str = "", lfs: str = "") -> bytes:
    """The text of the sandbox's own `config`; `lfs` is where it has the contents of git-lfs, "" where there are none."""
    known = settings_in(repository.common / "config")
    shown = [(key, _without_password(value)) for key, value in known if _SHOWN.fullmatch(key)]
    partial = _PARTIAL if any(_PROMISED.fullmatch(key) for key, _ in known) else {}
    is_extended = partial or any(key == "extensions.objectformat" for key, _ in shown)
    own = [
        ("core.repositoryformatversion", "1" if is_extended else "0"),
        ("core.bare", "false"),
        ("core.logallrefupdates", "true"),
        # Owners and change times differ inside from what the index of the host's git says.
        ("core.checkstat", "minimal"),
        ("core.trustctime", "false"),
        *([("core.sparsecheckout", "true")] if subfolder else []),
        *identity(repository).items(),
        *partial.items(),
        ("filter.lfs.clean", f"{_LFS} clean"),
        ("filter.lfs.smudge", f"{_LFS} smudge {lfs}".strip()),
        ("filter.lfs.required", "false"),
    ]
    return "".join(_lines([*(pair for pair in shown if pair[0] not in _IDENTITY), *own])).encode(
        "utf-8", "surrogateescape"
    )


def _without_password(value: str) -> str:
    if "://" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    user, separator, host = parts.netloc.rpartition("@")
    login = user.partition(":")[0] if parts.scheme == "ssh" else ""
    return urlunsplit((parts.scheme, f"{login}@{host}" if login and separator else host, parts.path, "", ""))


def _lines(pairs: list[tuple[str, str]]) -> Iterator[str]:
    for key, value in pairs:
        section, _, rest = key.partition(".")
        middle, _, name = rest.rpartition(".")
        yield f"[{section} {_quoted(middle)}]\n" if middle else f"[{section}]\n"
        yield f"\t{name} = {_quoted(value)}\n"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
