"""Permission rules: read from files that people write, matched on tool and input; how the file is kept current is in rulebook."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Literal, get_args

from workbench.brain.shell import Plain, plain_commands
from workbench.contracts import Json
from workbench.settings import SettingsError
from workbench.text_lines import lines_of

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
    entry: str = field(default="", compare=False)
    """As it stands in its file, and where that is, for a person who wants to know why."""
    place: str = field(default="", compare=False)

    def fits_command(self, words: Sequence[str]) -> bool:
        return self.tool == "bash" and (not self.words or _words_fit(self.words, words))

    def fits_path(self, tool: str, path: str) -> bool:
        return self.tool == tool and (not self.words or _path_fits(self.words[0], path))


Found = tuple[Decision, Pattern]
Layer = tuple[Found, ...]


@dataclass(frozen=True)
class Always:
    """Calls that a person allowed for good: by patterns or exactly one; in one session, for one agent, or (neither) everywhere."""

    patterns: tuple[Pattern, ...] = ()
    exact: tuple[str, Json] | None = None
    session: str | None = None
    agent: str | None = None

    def reaches(self, session_id: str, agent_id: str) -> bool:
        return self.session in (None, session_id) and self.agent in (None, agent_id)

    def fits(self, tool: str, tool_input: Json) -> bool:
        if self.exact is not None:
            return self.exact == (tool, tool_input)
        return Rules((tuple(("allow", pattern) for pattern in self.patterns),)).decision(tool, tool_input) == "allow"


@dataclass(frozen=True)
class Rules:
    """Layers of patterns with their decisions: the first layer in which one fits decides. `always` turns asking into running."""

    layers: tuple[Layer, ...] = ()
    always: tuple[Always, ...] = ()

    def is_always_allowed(self, tool: str, tool_input: Json, *, session_id: str, agent_id: str) -> bool:
        """Whether a person allowed this for good where it is asked; what a rule denies stays denied."""
        fitting = any(one.reaches(session_id, agent_id) and one.fits(tool, tool_input) for one in self.always)
        return fitting and self.decision(tool, tool_input) != "deny"

    def decision(self, tool: str, tool_input: Json) -> Decision | None:
        """What the rules say of a call; None where they say nothing."""
        return _heaviest([found[0] if found else None for found in self._found(tool, tool_input)])

    def pattern(self, tool: str, tool_input: Json) -> Pattern | None:
        """The pattern behind `decision`."""
        decided = self.decision(tool, tool_input)
        found = [one for one in self._found(tool, tool_input) if one is not None]
        return next((pattern for decision, pattern in found if decision == decided), None)

    def _found(self, tool: str, tool_input: Json) -> list[Found | None]:
        """What fits each part of a call; None for a part of which the rules say nothing."""
        if tool == "bash":
            command = tool_input.get("command")
            plain = plain_commands(command) if isinstance(command, str) else None
            return [] if plain is None else [part for one in plain for part in self._of_plain(one)]
        path = tool_input.get("path", ".") if tool in {"glob", "grep"} else tool_input.get("file_path")
        return [self._of_path(tool, path)] if isinstance(path, str) else []

    def _of_plain(self, plain: Plain) -> list[Found | None]:
        """What the rules say of a command, and of each file that it is redirected from or to."""
        command = self._first([[one for one in layer if one[1].fits_command(plain.words)] for layer in self.layers])
        # Where a shell stands cannot be told, so a relative path might be anywhere.
        places = [("read", path) for path in plain.reads] + [
            ("write", path) for path in plain.writes if path != _NOWHERE
        ]
        return [command, *(self._of_path(tool, path) if path.startswith("/") else None for tool, path in places)]

    def _of_path(self, tool: str, given: str) -> Found | None:
        path = given if given.startswith("/") else f"{_WORKING_FOLDER}/{given}"
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if ".." in parts:
            return None
        plain = "/" + "/".join(parts)
        return self._first([[one for one in layer if one[1].fits_path(tool, plain)] for layer in self.layers])

    def _first(self, layers: Sequence[Sequence[Found]]) -> Found | None:
        fitting: Sequence[Found] = next((layer for layer in layers if layer), ())
        decided = _heaviest([decision for decision, _ in fitting])
        return next((one for one in fitting if one[0] == decided), None)


def load(own: Path | None) -> Rules:
    """The shipped rules, behind those of the file `own` where there is one.

    Raises:
        SettingsError: the file cannot be used; the text names the file, the entry and what to write instead.
    """
    shipped = parsed(DEFAULTS, DEFAULTS.read_text(encoding="utf-8"))
    if own is None or not own.exists():
        return shipped
    try:
        text = own.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{own}: {error}; mend the file or remove it") from error
    mine = parsed(own, text)
    return Rules((*mine.layers, *shipped.layers), mine.always)


def parsed(file: Path, text: str) -> Rules:
    """The rules that `text` holds, as the content of `file`.

    Raises:
        SettingsError: see `load`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}; mend the file or remove it") from error
    known: tuple[Decision, ...] = get_args(Decision)
    if unknown := set(content) - {*known, "always"}:
        raise SettingsError(
            f"{file}: {sorted(unknown)[0]!r} is not known; write lists named allow, ask and deny, and [[always]]"
        )
    source = _Source(file, text)
    layer = tuple((decision, source.pattern(one)) for decision in known for one in source.listed(content, decision))
    always = content.get("always", [])
    if not isinstance(always, list):
        raise SettingsError(f"{file}: always is written with two brackets, as in [[always]]")
    return Rules((layer,), tuple(source.always(one) for one in always))


