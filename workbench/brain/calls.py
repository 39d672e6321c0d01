"""Runs the tool calls of one answer, each at most once and each to exactly one result."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.brain import engine_tools, oversized_results
from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.open_calls import OpenCall
from workbench.contracts import agent_tools, elicitation, server_tools, tools
from workbench.contracts.facts import MCP_ASKED, MCP_WENT_ON, TOOL_STARTED
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts, SessionLog
from workbench.contracts.servers import Asked, Servers
from workbench.contracts.values import Call, Json, Outcome, Preview, ToolOutput, text_outcome
from workbench.contracts.web import Web
from workbench.events import UserCustomToolResult, child_thread, text_of

INTERRUPTED = text_outcome(
    "Tool execution was interrupted before completion. Please retry.",
    is_error=True,
)
MAY_HAVE_RUN = text_outcome(
    "The program stopped while this call was running, and its result is lost. It may have run, wholly or in part: check its"
    " effect before repeating it.",
    is_error=True,
)


@dataclass(frozen=True)
class Calls:
    """The calls of one thread; `answers` are those of people to questions of servers, by the questions' events."""

    writer: EventWriter
    history: ThreadHistory
    hands: Hands
    servers: Servers
    web: Web
    interrupted: asyncio.Event
    answers: Mapping[str, UserCustomToolResult]

    @property
    def log(self) -> SessionLog:
        return self.history.log

    @property
    def facts(self) -> Facts:
        return self.history.facts

    @property
    def started(self) -> frozenset[str]:
        """The calls that were started before this wake and never got a result."""
        return self.history.started

    async def run(self, open_calls: Sequence[OpenCall]) -> None:
        """Run all of them: bash calls one after the other, as they share a shell, and the others beside them."""
        in_shell = [one for one in open_calls if one.use.type == "agent.tool_use" and one.use.name == tools.BASH.name]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._one_by_one(in_shell))
            for one in open_calls:
                if one not in in_shell:
                    group.create_task(self._one(one))

    async def settle(self, open_calls: Sequence[OpenCall], outcome: Outcome) -> None:
        """Give all of them the same result without running them; what an earlier process had begun is ended."""
        if not open_calls:
            return
        results = [self.writer.tool_result(one.use, outcome) for one in open_calls]
        await self.log.post(self.writer.session.id, self.history.posts(results))
        for one in open_calls:
            if one.asked is not None:
                await self.servers.abandon(self.writer.session.id, one.use.id)
            if one.use.id in self.started:
                await self.hands.acknowledge(self.writer.session, one.use.id)

    async def _one_by_one(self, open_calls: Sequence[OpenCall]) -> None:
        for one in open_calls:
            await self._one(one)

    async def _one(self, one: OpenCall) -> None:
        session, call = self.writer.session, one.call
        # Only the work itself is cut short: a result on its way into the log always arrives there.
        outcome = INTERRUPTED if self.interrupted.is_set() else await self._outcome(one)
        if isinstance(outcome, Asked):
            await self._ask(call, outcome)
            return
        if oversized_results.is_too_long(outcome):
            outcome = await self._spilled(call.id, outcome)
        await self.log.append(session.id, [self.writer.tool_result(one.use, outcome)], thread_id=self.writer.thread_id)
        if call.server is None:
            await self.hands.acknowledge(session, call.id)

    async def _ask(self, call: Call, asked: Asked) -> None:
        """Put a server's questions to a person; the call goes on when they are answered."""
        questions = {one.key: self.writer.question(call, one) for one in asked.questions}
        keys = {event.id: key for key, event in questions.items()}
        fact = self.writer.fact(MCP_ASKED, tool_use_id=call.id, questions=keys, state=asked.state)
        await self.history.append(list(questions.values()), [fact])

    async def _spilled(self, call_id: str, outcome: Outcome) -> Outcome:
        session, writing = self.writer.session, oversized_results.writing(call_id, outcome)
        written = await unless(self.interrupted, self.hands.execute(session, writing))
        await self.hands.acknowledge(session, writing.id)
        return oversized_results.shortened(call_id, outcome, written)

    async def _outcome(self, one: OpenCall) -> Outcome | Asked:
        session, call = self.writer.session, one.call
        if call.server is not None:
            return await self._from_server(one, call, call.server)
        if call.name in agent_tools.of_engine(session.agent):
            return await self._from_engine(one)
        if call.name in tools.IN_WEB:
            # It needs no sandbox, and may be asked again.
            answering = self.web.answered(session, self.writer.thread_id, call)
            return await unless(self.interrupted, answering) or INTERRUPTED
        if call.id in self.started and (outcome := await self._recovered(call)) is not None:
            return outcome
        return await unless(self.interrupted, self._in_sandbox(call)) or INTERRUPTED

    async def _in_sandbox(self, call: Call) -> Outcome:
        """What is cut off while a sandbox is on its way has not begun."""
        ready = await self.hands.provision(self.writer.session)
        if ready.is_error:
            return ready
        await self._start(call)
        return await self.hands.execute(self.writer.session, call, self._hear)

    def _hear(self, output: ToolOutput) -> None:
        session_id = self.writer.session.id
        self.log.preview(Preview(session_id, output, child_thread(session_id, self.writer.thread_id)))

    async def _from_engine(self, one: OpenCall) -> Outcome:
        """It changes nothing, and may be asked again."""
        thread = await self.log.read(self.writer.session.id, thread_id=self.writer.thread_id)
        # A search counts the words of the whole log: that is no work for the event loop.
        was_asked = one.confirmation is not None
        return await asyncio.to_thread(engine_tools.answered, one.call, thread, was_asked=was_asked)

    async def _recovered(self, call: Call) -> Outcome | None:
        """What became of a call that was started before; None where it may run again."""
        kept = await unless(self.interrupted, self.hands.recover(self.writer.session, call, self._hear))
        if kept is not None:
            return kept
        if self.interrupted.is_set():
            return INTERRUPTED
        return None if tools.only_reads(call.name, call.input) else MAY_HAVE_RUN

    async def _from_server(self, one: OpenCall, call: Call, name: str) -> Outcome | Asked:
        """An MCP server keeps nothing under a call's id: one that was begun, and did not ask, may have had its effect."""
        if call.id in self.started and one.asked is None:
            return MAY_HAVE_RUN
        session, server = self.writer.session, server_tools.server(self.writer.session.agent, name)
        if server is None:
            return text_outcome(f"This session has no MCP server {name!r} any more.", is_error=True)
        if one.asked is None:
            await self._start(call)
            running = self.servers.call(session, server, call)
        else:
            replies = {key: self._reply(event_id) for event_id, key in one.asked.keys.items()}
            await self.history.append([], [self.writer.fact(MCP_WENT_ON, tool_use_id=call.id)])
            running = self.servers.go_on(session, server, call, replies, one.asked.state)
        return await unless(self.interrupted, running) or INTERRUPTED

    def _reply(self, event_id: str) -> Json:
        """A person's answer as the server takes it; one that fits no more, and one that is missing, declines."""
        answer = self.answers.get(event_id)
        if answer is None:
            return elicitation.DECLINED
        asked = self.history.question(event_id)
        try:
            return elicitation.reply(asked, text_of(answer.content or ()), is_error=bool(answer.is_error))
        except elicitation.Unfit:
            return elicitation.DECLINED

    async def _start(self, call: Call) -> None:
        await self.facts.record(self.writer.fact(TOOL_STARTED, tool_use_id=call.id, name=call.name))
