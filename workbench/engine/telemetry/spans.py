"""From a session's log to finished spans: a pure fold that carries what is still open from one look to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from workbench.contracts.values import Entry, Json
from workbench.events import Event, dump, primary_thread_id

CLIENT, INTERNAL = 3, 1
"""Kinds of spans, as OTLP numbers them."""
MOST_CONTENT: Final = 8000
"""Characters of an argument or a result, where content is sent at all."""
_CALLS: Final = frozenset({"agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"})
_ANSWERS: Final[Mapping[str, str]] = {
    "agent.tool_result": "tool_use_id",
    "user.tool_result": "tool_use_id",
    "agent.mcp_tool_result": "mcp_tool_use_id",
    "user.custom_tool_result": "custom_tool_use_id",
}
_TURN: Final = "turn "
"""Before a thread's id: its turn that is under way."""


@dataclass(frozen=True)
class Span:
    """Times in nanoseconds since 1970; `error` is why it failed, "" where it did not."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class About:
    """What of a session stands on its spans: its record, and the models of its requests by their starts."""

    record: Json
    models: Mapping[str, str]
    with_content: bool = False

    @property
    def session_id(self) -> str:
        return str(self.record["id"])

    @property
    def trace_id(self) -> str:
        return digest(self.session_id, 32)

    @property
    def root_id(self) -> str:
        return digest(f"{self.session_id} session", 16)

    def common(self, thread_id: str) -> Json:
        agent = self.record["agent"]
        found = {
            "gen_ai.provider.name": "anthropic",
            "gen_ai.conversation.id": self.session_id,
            "gen_ai.agent.id": agent["id"],
            "gen_ai.agent.name": agent["name"],
            "anthropic.session.id": self.session_id,
            "anthropic.environment.id": self.record["environment_id"],
        }
        is_primary = thread_id == primary_thread_id(self.session_id)
        return found if is_primary else found | {"anthropic.session.thread.id": thread_id}


def digest(text: str, signs: int) -> str:
    """An id that the same text always has, so that what is sent twice is the same span."""
    return hashlib.sha256(text.encode()).hexdigest()[:signs]


def folded(about: About, opened: Json, entries: Sequence[Entry], thread_id: str) -> tuple[Json, list[Span]]:
    """The spans that end in these entries of one thread, and what is open after them."""
    fold = _Fold(about, dict(opened), thread_id)
    spans = [span for entry in entries if not entry.is_cross_posted for span in fold.add(entry.event)]
    return fold.opened, spans


@dataclass
class _Fold:
    about: About
    opened: Json
    thread_id: str

    def add(self, event: Event) -> Iterator[Span]:
        at = _ns(event.processed_at)
        match event.type:
            case "session.thread_status_running" if event.session_thread_id == self.thread_id:
                self.opened.setdefault(self._turn, {"id": event.id, "at": at, "name": event.agent_name})
            case "session.thread_status_idle" if event.session_thread_id == self.thread_id:
                yield from self._turned(event.stop_reason.type, at)
            case "span.model_request_start":
                self.opened[event.id] = {"at": at}
            case "agent.message" if self.about.with_content:
                self._said(event)
            case "span.model_request_end":
                yield from self._asked(event, at)
            case kind if kind in _CALLS:
                self.opened[event.id] = {"at": at, **self._call(dump(event))}
            case kind if kind in _ANSWERS:
                yield from self._answered(dump(event), at)
            case "session.status_terminated":
                yield self._ended(at)

    @property
    def _turn(self) -> str:
        return _TURN + self.thread_id

    def _parent(self) -> str:
        turn = self.opened.get(self._turn)
        return digest(turn["id"], 16) if turn else self.about.root_id

    def _span(self, event_id: str, name: str, kind: int, times: tuple[int, int], own: Json, error: str = "") -> Span:
        attributes = self.about.common(self.thread_id) | own
        return Span(
            self.about.trace_id,
            digest(event_id, 16),
            self._parent(),
            name,
            kind,
            *times,
            attributes=attributes,
            error=error,
        )

    def _turned(self, reason: str, at: int) -> Iterator[Span]:
        turn = self.opened.pop(self._turn, None)
        if turn is not None:
            own = {
                "gen_ai.operation.name": "invoke_agent",
                "workbench.stop_reason": reason,
                "gen_ai.agent.name": turn["name"],
            }
            error = reason if reason in ("retries_exhausted", "refusal") else ""
            yield self._span(turn["id"], f"invoke_agent {turn['name']}", INTERNAL, (turn["at"], at), own, error)

    def _said(self, event: Event) -> None:
        """Of the request that is under way, what it has answered."""
        asked = [one for name, one in self.opened.items() if not name.startswith(_TURN) and "name" not in one]
        if asked:
            asked[-1]["said"] = "".join(block.get("text", "") for block in dump(event)["content"])[:MOST_CONTENT]

    def _asked(self, event: Event, at: int) -> Iterator[Span]:
        told = dump(event)
        start = self.opened.pop(told["model_request_start_id"], None)
        if start is None:
            return
        used, model = told["model_usage"], self.about.models.get(told["model_request_start_id"], "")
        read, made = used["cache_read_input_tokens"], used["cache_creation_input_tokens"]
        own: Json = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            # As the conventions count: with what the cache had.
            "gen_ai.usage.input_tokens": used["input_tokens"] + read + made,
            "gen_ai.usage.output_tokens": used["output_tokens"],
            "gen_ai.usage.cache_read.input_tokens": read,
            "gen_ai.usage.cache_creation.input_tokens": made,
        }
        if "said" in start:
            parts = [{"type": "text", "content": start["said"]}]
            own["gen_ai.output.messages"] = json.dumps([{"role": "assistant", "parts": parts}], ensure_ascii=False)
        error = "request_failed" if told.get("is_error") else ""
        name = f"chat {model}".strip()
        yield self._span(told["model_request_start_id"], name, CLIENT, (start["at"], at), own, error)

    def _call(self, call: Json) -> Json:
        own: Json = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call["name"],
            "gen_ai.tool.call.id": call["id"],
            "gen_ai.tool.type": "function",
        }
        if call.get("mcp_server_name"):
            own["workbench.mcp_server"] = call["mcp_server_name"]
        if self.about.with_content:
            own["gen_ai.tool.call.arguments"] = json.dumps(call["input"], ensure_ascii=False)[:MOST_CONTENT]
        return {"name": call["name"], "own": own}

    def _answered(self, result: Json, at: int) -> Iterator[Span]:
        call_id = result[_ANSWERS[result["type"]]]
        call = self.opened.pop(call_id, None)
        if call is None:
            return
        own = dict(call["own"])
        if self.about.with_content:
            texts = [block.get("text", "") for block in result.get("content") or ()]
            own["gen_ai.tool.call.result"] = "".join(texts)[:MOST_CONTENT]
        error = "tool_error" if result.get("is_error") else ""
        yield self._span(call_id, f"execute_tool {call['name']}", INTERNAL, (call["at"], at), own, error)

    def _ended(self, at: int) -> Span:
        begun = _ns(datetime.fromisoformat(self.about.record["created_at"]))
        own = self.about.common(self.thread_id) | {"gen_ai.operation.name": "invoke_agent"}
        return Span(self.about.trace_id, self.about.root_id, "", "session", INTERNAL, begun, at, own)


def _ns(moment: datetime | None) -> int:
    assert moment is not None
    return int(moment.timestamp() * 1_000_000) * 1000
