"""What a call could do, in words: a pure reading of its tool and input, for the person who is asked about it."""

from __future__ import annotations

from typing import Final

from workbench.contracts.tools import BACKGROUND, BY_NAME, IN_WEB, path_of
from workbench.contracts.values import Json
from workbench.permissions.shell import Plain, plain_commands

_HEADS: Final = {
    "deletes files": {"rm", "rmdir", "unlink", "shred", "truncate"},
    "moves files": {"mv", "rename"},
    "uses the network": {"curl", "wget", "nc", "ssh", "scp", "rsync", "ftp", "sftp", "ping", "gh", "aws", "gcloud", "kubectl"},
    "installs packages": {"pip", "pip3", "uv", "npm", "pnpm", "yarn", "apt", "apt-get", "cargo", "gem", "go", "brew"},
    "changes a database": {"psql", "mysql", "mariadb", "sqlite3", "mongosh", "redis-cli", "duckdb"},
    "changes permissions": {"chmod", "chown", "chgrp", "setfacl"},
    "ends processes": {"kill", "pkill", "killall"},
    "acts as another user": {"sudo", "su", "doas"},
    "runs another program's text": {"bash", "sh", "zsh", "python", "python3", "node", "perl", "ruby", "eval", "xargs", "env", "make"},
}  # fmt: skip
_GIT: Final = {
    "push": "publishes to a remote repository",
    "reset": "throws changes away",
    "clean": "deletes files",
    "checkout": "may throw changes away",
    "rebase": "rewrites history",
    "fetch": "uses the network",
    "pull": "uses the network",
    "clone": "uses the network",
}
_BACKGROUND: Final = {
    "read": (),
    "list": (),
    "write": ("types into a running program, which may run it",),
    "stop": ("ends a running command",),
}
"""Of the actions that start nothing."""
_LATER: Final = ("/.git/", "/.github/workflows/", "/.envrc/")
_INSIDE: Final = ("/workspace/", "/tmp/", "/mnt/session/", "/dev/null")


def risks(tool: str, tool_input: Json) -> list[str]:
    """In words, the heaviest first; empty where nothing stands out."""
    if tool in IN_WEB:
        return ["tells others what is in its address or words"]
    kind = BY_NAME.get(tool)
    match kind.effect if kind else None:
        case "runs" if tool == BACKGROUND.name and (said := _BACKGROUND.get(str(tool_input.get("action")))) is not None:
            return [*said]
        case "runs":
            command = str(tool_input.get("command", ""))
            plain = plain_commands(command)
            if plain is None:
                return ["this command cannot be fully analysed; read all of it"]
            return list(dict.fromkeys(said for one in plain for said in _of_plain(one)))
        case "writes":
            return _of_path(path_of(tool, tool_input) or "")
    return []


def _of_plain(plain: Plain) -> list[str]:
    head, rest = (plain.words[0].rpartition("/")[2], plain.words[1:]) if plain.words else ("", ())
    said = [words for words, heads in _HEADS.items() if head in heads]
    if head == "git":
        said += [words for verb, words in _GIT.items() if verb in rest[:2]]
    return said + [words for path in plain.writes for words in _of_path(path) if path.startswith("/")]


def _of_path(path: str) -> list[str]:
    whole = path if path.startswith("/") else f"/workspace/{path}"
    said = [] if whole.startswith(_INSIDE) else [f"writes outside the project: {whole}"]
    # A file named .git leads to a repository elsewhere; other file systems take .GIT for it.
    if any(part in f"{whole}/".casefold() for part in _LATER):
        said.append("changes what runs later outside the sandbox")
    return said
