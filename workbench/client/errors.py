"""The engine's absence and its refusals: the two errors of every request, and the parser of a refusal's body."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path


class EngineAway(Exception):
    """The engine cannot be reached or started; the text says what to do."""


class ApiError(Exception):
    """The engine refused a request."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


def refusal(status: int, body: bytes) -> ApiError:
    """The error of an answer that is not 200; a body that is no error of the API becomes the message."""
    try:
        error = json.loads(body)["error"]
        return ApiError(status, error["type"], error["message"])
    except (ValueError, KeyError, TypeError):
        return ApiError(status, "api_error", body.decode(errors="replace")[:500])


def is_answering(engine_socket: Path) -> bool:
    """Whether an engine listens at this socket."""
    try:
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
            probe.connect(str(engine_socket))
    except OSError:
        return False
    return True
