"""From what a user wrote to the instructions in it that rules can carry out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workbench.contracts.evaluation_words import ENDS, Judged, feedback_in, task_in


@dataclass(frozen=True)
class Run:
    command: str


@dataclass(frozen=True)
class Read:
    path: str


@dataclass(frozen=True)
class Write:
    path: str
    content: str


@dataclass(frozen=True)
class Replace:
    path: str
    old: str
    new: str


@dataclass(frozen=True)
class ListFiles:
    folder: str


@dataclass(frozen=True)
class Search:
    pattern: str
    place: str


@dataclass(frozen=True)
class RunTests:
    pass


@dataclass(frozen=True)
class Repair:
    """Make the project's failing tests pass."""


@dataclass(frozen=True)
class Missed:
    """Say that these criteria of an outcome were not met, one a line."""

    criteria: str


@dataclass(frozen=True)
class StartAgent:
    """Start another agent on a task; `system` where it is defined with that."""

    name: str
    task: str
    system: str = ""


@dataclass(frozen=True)
class StartRun:
    """Start a workflow run of a program."""

    name: str
    program: str


@dataclass(frozen=True)
class Unclear:
    """Words that no rule knows."""

    text: str


Instruction = (
    Run | Read | Write | Replace | ListFiles | Search | RunTests | Repair | Missed | StartAgent | StartRun | Unclear
)

