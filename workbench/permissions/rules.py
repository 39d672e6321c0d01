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

from workbench.contracts import talking
from workbench.contracts.tools import BACKGROUND, BASH, IN_WEB, KINDS, RULED
from workbench.contracts.values import Json
from workbench.permissions.bash_lines import HOLE, Word
from workbench.permissions.call_parts import Part, parts_of, sure_parts
from workbench.permissions.hosts import AS_IN, covers, domain_of
from workbench.permissions.word_patterns import Fit, fit, may_be
from workbench.settings import SettingsError
from workbench.text.lines import lines_of

Decision = Literal["deny", "ask", "allow"]
"""In order of weight: within a file the first that fits counts."""

DEFAULTS: Final = Path(__file__).with_name("permissions.toml")
_ENTRY: Final = re.compile(rf"({'|'.join(RULED)})(?:\((.+)\))?|(mcp__[A-Za-z0-9_*-]+|{talking.SEND})")
_RULED_WITH: Final = {kind.name: kind.ruled_with for kind in KINDS}
"""What is denied or asked for one tool is so for the other, which does the same to a file."""


@dataclass(frozen=True)
class Pattern:
    """A tool, and what its input must look like: words of a command, or a path; without any, every input fits."""

    tool: str
    words: tuple[str, ...] = ()
    entry: str = field(default="", compare=False)
    """As it stands in its file, and where that is, for a person who wants to know why."""
    place: str = field(default="", compare=False)

    def fits_command(self, words: tuple[Word, ...]) -> Fit:
        return fit(self.words, words) if self.tool == BASH.name else ""

    def fits_path(self, tool: str, path: str, *, decision: Decision) -> Fit:
        """How a path fits; a hole in it stands for what is not known."""
        if self.tool != tool and (decision == "allow" or self.tool not in _RULED_WITH.get(tool, ())):
            return ""
        if not self.words or (
            _path_fits(self.words[0], path) and (HOLE not in path or self.words[0].startswith("**/"))
        ):
            return "surely"
        if decision == "allow":
            return ""
        # Other file systems take `.GIT` for `.git`.
        return "maybe" if _path_may_fit(self.words[0].casefold(), path.casefold()) else ""


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
class Ruling:
    """What a rule says of a call; `is_sure` where it is certain that the call is one of those that the rule means."""

    decision: Decision
    pattern: Pattern
    is_sure: bool = True


@dataclass(frozen=True)
class Rules:
    """A person's layers of patterns with their decisions, before the shipped ones: the first layer in which one fits decides.

    Allowing needs certainty. A person's `deny` and `ask` need only a possibility, and then ask; so do the shipped ones in a line
    that would otherwise be allowed. `always` turns asking into running.
    """

    layers: tuple[Layer, ...] = ()
    always: tuple[Always, ...] = ()
    shipped: tuple[Layer, ...] = ()

    def is_always_allowed(self, tool: str, tool_input: Json, *, session_id: str, agent_id: str) -> bool:
        """Whether a person allowed this for good where it is asked; what a person's rule denies, or may deny, is not."""
        fitting = [one for one in self.always if one.reaches(session_id, agent_id) and one.fits(tool, tool_input)]
        denial = self.denial(tool, tool_input)
        if denial is not None:
            return not denial.is_sure and any(one.exact is not None for one in fitting)
        return bool(fitting) and self.decision(tool, tool_input) != "deny"

    def denial(self, tool: str, tool_input: Json) -> Ruling | None:
        """The person's own `deny` that the call fits, surely or possibly: it holds under every policy."""
        own = [tuple(one for one in layer if one[0] == "deny") for layer in self.layers]
        if not any(own):
            return None
        found = [
            Ruling("deny", pattern, sure == "surely")
            for layer in own
            for _, pattern in layer
            for sure in _fits(("deny", pattern), parts_of(tool, tool_input))
        ]
        return next((one for one in found if one.is_sure), found[0] if found else None)

    def decision(self, tool: str, tool_input: Json) -> Decision | None:
        """What the rules say of a call; None where they say nothing."""
        ruling = self.ruling(tool, tool_input)
        return None if ruling is None else ruling.decision if ruling.is_sure else "ask"

    def pattern(self, tool: str, tool_input: Json) -> Pattern | None:
        """The pattern behind `decision`."""
        ruling = self.ruling(tool, tool_input)
        return None if ruling is None else ruling.pattern

    def ruling(self, tool: str, tool_input: Json) -> Ruling | None:
        """The rule behind `decision`."""
        parts = parts_of(tool, tool_input)
        allowed = self._allowed(tool, tool_input)
        against = [self._against(part, may_be_allowed=allowed is not None) for part in parts]
        found = [one for one in against if one is not None]
        for decision, is_sure in (("deny", True), ("deny", False), ("ask", True), ("ask", False)):
            for one in found:
                if (one.decision, one.is_sure) == (decision, is_sure):
                    return one
        return allowed

    def _against(self, part: Part, *, may_be_allowed: bool) -> Ruling | None:
        """The heaviest that the first layer with a word on this part says against it."""
        for layer, is_own in [*((one, True) for one in self.layers), *((one, False) for one in self.shipped)]:
            rulings = [
                Ruling(one[0], one[1], sure == "surely")
                for one in layer
                for sure in _fits(one, [part])
                if sure == "surely" or (one[0] != "allow" and (is_own or may_be_allowed))
            ]
            against = [one for one in rulings if one.decision != "allow"]
            if not is_own and not may_be_allowed and len(against) < len(rulings):
                # A shipped `ask` that narrows what is allowed says nothing where nothing would be allowed.
                against = [one for one in against if one.decision == "deny"]
            if against:
                return min(against, key=lambda one: (one.decision != "deny", not one.is_sure))
            if rulings:
                return None
        return None

    def _allowed(self, tool: str, tool_input: Json) -> Ruling | None:
        """A rule that allows a call of which every part is allowed, unless something is said against it."""
        found = [self._allowing(part) for part in sure_parts(tool, tool_input)]
        return Ruling("allow", found[0]) if found and found[0] is not None and None not in found else None

    def _allowing(self, part: Part) -> Pattern | None:
        if part.path == HOLE:
            return None
        allows = (one for layer in (*self.layers, *self.shipped) for one in layer if one[0] == "allow")
        return next((one[1] for one in allows if _fits(one, [part])), None)


