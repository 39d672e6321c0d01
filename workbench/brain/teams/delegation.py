"""Calls that start and address other threads: each is answered in the same write as what it does, and so never done twice."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench import events
from workbench.brain.event_writer import EventWriter
from workbench.brain.fact_fold import DelegatedCall
from workbench.brain.history import ThreadHistory
from workbench.brain.standing import Standing
from workbench.brain.teams.advising import ASKED, Advising
from workbench.contracts import modes, talking, threads
from workbench.contracts.log import Facts, Inbox, Post, States
from workbench.contracts.talking import CannotTalk, Talk
from workbench.contracts.thread_facts import DELEGATION_ANSWERED, MESSAGE_POSTED, THREAD_CREATED, WORKFLOW_STARTED
from workbench.contracts.thread_states import ThreadState
from workbench.contracts.values import Fact, Json
from workbench.contracts.workflows import MOST_OPEN_RUNS, ProgramFault, Runs
from workbench.events import primary_thread_id

Wake = Callable[[str, str], None]
"""Has the brain look at a thread of a session."""
_LOOK_S: Final = 0.2
_WORKS: Final = ("running", "rescheduling")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,63}")
_NO_WORDS: Final = "(It ended its turn without a word.)"
_MANY_RUNS: Final = (
    f"{MOST_OPEN_RUNS} workflow runs of this session are open already; wait for one to end, or stop one."
)
_FULL: Final = f"There are {threads.MOST_CHILDREN} agents of this session already. Give more to one of them, or have the user archive one."


class Unfit(Exception):
    """A call that cannot be done; the text says what would be right."""


@dataclass(frozen=True)
class Delegating:
    """The calls of one thread for others."""

    writer: EventWriter
    history: ThreadHistory
    facts: Facts
    inbox: Inbox
    states: States
    standing: Standing
    advising: Advising
    runs: Runs
    talk: Talk
    wake: Wake

    @property
    def session_id(self) -> str:
        return self.writer.session.id

    async def answer(self, call: DelegatedCall) -> None:
        """Do what the call says, and answer it, in one write."""
        try:
            await self._answer(call)
        except (Unfit, CannotTalk) as unfit:
            await self._write(call, str(unfit), is_error=True)

    async def settle(self, calls: Sequence[DelegatedCall], text: str) -> None:
        """Answer calls without doing them."""
        facts = [self._answered(call, text, is_error=True) for call in calls]
        await self.history.append([], facts)

    async def _answer(self, call: DelegatedCall) -> None:
        given = call.block["input"]
        match call.block["name"]:
            case threads.CREATE:
                await self._create(call, given)
            case threads.SEND:
                await self._send(call, given)
            case threads.REPORT:
                await self._tell_coordinator(call, given)
            case threads.START_RUN:
                await self._start_run(call, given)
            case threads.STOP_RUN:
                await self._stop_run(call, given)
            case name if name in talking.NAMES:
                await self._write(call, await self._talked(call, name, given))
            case threads.WAIT:
                await self._write(call, self.heard() or f"Nothing has come yet.\n{await self._listing()}")
            case threads.ADVISE:
                await self._write(call, ASKED, *self.advising.begun(call))
            case _:
                await self._write(call, await self._listing())

    # ── waiting ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def until_heard(self, given: Json) -> None:
        """Wait until `heard` has something to say, or the call's time has passed; begun anew after a crash."""
        seconds = given.get("seconds")
        most = seconds if isinstance(seconds, int) and 0 < seconds <= threads.MOST_WAIT_S else threads.MOST_WAIT_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most):
                # Two looks into memory: a message, the last agent's rest and the end of a run have no event in common.
                while self.heard() is None:  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_S)

    def heard(self) -> str | None:
        """What ends a wait; None while agents are at work and nothing has come."""
        if self.inbox.queued(self.session_id, thread_id=self.history.thread_id):
            return "Something has come for you; it follows."
        children = self._children()
        if any(one.status in _WORKS and not one.waiting_for for one in children):
            return None
        if self.states.state(self.session_id).runs:
            return None
        asking = ", ".join(one.agent_name for one in children if one.waiting_for)
        if asking:
            return f"No agent is at work: {asking} waits for an answer of the user. End your turn until then."
        return "No agent of yours is at work, and nothing is to come."

    # ── starting ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _create(self, call: DelegatedCall, given: Json) -> None:
        agent, text = self._agent(given), _message(given)
        if len([one for one in self._children() if one.workflow_run_id is None]) >= threads.MOST_CHILDREN:
            raise Unfit(_FULL)
        thread_id, name = events.new_id("sthr"), str(agent["name"])
        posts, facts = self.started(thread_id, agent, text, role="subagent")
        said = f"{name} was started as {thread_id}. Its report comes to you as a message; it has not read anything yet."
        await self._write(call, said, posts, facts)
        self.wake(self.session_id, thread_id)

    def started(self, thread_id: str, agent: Json, text: str, *, role: str) -> tuple[list[Post], list[Fact]]:
        """What is written when a child begins: its first event is its task."""
        name, primary = str(agent["name"]), self.writer.thread_id
        child = EventWriter(self.writer.session, thread_id, self.writer.clock, agent_name=name)
        task = child.thread_message_received(primary, None, text)
        running = child.thread_running()
        posts = [
            Post(self.writer.thread_created(thread_id, name)),
            Post(task, thread_id),
            Post(running, thread_id),
            Post(self.writer.again(running)),
            Post(self.writer.thread_message_sent(thread_id, name, text)),
        ]
        created = self.writer.fact(THREAD_CREATED, session_thread_id=thread_id, agent=agent, role=role)
        return posts, [created]

    def _agent(self, given: Json) -> Json:
        """The definition of the agent to start."""
        agent = self.writer.session.agent
        allowed = threads.roster(agent)
        known = ", ".join(str(one["name"]) for one in allowed.agents) or "none"
        name = given.get("agent")
        if isinstance(name, str) and name:
            found = allowed.named(name)
            if found is None:
                raise Unfit(f"There is no agent {name!r} to start; there are: {known}.")
            return found
        if not allowed.has_inline:
            raise Unfit(f"agent: name one of {known}.")
        name, system = given.get("name"), given.get("system")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Unfit("name: an agent that is defined here needs one, 1 to 64 characters of A-Z, a-z, 0-9, - and _.")
        if name == threads.ADVISOR or allowed.named(name):
            raise Unfit(f"name: {name!r} is the name of another agent.")
        if not isinstance(system, str) or not system.strip():
            raise Unfit("system: an agent that is defined here needs a system prompt.")
        return threads.inline_agent(agent, name, str(given.get("description") or ""), system)

    # ── workflow runs ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _start_run(self, call: DelegatedCall, given: Json) -> None:
        text = given.get("program")
        if not isinstance(text, str) or not text.strip():
            raise Unfit("program: must be a text.")
        try:
            plan = self.runs.checked(text)
        except ProgramFault as fault:
            raise Unfit(f"program: {fault}. Nothing was started.") from None
        if len(self.states.state(self.session_id).runs) >= MOST_OPEN_RUNS:
            refused = self.writer.run_error("max_workflow_runs_error", _MANY_RUNS, None)
            await self._write(call, _MANY_RUNS, [Post(refused)], is_error=True)
            return
        run_id, name = events.new_id("wrun"), str(given.get("name") or "").strip()[:64] or "workflow"
        description = str(given.get("description") or "")[:256] or None
        phases = [{"id": events.new_id("wrph"), "name": one[:64]} for one in plan.phases]
        created, running = self.writer.run_created(run_id, name, description, phases)
        body: Json = {"workflow_run_id": run_id, "program": text, "args": given.get("args"), "name": name}
        started = self.writer.fact(WORKFLOW_STARTED, **body, description=description, phases=phases)
        said = f"The run {name} was started as {run_id}. You are told when it has ended, with its result."
        await self._write(call, said, [Post(created), Post(running)], [started])
        self.runs.began(self.session_id, run_id)

    async def _stop_run(self, call: DelegatedCall, given: Json) -> None:
        open_runs = [one.run_id for one in self.states.state(self.session_id).runs]
        run_id = given.get("workflow_run_id")
        if run_id not in open_runs:
            raise Unfit(f"workflow_run_id: there is no open run {run_id}; open are: {', '.join(open_runs) or 'none'}.")
        await self.runs.stop(self.session_id, str(run_id))
        await self._write(call, "The run is stopped, and its agents are ended.")

    # ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _send(self, call: DelegatedCall, given: Json) -> None:
        to, text = self._receiver(given.get("to")), _message(given)
        sent = self.writer.thread_message_sent(to.thread_id, to.agent_name, text)
        received = self.writer.thread_message_received(self.writer.thread_id, None, text)
        ahead = len(self.inbox.queued(self.session_id, thread_id=to.thread_id))
        posted = self._posted(received.id, to.thread_id, given.get("in_reply_to"))
        said = f"Delivered as {received.id}; {ahead} messages are ahead of it. {to.agent_name} is {_status(to)}."
        await self._write(call, said, [Post(sent), Post(received, to.thread_id, waits=True)], [posted])
        self.wake(self.session_id, to.thread_id)

    async def _tell_coordinator(self, call: DelegatedCall, given: Json) -> None:
        text = _message(given)
        posts, fact = self.told_primary(text, in_reply_to=given.get("in_reply_to"))
        await self._write(call, "Delivered; the coordinator reads it before its next step.", posts, [fact])
        self.wake(self.session_id, primary_thread_id(self.session_id))

    def told_primary(self, text: str, *, in_reply_to: Any = None, is_report: bool = False) -> tuple[list[Post], Fact]:
        """A message of this child to the primary thread: in its own log, and in the other's inbox."""
        primary, name = primary_thread_id(self.session_id), str(self.writer.session.agent["name"])
        sent = self.writer.thread_message_sent(primary, None, text)
        received = self.writer.thread_message_received(self.writer.thread_id, name, text)
        posted = self._posted(received.id, None, in_reply_to, is_report=is_report)
        return [Post(sent, self.writer.thread_id), Post(received, waits=True)], posted

    def _posted(self, event_id: str, receiver: str | None, in_reply_to: Any, *, is_report: bool = False) -> Fact:
        """What the message refers to: kept with its receiver, whose context shows it."""
        read = [one.event for one in self.history.entries if one.event.type == "agent.thread_message_received"]
        sender = receiver or primary_thread_id(self.session_id)
        last = next((one.id for one in reversed(read) if one.from_session_thread_id == sender), None)
        answered = in_reply_to if isinstance(in_reply_to, str) and any(one.id == in_reply_to for one in read) else None
        body: Json = {"event_id": event_id, "in_reply_to": answered, "read_through": last, "is_report": is_report}
        return MESSAGE_POSTED.made(self.session_id, self.writer.clock(), body, thread_id=receiver)

    def _receiver(self, to: Any) -> ThreadState:
        children = self._children()
        found = [one for one in children if one.thread_id == to] or [one for one in children if one.agent_name == to]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(one.thread_id for one in found)
            raise Unfit(f"to: {len(found)} agents have the name {to!r}; name the thread, one of {ids}.")
        there = ", ".join(f"{one.agent_name} ({one.thread_id})" for one in children) or "none"
        raise Unfit(f"to: no agent {to!r} is there, so nothing was delivered. Agents that are: {there}.")

    def _children(self) -> list[ThreadState]:
        """The child threads that take messages."""
        return [
            one
            for one in self.states.state(self.session_id).threads
            if one.workflow_run_id is None and one.agent_name != threads.ADVISOR
        ]

    async def _listing(self) -> str:
        allowed = threads.roster(self.writer.session.agent)
        lines = [f"Can be started: {', '.join(str(one['name']) for one in allowed.agents) or 'none by name'}."]
        lines += [f"{one.agent_name} ({one.thread_id}): {_status(one)}" for one in self._children()]
        return "\n".join(lines) if len(lines) > 1 else f"{lines[0]} None was started yet."

    async def _talked(self, call: DelegatedCall, name: str, given: Json) -> str:
        """What a call for another session gives; it is done before it is answered, and once however often it is begun."""
        if name == talking.FIND:
            return await self.talk.find(self.session_id, str(given.get("words") or ""))
        if name == talking.AWAIT:
            return await self.talk.await_idle(self.session_id, call.id, str(given.get("session") or ""))
        if self.writer.session.mode == modes.PLAN:
            raise Unfit(modes.NOT_WHILE_PLANNING)
        return await self.talk.send(
            self.session_id, call.id, str(given.get("to") or ""), str(given.get("message") or "")
        )

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(
        self,
        call: DelegatedCall,
        text: str,
        posts: Sequence[Post] = (),
        facts: Sequence[Fact] = (),
        *,
        is_error: bool = False,
    ) -> None:
        answered = self._answered(call, text, is_error=is_error)
        await self.history.post(posts, [*facts, answered])

    def _answered(self, call: DelegatedCall, text: str, *, is_error: bool) -> Fact:
        body = {"model_request_start_id": call.request_id, "call_id": call.id, "text": text, "is_error": is_error}
        return self.writer.fact(DELEGATION_ANSWERED, **body)


def report_of(history: ThreadHistory, error: str | None) -> str:
    """What a child tells when it ends: its last words since it began to work, or why there are none."""
    said = ""
    for entry in history.entries:
        event = entry.event
        if event.type == "session.thread_status_running":
            said = ""
        if event.type == "agent.message":
            said = events.text_of(event.content)
    if error is not None:
        return f"(The agent failed and has no report: {error})" + (f"\nIts last words were:\n{said}" if said else "")
    return said.strip() or _NO_WORDS


def _message(given: Json) -> str:
    text = given.get("message")
    if not isinstance(text, str) or not text.strip():
        raise Unfit("message: must be a text.")
    if len(text) > threads.MOST_MESSAGE:
        raise Unfit(f"message: at most {threads.MOST_MESSAGE} characters; put more into a file and name it.")
    return text


def _status(thread: ThreadState) -> str:
    if thread.waiting_for:
        return "waiting for an answer of the user"
    if thread.status == "idle" and thread.last_error:
        return f"idle after an error: {thread.last_error}"
    return f"at work ({thread.activity})" if thread.status == "running" and thread.activity else thread.status
