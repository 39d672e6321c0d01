"""Whether an engine answers, what, and how it refuses: plain values, which cost the start of a program nothing."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Query = Sequence[tuple[str, str]]


class EngineAway(Exception):
    """The engine cannot be reached or started; the text says what to do."""


class ApiError(Exception):
    """The engine refused a request."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Frame:
    """One server-sent event; `cursor` is where a stream resumes after it."""

    name: str
    data: dict[str, Any]
    cursor: int | None


def is_answering(engine_socket: Path) -> bool:
    """Whether an engine listens at this socket."""
    try:
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
            probe.connect(str(engine_socket))
    except OSError:
        return False
    return True
