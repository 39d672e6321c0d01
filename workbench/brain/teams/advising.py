"""The advisor: a stronger model that the primary thread asks in mid-turn, in a thread of its own that ends with the advice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from workbench import events
from workbench.brain import context
from workbench.brain.event_writer import EventWriter
from workbench.brain.fact_fold import DelegatedCall
from workbench.brain.history import ThreadHistory
from workbench.brain.requests import SideRequest
from workbench.contracts import threads
from workbench.contracts.brain import Model, ModelFault, ModelRequest, Reply
from workbench.contracts.log import Facts, Post, States
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.values import Fact, Json, Session
from workbench.events import Event

ASKED: Final = "The advisor is asked; its advice comes as a message before your next step."
_MOST_TOKENS: Final = 4_000
_ORDER: Final = (
    "Stop here and do not call any tool. You are an advisor now: another model works on this conversation, and asks you for advice."
    " Say in a few sentences what you would do and why, what is overlooked, and what to check. Its question:"
)
_NONE: Final = "(There is no advice: {why}. Go on without it.)"


@dataclass(frozen=True)
class Advising:
    """Consultations of one primary thread; one that fails or is interrupted never fails its turn."""

    writer: EventWriter
    history: ThreadHistory
    facts: Facts
    states: States
    models: Callable[[str], Model]
    interrupted: asyncio.Event

    def begun(self, call: DelegatedCall) -> tuple[list[Post], list[Fact]]:
        """What is written when the advisor is asked."""
        model = threads.roster(self.writer.session.agent).advisor
        thread_id = events.new_id("sthr")
        advisor = self._writer(thread_id)
        question = call.block["input"].get("question")
        asked = advisor.thread_message_received(self.writer.thread_id, None, str(question or "What would you do next?"))
        running = advisor.thread_running()
        posts = [
            Post(self.writer.thread_created(thread_id, threads.ADVISOR)),
            Post(asked, thread_id),
            Post(running, thread_id),
            Post(self.writer.again(running)),
        ]
        agent = {"type": "advisor", "model": model}
        body: Json = {"session_thread_id": thread_id, "agent": agent, "role": "advisor", "call_id": call.id}
        return posts, [self.writer.fact(THREAD_CREATED, **body)]

    @property
    def open(self) -> str | None:
        """The thread of a consultation that has not ended."""
        state = self.states.state(self.writer.session.id)
        found = [one.thread_id for one in state.threads if one.agent_name == threads.ADVISOR]
        return found[0] if found else None

    async def finish(self, thread_id: str) -> bool:
        """Ask the advisor, and write its advice with the end of its thread; True, as there is more to do."""
        writer = self._writer(thread_id)
        advisor = await ThreadHistory.opened(writer.session.id, thread_id, self.history.log, self.facts)
        turn = await advisor.turn()
        if turn.open_request is not None:
            await advisor.append([writer.request_ended(turn.open_request, is_error=True)])
        model = threads.roster(self.writer.session.agent).advisor or str(self.writer.session.agent["model"]["id"])
        aside = SideRequest(writer, advisor, self.models(model), self.interrupted, "advice")
        start_id, outcome = await aside.ask(await self._request(advisor, model))
        said: list[Event] = []
        text = ""
        if isinstance(outcome, Reply):
            text = events.text_of([one for one in outcome.content if one["type"] == "text"]).strip()
            said = [writer.message(events.new_id("sevt"), [{"type": "text", "text": text}])] if text else []
        elif isinstance(outcome, ModelFault):
            said = [writer.error(outcome.kind, outcome.message, "exhausted")]
        await aside.close(start_id, outcome, said)
        await self.history.post(self._end(writer, outcome, text), [])
        return True

    async def _request(self, advisor: ThreadHistory, model: str) -> ModelRequest:
        """The conversation as its own model sees it, continued by the question."""
        await self.history.turn()
        session: Session = self.writer.session
        described: dict[str, Any] = {**session.agent, "model": {**session.agent["model"], "id": model, "effort": None}}
        asked = context.request(
            replace(session, agent=described), self.history.entries, self.history.notes, self.history.past
        )
        question = next(one.event for one in advisor.entries if one.event.type == "agent.thread_message_received")
        words = {"type": "text", "text": f"{_ORDER}\n{events.text_of(question.content)}"}
        turns: list[Json] = list(asked.body["messages"])
        turns[-1] = {**turns[-1], "content": [*turns[-1]["content"], words]}
        body = asked.body | {"messages": turns, "max_tokens": min(_MOST_TOKENS, asked.body["max_tokens"])}
        return ModelRequest(body, asked.betas)

    def _end(self, writer: EventWriter, outcome: Reply | ModelFault | None, text: str) -> list[Post]:
        ended = [writer.thread_idle({"type": "end_turn"}), writer.thread_terminated()]
        posts = [Post(one, writer.thread_id) for one in ended] + [Post(writer.again(one)) for one in ended]
        if outcome is None:
            return posts
        why = outcome.message if isinstance(outcome, ModelFault) else "it said nothing"
        advice = writer.thread_message_received(writer.thread_id, threads.ADVISOR, text or _NONE.format(why=why))
        return [Post(advice), *posts]

    def _writer(self, thread_id: str) -> EventWriter:
        return EventWriter(self.writer.session, thread_id, self.writer.clock, agent_name=threads.ADVISOR)
