"""Server-sent events, read from pieces of bytes as they arrive: the one parser of the command line and the terminal app."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

SIGN_OF_LIFE: Final = "ping"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Frame:
    """One server-sent event; `cursor` is where a stream resumes after it."""

    name: str
    data: dict[str, Any]
    cursor: int | None


class Frames:
    """Collects bytes until a frame is whole. The engine writes one `data:` line a frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that this piece completes, without signs of life; a piece may hold many, or a part of one."""
        *whole, self._rest = (self._rest + piece).split(b"\n\n")
        for raw in whole:
            frame = _frame(raw.decode())
            if frame is not None:
                yield frame


def _frame(text: str) -> Frame | None:
    fields = dict(line.partition(": ")[::2] for line in _LINE_END.split(text) if ": " in line)
    name = fields.get("event")
    if not name or name == SIGN_OF_LIFE:
        return None
    return Frame(name, json.loads(fields["data"]), int(fields["id"]) if "id" in fields else None)
