"""Claude Code's permission rules in this program's words: the same or narrower where they allow, the same or wider where they do not.

The forms are those of its documentation: `Bash(npm run test:*)`, `Bash(git * main)`, `Read(./secrets/**)` with the patterns of
gitignore, `//` for the root of the file system, `mcp__server__tool`.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal

from workbench.commands.tool_settings.plan import Decision
from workbench.commands.tool_settings.secrets import may_hold_secret
from workbench.contracts.tools import WEB_FETCH, WEB_SEARCH

_RULE: Final = re.compile(r"([A-Za-z_][\w*-]*)(?:\((.*)\))?", re.DOTALL)
_MCP: Final = re.compile(r"mcp__[A-Za-z0-9_*-]+")
_DOMAIN: Final = re.compile(r"domain:((?:\*\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
_SEVERAL: Final = re.compile(r"[;&|<>()`$\\\n\r\0]")
_PLAIN: Final = re.compile(r"[\w@%+=:,./*?\[\]~!-]+")
_MOST_STARS: Final = 3
_CHANGES: Final = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})
_LOOKS: Final = {"Read": "read", "NotebookRead": "read", "Grep": "grep", "Glob": "glob", "LS": "glob"}
SEARCHES: Final = "a search through a whole folder can still show lines of such a file, and programs can open it"
WRITES: Final = "commands that write such a file by themselves are not seen, redirections are"


@dataclass(frozen=True)
class Scope:
    """Where a rule stands: `base` is the folder that a path with one leading / begins at."""

    base: Path
    project: Path | None
    home: Path


@dataclass(frozen=True)
class Translation:
    """The entries of a rule, or `why` there are none: it `needs` none, or it cannot be said here."""

    entries: tuple[str, ...] = ()
    why: str = ""
    kind: Literal["taken", "needless", "cannot"] = "taken"


def cannot(why: str) -> Translation:
    return Translation(why=why, kind="cannot")


def translated(said: str, decision: Decision, scope: Scope) -> Translation:
    """One rule."""
    match = _RULE.fullmatch(said.strip())
    if match is None:
        return cannot("it is no rule that Claude Code documents")
    tool, given = match[1], (match[2] or "").strip()
    if tool.startswith("mcp__"):
        return _of_server(tool, given, decision)
    if tool == "Bash":
        return _of_command(given, decision)
    if tool in _CHANGES or tool in _LOOKS:
        of_files = _of_change if tool in _CHANGES else _of_look
        return of_files(tool, "" if given == "*" else given, decision, scope)
    if tool in ("WebFetch", "WebSearch"):
        return _of_web(tool, given, decision)
    return cannot(f"agents here have no tool {tool[:40]}")


# ── servers and commands ──────────────────────────────────────────────────────────────────────────────────────────────


def _of_server(tool: str, given: str, decision: Decision) -> Translation:
    if given or not _MCP.fullmatch(tool):
        return cannot("a rule for a server's tool takes no input, and plain letters, digits, _ and - in its name")
    server = tool.removeprefix("mcp__").partition("__")[0]
    if decision == "allow" and "*" in server:
        return cannot("it would allow tools of servers that it does not name; Claude Code passes over it too")
    return Translation((tool if "__" in tool.removeprefix("mcp__") else f"{tool}__*",))


def _of_web(tool: str, given: str, decision: Decision) -> Translation:
    if tool == "WebSearch":
        return (
            cannot("a rule for searches takes no input") if given not in ("", "*") else Translation((WEB_SEARCH.name,))
        )
    if given in ("", "*", "domain:*"):
        return Translation((WEB_FETCH.name,))
    domain = _DOMAIN.fullmatch(given)
    if domain is None:
        return cannot("it names no host, as in WebFetch(domain:example.com)")
    entries = [f"{WEB_FETCH.name}(domain:{domain[1].lower()})"]
    # Whether the hosts below it are meant is not said there: what is forbidden is so for all of them.
    below = [f"{WEB_FETCH.name}(domain:*.{domain[1].lower()})"] if decision != "allow" and "*" not in domain[1] else []
    return Translation((*entries, *below))


def _of_command(given: str, decision: Decision) -> Translation:
    text = f"{given.removesuffix(':*')} *" if given.endswith(":*") else given
    if not text.strip(" *"):
        if decision == "allow":
            return cannot("every command would run; workbench set ID --mode allow says that for one session")
        return Translation(("bash",))
    try:
        words = shlex.split(text) if not _SEVERAL.search(text) else []
    except ValueError:
        words = []
    if not words:
        return cannot("it is more than the words of one command")
    is_quoted = "*" in text.removesuffix(" *") and re.search("[\"']", text) is not None
    if decision == "allow":
        return cannot("its wildcards stand beside quotation marks") if is_quoted else _taken([_narrow(words)])
    if sum(word.count("*") for word in words if word != "*") > _MOST_STARS:
        return cannot(f"it has more than {_MOST_STARS} wildcards within words")
    return _taken(_wide(words))


def _taken(commands: Iterable[list[str]]) -> Translation:
    return Translation(tuple(dict.fromkeys(_entry(one) for one in commands)))


def _narrow(words: list[str]) -> list[str]:
    """Of what the other program's pattern fits, that which surely fits: a `*` of its own is any text, with blanks in it or not."""
    stars = sum("*" in word for word in words)
    made: list[str] = []
    for place, word in enumerate(words):
        is_last = place == len(words) - 1
        if word != "*":
            made.append(_literal(word))
            # `test*` at the end goes on over the words behind it.
            made += ["*"] if is_last and word.endswith("*") else []
        else:
            # One at the end may stand for nothing, if it is the only one; any other stands for something.
            made += ["*"] if is_last and stars == 1 else ["?*", "*"]
    return made


