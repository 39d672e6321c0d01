"""Telemetry: each span once, with its parent, without content, in OTLP's JSON; a receiver that was away gets them later."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.api.stage import Stage, play
from tests.trivial.model import calls, says
from workbench.contracts.values import Document, Json
from workbench.contracts.web import Posted
from workbench.engine.telemetry.exporter import SINCE, Telemetry
from workbench.events import timestamp

ENDPOINT = "http://127.0.0.1:4318"


class Receiver:
    """Takes spans, or is away."""

    def __init__(self) -> None:
        self.status: int | None = 200
        self.requests: list[tuple[str, str | None, Json]] = []

    async def post(self, url: str, headers: dict[str, str], content: bytes, key_as: str | None) -> Posted:
        await asyncio.sleep(0)
        if self.status == 200:
            self.requests.append((url, key_as, json.loads(content)))
        return Posted(self.status)

    @property
    def spans(self) -> list[Json]:
        return [
            span
            for _, _, body in self.requests
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


def values(span: Json) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


async def telemetry(stage: Stage, receiver: Receiver, **fields: Any) -> Telemetry:
    since = timestamp(stage.engine.clock() - timedelta(days=1))
    await stage.engine.log.documents.put(Document(SINCE, ENDPOINT, 1, {"since": since}))
    return Telemetry(log=stage.engine.log, post=receiver.post, clock=stage.engine.clock, endpoint=ENDPOINT, **fields)


def test_turns_requests_and_calls_are_spans_below_each_other_sent_once_and_without_content() -> None:
    async def story(stage: Stage) -> None:
        receiver = Receiver()
        exporter = await telemetry(stage, receiver, key_as="bearer")
        made = await stage.session("a secret task")
        await stage.until_idle(made.id)
        receiver.status = None
        assert not await exporter.export(made.id)
        receiver.status = 200
        assert await exporter.export(made.id)
        assert await exporter.export(made.id)
        named = [one["name"] for one in receiver.spans]
        assert named == ["chat claude-opus-5-5", "execute_tool bash", "chat claude-opus-5-5", "invoke_agent tester"]
        turn = receiver.spans[-1]
        assert {one["parentSpanId"] for one in receiver.spans[:-1]} == {turn["spanId"]}
        assert {one["traceId"] for one in receiver.spans} == {turn["traceId"]}
        asked = values(receiver.spans[0])
        assert (asked["gen_ai.usage.input_tokens"], asked["gen_ai.usage.cache_read.input_tokens"]) == ("15", "3")
        assert values(receiver.spans[1])["gen_ai.tool.name"] == "bash"
        assert "secret" not in str(receiver.requests)
        (request,) = receiver.requests
        assert request[:2] == (f"{ENDPOINT}/v1/traces", "bearer")

        await stage.until_idle(made.id, then=stage.say(made.id, "again"))
        await stage.client.beta.sessions.archive(made.id)
        assert await exporter.export(made.id)
        assert [one["name"] for one in receiver.spans[4:]] == ["chat claude-opus-5-5", "invoke_agent tester", "session"]
        root = receiver.spans[-1]
        assert {one["parentSpanId"] for one in receiver.spans if one["name"].startswith("invoke")} == {root["spanId"]}
        assert len({one["spanId"] for one in receiver.spans}) == len(receiver.spans)

    play(story, script=[calls(("bash", {"command": "echo secret"})), says("secret")])


def test_content_stands_on_spans_only_where_it_is_asked_for_and_what_is_wrong_is_not_sent_for_ever() -> None:
    async def story(stage: Stage) -> None:
        receiver = Receiver()
        exporter = await telemetry(stage, receiver, with_content=True)
        made = await stage.session("go")
        await stage.until_idle(made.id)
        assert await exporter.export(made.id)
        call = values(receiver.spans[1])
        assert json.loads(call["gen_ai.tool.call.arguments"]) == {"command": "ls"}
        assert call["gen_ai.tool.call.result"] == "bash ran"
        assert "Fine." in values(receiver.spans[2])["gen_ai.output.messages"]
        await stage.until_idle(made.id, then=stage.say(made.id, "again"))
        receiver.status = 400
        assert await exporter.export(made.id)
        # A session from before the export was turned on is none of the receiver's.
        other = replace(exporter, endpoint="http://127.0.0.1:1")
        await stage.engine.log.documents.put(
            Document(SINCE, "http://127.0.0.1:1", 1, {"since": timestamp(stage.engine.clock() + timedelta(days=1))})
        )
        receiver.status = None
        assert await other.export(made.id)

    play(story, script=[calls(("bash", {"command": "ls"})), says("Fine.")])
