"""A conversation made short enough to be asked about at all: every long text loses its middle, every picture its content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from workbench.contracts.values import Json
from workbench.text.shortening import shortened

_MOST_CHARACTERS: Final = 200_000
_LEAST_A_TEXT: Final = 200


def clipped(turns: Sequence[Json]) -> list[Json]:
    """The same turns, calls and results, with all texts together about 200 000 characters long."""
    blocks = sum(len(turn["content"]) for turn in turns)
    most = max(_LEAST_A_TEXT, _MOST_CHARACTERS // max(1, blocks))
    return [{**turn, "content": [_block(block, most) for block in turn["content"]]} for turn in turns]


def _block(block: Json, most: int) -> Json:
    match block["type"]:
        case "text":
            return {"type": "text", "text": shortened(block["text"], most)}
        case "tool_use":
            kept = {key: value for key, value in block.items() if key != "cache_control"}
            return {**kept, "input": _strings_shortened(block["input"], most)}
        case "tool_result":
            kept = {key: value for key, value in block.items() if key != "cache_control"}
            return {**kept, "content": [_block(part, most) for part in block["content"]]}
        case kind:
            return {"type": "text", "text": f"[{kind}]"}


def _strings_shortened(value: Any, most: int) -> Any:
    match value:
        case str():
            return shortened(value, most)
        case dict():
            return {key: _strings_shortened(one, most) for key, one in value.items()}
        case list():
            return [_strings_shortened(one, most) for one in value]
    return value
