"""The engine is killed at every point of a turn of an agent of others, whose process goes on: prompted once, answered once, heard once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandboxes.runner.frames import Frame
from sandboxes.runner.lasting import Lasting
from tests.brain.stage import SESSION_ID, THREAD_ID, Stage, confirm, play, session
from workbench.brain.loop import Brain
from workbench.contracts.acp_agents import AcpAgent
from workbench.contracts.values import Json, Session
from workbench.hands.acp.agents import ConversingAgents
from workbench.hands.lasting import LastingConversation
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import Rules

ASK = {"toolCallId": "c", "title": "make", "kind": "execute", "rawInput": {"command": "make"}}
OPTIONS = [{"optionId": "yes", "kind": "allow_once"}, {"optionId": "no", "kind": "reject_once"}]


class Crash(Exception):
    """The engine was killed here."""


@dataclass
class Sandbox:
    """What outlives engines: the runner's end of the conversation, and the agent behind it. `lives` counts its processes."""

    engine: LastingConversation | None = None
    lasting: Lasting | None = None
    prompts: list[Json] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    lives: int = 0

    def tell_runner(self, frame: Frame) -> None:
        match frame["kind"]:
            case "open":
                self.lives += 1
                self.lasting = Lasting(str(frame["id"]), self.tell_engine)
            case "shut":
                self.lasting = None
            case "rejoin" if self.lasting is not None:
                self.lasting.rejoin(frame)
            case "heard" if self.lasting is not None:
                self.lasting.forget(frame)
            case "rejoin":
                self.tell_engine({"kind": "rejoined", "id": frame["id"], "took": None})
            case "line" if self.lasting is not None and self.lasting.is_new(frame):
                self.hear(json.loads(str(frame["line"])))

    def tell_engine(self, frame: Frame) -> None:
        if self.engine is not None:
            self.engine.take(frame)

    def say(self, **message: Any) -> None:
        assert self.lasting is not None
        self.lasting.say(json.dumps({"jsonrpc": "2.0", **message}))

    def update(self, said: str, /, **more: Any) -> None:
        self.say(method="session/update", params={"sessionId": "s", "update": {"sessionUpdate": said, **more}})

    def hear(self, message: Json) -> None:
        match message.get("method"):
            case "initialize":
                self.say(id=message["id"], result={"protocolVersion": 1})
            case "session/new":
                self.say(id=message["id"], result={"sessionId": "s"})
            case "session/prompt":
                self.prompts.append(message)
                self.update("agent_thought_chunk", content={"type": "text", "text": "hm"})
                self.update("agent_message_chunk", content={"type": "text", "text": "I "})
                self.update("agent_message_chunk", content={"type": "text", "text": "look."})
                self.update("tool_call", **ASK)
                asked = {"sessionId": "s", "toolCall": {"toolCallId": "c"}, "options": OPTIONS}
                self.say(id=7, method="session/request_permission", params=asked)
            case None if message.get("id") == 7:
                self.answers.append(message)
                self.update("tool_call_update", toolCallId="c", status="completed")
                self.update("agent_message_chunk", content={"type": "text", "text": "Done."})
                self.say(id=self.prompts[-1]["id"], result={"stopReason": "end_turn"})


@dataclass
class Life:
    """One engine: dies at its n-th point and passes none afterwards."""

    dies_at: int
    points: int = 0

    def at(self) -> None:
        self.points += 1
        if self.points >= self.dies_at:
            raise Crash


class Mortal:
    """A part whose every promise is a point before and one after it."""

    def __init__(self, part: Any, life: Life) -> None:
        self._part, self._life = part, life

    def __getattr__(self, name: str) -> Any:
        kept = getattr(self._part, name)
        if not asyncio.iscoroutinefunction(kept):
            return kept

        async def promised(*given: Any, **more: Any) -> Any:
            self._life.at()
            found = await kept(*given, **more)
            self._life.at()
            return found

        return promised


