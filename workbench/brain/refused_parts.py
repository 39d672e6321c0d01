"""Parts of a request that an endpoint refused: which they were, and every later request without them. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts.brain import EVERY
from workbench.contracts.values import Json
from workbench.text.shortening import shortened

_MOST_OF_A_REASON: Final = 300
_KINDS: Final = frozenset({"image", "document"})
_NAMES: Final = {"image": "picture", "document": "document", "text": "text", "tool_use": "tool call"}
_PLACE: Final = re.compile(r"messages\.(\d+)(?:\.content\.(\d+)(?:(?:\.(?!content\b)\w+)*\.content\.(\d+))?)?")
_TOOL: Final = re.compile(r"tools\.(\d+)")


@dataclass(frozen=True)
class Refused:
    """What one refusal was about: these `parts`, by digest, and where `kind` is set everything of it for this model."""

    reason: str
    parts: frozenset[str] = frozenset()
    kind: str | None = None
    model: str | None = None

    def has(self, block: Json, model: str) -> bool:
        if self.kind is not None and (block.get("type"), model) == (self.kind, self.model):
            return True
        return bool(self.parts) and digest(block) in self.parts


@dataclass
class Found:
    """The parts of a request that a refusal named, with words for each."""

    parts: list[str] = field(default_factory=list)
    kind: str | None = None
    words: list[str] = field(default_factory=list)


def digest(block: Json) -> str:
    """The same for the same part in every request, wherever it stands."""
    kept = {key: value for key, value in block.items() if key != "cache_control"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:24]


def found(body: Json, rejected: Sequence[str]) -> Found:
    """What the places and kinds of a refusal mean in this request; a part that was left out already is none."""
    result = Found()
    for named in rejected:
        kind = named.removeprefix(EVERY)
        if kind in _KINDS:
            blocks = [block for block in _leaves(body["messages"]) if block["type"] == kind]
            result.kind = kind if named != kind and blocks else result.kind
        else:
            blocks = _at(body, named)
        for block in blocks:
            if (part := digest(block)) not in result.parts:
                result.parts.append(part)
                result.words.append(_words(body, block))
    return result


def without(turns: Sequence[Json], refused: Sequence[Refused], model: str) -> list[Json]:
    """The turns with a word in the place of each part that was refused."""
    if not refused:
        return list(turns)
    return [{**turn, "content": [_kept(block, refused, model) for block in turn["content"]]} for turn in turns]


def tools_without(tools: Sequence[Json], refused: Sequence[Refused], model: str) -> list[Json]:
    """The tools that were not refused, each name once: no model takes a name twice."""
    once = list({tool["name"]: tool for tool in reversed(tools)}.values())[::-1]
    return [tool for tool in once if not any(one.has(tool, model) for one in refused)]


def shortly(reason: str) -> str:
    return shortened(" ".join(reason.split()), _MOST_OF_A_REASON)


def _at(body: Json, place: str) -> list[Json]:
    if tool := _TOOL.match(place):
        return _item(body.get("tools", []), tool[1])
    if (parts := _PLACE.match(place)) is None:
        return []
    blocks = [block for turn in _item(body["messages"], parts[1]) for block in turn["content"]]
    if parts[2] is None:
        return [block for block in _within(blocks) if block["type"] in _KINDS]
    blocks = _item(blocks, parts[2])
    if blocks and blocks[0]["type"] == "tool_result":
        inner = blocks[0]["content"]
        exact = _item(inner, parts[3]) if parts[3] else []
        return exact or [block for block in inner if block["type"] in _KINDS] or inner
    return blocks


def _item(listed: Sequence[Json], number: str) -> list[Json]:
    return list(listed[int(number) : int(number) + 1])


def _leaves(turns: Sequence[Json]) -> Iterator[Json]:
    for turn in turns:
        yield from _within(turn["content"])


def _within(blocks: Sequence[Json]) -> Iterator[Json]:
    for block in blocks:
        if block["type"] == "tool_result":
            yield from block["content"]
        else:
            yield block


def _kept(block: Json, refused: Sequence[Refused], model: str) -> Json:
    if block["type"] == "tool_result":
        return {**block, "content": [_kept(part, refused, model) for part in block["content"]]}
    reason = next((one.reason for one in refused if one.has(block, model)), None)
    if reason is None:
        return block
    if block["type"] == "tool_use":
        return {**block, "name": "left_out", "input": {}}
    name = _NAMES.get(block["type"], block["type"])
    return {"type": "text", "text": f"[A {name} was left out here: the model's endpoint refused it: {reason}]"}


def _words(body: Json, block: Json) -> str:
    if "input_schema" in block:
        return f"the tool {block['name']}"
    name = _NAMES.get(block["type"], block["type"])
    calls = {}
    for turn in body["messages"]:
        for one in turn["content"]:
            if one["type"] == "tool_use":
                calls[one["id"]] = " ".join(
                    [one["name"], *(str(one["input"][key]) for key in one["input"] if key == "file_path")]
                )
            if one["type"] == "tool_result" and any(part is block for part in one["content"]):
                return f"the {name} that {calls.get(one['tool_use_id'], 'a tool')} gave"
            if one is block:
                return f"the {name} of a message"
    return f"a {name}"
