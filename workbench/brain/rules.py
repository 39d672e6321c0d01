"""The rules behind the permission policy `auto`: read from files that people write, matched on tool and input."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Literal, get_args

from workbench.brain.shell import Plain, plain_commands
from workbench.contracts import Json
from workbench.settings import SettingsError

Decision = Literal["deny", "ask", "allow"]
"""In order of weight: within a file the first that fits counts."""

DEFAULTS: Final = Path(__file__).with_name("permissions.toml")
TOOLS: Final = ("bash", "read", "write", "edit", "glob", "grep")
_WORKING_FOLDER: Final = "/workspace"
_ENTRY: Final = re.compile(rf"({'|'.join(TOOLS)})(?:\((.+)\))?")
_NOWHERE: Final = "/dev/null"


@dataclass(frozen=True)
class Pattern:
    """A tool, and what its input must look like: words of a command, or a path; without any, every input fits."""

    tool: str
    words: tuple[str, ...] = ()

    def fits_command(self, words: Sequence[str]) -> bool:
        return self.tool == "bash" and (not self.words or _words_fit(self.words, words))

    def fits_path(self, tool: str, path: str) -> bool:
        return self.tool == tool and (not self.words or _path_fits(self.words[0], path))


@dataclass(frozen=True)
class Rules:
    """Layers of patterns with their decisions: the first layer in which one fits decides."""

    layers: tuple[tuple[tuple[Decision, Pattern], ...], ...] = ()

    def decision(self, tool: str, tool_input: Json) -> Decision | None:
        """What the rules say of a call; None where they say nothing."""
        if tool == "bash":
            command = tool_input.get("command")
            plain = plain_commands(command) if isinstance(command, str) else None
            return None if plain is None else _heaviest([part for one in plain for part in self._of_plain(one)])
        path = tool_input.get("path", ".") if tool in {"glob", "grep"} else tool_input.get("file_path")
        return self._of_path(tool, path) if isinstance(path, str) else None

    def _of_plain(self, plain: Plain) -> list[Decision | None]:
        """What the rules say of a command, and of each file that it is redirected from or to."""
        command = self._first(
            [[d for d, pattern in layer if pattern.fits_command(plain.words)] for layer in self.layers]
        )
        # Where a shell stands cannot be told, so a relative path might be anywhere.
        places = [("read", path) for path in plain.reads] + [
            ("write", path) for path in plain.writes if path != _NOWHERE
        ]
        return [command, *(self._of_path(tool, path) if path.startswith("/") else None for tool, path in places)]

    def _of_path(self, tool: str, given: str) -> Decision | None:
        path = given if given.startswith("/") else f"{_WORKING_FOLDER}/{given}"
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if ".." in parts:
            return None
        plain = "/" + "/".join(parts)
        return self._first([[d for d, pattern in layer if pattern.fits_path(tool, plain)] for layer in self.layers])

    def _first(self, layers: Sequence[Sequence[Decision]]) -> Decision | None:
        return next((_heaviest(decisions) for decisions in layers if decisions), None)


def load(own: Path | None) -> Rules:
    """The shipped rules, behind those of the file `own` where there is one.

    Raises:
        SettingsError: the file cannot be used; the text names the file, the entry and what to write instead.
    """
    files = [own] if own is not None and own.exists() else []
    return Rules(tuple(_layer(file) for file in (*files, DEFAULTS)))


def _layer(file: Path) -> tuple[tuple[Decision, Pattern], ...]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}; mend the file or remove it") from error
    known: tuple[Decision, ...] = get_args(Decision)
    if unknown := set(content) - set(known):
        raise SettingsError(f"{file}: {sorted(unknown)[0]!r} is not known; write lists named allow, ask and deny")
    return tuple((decision, _pattern(file, one)) for decision in known for one in _listed(file, content, decision))


def _listed(file: Path, content: dict[str, Any], decision: str) -> list[Any]:
    listed = content.get(decision, [])
    if not isinstance(listed, list):
        raise SettingsError(f'{file}: {decision} must be a list, as in {decision} = ["bash(git status *)"]')
    return listed


def _pattern(file: Path, entry: Any) -> Pattern:
    match = _ENTRY.fullmatch(entry) if isinstance(entry, str) else None
    if match is None:
        raise SettingsError(
            f'{file}: {entry!r} is no rule; write a tool ({", ".join(TOOLS)}), as in "read", or a tool and its input,'
            ' as in "bash(git status *)" or "write(/workspace/**)"'
        )
    tool, given = match.groups()
    try:
        words = shlex.split(given or "") if tool == "bash" else [given] if given else []
    except ValueError as error:
        raise SettingsError(f"{file}: {entry!r}: {error}; close what you opened") from error
    if tool != "bash" and words and not words[0].startswith(("/", "**")):
        raise SettingsError(f"{file}: {entry!r}: a path begins with / (your project is in /workspace) or with **")
    return Pattern(tool, tuple(words))


def _heaviest(decisions: Sequence[Decision | None]) -> Decision | None:
    """Allowed where everything is, and nothing where something is unknown and the rest allowed."""
    for decision in ("deny", "ask"):
        if decision in decisions:
            return decision
    return "allow" if decisions and None not in decisions else None


def _words_fit(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "*":
        return any(_words_fit(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and fnmatchcase(words[0], pattern[0]) and _words_fit(pattern[1:], words[1:])


def _path_fits(pattern: str, path: str) -> bool:
    """`*` and `?` stay within a folder, `**` crosses folders and may be none."""
    escaped = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.fullmatch(escaped.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"), path) is not None
