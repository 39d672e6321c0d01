"""The first words with an agent of others: what it answers, and what it does not."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from workbench.contracts.acp import Modes, Said
from workbench.hands.acp.handshake import AcpRefused, Handshake, modes_of, own_servers

Json = dict[str, Any]
HELLO: Json = {"protocolVersion": 1, "agentCapabilities": {}}


class ScriptedTalk:
    """Answers each of our lines by `answers`; what is none is said as it is."""

    def __init__(self, answers: Callable[[Json], list[Json | str]]) -> None:
        self.name, self.took, self.ending, self.has_ended = "talk", 0, None, False
        self.asked: list[Json] = []
        self._answers = answers
        self._lines: deque[str] = deque()
        self._count = 0

    def say(self, number: int, line: str) -> None:
        message = json.loads(line)
        self.asked.append(message)
        for one in self._answers(message):
            self._lines.append(one if isinstance(one, str) else json.dumps({"id": message["id"], **one}))

    def heard(self, through: int) -> None:
        raise AssertionError("nothing is written down yet")

    async def next(self) -> Said | None:
        if not self._lines:
            await asyncio.Event().wait()
        self._count += 1
        return Said(self._count, self._lines.popleft())

    def when_ended(self, tell: Callable[[], None]) -> None:
        raise AssertionError("it is waited for")

    def shut(self) -> None:
        self.has_ended = True


def test_an_agent_that_never_answers_is_given_up_after_the_limit_with_what_it_said_instead() -> None:
    async def story() -> None:
        hand = Handshake(ScriptedTalk(lambda _: ["Welcome!"]))
        with pytest.raises(
            AcpRefused, match=r"did not answer initialize within 0\.05 s; its output begins with 'Welcome!'"
        ):
            await hand.hello(0.05)

    asyncio.run(story())


def test_one_that_wants_a_key_is_signed_in_by_the_one_that_it_has() -> None:
    async def story() -> None:
        signed: list[str] = []

        def answers(message: Json) -> list[Json | str]:
            match message["method"]:
                case "initialize":
                    methods = [{"id": "browser"}, {"id": "some-api-key"}]
                    return [{"result": HELLO | {"authMethods": methods}}]
                case "authenticate":
                    signed.append(message["params"]["methodId"])
                    return [{"result": {}}]
            if not signed:
                return [{"error": {"code": -32000, "message": "Authentication required"}}]
            return [{"result": {"sessionId": "s"}}]

        hand = Handshake(ScriptedTalk(answers))
        await hand.hello(5)
        assert (await hand.session("/w", [], 5))["sessionId"] == "s"
        assert signed == ["some-api-key"]

    asyncio.run(story())


def test_what_an_agent_asks_before_its_session_is_answered_and_counted() -> None:
    async def story() -> None:
        asks = json.dumps({"id": 1, "method": "fs/read_text_file", "params": {}})
        talk = ScriptedTalk(lambda message: [asks, {"result": HELLO}] if message.get("method") == "initialize" else [])
        hand = Handshake(talk)
        await hand.hello(5)
        assert (hand.said, hand.heard) == (2, 2)
        assert talk.asked[1]["error"]["code"] == -32601

    asyncio.run(story())


def test_an_earlier_session_is_resumed_before_it_is_loaded_and_an_unknown_one_is_neither() -> None:
    async def story() -> None:
        def answers(message: Json) -> list[Json | str]:
            return [{"error": {"code": 1, "message": "unknown"}} if "gone" in str(message) else {"result": {}}]

        talk = ScriptedTalk(answers)
        hand = Handshake(talk)
        both: Json = {"loadSession": True, "sessionCapabilities": {"resume": {}}}
        assert await hand.load(both, "s", "/w", [], 5) == {}
        assert await hand.load({"loadSession": True}, "gone", "/w", [], 5) is None
        assert await hand.load({}, "s", "/w", [], 5) is None
        assert [one["method"] for one in talk.asked] == ["session/resume", "session/load"]

    asyncio.run(story())


def test_modes_are_a_list_or_an_option_or_none() -> None:
    own = {"modes": {"currentModeId": "a", "availableModes": [{"id": "a"}, {"id": 7}, "?"]}}
    option = {"id": "m", "category": "mode", "currentValue": "b", "options": [{"value": "b"}, {"value": "c"}]}
    assert modes_of(own) == Modes(("a",), "a")
    assert modes_of({"configOptions": [{"category": "model"}, option]}) == Modes(("b", "c"), "b", "m")
    assert modes_of({"configOptions": 7}) == Modes()


def test_servers_inside_are_handed_on_and_those_over_http_where_the_agent_can() -> None:
    servers = [{"name": "in", "url": "stdio:npx -y x"}, {"name": "out", "url": "https://x"}]
    inside = {"name": "in", "command": "npx", "args": ["-y", "x"], "env": []}
    assert own_servers({"mcp_servers": servers}, {}) == [inside]
    found = own_servers({"mcp_servers": servers}, {"mcpCapabilities": {"http": True}})
    assert found[1] == {"type": "http", "name": "out", "url": "https://x", "headers": []}
