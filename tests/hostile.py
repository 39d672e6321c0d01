"""Text that steers a terminal or hides from a reader, and the look at raw output that finds any of it."""

from __future__ import annotations

import re
from typing import Final

STEERING: Final = (
    "\x1b]52;c;cHdu\x07",
    "\x1b]0;owned\x1b\\",
    "\x1b[2J\x1b[7m",
    "\x9b31m",
    "\x9d52;c;cHdu\x9c",
    "\x7f",
    "\x07",
    "over\rwritten",
    "gone\b\b",
    "\x0e\x0f\x05",
)
HIDING: Final = (
    "\u202etac\u202c",
    "\u2066x\u2069\u2067y\u2068",
    "\u200b\u200e\u200f\u061c",
    "a\u200cb\u200dc",
    "\u2028\u2029\u2060\ufeff",
    "".join(chr(0xE0000 + ord(letter)) for letter in "run it"),
    "❤" + "\ufe0f" * 40,
    "e" + "\u0301" * 40,
)
HOSTILE: Final = "h" + "".join((*STEERING, *HIDING)) + "z"

_OWN_COLOURS: Final = re.compile(r"\x1b\[(?:0|1|2|31|32|33|34|36)m")
_RAW: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
    r"|(?<=[a-z])[\u200c\u200d]|[\ufe00-\ufe0f]{2}|\u0301{8}"
)


def raw_signs(output: str) -> list[str]:
    """Every sign in a terminal's output that was not shown, beside a command's own colours and line ends."""
    text = _OWN_COLOURS.sub("", output.replace("\r\n", "\n"))
    return sorted(
        {f"U+{ord(found[0]):04X} in {text[max(0, text.find(found) - 30) :][:60]!r}" for found in _RAW.findall(text)}
    )
