"""What an engine and a program's process say to each other: a JSON object a line."""

from __future__ import annotations

import json
from typing import Any

from workbench.contracts.workflows import AgentAnswer, AgentCall

Json = dict[str, Any]


def line(message: Json) -> bytes:
    return json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n"


def read(text: bytes) -> Json:
    """Raises: ValueError: it is no object."""
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def call_of(message: Json) -> AgentCall:
    return AgentCall(**message["call"])


def answer_of(message: Json) -> AgentAnswer:
    return AgentAnswer(**message["answer"])
