"""Schemas, listings and answers of MCP servers come out as a model's API takes them, and one bad one takes no other with it."""

from __future__ import annotations

import asyncio
import base64
import json
import shlex
import struct
import sys
from pathlib import Path

import pytest

from tests.hands.test_stdio_servers import connected
from tests.sandboxes.test_media import png
from workbench.contracts.values import Call, Json, Outcome
from workbench.hands.mcp.schemas import taken

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}


def top(properties: Json, *required: str, **more: object) -> Json:
    asked = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **asked, **more}


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (None, top({})),
        ({"properties": {"a": TEXT}}, top({"a": TEXT})),
        ({"type": ["object", "null"], "properties": {"a": TEXT}}, top({"a": TEXT})),
        ({"type": "object", "required": True, "properties": []}, top({})),
        ({"anyOf": [top({"a": TEXT}, "a"), top({"b": TEXT}, "b")]}, top({"a": TEXT, "b": TEXT})),
        ({"oneOf": [top({"a": TEXT}, "a"), top({"a": NUMBER, "b": TEXT}, "a", "b")]}, top({"a": TEXT, "b": TEXT}, "a")),
        ({"allOf": [top({"a": TEXT}, "a"), top({"b": TEXT}, "b")]}, top({"a": TEXT, "b": TEXT}, "a", "b")),
        ({"$ref": "#/$defs/A", "$defs": {"A": top({"a": TEXT}, "a")}}, top({"a": TEXT}, "a")),
        ({"anyOf": [{"$ref": "#/definitions/A"}], "definitions": {"A": top({"a": TEXT}, "a")}}, top({"a": TEXT}, "a")),
        (
            top({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"$ref": "#/$defs/B"}, "B": TEXT, "C": NUMBER}}),
            top({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"$ref": "#/$defs/B"}, "B": TEXT}}),
        ),
        (top({"a": {"$ref": "https://example.com/x.json"}, "b": {"$ref": "#/$defs/no"}}), top({"a": {}, "b": {}})),
        (top({"a": {"minimum": 1, "exclusiveMinimum": True}}), top({"a": {"exclusiveMinimum": 1}})),
        (top({"a": {"type": "array", "items": [TEXT]}}), top({"a": {"type": "array", "prefixItems": [TEXT]}})),
        (top({"a": {"type": "any", "required": True, "enum": []}}), top({"a": {}})),
        (top({}, **{"$schema": "http://json-schema.org/draft-04/schema#", "not": {"required": ["x"]}}), top({})),
        (top({"a": {"anyOf": [TEXT, NUMBER]}}), top({"a": {"anyOf": [TEXT, NUMBER]}})),
    ],
)  # fmt: skip
def test_a_schema_becomes_an_object_of_plain_properties(given: object, right: Json) -> None:
    assert taken(given) == (right, {})


def test_a_schema_that_refers_to_itself_ends() -> None:
    loop = {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}], "properties": {"a": {"$ref": "#/$defs/A"}}}},
    }
    schema, _ = taken(loop)
    assert (schema["type"], list(schema["properties"]), list(schema["$defs"])) == ("object", ["a"], ["A"])


def test_odd_names_of_properties_are_told_plain_and_known_by_their_own() -> None:
    schema, own = taken(top({"a b": TEXT, "a_b": TEXT, "ä": TEXT, "x" * 80: TEXT}, "a b", "ä"))
    (clash,) = (name for name in own if own[name] == "a b")
    assert own == {clash: "a b", "_": "ä", "x" * 64: "x" * 80}
    assert (list(schema["properties"]), schema["required"]) == ([clash, "a_b", "_", "x" * 64], [clash, "_"])


BAD_SERVER = r"""
import json, sys
TOOLS = json.loads(sys.argv[1])
CONTENT = json.loads(sys.argv[2])
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    method, asked = message["method"], message.get("params") or {}
    reply = {"jsonrpc": "2.0", "id": message["id"]}
    if method == "initialize":
        told = {"protocolVersion": asked["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
        reply["result"] = told
    elif method == "tools/list":
        reply["result"] = {"tools": TOOLS, "nextCursor": 7}
    elif method == "tools/call":
        reply["result"] = {"content": CONTENT, "isError": "no" if asked["arguments"] else False}
    else:
        reply["error"] = {"code": -32601, "message": "unknown method"}
    print(json.dumps(reply), flush=True)
"""