def _wide(words: list[str]) -> Iterator[list[str]]:
    """All that the other program's pattern may fit: a `*` within a word goes over the words behind it too."""
    ways = [[[word]] if word == "*" else _spread(word) for word in words]
    for chosen in itertools.product(*ways):
        yield [word for part in chosen for word in part]


def _spread(word: str) -> list[list[str]]:
    parts = word.split("*")
    found = []
    # What may go on behind the word may also end with it.
    ends = [(False, True)] * (len(parts) - 2) + [(True,) if not parts[-1] else (False, True)] * (len(parts) > 1)
    for cuts in itertools.product(*ends):
        made = [_literal(parts[0])]
        for is_cut, part in zip(cuts, parts[1:], strict=True):
            made[-1] += "*"
            made += ["*"] if is_cut else []
            if not is_cut:
                made[-1] += _literal(part)
            elif part:
                made.append(f"*{_literal(part)}")
        found.append(made)
    return found


def _literal(word: str) -> str:
    """The word with its `*` as they are, and what else would be a wildcard here as itself."""
    return re.sub(r"[?\[]", lambda sign: f"[{sign[0]}]", word)


def command_entry(words: list[str]) -> str:
    """The rule for a command that begins with exactly these words."""
    return _entry([*(_literal(word).replace("*", "[*]") for word in words), "*"])


def _entry(words: list[str]) -> str:
    return f"bash({' '.join(word if _PLAIN.fullmatch(word) else shlex.quote(word) for word in words)})"


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_change(tool: str, given: str, decision: Decision, scope: Scope) -> Translation:
    if decision == "allow":
        if tool != "Edit" and given:
            return cannot("Claude Code looks at paths in Edit and Read alone, so this allows nothing there either")
        return Translation(
            why="under the policy auto an agent may change its own copy of the project, but for files such as .git and hooks",
            kind="needless",
        )
    return _denied("write", given, scope, WRITES)


