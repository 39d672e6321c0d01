"""What the hosted Messages API refuses of a request: the rules that a scripted server has to share for its tests to mean anything.

Source: the public API's documentation and error texts, in the wording that clients see.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from sandboxes.runner import media
from workbench.contracts.values import Json

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_MAGIC = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
_AT_TOP = ("oneOf", "anyOf", "allOf")
MOST_CACHE_MARKS = 4
MOST_SIDE = 8000
MANY_PICTURES = 20
MOST_SIDE_OF_MANY = 2000
MOST_PICTURE_BYTES = 5 << 20


def fault_of(request: Json) -> str | None:
    """The first thing that is wrong with a request; None where it is taken."""
    return next(_faults(request), None)


def _faults(request: Json) -> Iterator[str]:
    messages = request.get("messages")
    if not isinstance(request.get("max_tokens"), int) or request["max_tokens"] < 1:
        yield "max_tokens: must be greater than or equal to 1"
    if not messages:
        yield "messages: at least one message is required"
        return
    if messages[0]["role"] != "user":
        yield "messages: first message must use the user role"
    yield from _tools(request.get("tools") or [])
    for place, message in enumerate(messages):
        for index, block in enumerate(_blocks(message)):
            yield from _block(block, f"messages.{place}.content.{index}")
    yield from _large_pictures(messages)
    yield from _pairs(messages)
    marks = sum("cache_control" in block for block in _all_blocks(request))
    if marks > MOST_CACHE_MARKS:
        yield f"A maximum of {MOST_CACHE_MARKS} blocks with cache_control may be provided. Found {marks}."
    last = _blocks(messages[-1])
    if messages[-1]["role"] == "assistant" and last and last[-1].get("text", "x")[-1:].isspace():
        yield "messages: final assistant content cannot end with trailing whitespace"


def _blocks(message: Json) -> list[Json]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _all_blocks(request: Json) -> Iterator[Json]:
    system = request.get("system")
    yield from system if isinstance(system, list) else []
    yield from request.get("tools") or []
    for message in request["messages"]:
        yield from _blocks(message)


def _tools(tools: list[Json]) -> Iterator[str]:
    names = [tool["name"] for tool in tools]
    if len(set(names)) != len(names):
        yield "tools: Tool names must be unique."
    for index, tool in enumerate(tools):
        schema = tool.get("input_schema") or {}
        if not _TOOL_NAME.fullmatch(tool["name"]):
            yield f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        if schema.get("type") != "object":
            yield f"tools.{index}.custom.input_schema.type: Input should be 'object'"
        if any(word in schema for word in _AT_TOP):
            yield f"tools.{index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        for name in schema.get("properties") or {}:
            if not _PROPERTY.fullmatch(name):
                yield f"tools.{index}.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{{1,64}}$'"


def _block(block: Json, place: str) -> Iterator[str]:
    match block["type"]:
        case "text" if not block["text"]:
            yield f"{place}.text: text content blocks must be non-empty"
        case "text" if not block["text"].strip():
            yield f"{place}.text: text content blocks must contain non-whitespace text"
        case "image" | "document" if block["source"]["type"] == "base64":
            yield from _source(block, place)
        case "thinking" if not block.get("signature"):
            yield f"{place}: Invalid `signature` in `thinking` block"
        case "tool_use" if not isinstance(block.get("input"), dict):
            yield f"{place}.tool_use.input: Input should be a valid dictionary"
        case "tool_result" if isinstance(block.get("content"), list):
            for index, inner in enumerate(block["content"]):
                yield from _block(inner, f"{place}.tool_result.content.{index}")


def _source(block: Json, place: str) -> Iterator[str]:
    source = block["source"]
    try:
        raw = base64.b64decode(source["data"], validate=True)
    except (binascii.Error, ValueError):
        yield f"{place}.{block['type']}.source.base64: invalid base64 data"
        return
    if block["type"] == "document":
        if not raw.startswith(b"%PDF-"):
            yield f"{place}.document.source.base64.data: The PDF specified was not valid."
        return
    known = _MAGIC.get(source["media_type"])
    if known is None:
        yield f"{place}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
    elif not raw.startswith(known):
        yield f"{place}.image.source.base64: The image was specified using the {source['media_type']} media type, but does not appear to be one"


def _large_pictures(messages: list[Json]) -> Iterator[str]:
    """Each picture has its limit of bytes, and one of pixels that many together lower."""
    pictures = [
        one for message in messages for block in _blocks(message) for one in _leaves(block) if one["type"] == "image"
    ]
    most = MOST_SIDE if len(pictures) <= MANY_PICTURES else MOST_SIDE_OF_MANY
    for source in (one["source"] for one in pictures if one["source"]["type"] == "base64"):
        if len(source["data"]) > MOST_PICTURE_BYTES:
            yield f"image exceeds 5 MB maximum: {len(source['data'])} bytes > {MOST_PICTURE_BYTES} bytes"
        if max(media.sides_of(base64.b64decode(source["data"])) or (0,)) > most:
            yield f"At least one of the image dimensions exceed max allowed size: {most} pixels"


def _leaves(block: Json) -> list[Json]:
    content = block.get("content")
    return content if block["type"] == "tool_result" and isinstance(content, list) else [block]


def _pairs(messages: list[Json]) -> Iterator[str]:
    """Every call is answered in the message behind it, and every answer has its call in the message before."""
    before: list[str] = []
    for place, message in enumerate([*messages, {"role": "user", "content": []}]):
        answered = [block["tool_use_id"] for block in _blocks(message) if block["type"] == "tool_result"]
        if unanswered := set(before) - set(answered):
            ids = ", ".join(sorted(unanswered))
            yield f"messages.{place - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}"
        if stray := set(answered) - set(before):
            ids = ", ".join(sorted(stray))
            yield f"messages.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {ids}"
        if len(set(answered)) != len(answered):
            yield f"messages.{place}: each tool_use must have a single result"
        before = [block["id"] for block in _blocks(message) if block["type"] == "tool_use"]
        if len(set(before)) != len(before):
            yield f"messages.{place}: `tool_use` ids must be unique"