def agents(sandbox: Sandbox, life: Life) -> ConversingAgents:
    def tell(frame: Frame) -> None:
        life.at()
        sandbox.tell_runner(frame)
        life.at()

    def conversation(name: str) -> LastingConversation:
        sandbox.engine = LastingConversation(name, tell, lambda: None)
        return sandbox.engine

    async def converse(_: Session, name: str) -> tuple[LastingConversation, str]:
        return conversation(name), "/workspace"

    async def find(_: Session, name: str) -> LastingConversation | None:
        return conversation(name)

    async def offline(_: str, command: Sequence[str]) -> tuple[str, ...]:
        return tuple(command)

    return ConversingAgents(converse, find, offline)


def brain(stage: Stage, sandbox: Sandbox, life: Life) -> Brain:
    log = Mortal(stage.log, life)
    parts = stage.brain
    return Brain(
        inbox=log,
        log=log,
        facts=log,
        states=stage.log,
        sessions=stage,
        hands=parts.hands,
        servers=parts.servers,
        models=parts.models,
        clock=stage.log.clock,
        gate=lambda: RuledGate(Rules()),
        acp=agents(sandbox, life),
    )


async def turned(dies_at: int) -> tuple[Stage, Sandbox, bool]:
    """A whole turn through one death at this point; whether it came to that."""
    described = session(acp=AcpAgent("double", ("double",)), mode="ask")
    stage, sandbox = Stage(described), Sandbox()
    await stage.say("Go.")
    has_died, is_answered = False, False
    while not stage.stop_reasons() or stage.stop_reasons()[-1]["type"] == "requires_action":
        life = Life(10**9 if has_died else dies_at)
        waking = asyncio.create_task(brain(stage, sandbox, life).wake(SESSION_ID, THREAD_ID, asyncio.Event()))
        await asyncio.wait({waking}, timeout=30)
        if waking.exception() is not None:
            assert life.points >= dies_at
            has_died = True
            continue
        if not is_answered:
            is_answered = True
            await stage.send(confirm(stage.ids("agent.mcp_tool_use")[0]))
    return stage, sandbox, has_died


def test_a_kill_at_any_point_prompts_once_answers_once_and_tells_each_word_once() -> None:
    async def story() -> None:
        point, has_died = 0, True
        while has_died:
            point += 1
            stage, sandbox, has_died = await turned(point)
            assert len(sandbox.prompts) == 1, point
            assert [one["result"]["outcome"]["optionId"] for one in sandbox.answers] == ["yes"], point
            messages = [one["content"][0]["text"] for one in stage.bodies("agent.message")]
            assert messages == ["I look.", "Done."], point
            for kind in ("agent.thinking", "agent.mcp_tool_use", "agent.mcp_tool_result"):
                assert len(stage.ids(kind)) == 1, (point, kind)
            assert len(stage.ids("span.model_request_start")) == len(stage.ids("span.model_request_end")) == 1, point
            assert stage.stop_reasons()[-1] == {"type": "end_turn"}, point
            assert stage.ids("session.error") == [], point
        assert point > 40

    play(story)


def test_an_agent_that_dies_while_no_engine_hears_it_ends_the_turn_with_words_and_is_not_prompted_again() -> None:
    async def story() -> None:
        described = session(acp=AcpAgent("double", ("double",)), mode="ask")
        stage, sandbox = Stage(described), Sandbox()
        await stage.say("Go.")
        await brain(stage, sandbox, Life(10**9)).wake(SESSION_ID, THREAD_ID, asyncio.Event())
        assert stage.stop_reasons()[-1]["type"] == "requires_action"
        assert sandbox.lasting is not None
        sandbox.lasting.end({"kind": "ended", "id": "talk", "code": 1, "said": "out of memory"})
        await brain(stage, sandbox, Life(10**9)).wake(SESSION_ID, THREAD_ID, asyncio.Event())
        [error] = stage.bodies("session.error")
        assert "ended with code 1: out of memory" in error["error"]["message"]
        assert "may have run" in error["error"]["message"]
        assert stage.stop_reasons()[-1] == {"type": "retries_exhausted"}
        assert (len(sandbox.prompts), sandbox.answers) == (1, [])

    play(story)