def _of_look(tool: str, given: str, decision: Decision, scope: Scope) -> Translation:
    if decision == "allow":
        return Translation(
            why="reading is allowed under the policy auto; a sandbox has the project and nothing of your home",
            kind="needless",
        )
    if given and tool != "Read":
        return cannot("Claude Code looks at paths in Edit and Read alone; write it as Read")
    return _denied(_LOOKS[tool], given, scope, SEARCHES if _LOOKS[tool] == "read" and given else "")


def _denied(tool: str, given: str, scope: Scope, difference: str) -> Translation:
    if not given:
        return Translation((tool,))
    patterns = _patterns(given, scope)
    if isinstance(patterns, str):
        return cannot(patterns)
    entries = tuple(tool if one is None else f"{tool}({one})" for one in patterns)
    return Translation(entries, difference if tool != entries[0] else "")


def _patterns(given: str, scope: Scope) -> list[str | None] | str:
    """The patterns here for one of gitignore's, each at least as wide; None is every file; a text says why there are none."""
    if "\\" in given or "\n" in given or given.startswith("!"):
        return "its pattern has a sign that has no meaning here"
    path = re.sub(r"\[[^\]]*\]", "?", given)
    if path.startswith(("/", "~/")):
        tail = _below(_on_machine(path, scope), scope)
        if tail is None:
            return "it names a place outside of this project, and a sandbox has nothing of your machine but its project"
    else:
        tail = re.sub(r"^(\./)+", "", path)
    if ".." in tail.split("/"):
        return "its path leaves the folder that it begins at"
    return _at_any_depth(re.sub(r"^(\*\*/)+", "", tail))


def _at_any_depth(tail: str) -> list[str | None]:
    if tail in ("", "*", "**", "."):
        return [None]
    if tail.endswith(("/", "/**")):
        return [f"**/{tail.removesuffix('**')}**"]
    # A pattern that names a folder holds for all that is in it.
    return [f"**/{tail}", f"**/{tail}/**"]


def _on_machine(path: str, scope: Scope) -> str:
    if path.startswith("//"):
        return path[1:]
    return f"{scope.home}/{path[2:]}" if path.startswith("~/") else f"{scope.base}{path}"


def _below(path: str, scope: Scope) -> str | None:
    """What of a path of the machine lies in the project, as a pattern for any depth; "" is all of it, None is nothing."""
    if scope.project is None:
        return None
    parts = [part for part in path.split("/") if part]
    project = scope.project.parts[1:]
    named = parts[:-1] if parts[-1:] == ["**"] else parts
    if any(_names(named, project[:depth]) for depth in range(len(project) + 1)):
        return ""
    begin = parts[: len(project)]
    if "**" not in begin:
        is_inside = len(named) > len(project) and _names(begin, project)
        return "/".join(parts[len(project) :]) + "/" * path.endswith("/") if is_inside else None
    fixed = parts[: parts.index("**")]
    if not _names(fixed, project[: len(fixed)]):
        return None
    # The project may begin at any place of what follows.
    return "/".join(parts[len(named) - 1 :]) + "/" * path.endswith("/")


def _names(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    """Whether the pattern, by parts, names exactly this folder."""
    places = {0}
    for part in pattern:
        if part == "**":
            places = {place for first in places for place in range(first, len(folder) + 1)}
        else:
            places = {place + 1 for place in places if place < len(folder) and fnmatchcase(folder[place], part)}
    return len(folder) in places


def coarse(said: str) -> str | None:
    """An entry that surely covers all that a rule may mean; None for one that no command and no server's tool is in."""
    if said.strip().startswith("mcp__"):
        return "mcp__*"
    program = re.match(r"\s*Bash(?:\(\s*([\w./-]+)(?=[\s:)]))?", said)
    return None if program is None else f"bash({program[1]} *)" if program[1] else "bash"


def hidden_if_secret(said: str) -> str:
    """The rule as it may be shown."""
    tool = said.partition("(")[0]
    return (f"{tool}(…)" if tool.isalpha() and len(tool) < 20 else "(…)") if may_hold_secret(said) else said[:200]
