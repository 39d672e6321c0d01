"""Reads the files of other programs' settings: bounded, regular files alone, and never with a file's content in an error."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from workbench.text import strict_json

Json = dict[str, Any]

MOST_BYTES: Final = 1 << 20
MOST_STATE_BYTES: Final = 1 << 26
"""Of a file in which a program keeps its state beside its settings."""
MOST_FRONT_MATTER: Final = 1 << 14
MOST_IN_FOLDER: Final = 500
_LINE: Final = re.compile(r"\(?at line (\d+)|line (\d+)")
_FIELD: Final = re.compile(r"([A-Za-z][\w-]*):[ \t]*(.*)")


class Unreadable(ValueError):
    """A file that is there and cannot be used; the text says why, without anything that stands in it."""


@dataclass(frozen=True)
class Text:
    """A file's text."""

    file: Path
    text: str

    def line(self, *words: str) -> int | None:
        """The first line that has one of these, from 1."""
        for word in words:
            if (at := self.text.find(word)) >= 0:
                return self.text.count("\n", 0, at) + 1
        return None


def read(file: Path, *, within: Path | None = None, most: int = MOST_BYTES) -> Text | None:
    """The file's text; None where there is none. `within` is a folder that its links may not leave.

    Raises:
        Unreadable: it is no regular file, too long, no UTF-8, or lies elsewhere.
    """
    try:
        if within is not None and not file.resolve(strict=True).is_relative_to(within.resolve()):
            raise Unreadable("it is a link that leads out of the project")
        # A pipe would be waited for.
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise Unreadable("it is no regular file")
    with os.fdopen(opened, "rb") as source:
        content = source.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"it has more than {most >> 20} MiB")
    try:
        return Text(file, content.removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None


def listed(folder: Path, pattern: str, *, within: Path | None = None) -> Iterator[Path]:
    """The files of a folder in order of name, so many at most.

    Raises:
        Unreadable: the folder cannot be listed, or lies elsewhere.
    """
    if not folder.is_dir():
        return
    if within is not None and not folder.resolve().is_relative_to(within.resolve()):
        raise Unreadable("it is a link that leads out of the project")
    try:
        found = sorted(folder.glob(pattern))
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be listed") from None
    yield from found[:MOST_IN_FOLDER]
    if len(found) > MOST_IN_FOLDER:
        raise Unreadable(f"only the first {MOST_IN_FOLDER} of its {len(found)} files are read")


# ── formats ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def json_of(text: Text) -> Json:
    """The object that the file holds, with or without comments.

    Raises:
        Unreadable: it holds none.
    """
    try:
        value = strict_json.loads(text.text)
    except strict_json.NotStrict:
        try:
            value = strict_json.loads(without_comments(text.text))
        except strict_json.NotStrict as error:
            raise Unreadable(_without_content("it is not JSON", str(error))) from None
    return _object(value)


def toml_of(text: Text) -> Json:
    """The tables that the file holds.

    Raises:
        Unreadable: it is not TOML.
    """
    try:
        value = tomllib.loads(text.text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_without_content("it is not TOML", str(error))) from None
    if fault := strict_json.fault_of(value):
        raise Unreadable(fault)
    return value


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise Unreadable("it holds no object with fields")
    return value


def _without_content(what: str, error: str) -> str:
    """An error of a parser may repeat what it read."""
    found = _LINE.search(error)
    return f"{what}, see line {found[1] or found[2]}" if found else what


def without_comments(text: str) -> str:
    """JSON without `//` and `/* */` and without commas before a closing bracket; lines stay where they are."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        sign = text[at]
        end = at + 1
        if sign == '"':
            while end < len(text) and text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            end = min(end + 1, len(text))
            parts.append(text[at:end])
        elif text.startswith(("//", "/*"), at):
            mark = "\n" if text[at + 1] == "/" else "*/"
            found = text.find(mark, at + 2)
            end = len(text) if found < 0 else found + (0 if mark == "\n" else 2)
            parts.append("\n" * text.count("\n", at, end))
        else:
            if sign in "]}":
                _drop_comma(parts)
            parts.append(sign)
        at = end
    return "".join(parts)


def _drop_comma(parts: list[str]) -> None:
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] == ",":
            parts[place] = ""
            return
        if parts[place].strip():
            return


def front_matter(text: Text) -> tuple[dict[str, Any], str]:
    """The fields of a Markdown file's head, all of them text, lists or mappings, and what stands behind it.

    Raises:
        Unreadable: it has no head.
    """
    head, mark, body = text.text.removeprefix("---\n").partition("\n---")
    if not text.text.startswith("---\n") or not mark or len(head) > MOST_FRONT_MATTER:
        raise Unreadable("it does not begin with fields between two lines of ---")
    body = body.partition("\n")[2].strip()
    try:
        # Text alone: no merges, which can be made to grow without an end, and no numbers that are none.
        fields = yaml.load(head, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        fields = _lenient(head)
    return {str(name): value for name, value in _object(fields).items()}, body


def _lenient(head: str) -> Json:
    """Fields of a head that is not quite YAML, such as a description with a colon in it, as programs take them."""
    found = (_FIELD.fullmatch(line) for line in head.split("\n"))
    return {one[1]: one[2].strip().strip("\"'") for one in found if one}
