"""What a grader says of criteria: the tool that it says it with, and whether it contradicts itself. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.contracts.evaluation_words import Judged, explained
from workbench.contracts.rubrics import Criterion
from workbench.contracts.values import Json

TOOL: Final[Json] = {
    "name": "submit_verdict",
    "description": "Say how the criteria that you judge stand. Call it once, when you have looked at the evidence.",
    "input_schema": {
        "type": "object",
        "properties": {
            "result": {
                "type": "string",
                "enum": ["satisfied", "needs_revision", "failed"],
                "description": (
                    "satisfied: every criterion that you judge passed. needs_revision: at least one failed. failed: the rubric cannot"
                    " be judged at all, as it contradicts the task or is about something else; then criteria may be empty."
                ),
            },
            "criteria": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "number": {"type": "integer"},
                        "passed": {"type": "boolean"},
                        "gap": {
                            "type": "string",
                            "description": "Of a failed one: what is missing, and what evidence would settle it. Empty for a passed one.",
                        },
                    },
                    "required": ["number", "passed", "gap"],
                    "additionalProperties": False,
                },
            },
            "explanation": {"type": "string", "description": "Two or three sentences for the user."},
        },
        "required": ["result", "criteria", "explanation"],
        "additionalProperties": False,
    },
}
_MOST_GAP: Final = 2_000
_MOST_SAID: Final = 1_500
_OBJECT: Final = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """`result` is satisfied, needs_revision or failed; `judged` has every criterion, in order."""

    result: str
    judged: tuple[Judged, ...] = ()
    said: str = ""

    @property
    def failed(self) -> list[int]:
        return [one.number for one in self.judged if not one.passed]

    @property
    def explanation(self) -> str:
        if self.result == "failed":
            return f"The rubric cannot be judged: {self.said}"
        return explained(self.judged, self.said)


@dataclass(frozen=True)
class Opinion:
    """What the grader said, without a contradiction: of each criterion that it was asked, None where it passed, else the gap."""

    gaps: Mapping[int, str | None]
    said: str
    is_unjudgeable: bool = False


class Unfit(Exception):
    """What was said is no verdict; the text tells the grader why."""


def said_in(content: Sequence[Json]) -> Any:
    """The verdict's input in an answer: its call, or a JSON object in its text; None where it has neither."""
    for block in content:
        if block["type"] == "tool_use" and block["name"] == TOOL["name"]:
            return block["input"]
    text = "\n".join(block["text"] for block in content if block["type"] == "text")
    if (found := _OBJECT.search(text)) is None:
        return None
    try:
        return json.loads(found[0])
    except (ValueError, RecursionError):
        return None


def opinion_of(given: Any, asked: Sequence[Criterion]) -> Opinion:
    """Read it strictly.

    Raises:
        Unfit: it is none, leaves a criterion out, or contradicts itself.
    """
    if not isinstance(given, dict):
        raise Unfit("call submit_verdict with result, criteria and explanation")
    result, said = given.get("result"), given.get("explanation")
    if result not in ("satisfied", "needs_revision", "failed"):
        raise Unfit("result must be satisfied, needs_revision or failed")
    said = said.strip()[:_MOST_SAID] if isinstance(said, str) else ""
    if result == "failed":
        if not said:
            raise Unfit("explanation must say why the rubric cannot be judged")
        return Opinion({}, said, is_unjudgeable=True)
    gaps = _gaps(given.get("criteria"), [one.number for one in asked])
    failed = [number for number, gap in gaps.items() if gap is not None]
    if result == "satisfied" and failed:
        raise Unfit(f"result is satisfied, and criteria {', '.join(map(str, failed))} failed; it is one or the other")
    if result == "needs_revision" and not failed:
        raise Unfit("result is needs_revision, and every criterion passed; it is one or the other")
    return Opinion(gaps, said)


def _gaps(given: Any, numbers: Sequence[int]) -> dict[int, str | None]:
    if not isinstance(given, list):
        raise Unfit("criteria must be a list with one entry for each criterion")
    gaps: dict[int, str | None] = {}
    for one in given:
        number, passed, gap = (
            (one.get(key) for key in ("number", "passed", "gap")) if isinstance(one, dict) else (0, 0, 0)
        )
        if type(number) is not int or not isinstance(passed, bool) or not isinstance(gap, str | None):
            raise Unfit("each of criteria needs number (integer), passed (boolean) and gap (text)")
        if number in gaps:
            raise Unfit(f"criterion {number} is there twice")
        gap = (gap or "").strip()
        if passed and gap:
            raise Unfit(f"criterion {number} passed, and has a gap; it is one or the other")
        if not passed and not gap:
            raise Unfit(f"criterion {number} failed; its gap must say what is missing")
        gaps[number] = None if passed else gap[:_MOST_GAP]
    if sorted(gaps) != sorted(numbers):
        raise Unfit(f"criteria must have exactly the numbers {', '.join(map(str, numbers))}")
    return gaps


def verdict_of(criteria: Sequence[Criterion], broken: Mapping[int, str], opinion: Opinion | None) -> Verdict:
    """Put together what commands showed (`broken`: the gap of each criterion that they failed) and what the grader said."""
    if opinion is not None and opinion.is_unjudgeable:
        return Verdict("failed", said=opinion.said)
    gaps = dict(opinion.gaps if opinion else {}) | dict(broken)
    judged = tuple(
        Judged(one.number, " ".join(one.text.split()), gaps.get(one.number) is None, gaps.get(one.number) or "")
        for one in criteria
    )
    is_satisfied = all(one.passed for one in judged)
    return Verdict("satisfied" if is_satisfied else "needs_revision", judged, opinion.said if opinion else "")
