"""What a tool call gives: content blocks, and whether it failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NO_OUTPUT = "(no output)"
"""Stands for an empty text, which the Messages API refuses."""


class ToolError(Exception):
    """A tool could not do what was asked; the text is for the model."""


@dataclass(frozen=True)
class Outcome:
    """Wire content blocks of one finished call."""

    content: tuple[dict[str, Any], ...]
    is_error: bool = False


def text(words: str, *, is_error: bool = False) -> Outcome:
    """An outcome of one text block."""
    return Outcome(({"type": "text", "text": words or NO_OUTPUT},), is_error)
