"""Messages of the Agent Client Protocol as lines: JSON-RPC, of which every word from an agent is hostile."""

from __future__ import annotations

import json
from typing import Any, Final

from workbench.contracts.values import Json
from workbench.text.strict_json import mended

NOT_OFFERED: Final = -32601
INVALID: Final = -32602
AUTH_REQUIRED: Final = -32000
_SHOWN: Final = 600


def read(line: str) -> Json | None:
    """A message; None for any other line."""
    try:
        message = mended(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and ("id" in message or "method" in message) else None


def written(message: Json) -> str:
    """A message as one line."""
    return json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False)


def refused(message: Json, code: int, words: str) -> Json:
    """The answer to a request of an agent that is not carried out."""
    return {"id": message.get("id"), "error": {"code": code, "message": words}}


def error_words(error: Json) -> str:
    """An error in words, with the details that agents hide in its data."""
    data: Any = error.get("data")
    more = data.get("details") or data.get("message") if isinstance(data, dict) else data
    said = str(error.get("message") or "no reason was given")[:_SHOWN]
    return f"{said} ({str(more)[:_SHOWN]})" if more else said


def is_request(message: Json) -> bool:
    """Whether an answer is due."""
    return "method" in message and "id" in message
