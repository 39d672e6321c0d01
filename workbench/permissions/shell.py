"""A bash command taken apart into the plain commands that it runs: only where that can be told surely."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_MOST_CHARACTERS: Final = 10_000
_SEPARATORS: Final = frozenset({";", "&", "|", "&&", "||", "|&", "\n"})
_OPERATORS: Final = ("&>>", "<<<", "&&", "||", "|&", ";;", "&>", ">>", ">|", ">&", "<&", "<<", "<>", "<(", ">(")
_WRITES: Final = frozenset({">", ">>", ">|", ">&", "&>", "&>>"})
_KEYWORDS: Final = frozenset(
    [
        "!",
        "[[",
        "]]",
        "case",
        "coproc",
        "do",
        "done",
        "elif",
        "else",
        "esac",
        "fi",
        "for",
        "function",
        "if",
        "in",
        "select",
        "then",
        "time",
        "until",
        "while",
        "{",
        "}",
    ]
)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*(\[.*\])?\+?=")
_COPIES_A_DESCRIPTOR: Final = re.compile(r"[0-9]+|-")


@dataclass(frozen=True)
class Plain:
    """One command as its words are after quoting, and the files that it is redirected from and to."""

    words: tuple[str, ...]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class _Unsure(Exception):
    """What the command does depends on more than its text, or is not understood here."""


def plain_commands(command: str) -> tuple[Plain, ...] | None:
    """Every command of the line, subshells and pipes included; None where a part cannot be told surely.

    Expansions (`$x`, `$(…)`, backquotes, braces, a leading `*` or `~`), assignments, here-documents, functions and compound
    statements are not followed.
    """
    if len(command) > _MOST_CHARACTERS:
        return None
    try:
        return _Parser(_tokens(command)).commands()
    except _Unsure:
        return None


# ── words and operators ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Token:
    """A word, or an operator; a `bare` word is written without any quotes, a `pattern` has an unquoted wildcard."""

    text: str
    is_operator: bool = False
    bare: bool = True
    pattern: bool = False


def _tokens(command: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while place < len(command):
        rest = command[place:]
        if rest.startswith("\\\n"):
            place += 2
        elif rest[0] in " \t":
            place += 1
        elif rest[0] == "#":
            place += len(rest.partition("\n")[0])
        elif rest[0] in ";&|<>()\n":
            operator = next((one for one in _OPERATORS if rest.startswith(one)), rest[0])
            tokens.append(_Token(operator, is_operator=True))
            place += len(operator)
        else:
            word, place = _word(command, place)
            is_descriptor = (
                word.bare and word.text.isascii() and word.text.isdigit() and command[place : place + 1] in {"<", ">"}
            )
            tokens += [] if is_descriptor else [word]
    return tokens


def _word(command: str, place: int) -> tuple[_Token, int]:
    """The word that begins here, and where it ends."""
    parts: list[str] = []
    bare, pattern = True, False
    while place < len(command) and command[place] not in " \t\n;&|<>()":
        character = command[place]
        if character == "'":
            end = command.find("'", place + 1)
            if end < 0:
                raise _Unsure
            parts.append(command[place + 1 : end])
            bare, place = False, end + 1
        elif character == '"':
            text, place = _double_quoted(command, place + 1)
            parts.append(text)
            bare = False
        elif character == "\\":
            if place + 1 >= len(command):
                raise _Unsure
            parts.append("" if command[place + 1] == "\n" else command[place + 1])
            bare, place = False, place + 2
        elif character in "$`{}" or not (character.isprintable()) or (character in "*?[~" and not any(parts)):
            raise _Unsure
        else:
            pattern = pattern or character in "*?["
            parts.append(character)
            place += 1
    if pattern and parts[0].startswith("-"):
        # It might become any option that a file is named like.
        raise _Unsure
    return _Token("".join(parts), bare=bare, pattern=pattern), place


def _double_quoted(command: str, place: int) -> tuple[str, int]:
    parts: list[str] = []
    while place < len(command):
        character = command[place]
        if character == '"':
            return "".join(parts), place + 1
        if character in "$`":
            raise _Unsure
        if character == "\\" and command[place + 1 : place + 2] in {'"', "\\", "$", "`", "\n"}:
            parts.append(command[place + 1].replace("\n", ""))
            place += 2
        else:
            parts.append(character)
            place += 1
    raise _Unsure


# ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Parser:
    tokens: list[_Token]
    found: list[Plain] = field(default_factory=list)
    words: list[_Token] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    depth: int = 0
    is_closed: bool = False
    is_continued: bool = False

    def commands(self) -> tuple[Plain, ...]:
        waiting = self.tokens[::-1]
        while waiting:
            token = waiting.pop()
            if not token.is_operator:
                self._word(token)
            elif token.text in _SEPARATORS:
                self._separate(token.text)
            elif token.text in {"(", ")"}:
                self._parenthesis(token.text)
            else:
                self._redirect(token.text, waiting.pop() if waiting else None)
        self._end_command()
        if self.depth or self.is_continued or not self.found:
            raise _Unsure
        return tuple(self.found)

    def _word(self, token: _Token) -> None:
        if self.is_closed:
            raise _Unsure
        self.words.append(token)
        self.is_continued = False

    def _separate(self, separator: str) -> None:
        if separator == "\n" and self.is_continued:
            return
        if separator != "\n" and not self.words and not self.is_closed:
            raise _Unsure
        self._end_command()
        self.is_continued = separator in {"|", "&&", "||", "|&"}

    def _parenthesis(self, which: str) -> None:
        if which == "(":
            if self.words or self.writes or self.reads or self.is_closed:
                raise _Unsure
            self.depth += 1
            self.is_continued = False
            return
        if self.is_continued or not self.depth:
            raise _Unsure
        self._end_command()
        self.depth -= 1
        self.is_closed = True

    def _redirect(self, operator: str, target: _Token | None) -> None:
        if target is None or target.is_operator or target.pattern or self.is_closed:
            raise _Unsure
        if operator in {">&", "<&"} and target.bare and _COPIES_A_DESCRIPTOR.fullmatch(target.text):
            return
        if operator in _WRITES:
            self.writes.append(target.text)
        elif operator == "<":
            self.reads.append(target.text)
        else:
            raise _Unsure

    def _end_command(self) -> None:
        words, reads, writes = self.words, self.reads, self.writes
        self.words, self.reads, self.writes, self.is_closed = [], [], [], False
        if not words:
            if reads or writes:
                raise _Unsure
            return
        first = words[0]
        if first.pattern or (first.bare and first.text in _KEYWORDS) or _ASSIGNMENT.match(first.text):
            raise _Unsure
        self.found.append(Plain(tuple(word.text for word in words), tuple(reads), tuple(writes)))
