"""The offline model's answers in the shapes of the Messages API: message objects, and the events of their streams."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.contracts.values import Json

MODEL_ID: Final = "offline"
_DELTA: Final = re.compile(r"\s*\S+\s*")
_JSON_CHUNK: Final = 24


def model_object() -> Json:
    """The model as `/v1/models` lists it."""
    return {
        "type": "model",
        "id": MODEL_ID,
        "display_name": "Offline (rules, no language model)",
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
    }


def message(content: Sequence[Json], *, prompt_characters: int, model: str = MODEL_ID) -> Json:
    """A finished message; tokens are counted as a quarter of the characters."""
    blocks = [
        {"type": "tool_use", "id": "toolu_" + secrets.token_hex(12), **block} if block.get("type") != "text" else block
        for block in content
    ]
    calls = any(block["type"] == "tool_use" for block in blocks)
    return {
        "id": "msg_" + secrets.token_hex(12),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": prompt_characters // 4 + 1,
            "output_tokens": len(json.dumps(blocks)) // 4 + 1,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


def stream(whole: Json) -> Iterator[Json]:
    """The message as the events of a stream: text word by word, tool input in pieces of its JSON."""
    usage = {**whole["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None, "usage": usage}}
    for index, block in enumerate(whole["content"]):
        yield from _block(index, block)
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": whole.get("stop_sequence")}
    if whole.get("stop_details"):
        delta["stop_details"] = whole["stop_details"]
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": whole["usage"]["output_tokens"]}}
    yield {"type": "message_stop"}


def _block(index: int, block: Json) -> Iterator[Json]:
    if block["type"] == "text":
        yield {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
        pieces = _DELTA.findall(block["text"])
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    else:
        yield {"type": "content_block_start", "index": index, "content_block": {**block, "input": {}}}
        written = json.dumps(block["input"])
        starts = range(0, len(written), _JSON_CHUNK)
        deltas = [{"type": "input_json_delta", "partial_json": written[at : at + _JSON_CHUNK]} for at in starts]
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
