"""From a rubric to its criteria, and to the commands that decide them: pure functions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_CRITERIA: Final = 100
"""What is over it is judged as one, the last."""
MOST_COMMANDS: Final = 50
THE_REST: Final = "All that the rubric asks for beyond these criteria"

_FENCE: Final = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_ITEM: Final = re.compile(r"^(?P<indent>[ \t]*)(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?P<text>\S.*)$")
_HEADING: Final = re.compile(r"^[ \t]*(?:#{1,6}[ \t]|(?:-{3,}|={3,}|\*{3,})[ \t]*$)")
_CODE: Final = r"(?P<ticks>`{1,2})(?P<command>[^`\n]+)(?P=ticks)"
_STATUS: Final = r"(?:with[ ]+)?(?:an?[ ]+)?(?:(?:exit|return)[ ]+)?(?:status|code)?[ ]*(?:of[ ]+)?(?P<code>\d{1,3})"
_RETURNED: Final = _STATUS.replace("<code>", "<returned>")
_VERB: Final = (
    r"(?:(?:exits?|ends?|finishes|quits?)[ ]+"
    + _STATUS
    + r"|returns?[ ]+(?=an?[ ]+exit|exit|code|status)"
    + _RETURNED
    + r"|(?P<non_zero>exits?[ ]+non-?zero)|(?P<fails>fails?)|(?P<passes>pass(?:es)?|succeeds?|is[ ]+green"
    r"|(?:runs?|exits?|ends?)[ ]+(?:cleanly|successfully|without[ ]+(?:an[ ]+)?errors?)))"
)
_NAMED: Final = re.compile(_CODE + r"[ ]+(?:(?:command|must|should|shall)[ ]+)?" + _VERB + r"(?![\w-])", re.IGNORECASE)
_REVERSED: Final = re.compile(
    r"(?:the[ ]+)?exit[ ]+(?:code|status)[ ]+of[ ]+" + _CODE + r"[ ]+is[ ]+(?P<code>\d{1,3})", re.IGNORECASE
)
_ONLY_JOINS: Final = re.compile(
    r"(?:[\s,;.()—–:]|\b(?:and|then|also|that|is|which|means|command|running|run|check|verify|checks|both|the|i\.e\.|e\.g\.)\b)*",
    re.IGNORECASE,
)
_FUNCTION: Final = re.compile(r"^[\w.]+\(")
_RUNNERS: Final = frozenset(
    {"make", "pytest", "tox", "nox", "just", "ruff", "mypy", "jest", "vitest", "rspec", "ctest"}
)
"""Programs that are called by their name alone; of another word it takes an exit code, or arguments, to be a command."""
_LABEL: Final = re.compile(r"^[^`]*(?::|—|–|\()\s*$")
"""What stands before the command only names what the command shows."""


@dataclass(frozen=True)
class Check:
    """A command, and the exit code that its criterion wants; None is any but 0."""

    command: str
    code: int | None = 0

    @property
    def words(self) -> str:
        wanted = "a failure" if self.code is None else f"exit code {self.code}"
        return f"`{self.command}` ({wanted})"

    def shell(self) -> str:
        """One command that succeeds exactly where this check holds, in a shell of its own; one that could not be run never does."""
        wanted = '[ "$code" -ne 0 ] && [ "$code" -lt 126 ]' if self.code is None else f'[ "$code" -eq {self.code} ]'
        run = f"bash -c {shlex.quote(self.command)} </dev/null"
        return f'{run}; code=$?; {{ {wanted}; }} || {{ echo "[it ended with $code]"; (exit 1); }}'


@dataclass(frozen=True)
class Criterion:
    """One thing to be reached, numbered from 1; `checks` are the commands that it names.

    `is_decided` says that nothing is left to an opinion when these have run.
    """

    number: int
    text: str
    checks: tuple[Check, ...] = ()
    is_decided: bool = False


def criteria_of(rubric: str) -> tuple[Criterion, ...]:
    """The criteria in order: the items of its lists and what names a command beside them; without a list, its paragraphs. Never none."""
    paragraphs, items = list(_paragraphs(rubric)), list(_items(rubric))
    beside = [one for one in _paragraphs(rubric, outside_lists=True) if _checks(one)[0]] if items else []
    texts = [*items, *beside] or paragraphs or [" ".join(rubric.split()) or rubric]
    if len(texts) > MOST_CRITERIA:
        texts = [*texts[: MOST_CRITERIA - 1], f"{THE_REST} 1 to {MOST_CRITERIA - 1}"]
    left, found = MOST_COMMANDS, []
    for number, text in enumerate(texts, 1):
        checks, is_decided = _checks(text)
        within = checks[:left]
        left -= len(within)
        found.append(Criterion(number, text, within, is_decided and len(within) == len(checks)))
    return tuple(found)


def _items(rubric: str) -> Iterator[str]:
    """The items of lists; what is indented below an item belongs to it."""
    item: list[str] = []
    depth = 0
    for line in _FENCE.sub("", rubric).splitlines():
        found = _ITEM.match(line)
        indent = len((found["indent"] if found else line[: len(line) - len(line.lstrip())]).expandtabs(4))
        if found and (not item or indent <= depth):
            if item:
                yield " ".join(item)
            item, depth = [found["text"].strip()], indent
        elif item and line.strip() and indent > depth and not _HEADING.match(line):
            item.append(found["text"].strip() if found else line.strip())
        elif item and line.strip():
            yield " ".join(item)
            item = []
    if item:
        yield " ".join(item)


def _paragraphs(rubric: str, *, outside_lists: bool = False) -> Iterator[str]:
    for part in re.split(r"\n[ \t]*\n", rubric):
        if outside_lists and any(_ITEM.match(line) for line in part.splitlines()):
            continue
        text = " ".join(line.strip() for line in part.splitlines() if line.strip() and not _HEADING.match(line))
        if text:
            yield text


def _checks(text: str) -> tuple[tuple[Check, ...], bool]:
    """The commands that a criterion names, and whether it says nothing but what they show."""
    found = [one for one in (*_NAMED.finditer(text), *_REVERSED.finditer(text)) if _is_command(one)]
    found.sort(key=lambda match: match.start())
    if not found:
        return (), False
    starts, ends = [match.start() for match in found], [match.end() for match in found]
    before, *gaps = [text[end:start] for end, start in zip((0, *ends), (*starts, len(text)), strict=True)]
    is_label = _LABEL.fullmatch(before) or _ONLY_JOINS.fullmatch(before)
    is_decided = bool(is_label) and all(_ONLY_JOINS.fullmatch(gap) for gap in gaps)
    return tuple(dict.fromkeys(_check(match) for match in found)), is_decided


def _is_command(match: re.Match[str]) -> bool:
    """Not a function, a test or a class that a criterion names."""
    named, command = match.groupdict(), match["command"].strip()
    if _FUNCTION.match(command):
        return False
    says_code = any(named.get(key) is not None for key in ("code", "returned", "non_zero"))
    return says_code or len(command.split()) > 1 or "/" in command or command in _RUNNERS


def _check(match: re.Match[str]) -> Check:
    named = match.groupdict()
    code = named.get("code") or named.get("returned")
    if code is not None:
        return Check(match["command"].strip(), int(code))
    return Check(match["command"].strip(), None if named.get("fails") or named.get("non_zero") else 0)
