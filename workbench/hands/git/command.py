"""Runs git on this machine so that nothing of a repository runs: no hooks, filters, helpers, drivers, pagers or remotes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

from workbench.contracts.files import FilesRefused

LIMIT_S: Final = 300.0
OLDEST_VERSION: Final = (2, 38)
"""The first whose `merge-tree` merges without a work tree."""

_SETTINGS: Final = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.pager": "cat",
    "core.editor": "true",
    "core.sshCommand": "false",
    "core.askPass": "false",
    "core.alternateRefsCommand": "true",
    "credential.helper": "",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "transfer.fsckObjects": "true",
    "fetch.fsckObjects": "true",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "log.showSignature": "false",
    "merge.autoStash": "false",
    "rebase.autoStash": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
    "safe.bareRepository": "explicit",
    "init.templateDir": "",
    "init.defaultBranch": "main",
}
_FILTER: Final = {"clean": "", "smudge": "", "process": "", "required": "false"}
"""What an attribute in a file of the agent's would choose, and git run. Merges happen in repositories of ours, without drivers."""


@dataclass(frozen=True)
class Done:
    """How git ended."""

    code: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.output.decode("utf-8", "surrogateescape")

    @property
    def line(self) -> str:
        return self.text.strip("\n")


class GitFailed(FilesRefused):
    """Git refused; the text has its own words."""


@dataclass(frozen=True)
class Git:
    """Git on one repository that is named and never looked for; `tree` is a work tree of its owner's, or one of ours."""

    directory: Path
    tree: Path | None = None
    more: Mapping[str, str] | None = None

    def run(self, *words: str, given: bytes | IO[bytes] = b"", wants: Sequence[int] = (0,)) -> Done:
        """Run one command to its end; `given` is its input, or a file that is read from where it stands.

        Raises:
            GitFailed: its exit code is none of `wants`.
        """
        done = raw(*words, given=given, more=self._environment(), folder=self.tree, owner=self.tree or self.directory)
        if done.code not in wants:
            said = " ".join(done.errors.split())[-400:]
            raise GitFailed(f"git {words[0]} failed on this machine: {said or f'exit code {done.code}'}")
        return done

    def _environment(self) -> dict[str, str]:
        tree = {"GIT_WORK_TREE": str(self.tree)} if self.tree else {}
        # By variables, as a filter's name may have any sign in it.
        emptied = filters(self.directory)
        named = {"GIT_CONFIG_COUNT": str(len(emptied))}
        for number, (key, value) in enumerate(emptied.items()):
            named |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return {"GIT_DIR": str(self.directory), **tree, **named, **(self.more or {})}


def raw(
    *words: str,
    given: bytes | IO[bytes] = b"",
    more: Mapping[str, str] | None = None,
    folder: Path | None = None,
    owner: Path | None = None,
) -> Done:
    """Run git with nothing of the user's environment or settings.

    Raises:
        GitFailed: there is no git, or it took too long.
    """
    environment = {
        "PATH": os.pathsep.join(path for path in os.get_exec_path() if os.path.isabs(path)),
        "LC_ALL": "C.UTF-8",
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "true",
        "GIT_ASKPASS": "false",
        **(more or {}),
    }
    flags = [
        part
        for key, value in {**_SETTINGS, "safe.directory": str(owner or "")}.items()
        for part in ("-c", f"{key}={value}")
    ]
    source: dict[str, Any] = {"input": given} if isinstance(given, bytes) else {"stdin": given}
    try:
        done = subprocess.run(
            [program(), *flags, *words],
            env=environment,
            cwd=folder or "/",
            **source,
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git {words[0]} took longer than {LIMIT_S:.0f} s") from None
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def program() -> str:
    """Where git is.

    Raises:
        GitFailed: it is not installed.
    """
    places = os.pathsep.join(path for path in os.get_exec_path() if os.path.isabs(path))
    if (found := shutil.which("git", path=places)) is None:
        raise GitFailed("git is not installed on this machine; install it: sudo apt-get install git")
    return found


@lru_cache(maxsize=1)
def version() -> tuple[int, ...]:
    """The version of this machine's git."""
    numbers = raw("version").text.split()[2].split(".")
    return tuple(int(number) for number in numbers[:2])


def settings_in(file: Path, *, includes: bool = False) -> list[tuple[str, str]]:
    """The settings in a file of git's, in order; none where there is no such file, or git is not there to read it."""
    if not file.is_file():
        return []
    try:
        words = ("config", "--file", str(file), "--includes" if includes else "--no-includes", "--list", "-z")
        listed = raw(*words).text
    except GitFailed:
        return []
    parted = (entry.partition("\n") for entry in listed.split("\0") if entry)
    # A key without a value means true.
    return [(key, value if separator else "true") for key, separator, value in parted]


def filters(directory: Path) -> dict[str, str]:
    """Settings that empty every filter which the repository's own configuration has, as git itself reads it."""
    done = raw("config", "--includes", "--list", "-z", "--name-only", more={"GIT_DIR": str(directory)})
    found = {}
    for key in done.text.split("\0"):
        variable = key.rpartition(".")[2]
        if key.startswith("filter.") and variable in _FILTER:
            found[key] = _FILTER[variable]
    return found
