"""The events that the brain writes, one function each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench import events
from workbench.contracts import elicitation
from workbench.contracts.elicitation import Question
from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.outcomes import OutcomeEvaluation
from workbench.contracts.permissions import Verdict
from workbench.contracts.server_tools import own_input
from workbench.contracts.tools import OF_WORKERS
from workbench.contracts.values import MOST_TOKENS, Call, Clock, Fact, Json, Outcome, Session
from workbench.events import AgentToolUse, Event, ModelRequestEnd, child_thread
from workbench.text.strict_json import mended

NO_USAGE: Json = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


_SPEEDS = frozenset({"standard", "fast"})


@dataclass(frozen=True)
class EventWriter:
    """Writes events of one thread, stamped with the clock's moment."""

    session: Session
    thread_id: str
    clock: Clock
    agent_name: str | None = None
    """Of a thread whose agent is not the session's as it is given."""

    def _event(self, kind: str, event_id: str | None = None, /, **fields: Any) -> Event:
        head = {"type": kind, "id": event_id or events.new_id("sevt"), "processed_at": self.clock()}
        return events.parse(head | mended(fields))

    def _thread(self) -> Json:
        name = self.agent_name or self.session.agent["name"]
        return {"agent_name": name, "session_thread_id": self.thread_id}

    def again(self, event: Event) -> Event:
        """The same under a new id, for another thread's log."""
        return event.model_copy(update={"id": events.new_id("sevt")})

    def session_running(self) -> Event:
        return self._event("session.status_running")

    def thread_running(self) -> Event:
        return self._event("session.thread_status_running", **self._thread())

    def session_rescheduled(self) -> Event:
        return self._event("session.status_rescheduled")

    def thread_rescheduled(self) -> Event:
        return self._event("session.thread_status_rescheduled", **self._thread())

    def thread_idle(self, stop_reason: Json, stop_details: Json | None = None) -> Event:
        return self._event("session.thread_status_idle", **self._thread(), **_stop(stop_reason, stop_details))

    def thread_terminated(self) -> Event:
        return self._event("session.thread_status_terminated", **self._thread())

    def session_idle(self, stop_reason: Json, usage: Json, stop_details: Json | None = None) -> list[Event]:
        """Usage, then the status: in this order, always together."""
        budget = {"budget": self.session.budget} if self.session.budget is not None else {}
        return [
            self._event("session.usage", usage=usage, **budget),
            self._event("session.status_idle", **_stop(stop_reason, stop_details)),
        ]

    def thread_created(self, thread_id: str, agent_name: str) -> Event:
        return self._event("session.thread_created", agent_name=agent_name, session_thread_id=thread_id)

    def thread_message_sent(self, to: str, agent_name: str | None, text: str) -> Event:
        """To a child under its agent's name, to the primary thread without one."""
        named = {"to_agent_name": agent_name} if agent_name else {}
        return self._event("agent.thread_message_sent", to_session_thread_id=to, content=_words(text), **named)

    def thread_message_received(self, sender: str, agent_name: str | None, text: str) -> Event:
        """From a child under its agent's name, from the primary thread without one."""
        named = {"from_agent_name": agent_name} if agent_name else {}
        return self._event(
            "agent.thread_message_received", from_session_thread_id=sender, content=_words(text), **named
        )

    def run_created(self, run_id: str, name: str, description: str | None, phases: list[Json]) -> tuple[Event, Event]:
        """A run, and that it runs."""
        described = {"name": name, "description": description, "phases": phases}
        created = self._event("workflow_run.created", workflow_run_id=run_id, **described)
        return created, self._event("workflow_run.status_running", workflow_run_id=run_id)

    def run_error(self, kind: str, message: str, run_id: str | None) -> Event:
        return self._event("workflow_run.error", workflow_run_id=run_id, error={"type": kind, "message": message})

    def request_started(self) -> Event:
        return self._event("span.model_request_start")

    def request_ended(self, start_id: str, usage: Json = NO_USAGE, *, is_error: bool = False) -> ModelRequestEnd:
        spent = {key: tokens(usage.get(key)) for key in NO_USAGE}
        if usage.get("speed") in _SPEEDS:
            spent["speed"] = usage["speed"]
        end = self._event(
            "span.model_request_end", model_request_start_id=start_id, model_usage=spent, is_error=is_error
        )
        assert end.type == "span.model_request_end"
        return end

    def evaluation(self, what: str, of: OutcomeEvaluation, **fields: Any) -> Event:
        """`start`, `ongoing` or `end` of an evaluation; an end names its start, if there was one."""
        told: Json = {"outcome_id": of.outcome_id, "iteration": of.iteration, **fields}
        if what == "end":
            told["outcome_evaluation_start_id"] = of.start_id
        return self._event(f"span.outcome_evaluation_{what}", **told)

    def thinking(self, event_id: str, ended_at: datetime | None) -> Event:
        """A thought, stamped with its end where that is known."""
        return self._event("agent.thinking", event_id, **({"processed_at": ended_at} if ended_at else {}))

    def message(self, event_id: str, blocks: Sequence[Json]) -> Event:
        return self._event("agent.message", event_id, content=[{"type": "text", "text": one["text"]} for one in blocks])

    def tool_use(self, block: Json, verdict: Verdict | None) -> Event:
        """The call under its verdict; None stands for a call that was cut off and never came before the gate."""
        if verdict is None:
            return self._event("agent.tool_use", name=block["name"], input={}, evaluated_permission="deny")
        if verdict.custom:
            return self._event("agent.custom_tool_use", name=block["name"], input=block["input"])
        said: Json = {"input": block["input"], "evaluated_permission": verdict.permission}
        if verdict.evaluation is not None:
            said["evaluation"] = verdict.evaluation
        if (of_server := verdict.server_tool) is not None:
            name = {"name": of_server.tool["name"], "mcp_server_name": of_server.server}
            said["input"] = own_input(of_server.tool, block["input"])
            return self._event("agent.mcp_tool_use", **name, **said)
        return self._event("agent.tool_use", name=block["name"], **said)

    def foreign_call(self, agent: str, name: str, given: Json, permission: str, evaluation: Json | None) -> Event:
        """A call that an agent of others makes of a tool of its own."""
        named = {"name": name, "mcp_server_name": agent, "input": given, "evaluated_permission": permission}
        return self._event("agent.mcp_tool_use", **named, **({"evaluation": evaluation} if evaluation else {}))

    def foreign_result(self, event_id: str, outcome: Outcome) -> Event:
        return self._event(
            "agent.mcp_tool_result",
            mcp_tool_use_id=event_id,
            content=list(outcome.content),
            is_error=outcome.is_error,
        )

    def question(self, call: Call, question: Question) -> Event:
        """What a server asks a person in a call."""
        asked = elicitation.event_input(call.server or "", call.id, question)
        return self._event("agent.custom_tool_use", name=elicitation.NAME, input=asked)

    def tool_result(self, use: Event, outcome: Outcome) -> Event:
        """The result of a call; a block of a kind that no public event has is named instead of shown."""
        try:
            return self._tool_result(use, outcome.content, is_error=outcome.is_error)
        except events.MalformedEvent:
            shown = [block if self._can_be_shown(use, block) else _named(block) for block in outcome.content]
            return self._tool_result(use, shown, is_error=outcome.is_error)

    def _tool_result(self, use: Event, content: Sequence[Json], *, is_error: bool) -> Event:
        if use.type == "agent.mcp_tool_use":
            return self._event(
                "agent.mcp_tool_result", mcp_tool_use_id=use.id, content=list(content), is_error=is_error
            )
        # A worker takes a call as unanswered that has no result of this type.
        is_workers = use.type == "agent.tool_use" and self._is_of_worker(use)
        kind = "user.tool_result" if is_workers else "agent.tool_result"
        return self._event(kind, tool_use_id=use.id, content=list(content), is_error=is_error)

    def _is_of_worker(self, use: AgentToolUse) -> bool:
        return self.session.is_self_hosted and use.name in OF_WORKERS and use.evaluated_permission != "deny"

    def _can_be_shown(self, use: Event, block: Json) -> bool:
        try:
            self._tool_result(use, [block], is_error=False)
        except events.MalformedEvent:
            return False
        return True

    def compacted(self) -> Event:
        return self._event("agent.thread_context_compacted")

    def fact(self, kind: FactKind, **body: Any) -> Fact:
        return kind.made(
            self.session.id, self.clock(), mended(body), thread_id=child_thread(self.session.id, self.thread_id)
        )

    def error(self, kind: str, message: str, retry: str, **more: str) -> Event:
        error = {"type": kind, "message": message, "retry_status": {"type": retry}, **more}
        return self._event("session.error", error=error)


def _words(text: str) -> list[Json]:
    return [{"type": "text", "text": text}]


def _stop(reason: Json, details: Json | None) -> Json:
    return {"stop_reason": reason} if details is None else {"stop_reason": reason, "stop_details": details}


def tokens(count: object) -> int:
    """A count as a server gave it, within what can be summed up; nothing where it gave something else."""
    return min(count, MOST_TOKENS) if isinstance(count, int) and count > 0 else 0


def _named(block: Json) -> Json:
    return {"type": "text", "text": f"[a block of type {block.get('type')!r}, which cannot be shown here]"}
