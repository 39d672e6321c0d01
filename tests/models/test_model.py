"""The Messages model against a real HTTP server: whole replies, and every fault told as one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests import messages_server as wire
from tests.brain.stage import play
from tests.messages_server import MessagesServer
from workbench.contracts.brain import (
    ModelFault,
    ModelRequest,
    Reply,
    ReplyPart,
    TextDelta,
    ThinkingEnded,
    ThinkingStarted,
)
from workbench.contracts.values import Json
from workbench.models.messages import MessagesModel
from workbench.models.offline import stream
from workbench.models.stream import Draft
from workbench.settings import Endpoint

BODY: Json = {
    "model": "m",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
}


async def ask(endpoint: Endpoint, request: ModelRequest | None = None, *, stall_s: float = 20.0) -> list[ReplyPart]:
    model = MessagesModel(endpoint, stall_s=stall_s)
    parts = [part async for part in model.reply(request or ModelRequest(BODY))]
    await model.aclose()
    return parts


async def played(*script: wire.Play, stall_s: float = 20.0) -> list[ReplyPart]:
    async with MessagesServer(script=list(script)) as server:
        return await ask(Endpoint("test", server.base_url), stall_s=stall_s)


def only_fault(*script: wire.Play, stall_s: float = 20.0) -> ModelFault:
    """The fault that ends the reply; nothing that could be acted upon comes before it."""
    found: list[ReplyPart] = []

    async def story() -> None:
        found.extend(await played(*script, stall_s=stall_s))

    play(story)
    assert not any(isinstance(part, Reply) for part in found)
    assert isinstance(found[-1], ModelFault)
    return found[-1]


def test_a_reply_arrives_in_pieces_and_then_whole() -> None:
    async def story() -> None:
        parts = await played(wire.call("bash", {"command": "echo ä"}, said="Two words."))
        assert parts[:-1] == [TextDelta(0, "Two "), TextDelta(0, "words.")]
        reply = parts[-1]
        assert isinstance(reply, Reply)
        assert [(block["type"], block.get("input")) for block in reply.content] == [
            ("text", None),
            ("tool_use", {"command": "echo ä"}),
        ]
        assert (reply.stop_reason, reply.usage["input_tokens"]) == ("tool_use", 1)

    play(story)


def test_a_thought_is_told_when_it_begins_and_when_it_ends() -> None:
    draft = Draft()
    thinks = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
    grows = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}
    says = {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "So"}}
    ends = [{"type": "content_block_stop", "index": index} for index in (0, 1, 9)]
    heard = [draft.add(event) for event in (thinks, grows, ends[0], says, *ends[1:])]
    assert heard == [ThinkingStarted(), None, ThinkingEnded(), TextDelta(0, "So"), None, None]


def test_empty_text_blocks_are_left_out_and_never_counted() -> None:
    async def story() -> None:
        parts = await played(wire.text("", "Second"))
        assert parts[0] == TextDelta(0, "Second")
        assert isinstance(parts[-1], Reply)
        assert parts[-1].content == ({"type": "text", "text": "Second"},)

    play(story)


def test_a_placeholder_stands_for_a_missing_key_and_betas_go_into_the_header() -> None:
    async def story() -> None:
        async with MessagesServer() as server:
            await ask(Endpoint("test", server.base_url), ModelRequest(BODY, ("some-beta", "other")))
            assert server.headers[0]["authorization"] == "Bearer no-key"
            assert server.headers[0]["anthropic-beta"] == "some-beta,other"
            assert server.requests == [BODY | {"stream": True}]

    play(story)


def test_an_endpoint_behind_a_unix_socket_answers(tmp_path: Path) -> None:
    async def story() -> None:
        async with MessagesServer(path=tmp_path / "m.sock") as server:
            assert server.path is not None
            parts = await ask(Endpoint("test", "http://localhost", socket=server.path))
            assert parts[0] == TextDelta(0, "You ")

    play(story)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (wire.RATE_LIMITED, "model_rate_limited_error"),
        (wire.OVERLOADED, "model_overloaded_error"),
        (wire.FAILED, "model_request_failed_error"),
        (wire.UNAVAILABLE, "model_request_failed_error"),
        (wire.Reset("before"), "model_request_failed_error"),
        (wire.Reset("after"), "model_request_failed_error"),
        (wire.Cut(wire.text("One two three"), 4), "model_request_failed_error"),
        (wire.Cut(wire.text("One two three"), 4, clean=True), "model_request_failed_error"),
        (
            wire.Cut(wire.call("bash", {"command": "rm -r everything that was ever here"}), 4),
            "model_request_failed_error",
        ),
        (wire.Broken(wire.text("One two"), 3), "model_overloaded_error"),
        (wire.MALFORMED, "model_request_failed_error"),
        (wire.Raw(b""), "model_request_failed_error"),
        (
            wire.Raw(b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 7}\n\n'),
            "model_request_failed_error",
        ),
        (wire.text(), "model_request_failed_error"),
    ],
    ids=str,
)
def test_what_may_pass_is_a_fault_to_try_again(fault: wire.Play, kind: str) -> None:
    told = only_fault(fault)
    assert (told.kind, told.retry, told.context_too_long) == (kind, True, False)


@pytest.mark.parametrize(
    ("fault", "too_long"),
    [
        (wire.TOO_LONG, True),
        (wire.TOO_LARGE, True),
        (wire.NO_KEY, False),
        (wire.Status(403, "permission_error", "No."), False),
        (wire.Status(404, "not_found_error", "model: m"), False),
        (wire.Status(400, "invalid_request_error", "tools.0: bad"), False),
    ],
    ids=str,
)
def test_what_will_not_pass_is_a_fault_that_is_not_tried_again(fault: wire.Play, too_long: bool) -> None:
    told = only_fault(fault)
    assert (told.retry, told.context_too_long) == (False, too_long)


def test_a_server_that_asks_for_patience_is_heard() -> None:
    assert only_fault(wire.RATE_LIMITED).retry_after_s == 7.0
    assert only_fault(wire.Status(529, "overloaded_error", "x", {"retry-after-ms": "250"})).retry_after_s == 0.25


def test_a_refused_key_says_where_the_key_is_set() -> None:
    assert "settings.toml" in only_fault(wire.NO_KEY).message


def test_a_lack_of_credit_is_a_billing_error() -> None:
    assert only_fault(wire.Status(400, "billing_error", "credit")).kind == "billing_error"


def test_silence_is_a_fault_and_does_not_last() -> None:
    told = only_fault(wire.Stall(), stall_s=0.2)
    assert told.retry
    assert "sent nothing for 0.2 s" in told.message


def test_an_endpoint_that_is_not_there_is_a_fault_that_names_it() -> None:
    async def story() -> None:
        async with MessagesServer() as server:
            url = server.base_url
        (told,) = await ask(Endpoint("test", url))
        assert isinstance(told, ModelFault)
        assert told.retry
        assert url in told.message

    play(story)


def test_an_empty_answer_after_a_tool_result_is_an_answer() -> None:
    async def story() -> None:
        called = {"type": "tool_use", "id": "t", "name": "bash", "input": {}}
        result = {"type": "tool_result", "tool_use_id": "t", "content": []}
        talk = [("user", "go"), ("assistant", [called]), ("user", [result])]
        body = BODY | {"messages": [{"role": role, "content": content} for role, content in talk]}
        async with MessagesServer(script=[wire.text()]) as server:
            (reply,) = await ask(Endpoint("test", server.base_url), ModelRequest(body))
        assert reply == Reply((), "end_turn", reply.usage if isinstance(reply, Reply) else {})

    play(story)


def test_a_call_cut_at_the_output_limit_comes_with_no_input() -> None:
    async def story() -> None:
        events = list(stream(wire.call("write", {"file_path": "a", "content": "b" * 60}, stop_reason="max_tokens")))
        (reply,) = await played(wire.Told((*events[:3], *events[-3:])))
        assert isinstance(reply, Reply)
        assert (reply.stop_reason, reply.content[0]["input"]) == ("max_tokens", {})

    play(story)


def test_cancelling_a_reply_closes_its_connection() -> None:
    async def story() -> None:
        async with MessagesServer(script=[wire.Stall()]) as server:
            model = MessagesModel(Endpoint("test", server.base_url))
            heard = asyncio.Event()

            async def listen() -> None:
                async for _ in model.reply(ModelRequest(BODY)):
                    heard.set()

            async with asyncio.TaskGroup() as group:
                listening = group.create_task(listen())
                await heard.wait()
                listening.cancel()
            await model.aclose()

    play(story)


def said_by(status: int, body: object) -> wire.Play:
    return wire.Answered(status, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        (said_by(400, {"type": "error", "error": {"type": "invalid_request_error", "message": "messages.0.content.1.image.source.base64.data: Could not process image"}}), ("messages.0.content.1.image.source.base64.data",)),
        (said_by(400, {"error": {"type": "invalid_request_error", "message": "too large", "details": {"error_code": "image_dimensions_too_large", "paths": ["messages.0.content.1"]}}}), ("messages.0.content.1",)),
        (said_by(400, {"error": {"message": "tools.3.custom.input_schema: no oneOf at the top level"}}), ("tools.3",)),
        (said_by(500, {"error": {"code": 500, "message": "image input is not supported - hint: mmproj", "type": "server_error"}}), ("every image",)),
        (said_by(400, {"error": "this model does not support image input"}), ("every image",)),
        (said_by(400, {"error": {"message": "Could not process image"}}), ("image",)),
        (said_by(400, {"error": {"message": "The PDF specified was not valid."}}), ("document",)),
        (said_by(500, {"error": {"message": "image decoder crashed"}}), ()),
        (said_by(400, {"error": {"message": "messages.0.content.1.cache_control: at most 4 blocks"}}), ()),
    ],
)  # fmt: skip
def test_a_refusal_names_what_of_the_request_was_refused(answer: wire.Play, rejected: tuple[str, ...]) -> None:
    assert only_fault(answer).rejected == rejected


@pytest.mark.parametrize(
    ("answer", "words", "retry"),
    [
        (said_by(400, {"object": "error", "message": "no such thing"}), "said: no such thing", False),
        (said_by(422, {"detail": "field required"}), "said: field required", False),
        (wire.Answered(502, b"<html><head><title>502 Bad Gateway</title></head></html>"), "status 502: 502 Bad Gateway", True),
        (wire.Answered(400, b"plain\n\nwords"), "said: plain words", False),
        (wire.Answered(500, b""), "failed with status 500: ", True),
        (wire.Raw(b"event: error\ndata: {}\n\n"), "broke off with an error: ", True),
        (wire.Raw(b"event: error\ndata: oops\n\n"), "broke off with an error: oops", True),
        (wire.Raw(b'event: error\ndata: {"code":500,"type":"server_error","message":"slot failed"}\n\n'), "failed with status 500: slot failed", True),
        (wire.Raw(b'event: error\ndata: {"error":{"code":400,"message":"bad grammar"}}\n\n'), "said: bad grammar", False),
    ],
)  # fmt: skip
def test_errors_of_every_shape_are_one_sentence(answer: wire.Play, words: str, retry: bool) -> None:
    fault = only_fault(answer)
    assert (words in fault.message, fault.retry) == (True, retry), fault.message
    assert "{" not in fault.message
    assert "\n" not in fault.message


def test_a_refusal_for_its_length_tells_the_servers_window() -> None:
    body = {"error": {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds the available context size", "n_prompt_tokens": 9000, "n_ctx": 4096}}  # fmt: skip
    fault = only_fault(said_by(400, body))
    assert (fault.context_too_long, fault.window, fault.retry) == (True, 4096, False)


def test_what_is_sent_is_what_the_digest_of_a_request_is_of_and_the_word_that_it_streams() -> None:
    async def story() -> None:
        body = {
            **BODY,
            "messages": [{"role": "user", "content": "Grüße 🙂 \x00\u2028"}],
            "system": [],
            "temperature": 0.5,
        }
        request = ModelRequest(body, ("one-2026", "two-2026"))
        async with MessagesServer(script=[wire.text("Hi")]) as server:
            await ask(Endpoint("test", server.base_url), request)
        assert list(server.requests[0].items()) == list({**body, "stream": True}.items())
        assert server.headers[0]["content-type"] == "application/json"
        assert server.headers[0]["anthropic-beta"] == "one-2026,two-2026"
        assert int(server.headers[0]["content-length"]) == len(request.wire(stream=True))

    play(story)
