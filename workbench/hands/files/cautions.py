"""What a person should know of a change before it is theirs: files that programs run by themselves, links that lead out."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import Final

from workbench.hands.files.changes import Change
from workbench.hands.files.safe_paths import Beneath, shown

_RUN_BY: Final = (
    (".envrc", "direnv, on entering the folder"),
    (".autoenv", "autoenv, on entering the folder"),
    (".mise.toml", "mise, on entering the folder"),
    ("mise.toml", "mise, on entering the folder"),
    (".vscode/*.json", "VS Code, on opening the folder"),
    ("*.code-workspace", "VS Code, on opening it"),
    (".devcontainer/*", "editors, on opening the folder in a container"),
    (".devcontainer.json", "editors, on opening the folder in a container"),
    (".idea/*", "JetBrains editors, on opening the folder"),
    (".zed/*.json", "Zed, on opening the folder"),
    (".exrc", "vi, on starting in the folder"),
    (".nvimrc", "Neovim, on starting in the folder"),
    (".nvim.lua", "Neovim, on starting in the folder"),
    (".dir-locals.el", "Emacs, on opening a file"),
    (".gdbinit", "gdb, on starting in the folder"),
    (".claude/*", "Claude Code, on starting in the folder"),
    (".mcp.json", "coding agents, on starting in the folder"),
    (".cursor/*", "Cursor, on opening the folder"),
    (".hg/hgrc", "Mercurial, at every command in the folder"),
    (".cargo/config.toml", "cargo, at every command in the folder"),
    (".npmrc", "npm and its like, at every command in the folder"),
    (".husky/*", "git, on a commit, where husky is installed"),
    (".pre-commit-config.yaml", "git, on a commit, where pre-commit is installed"),
    (".github/workflows/*", "GitHub, after a push"),
    ("Containerfile", "the workbench, for the next session whose environment names it"),
    (".gitlab-ci.yml", "GitLab, after a push"),
)
"""A name or a path at any depth, and who runs what is in it without being asked."""


def caution(change: Change, upper: Beneath) -> str:
    """A clause for a list of changes; empty where there is nothing to say."""
    if change.after is None or change.after.kind == "folder":
        return ""
    if change.after.kind == "link":
        target = upper.target(change.path)
        return f"leads out of the project, to {shown(target)}" if _leads_out(change.path, target) else _run_by(change)
    return _run_by(change)


def _run_by(change: Change) -> str:
    path = f"/{change.path.casefold()}"
    for pattern, by in _RUN_BY:
        if fnmatchcase(path, f"*/{pattern.casefold()}"):
            return f"runs by itself: {by}"
    return ""


def _leads_out(path: str, target: str) -> bool:
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reached.startswith(("/", "../")) or reached == ".."
