"""Lines as files, diffs and terminals have them: a line feed ends one, and nothing else does."""

from __future__ import annotations


def lines_of(text: str) -> list[str]:
    """The lines without their ends. `str.splitlines` cuts at U+2028, U+0085, form feeds and others as well, which stand inside lines."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def whole_lines_of(text: str) -> list[str]:
    """The lines with their ends, which are the text again when they are joined."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], lines[-1][:-1]] if lines[-1] != "\n" else lines[:-1]