@dataclass(frozen=True)
class _Source:
    """A file's text, from which entries are read and in which they are found again."""

    file: Path
    text: str

    def listed(self, content: dict[str, Any], decision: str) -> list[Any]:
        listed = content.get(decision, [])
        if not isinstance(listed, list):
            raise SettingsError(f'{self.file}: {decision} must be a list, as in {decision} = ["bash(git status *)"]')
        return listed

    def pattern(self, entry: Any) -> Pattern:
        read = _pattern(self.file, entry)
        lines = lines_of(self.text)
        quoted = (json.dumps(entry, ensure_ascii=False), f"'{entry}'")
        line = next((number for number, line in enumerate(lines, 1) if any(one in line for one in quoted)), None)
        return Pattern(read.tool, read.words, entry, f"{self.file.name}:{line}" if line else self.file.name)

    def always(self, given: Any) -> Always:
        if not isinstance(given, dict):
            raise SettingsError(f"{self.file}: always is written with two brackets, as in [[always]]")
        if unknown := given.keys() - {"allow", "exact", "session", "agent"}:
            named = sorted(unknown)[0]
            raise SettingsError(
                f"{self.file}: {named!r} is not known in [[always]], which takes allow or exact, and session or agent; "
                "the lists allow, ask and deny stand before the first [[always]]"
            )
        scopes = [given.get("session"), given.get("agent")]
        if not all(scope is None or (isinstance(scope, str) and scope) for scope in scopes) or all(scopes):
            raise SettingsError(
                f"{self.file}: [[always]] is for one session or one agent, each named by its id in quotes"
            )
        if ("allow" in given) == ("exact" in given):
            raise SettingsError(f'{self.file}: [[always]] needs allow = ["bash(make test)"], or exact, and not both')
        patterns = tuple(self.pattern(one) for one in self.listed(given, "allow"))
        if "allow" in given and not patterns:
            raise SettingsError(f"{self.file}: [[always]] with an empty allow allows nothing; remove it")
        exact = _exact(self.file, given["exact"]) if "exact" in given else None
        return Always(patterns, exact, given.get("session"), given.get("agent"))


def _exact(file: Path, given: Any) -> tuple[str, Json]:
    tool, _, text = given.partition(" ") if isinstance(given, str) else ("", "", "")
    try:
        tool_input = json.loads(text)
    except ValueError:
        tool_input = None
    if not tool or not isinstance(tool_input, dict):
        raise SettingsError(
            f'{file}: exact is a tool and its input as JSON, as in exact = \'bash {{"command": "ls"}}\''
        )
    return tool, tool_input


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