def bad_server(tools: object = (), content: object = ()) -> Json:
    command = [sys.executable, "-c", BAD_SERVER, json.dumps(tools), json.dumps(content)]
    return {"type": "url", "name": "bad", "url": f"stdio:{shlex.join(command)}"}


def test_one_bad_tool_never_takes_the_others_of_its_server_away(tmp_path: Path) -> None:
    tools = [
        {"name": "good", "inputSchema": {"type": "object"}, "outputSchema": 3, "annotations": "x", "icons": 1},
        {"name": "untyped", "inputSchema": {"properties": {"a": TEXT}}},
        {"name": "schemaless"},
        {"name": 5, "inputSchema": {"type": "object"}},
        "no tool",
        {"name": "good", "inputSchema": {"type": "object"}},
    ]

    async def story() -> object:
        async with connected(tmp_path) as (_, servers, session):
            return await servers.listed(session, bad_server(tools))

    listed = asyncio.run(story())
    assert isinstance(listed, tuple)
    assert [(tool["name"], tool.get("input_schema"), tool.get("fault")) for tool in listed] == [
        ("good", top({}), None),
        ("untyped", top({"a": TEXT}), None),
        ("schemaless", top({}), None),
        ("(a tool without a name)", None, "it cannot be called"),
        ("good", None, "it is listed twice; the first counts"),
    ]


def test_of_an_answer_pictures_and_text_are_taken_and_what_no_model_takes_is_named(tmp_path: Path) -> None:
    def with_part(whole: bytes, kind: bytes, size: int) -> bytes:
        """A PNG with one more part behind its head, whose check sum is wrong."""
        return whole[:33] + struct.pack(">I", size) + kind + bytes(size + 4) + whole[33:]

    def encoded(content: bytes) -> str:
        return base64.b64encode(content).decode()

    whole, svg = encoded(png()), encoded(b"<svg/>")
    content = [
        {"type": "text", "text": "hello"},
        {"type": "image", "data": whole, "mimeType": "image/jpeg"},
        {"type": "image", "data": svg, "mimeType": "image/svg+xml"},
        {"type": "image", "data": encoded(png()[:-3]), "mimeType": "image/png"},
        {"type": "image", "data": "%%", "mimeType": "image/png"},
        {"type": "image", "data": encoded(with_part(png(), b"iCCP", 7)), "mimeType": "image/png"},
        {"type": "image", "data": encoded(with_part(png(), b"ABCD", 7)), "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "x://p", "blob": whole}},
        {"type": "resource", "resource": {"uri": "x://t", "blob": encoded(b"words")}},
        {"type": "resource", "resource": {"uri": "x://b", "blob": encoded(b"\0\xff")}},
        {"type": "audio", "data": whole, "mimeType": "audio/wav"},
        {"type": "hologram"},
        {"type": "text"},
        7,
    ]

    async def story() -> Json:
        async with connected(tmp_path) as (_, servers, session):
            outcome = await servers.call(session, bad_server([], content), Call("sevt_1", "x", {}, "bad"))
            assert isinstance(outcome, Outcome)
            return {"content": outcome.content, "is_error": outcome.is_error}

    outcome = asyncio.run(story())
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": whole}}
    texts = [block["text"] if block["type"] == "text" else block for block in outcome["content"]]
    assert not outcome["is_error"]
    assert texts == [
        "hello",
        picture,
        "a picture is text:\n<svg/>",
        "[a picture is left out: it is a broken PNG: it is cut off or damaged]",
        "[a picture is left out: it is no base64]",
        picture,
        "[a picture is left out: it is a broken PNG: it is cut off or damaged]",
        picture,
        "the resource x://t is text:\nwords",
        "[the resource x://b is left out: 2 bytes, bytes of an unknown kind]",
        "[a block of type 'audio', which cannot be shown here]",
        "[a block of type 'hologram', which cannot be shown here]",
        "[a block of type 'text', which cannot be shown here]",
        "[a block of type None, which cannot be shown here]",
    ]
