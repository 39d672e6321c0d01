"""Runs the tool calls of one answer, each at most once and each to exactly one result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.brain import engine_tools, oversized_results
from workbench.brain.event_writer import EventWriter
from workbench.brain.interruption import unless
from workbench.brain.turn import OpenCall
from workbench.contracts import agent_tools, server_tools, tools
from workbench.contracts.facts import TOOL_STARTED
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts, SessionLog
from workbench.contracts.servers import Servers
from workbench.contracts.values import Call, Outcome, Preview, ToolOutput, text_outcome
from workbench.contracts.web import Web
from workbench.events import child_thread

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
    """The calls of one thread; `started` are the ids that were started before this wake and never got a result."""

    writer: EventWriter
    log: SessionLog
    facts: Facts
    hands: Hands
    servers: Servers
    web: Web
    interrupted: asyncio.Event
    started: frozenset[str]

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
        await self.log.append(self.writer.session.id, results, thread_id=self.writer.thread_id)
        for one in open_calls:
            if one.use.id in self.started:
                await self.hands.acknowledge(self.writer.session, one.use.id)

    async def _one_by_one(self, open_calls: Sequence[OpenCall]) -> None:
        for one in open_calls:
            await self._one(one)

    async def _one(self, one: OpenCall) -> None:
        session, call = self.writer.session, one.call
        # Only the work itself is cut short: a result on its way into the log always arrives there.
        outcome = INTERRUPTED if self.interrupted.is_set() else await self._outcome(one)
        if oversized_results.is_too_long(outcome):
            outcome = await self._spilled(call.id, outcome)
        await self.log.append(session.id, [self.writer.tool_result(one.use, outcome)], thread_id=self.writer.thread_id)
        if call.server is None:
            await self.hands.acknowledge(session, call.id)

    async def _spilled(self, call_id: str, outcome: Outcome) -> Outcome:
        session, writing = self.writer.session, oversized_results.writing(call_id, outcome)
        written = await unless(self.interrupted, self.hands.execute(session, writing))
        await self.hands.acknowledge(session, writing.id)
        return oversized_results.shortened(call_id, outcome, written)

    async def _outcome(self, one: OpenCall) -> Outcome:
        session, call = self.writer.session, one.call
        if call.server is not None:
            return await self._from_server(call, call.server)
        if call.name in agent_tools.of_engine(session.agent):
            return await self._from_engine(one)
        if call.name in tools.IN_WEB:
            # It needs no sandbox, and may be asked again.
            answering = self.web.answered(session, self.writer.thread_id, call)
            return await unless(self.interrupted, answering) or INTERRUPTED
        if call.id in self.started and (outcome := await self._recovered(call)) is not None:
            return outcome
        # What is cut off while a sandbox is on its way has not begun.
        ready = await unless(self.interrupted, self.hands.provision(session))
        if ready is None or ready.is_error:
            return ready or INTERRUPTED
        await self._start(call)
        return await unless(self.interrupted, self.hands.execute(session, call, self._hear)) or INTERRUPTED

    def _hear(self, output: ToolOutput) -> None:
        session_id = self.writer.session.id
        self.log.preview(Preview(session_id, output, child_thread(session_id, self.writer.thread_id)))

    async def _from_engine(self, one: OpenCall) -> Outcome:
        """It changes nothing, and may be asked again."""
        thread = await self.log.read(self.writer.session.id, thread_id=self.writer.thread_id)
        return engine_tools.answered(one.call, thread, was_asked=one.confirmation is not None)

    async def _recovered(self, call: Call) -> Outcome | None:
        """What became of a call that was started before; None where it may run again."""
        kept = await unless(self.interrupted, self.hands.recover(self.writer.session, call, self._hear))
        if kept is not None:
            return kept
        if self.interrupted.is_set():
            return INTERRUPTED
        return None if tools.only_reads(call.name, call.input) else MAY_HAVE_RUN

    async def _from_server(self, call: Call, name: str) -> Outcome:
        """An MCP server keeps nothing under a call's id: one that was begun may have had its effect."""
        if call.id in self.started:
            return MAY_HAVE_RUN
        server = server_tools.server(self.writer.session.agent, name)
        if server is None:
            return text_outcome(f"This session has no MCP server {name!r} any more.", is_error=True)
        await self._start(call)
        return await unless(self.interrupted, self.servers.call(self.writer.session, server, call)) or INTERRUPTED

    async def _start(self, call: Call) -> None:
        await self.facts.record(self.writer.fact(TOOL_STARTED, tool_use_id=call.id, name=call.name))
