"""The parts of a call that rules are held against: the commands that it may run, and the files that it may read or write."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from workbench.contracts.call_hosts import host_of
from workbench.contracts.tools import BACKGROUND, BASH, command_of, path_of
from workbench.contracts.values import Json
from workbench.permissions.bash_lines import HOLE, Word
from workbench.permissions.nested_commands import everything_run
from workbench.permissions.shell import Plain, plain_commands

_WORKING_FOLDER: Final = "/workspace"
_NOWHERE: Final = "/dev/null"
# fmt: off
_SHOW_FILES: Final = frozenset(
    {
        "cat", "tac", "nl", "head", "tail", "less", "more", "sed", "awk", "gawk", "mawk", "grep", "egrep", "fgrep", "rg", "cut",
        "sort", "uniq", "paste", "column", "diff", "cmp", "comm", "strings", "xxd", "od", "hexdump", "base64", "base32", "cp", "mv",
        "ln", "tee", "source", ".", "jq", "yq", "bat", "view", "vi", "vim", "nano", "ed", "gzip", "tar", "zip", "rev", "fold", "pr",
    }
)
# fmt: on
"""What a rule for reading files holds for beside the tool `read`."""


@dataclass(frozen=True)
class Part:
    """A command, a path or a host (for `tool`) that a call means, surely or possibly; one without any is the call of a tool."""

    tool: str
    words: tuple[Word, ...] = ()
    path: str | None = None
    host: str | None = None
    is_sure: bool = True


@lru_cache(maxsize=512)
def _bash_parts(command: str) -> tuple[Part, ...]:
    """Everything that a line may run, read and write."""
    line, run = everything_run(command)
    return (
        *(Part("bash", words, is_sure=is_sure) for words, is_sure in run),
        *(Part("read", path=_whole(word.text)) for word in line.reads),
        *(part for words, _ in run for part in _shown_files(words)),
        *(Part("write", path=_whole(word.text)) for word in line.writes if word.text != _NOWHERE),
        *(Part("bash", tuple(map(Word, one.words))) for one in plain_commands(command) or ()),
        # A rule for the whole tool fits whatever the line is.
        Part("bash"),
    )


def _shown_files(words: tuple[Word, ...]) -> list[Part]:
    """The files that a command may show which is known to read files: any of its words may name one."""
    if not words or words[0].text.rpartition("/")[2] not in _SHOW_FILES:
        return []
    named = [
        Word(word.text.partition("=")[2] if word.text.startswith("-") else word.text, word.is_many)
        for word in words[1:]
    ]
    return [Part("read", path=_whole(word.text), is_sure=word.is_known) for word in named if word.text]


def _whole(path: str) -> str:
    """The path of a redirection: where a shell stands cannot be told, so a relative one might be anywhere."""
    return path if path.startswith("/") else f"/{HOLE}/{path}"


def parts_of(tool: str, tool_input: Json) -> Sequence[Part]:
    command = command_of(tool, tool_input)
    if tool == BASH.name:
        return [Part("bash")] if command is None else _bash_parts(command)
    if tool == BACKGROUND.name:
        return [Part(tool), *(_typed_parts(tool_input) if command is None else _bash_parts(command))]
    path = path_of(tool, tool_input)
    return [Part(tool, host=host_of(tool, tool_input)) if path is None else Part(tool, path=_normal(path))]


def _typed_parts(tool_input: Json) -> list[Part]:
    """What is typed into a running program may be a command to it."""
    text = tool_input.get("text")
    return [replace(part, is_sure=False) for part in _bash_parts(text)] if isinstance(text, str) else []


def sure_parts(tool: str, tool_input: Json) -> Sequence[Part]:
    """The parts of a call that can be taken apart surely; none of another."""
    command = command_of(tool, tool_input)
    if tool == BACKGROUND.name and command is None:
        return [Part(tool)]
    if command is None and tool != BASH.name:
        climbs = ".." in (path_of(tool, tool_input) or "").split("/")
        return [one for one in parts_of(tool, tool_input) if one.path is None or not climbs]
    plain = None if command is None else plain_commands(command)
    return [part for one in plain or () for part in _of_plain(one)]


def _of_plain(plain: Plain) -> list[Part]:
    places = [("read", path) for path in plain.reads] + [("write", path) for path in plain.writes if path != _NOWHERE]
    return [
        Part("bash", tuple(map(Word, plain.words))),
        *(
            Part(tool, path=path if path.startswith("/") and ".." not in path.split("/") else HOLE)
            for tool, path in places
        ),
    ]


def _normal(given: str) -> str:
    """A path from its root, without `.` and `..`, as it reads."""
    path = given if given.startswith("/") else f"{_WORKING_FOLDER}/{given}"
    return "/" + posixpath.normpath(path).lstrip("/")