_FENCE: Final = re.compile(r"^```[ \t]*(\S*)[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_SHELLS: Final = frozenset({"sh", "bash", "shell", "console", "zsh"})
_QUOTED: Final = re.compile(r"`[^`\n]+`|\"[^\"\n]*\"|“[^”\n]*”|(?<!\w)'[^'\n]*'(?!\w)")
_HELD: Final = re.compile("\x00(\\d+)\x00")
_BREAK: Final = re.compile(
    r"(?<!^\d)[.;!?]\s+|[.;!?]$|\n|,?\s+(?:and\s+)?then\s+|,?\s+and\s+(?=(?:run|read|write|replace|list|search|show|fix|execute)\b)|,\s+(?=then\b)",
    re.MULTILINE,
)
_START: Final = re.compile(
    r"(?:please\s+)?start\s+(?:an?\s+|the\s+)?agent\s+[`\"“]?(?P<name>[\w.-]+)[`\"”]?\s*:\s*(?P<task>.+)", re.IGNORECASE
)
_START_SOME: Final = re.compile(r"(?:please\s+)?start\s+(?:\w+\s+)?agents\s*:?", re.IGNORECASE)
_LISTED: Final = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+[`\"“]?(?P<name>[\w.-]+)[`\"”]?\s*:\s*(?P<task>.+)")
_PROGRAM: Final = "program"
_CALLED: Final = re.compile(r"\b(?:as|called|named)\s+[`\"“]?(?P<name>[\w -]+?)[`\"”]?\s*:?\s*$")
_PATH: Final = r"(?:the\s+)?(?:file\s+)?(?P<path>\S+)"
_POLITE: Final = re.compile(
    r"^(?:[-*•]\s+|\d+[.)]\s+|please\s+|can you\s+|could you\s+|first,?\s+|next,?\s+|finally,?\s+|also,?\s+|now,?\s+|then\s+|and\s+)+",
    re.IGNORECASE,
)
_RUNS_TESTS: Final = re.compile(r"`[^`]*\b(?:pytest|unittest|tox|nox|test)\b[^`]*`")
_NAMES_A_FILE: Final = re.compile(
    r"(?:write|put|save|create|make)\b.*?(?P<path>[\w./~-]*\.\w+|[\w~-]+/[\w./-]+)", re.IGNORECASE
)


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_RULES: Final[tuple[tuple[re.Pattern[str], type[Instruction]], ...]] = (
    (_rule(r"(?:fix|repair|mend|solve|debug)\b.*\b(?:tests?|bugs?|code|project|faults?|errors?|it|them)\b.*"), Repair),
    (_rule(r"(?:make|get)\b.*\btests?\b.*\b(?:pass|green|work)\b.*"), Repair),
    (_rule(r"(?:the\s+)?tests?\b.*\bfail\w*\b.*"), Repair),
    (_rule(r"(?:that\s+)?(?:all\s+)?(?:the\s+|my\s+|its\s+)?(?:unit\s*)?tests?\b(?:\s+(?:of|in)\s+[\w ]+?)?\s+(?:pass|succeed|are green)\b.*"), RunTests),
    (_rule(r"(?:run|execute)\s+(?:all\s+)?(?:the\s+|my\s+|its\s+)?(?:(?:unit\s*)?tests?(?:\s+suite)?|them|it)(?:\s+again|\s+once more)?"), RunTests),
    (_rule(r"(?:run|execute)\s+(?:the\s+)?(?:command\s+|shell command\s+)?(?P<command>.+)"), Run),
    (_rule(rf"(?:replace|change)\s+(?P<old>.+?)\s+(?:with|by|to|into)\s+(?P<new>.+?)\s+in\s+{_PATH}"), Replace),
    (_rule(rf"(?:write|put|save)\s+(?P<content>.+?)\s+(?:to|into|in)\s+{_PATH}"), Write),
    (_rule(rf"(?:write|create|make)\s+{_PATH}\s+(?:with|containing|that says|saying)\s+(?:the\s+)?(?:content\s+|text\s+)?(?P<content>.+)"), Write),
    (_rule(r"(?:list|show)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?files(?:\s+(?:in|under|of)\s+(?:the\s+)?(?:folder\s+|directory\s+)?(?P<folder>\S+))?"), ListFiles),
    (_rule(r"(?:search|grep|look)\s+(?:for\s+)?(?P<pattern>.+?)(?:\s+in\s+(?:the\s+)?(?:file\s+|folder\s+)?(?P<place>\S+))?"), Search),
    (_rule(rf"(?:read|show|print|open|display|cat)\s+(?:me\s+)?{_PATH}"), Read),
)  # fmt: skip


def instructions(said: str) -> list[Instruction]:
    """The instructions in order, and between them the words that no rule knows.

    Of an outcome its description counts; of a round that failed, the commands that did.
    """
    if said in ENDS.values():
        return []
    if (feedback := feedback_in(said)) is not None:
        failed = [one for one in feedback[0] if not one.passed]
        return [Missed("\n".join(one.text for one in failed))] if feedback[1] else [_mending(one) for one in failed]
    said = task_in(said) or said
    found: list[Instruction] = []
    end = 0
    for fence in _FENCE.finditer(said):
        before = said[end : fence.start()]
        language, content = fence[1].lower(), fence[2]
        *sentences, heading = [part for part in re.split(r"\n|(?<=[.!?])\s+", before) if part.strip()] or [""]
        named = _NAMES_A_FILE.search(heading.replace("`", ""))
        if language == _PROGRAM:
            called = _CALLED.search(heading)
            found += _of_prose("\n".join(sentences))
            found.append(StartRun(called["name"] if called else _PROGRAM, content))
        elif named is not None:
            found += _of_prose("\n".join(sentences))
            found.append(Write(named["path"].rstrip(":.,"), content))
        elif language in _SHELLS or (language == "" and re.search(r"\b(run|execute)\b", heading, re.IGNORECASE)):
            found += _of_prose("\n".join(sentences))
            # What introduces a block ("Run this:") is no instruction of its own.
            found += [order for order in _of_prose(heading) if not isinstance(order, Run | RunTests | Unclear)]
            found.append(Run(content.rstrip("\n")))
        else:
            found += _of_prose(before)
            found.append(Unclear(fence[0]))
        end = fence.end()
    return _without_repeats(found + _of_prose(said[end:]))


def _mending(failed: Judged) -> Instruction:
    """Tests that fail can be looked into; of anything else that a grader misses no rule knows what it is."""
    return Repair() if _RUNS_TESTS.search(failed.text) else Unclear(failed.text)


def _without_repeats(found: list[Instruction]) -> list[Instruction]:
    """A repair once, however often its reason and its wish are said; it runs the tests by itself."""
    if Repair() not in found:
        return found
    first = found.index(Repair())
    return [order for place, order in enumerate(found) if place <= first or not isinstance(order, Repair | RunTests)]


def _of_prose(text: str) -> list[Instruction]:
    """The instructions of a text; a line that starts an agent is one, whatever its task says."""
    found: list[Instruction] = []
    plain: list[str] = []
    is_list = False
    for line in text.split("\n"):
        one = _START.fullmatch(line.strip()) or (_LISTED.fullmatch(line) if is_list else None)
        is_list = bool(_START_SOME.fullmatch(line.strip())) or (is_list and one is not None)
        if one is None and not is_list:
            plain.append(line)
            continue
        found += _of_sentences("\n".join(plain))
        plain = []
        found += [StartAgent(one["name"], one["task"].strip())] if one is not None else []
    return found + _of_sentences("\n".join(plain))


def _of_sentences(text: str) -> list[Instruction]:
    held: list[str] = []

    def hold(quoted: re.Match[str]) -> str:
        held.append(quoted[0])
        return f"\x00{len(held) - 1}\x00"

    return [_of_clause(clause, held) for clause in _clauses(_QUOTED.sub(hold, text))]


def _clauses(text: str) -> Iterator[str]:
    for part in _BREAK.split(text):
        clause = _POLITE.sub("", part.strip()).strip(" ,:")
        if clause:
            yield clause


def _of_clause(clause: str, held: list[str]) -> Instruction:
    for pattern, kind in _RULES:
        if (match := pattern.fullmatch(clause)) is not None:
            fields = {name: _plain(value or ".", held) for name, value in match.groupdict().items()}
            return kind(**fields)
    return Unclear(_HELD.sub(lambda mark: held[int(mark[1])], clause))


def _plain(value: str, held: list[str]) -> str:
    """The value with its quotes taken off when it is one quotation, and with them when it only holds some."""
    whole = _HELD.fullmatch(value)
    if whole is not None:
        return held[int(whole[1])][1:-1]
    return _HELD.sub(lambda mark: held[int(mark[1])], value)
