"""What a SKILL.md must say, as the API and the open format have it: each fault with its file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.skills.front_matter import Field, FrontMatterFault, Odd, read

SKILL_FILE: Final = "SKILL.md"
LONGEST_NAME: Final = 64
LONGEST_DESCRIPTION: Final = 1024
LONGEST_COMPATIBILITY: Final = 500
LONGEST_BODY_LINES: Final = 500
RESERVED: Final = ("anthropic", "claude")
KNOWN: Final = ("name", "description", "license", "allowed-tools", "metadata", "compatibility")
MOST_SAID: Final = 20

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_XML: Final = re.compile(r"</?[A-Za-z!?][^<>]*>")


@dataclass(frozen=True)
class Fault:
    """A sentence about a place; `line` is None where it is about the whole file. An advice refuses nothing."""

    path: str
    line: int | None
    text: str
    is_advice: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


class SkillRefused(Exception):
    """A skill that cannot be taken, with every fault that was found; `too_large` says that it was a limit of size."""

    def __init__(self, faults: Sequence[Fault], *, too_large: bool = False) -> None:
        said = [str(fault) for fault in faults[:MOST_SAID]]
        more = [f"and {len(faults) - MOST_SAID} more"] if len(faults) > MOST_SAID else []
        super().__init__("; ".join([*said, *more]))
        self.faults = tuple(faults)
        self.too_large = too_large


@dataclass(frozen=True)
class Described:
    """What a SKILL.md says of its skill, checked; `advice` are faults that refuse nothing."""

    name: str
    description: str
    advice: tuple[Fault, ...] = ()


def described(content: bytes, folder: str = "") -> Described:
    """Check a SKILL.md; `folder` is the name of the folder that it lies in, where there is one.

    Raises:
        SkillRefused: with all its faults.
    """
    try:
        text = content.decode()
        fields = read(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SkillRefused([Fault(SKILL_FILE, line, "is not UTF-8")]) from None
    except FrontMatterFault as fault:
        raise SkillRefused([Fault(SKILL_FILE, fault.line, fault.text)]) from None
    faults = [Fault(SKILL_FILE, line, sentence) for line, sentence in _faults(fields)]
    if faults:
        raise SkillRefused(faults)
    name, description = str(fields["name"].value), str(fields["description"].value).strip()
    advice = [Fault(SKILL_FILE, line, sentence, is_advice=True) for line, sentence in _advice(fields, text, folder)]
    return Described(name, description, tuple(advice))


def _faults(fields: dict[str, Field]) -> Iterator[tuple[int, str]]:
    for name, check in _CHECKS.items():
        if name in fields:
            one = fields[name]
            for sentence in check(one.value):
                yield one.lines.get(sentence.partition(":")[0], one.line), f"{name}: {sentence}"
        elif name in ("name", "description"):
            yield 1, f"{name}: is missing"


def _advice(fields: dict[str, Field], text: str, folder: str) -> Iterator[tuple[int, str]]:
    for key, field in fields.items():
        if key not in KNOWN:
            yield (
                field.line,
                f"{key[:60]}: is not in the format, which has {', '.join(KNOWN)}; it is kept and does nothing",
            )
    if folder and folder != fields["name"].value:
        yield (
            fields["name"].line,
            f"name: {fields['name'].value} lies in a folder {folder}; the format wants the same name",
        )
    if (lines := text.count("\n")) > LONGEST_BODY_LINES:
        yield (
            LONGEST_BODY_LINES,
            f"{lines} lines are read whole with each use; put what is needed now and then into other files",
        )


def _name(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield _no_text(value)
        return
    if not 1 <= len(value) <= LONGEST_NAME:
        yield f"has 1 to {LONGEST_NAME} characters, this one {len(value)}"
    elif not _NAME.fullmatch(value):
        yield f"has a-z, 0-9 and single hyphens, none of them at an end, not {value!r}"
    if reserved := next((word for word in RESERVED if word in value), None):
        yield f"may not have {reserved} in it"


def _description(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield _no_text(value)
        return
    if not 1 <= len(value.strip()) <= LONGEST_DESCRIPTION:
        yield f"has 1 to {LONGEST_DESCRIPTION} characters, this one {len(value.strip())}"
    if tag := _XML.search(value):
        yield f"may not have XML tags, such as {tag.group()[:40]}"


def _license(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield _no_text(value)


def _compatibility(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield _no_text(value)
    elif not 1 <= len(value) <= LONGEST_COMPATIBILITY:
        yield f"has 1 to {LONGEST_COMPATIBILITY} characters, this one {len(value)}"


def _allowed_tools(value: object) -> Iterator[str]:
    """Names with blanks between them; other programs write a list."""
    if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        yield "must be names of tools with blanks between them"


def _metadata(value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield "must be fields below it, each with a text"
    elif odd := next((key for key, one in value.items() if isinstance(one, list | dict)), None):
        yield f"{odd[:60]}: must be a text"


def _no_text(value: object) -> str:
    seen = value.kind if isinstance(value, Odd) else "a list" if isinstance(value, list) else "fields"
    return (
        f"must be text, and is {seen}; put quotes around it"
        if isinstance(value, Odd)
        else f"must be text, and is {seen}"
    )


_CHECKS: Final[dict[str, Callable[[object], Iterator[str]]]] = {
    "name": _name,
    "description": _description,
    "license": _license,
    "compatibility": _compatibility,
    "allowed-tools": _allowed_tools,
    "metadata": _metadata,
}
