"""A tool call as text: in one line, and whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.contracts.tools import BASH, BY_NAME
from workbench.text.display import exact, line


def call_line(call: Mapping[str, Any], width: int = 100) -> str:
    """What a call does, in a line."""
    given = call["input"]
    kind = BY_NAME.get(call["name"])
    main = given.get(kind.title_field) if kind else None
    return line(exact(main if isinstance(main, str) else json.dumps(given, ensure_ascii=False)), width)


def call_text(call: Mapping[str, Any]) -> str:
    """The whole call, as it would run."""
    given = call["input"]
    if call["name"] == BASH.name and "command" in given:
        return exact(str(given["command"]))
    return exact(json.dumps(given, indent=2, ensure_ascii=False))