def _fits(found: Found, parts: Sequence[Part]) -> list[Fit]:
    """How the parts fit a pattern, those alone that do."""
    decision, pattern = found
    fits: list[Fit] = []
    for part in parts:
        if part.path is not None:
            how = pattern.fits_path(part.tool, part.path, decision=decision)
        elif part.tool == BASH.name and part.words:
            # What a person allowed is meant as it is written: no other name and no wrapping.
            how = pattern.fits_command(part.words) if decision != "allow" else _as_written(pattern, part.words)
        else:
            # Of a tool with an address, words are a host.
            is_host = part.host is not None and pattern.words != () and covers(pattern.words[0], part.host)
            how = "surely" if fnmatchcase(part.tool, pattern.tool) and (not pattern.words or is_host) else ""
        if how:
            fits.append(how if part.is_sure else "maybe")
    return fits


def _as_written(pattern: Pattern, words: tuple[Word, ...]) -> Fit:
    known = all(word.is_known for word in words)
    return (
        "surely"
        if pattern.tool == BASH.name and known and _words_fit(pattern.words, [one.text for one in words])
        else ""
    )


def load(own: Path | None) -> Rules:
    """The shipped rules, behind those of the file `own` where there is one.

    Raises:
        SettingsError: the file cannot be used; the text names the file, the entry and what to write instead.
    """
    shipped = Rules(shipped=parsed(DEFAULTS, DEFAULTS.read_text(encoding="utf-8")).layers)
    if own is None or not own.exists():
        return shipped
    try:
        text = own.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{own}: {error}; mend the file or remove it") from error
    mine = parsed(own, text)
    return Rules(mine.layers, mine.always, shipped.shipped)


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
            f'{file}: {entry!r} is no rule; write a tool ({", ".join(RULED)}), as in "read", or a tool and its input,'
            ' as in "bash(git status *)" or "write(/workspace/**)", or the name of a tool of an MCP server: "mcp__shop__*"'
        )
    tool, given = match[1] or match[3], match[2]
    try:
        words = shlex.split(given or "") if tool == BASH.name else [given] if given else []
    except ValueError as error:
        raise SettingsError(f"{file}: {entry!r}: {error}; close what you opened") from error
    if tool == BACKGROUND.name and words:
        raise SettingsError(
            f'{file}: {entry!r}: what runs in the background is ruled with bash, as in "bash(npm run *)"; "background" alone'
            " means every call of that tool"
        )
    if tool in IN_WEB and words:
        words = [domain] if (domain := domain_of(tool, words[0])) else []
        if not words:
            raise SettingsError(f"{file}: {entry!r}: {AS_IN}")
        return Pattern(tool, tuple(words))
    if tool != BASH.name and words and not words[0].startswith(("/", "**")):
        raise SettingsError(f"{file}: {entry!r}: a path begins with / (your project is in /workspace) or with **")
    return Pattern(tool, tuple(words))


def _words_fit(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "*":
        return any(_words_fit(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and fnmatchcase(words[0], pattern[0]) and _words_fit(pattern[1:], words[1:])


def _path_fits(pattern: str, path: str) -> bool:
    """`*` and `?` stay within a folder, `**` crosses folders and may be none."""
    escaped = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.fullmatch(escaped.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"), path, re.DOTALL) is not None


def _path_may_fit(pattern: str, path: str) -> bool:
    """Whether some path for the holes fits."""
    if HOLE not in path:
        return _path_fits(pattern, path)
    # `**/` may be no folder at all; what is within a folder may be more here.
    return may_be(pattern.replace("**/", "*"), path) or may_be(
        pattern.replace("**/", "*"), path.removeprefix(f"/{HOLE}")
    )
