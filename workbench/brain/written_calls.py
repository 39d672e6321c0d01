"""Tool calls that a model wrote as text instead of making them: told to the person, as nothing runs by them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final

_FENCES: Final = (
    re.compile(r"\A```[\w-]*\s*\n(.*?)\n?```\Z", re.DOTALL),
    re.compile(r"\A<(?:tool_call|function_call|tools?)>(.*?)</(?:tool_call|function_call|tools?)>\Z", re.DOTALL),
    re.compile(r"\A(\{.*\})\Z", re.DOTALL),
)
_INPUTS: Final = ("arguments", "parameters", "input", "args")
_MOST_CHARACTERS: Final = 100_000

SAID: Final = (
    "This model wrote a call of {name!r} as text instead of making it, and nothing was run. It does not call tools here:"
    " choose another model, or start its server so that it calls tools (llama.cpp: --jinja)."
)


def written_call(text: str, names: Collection[str]) -> str | None:
    """The tool that a text which is nothing but a call calls; None for any other text."""
    stripped = text.strip()
    if len(stripped) > _MOST_CHARACTERS:
        return None
    found = next((match[1] for fence in _FENCES if (match := fence.match(stripped))), None)
    try:
        told = json.loads(found) if found is not None else None
    except (ValueError, RecursionError):
        return None
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    if not isinstance(told, dict):
        return None
    called = told["function"] if isinstance(told.get("function"), dict) else told
    name = called.get("name", called.get("tool"))
    has_input = any(isinstance(called.get(key), dict | str) for key in _INPUTS)
    return name if isinstance(name, str) and name in names and has_input else None
