"""Front matter of a SKILL.md: its YAML as plain values with their lines; no tag, alias or number is ever built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_CHARACTERS: Final = 32_768
_MARK: Final = "---"


class FrontMatterFault(Exception):
    """What is wrong, in which line of the file."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(frozen=True)
class Odd:
    """A scalar that YAML takes for something else than text, as words: `a number`."""

    kind: str


@dataclass(frozen=True)
class Field:
    """One value of the top level: text, `Odd`, or lists and dicts of them."""

    line: int
    value: object
    lines: Mapping[str, int] = field(default_factory=dict)
    """Of the fields below it, where there are some."""


def read(text: str) -> dict[str, Field]:
    """The fields, in order.

    Raises:
        FrontMatterFault: there is no front matter, or it is no plain YAML mapping.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _MARK:
        before = " (it begins with a byte order mark)" if text.startswith("\ufeff") else ""
        raise FrontMatterFault(1, f"must begin with a line {_MARK}{before}, then YAML with name and description")
    end = next((at for at, line in enumerate(lines) if at and line.rstrip() == _MARK), None)
    if end is None:
        raise FrontMatterFault(1, f"the front matter that begins here has no end; end it with a line {_MARK}")
    body = "\n".join(lines[1:end]) + "\n"
    if len(body) > MOST_CHARACTERS:
        raise FrontMatterFault(
            1, f"the front matter has at most {MOST_CHARACTERS:,} characters, this one {len(body):,}"
        )
    # Late: an engine starts without a reader of YAML, and most sessions have no skill that is new.
    from workbench.skills.yaml_fields import fields_of

    return fields_of(body)
