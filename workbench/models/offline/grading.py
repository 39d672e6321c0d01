"""What the offline model says as a grader: it has no opinions, so that only commands decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from workbench.contracts.values import Json

VERDICT: Final = "submit_verdict"
_ASKED: Final = re.compile(
    r"^The criteria that you judge, by their numbers:\n\n(?P<listed>(?:\d+\. .*\n?)+)", re.MULTILINE
)
_GAP: Final = (
    "No language model is here to judge it. Name a command that decides it in the rubric, as in “`python3 check.py` exits 0”, or"
    " set a model endpoint."
)


def unjudged(messages: Sequence[Json]) -> Json:
    """The verdict that confirms nothing: what cannot be confirmed fails."""
    content = messages[0]["content"]
    text = content if isinstance(content, str) else "\n".join(str(block.get("text", "")) for block in content)
    found = _ASKED.search(text)
    numbers = re.findall(r"^(\d+)\. ", found["listed"], re.MULTILINE) if found else []
    criteria = [{"number": int(number), "passed": False, "gap": _GAP} for number in numbers]
    return {
        "result": "needs_revision",
        "criteria": criteria,
        "explanation": "I am the offline model and judge nothing.",
    }
