"""Long texts without their middle."""

from __future__ import annotations


def shortened(text: str, most: int) -> str:
    """The text's two ends, when it is longer than `most` characters."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n… ({len(text) - 2 * half} characters left out) …\n{text[-half:]}"
