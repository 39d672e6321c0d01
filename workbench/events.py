"""What can happen: the public Managed Agents events under short names, how they are read, written and numbered.

The classes are the SDK's own (`anthropic.types.beta`), so that the union is exactly the public one. A stored event is the
JSON that `dump` gives: only the fields that were set, in the SDK's order.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, get_args

from anthropic.types.beta import BetaManagedAgentsDeltaEvent as DeltaEvent
from anthropic.types.beta import BetaManagedAgentsSessionUpdatedEvent as SessionUpdated
from anthropic.types.beta import BetaManagedAgentsSessionUsageEvent as SessionUsage
from anthropic.types.beta import BetaManagedAgentsStartEvent as StartEvent
from anthropic.types.beta import BetaManagedAgentsSystemMessageEvent as SystemMessage
from anthropic.types.beta import BetaManagedAgentsUserToolResultEvent as UserToolResult
from anthropic.types.beta.sessions import BetaManagedAgentsAgentCustomToolUseEvent as AgentCustomToolUse
from anthropic.types.beta.sessions import BetaManagedAgentsAgentMCPToolResultEvent as AgentMCPToolResult
from anthropic.types.beta.sessions import BetaManagedAgentsAgentMCPToolUseEvent as AgentMCPToolUse
from anthropic.types.beta.sessions import BetaManagedAgentsAgentMessageEvent as AgentMessage
from anthropic.types.beta.sessions import BetaManagedAgentsAgentThinkingEvent as AgentThinking
from anthropic.types.beta.sessions import BetaManagedAgentsAgentThreadContextCompactedEvent as AgentContextCompacted
from anthropic.types.beta.sessions import (
    BetaManagedAgentsAgentThreadMessageReceivedEvent as AgentThreadMessageReceived,
)
from anthropic.types.beta.sessions import BetaManagedAgentsAgentToolResultEvent as AgentToolResult
from anthropic.types.beta.sessions import BetaManagedAgentsAgentToolUseEvent as AgentToolUse
from anthropic.types.beta.sessions import BetaManagedAgentsSessionDeletedEvent as SessionDeleted
from anthropic.types.beta.sessions import BetaManagedAgentsSessionErrorEvent as SessionError
from anthropic.types.beta.sessions import BetaManagedAgentsSessionEvent as Event
from anthropic.types.beta.sessions import BetaManagedAgentsSessionStatusIdleEvent as SessionIdle
from anthropic.types.beta.sessions import BetaManagedAgentsSessionStatusRescheduledEvent as SessionRescheduled
from anthropic.types.beta.sessions import BetaManagedAgentsSessionStatusRunningEvent as SessionRunning
from anthropic.types.beta.sessions import BetaManagedAgentsSessionStatusTerminatedEvent as SessionTerminated
from anthropic.types.beta.sessions import BetaManagedAgentsSessionThreadStatusIdleEvent as ThreadIdle
from anthropic.types.beta.sessions import BetaManagedAgentsSessionThreadStatusRescheduledEvent as ThreadRescheduled
from anthropic.types.beta.sessions import BetaManagedAgentsSessionThreadStatusRunningEvent as ThreadRunning
from anthropic.types.beta.sessions import BetaManagedAgentsSessionThreadStatusTerminatedEvent as ThreadTerminated
from anthropic.types.beta.sessions import BetaManagedAgentsSpanModelRequestEndEvent as ModelRequestEnd
from anthropic.types.beta.sessions import BetaManagedAgentsSpanModelRequestStartEvent as ModelRequestStart
from anthropic.types.beta.sessions import BetaManagedAgentsSpanOutcomeEvaluationEndEvent as OutcomeEvaluationEnd
from anthropic.types.beta.sessions import BetaManagedAgentsUserCustomToolResultEvent as UserCustomToolResult
from anthropic.types.beta.sessions import BetaManagedAgentsUserDefineOutcomeEvent as UserDefineOutcome
from anthropic.types.beta.sessions import BetaManagedAgentsUserInterruptEvent as UserInterrupt
from anthropic.types.beta.sessions import BetaManagedAgentsUserMessageEvent as UserMessage
from anthropic.types.beta.sessions import BetaManagedAgentsUserToolConfirmationEvent as UserToolConfirmation
from anthropic.types.beta.sessions import BetaManagedAgentsWorkflowRunStatusEndedEvent as WorkflowRunEnded
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from workbench.clock import now, timestamp

__all__ = [
    "TYPES",
    "AgentContextCompacted",
    "AgentCustomToolUse",
    "AgentMCPToolResult",
    "AgentMCPToolUse",
    "AgentMessage",
    "AgentThinking",
    "AgentThreadMessageReceived",
    "AgentToolResult",
    "AgentToolUse",
    "DeltaEvent",
    "Event",
    "MalformedEvent",
    "ModelRequestEnd",
    "ModelRequestStart",
    "OutcomeEvaluationEnd",
    "SessionDeleted",
    "SessionError",
    "SessionIdle",
    "SessionRescheduled",
    "SessionRunning",
    "SessionTerminated",
    "SessionUpdated",
    "SessionUsage",
    "StartEvent",
    "SystemMessage",
    "ThreadIdle",
    "ThreadRescheduled",
    "ThreadRunning",
    "ThreadTerminated",
    "UserCustomToolResult",
    "UserDefineOutcome",
    "UserInterrupt",
    "UserMessage",
    "UserToolConfirmation",
    "UserToolResult",
    "WorkflowRunEnded",
    "child_thread",
    "dump",
    "dump_json",
    "new_id",
    "now",
    "parse",
    "parse_json",
    "primary_thread_id",
    "stamped",
    "text_of",
    "timestamp",
    "words_of_user",
]

_CLASSES: Final = get_args(get_args(Event)[0])
_UNION: Final[TypeAdapter[Event]] = TypeAdapter(
    Annotated[Event, Field(discriminator="type")], config=ConfigDict(defer_build=True)
)

TYPES: Final[frozenset[str]] = frozenset(get_args(cls.model_fields["type"].annotation)[0] for cls in _CLASSES)
"""The 42 persisted event types."""

_DRAWN: Final[list[int]] = []
# A child must not give out its parent's.
os.register_at_fork(after_in_child=_DRAWN.clear)

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghijkmnopqrstuvwxyz"

_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]


class MalformedEvent(ValueError):
    """Something that is not a public event was given or read; the text names the field."""


def parse(body: Mapping[str, Any]) -> Event:
    """Read one event strictly.

    Raises:
        MalformedEvent: unknown type, missing field or wrong type of a field.
    """
    try:
        return _UNION.validate_python(dict(body))
    except ValidationError as error:
        raise MalformedEvent(_first_fault(error)) from error


def parse_json(body: str | bytes) -> Event:
    """`parse` from JSON text (4 µs an event)."""
    try:
        return _UNION.validate_json(body)
    except ValidationError as error:
        raise MalformedEvent(_first_fault(error)) from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # The location starts with the discriminator's value, which is no field.
    place = ".".join(str(part) for part in first["loc"][1:]) or "type"
    return f"{place}: {first['msg']}"


def dump(event: Event | StartEvent | DeltaEvent) -> dict[str, Any]:
    """The event as it goes over the wire: what was set, `None` where it was set to `None`."""
    return event.model_dump(mode="json", by_alias=True, exclude_unset=True)


def dump_json(event: Event | StartEvent | DeltaEvent) -> str:
    """`dump` as one line of JSON (4 µs an event)."""
    return event.model_dump_json(by_alias=True, exclude_unset=True)


def stamped(event: Event, moment: datetime) -> Event:
    """The same event, same id, processed at `moment`."""
    return event.model_copy(update={"processed_at": moment})


def new_id(prefix: str) -> str:
    """A new id of one kind (`sevt`, `sesn`, …): sorts by time of making, cannot be guessed (70 random bits)."""
    made = _digits(time.time_ns() // 1_000_000, 8)
    return f"{prefix}_01{made}{_digits(_random_72_bits(), 12)}"


def _random_72_bits() -> int:
    """Random bits for an id, which keeps 70 of them; drawn many at once, as each question to the system costs 0.07 ms."""
    while True:
        try:
            # One step of the interpreter: no two threads are given the same.
            return _DRAWN.pop()
        except IndexError:
            drawn = secrets.token_bytes(9 * 256)
            _DRAWN.extend(int.from_bytes(drawn[start : start + 9]) for start in range(0, len(drawn), 9))


def _digits(value: int, count: int) -> str:
    """The lowest `count` digits of a number, an even count, in an alphabet that sorts as the numbers do."""
    digits = ""
    for _ in range(count // 2):
        value, pair = divmod(value, len(_PAIRS))
        digits = _PAIRS[pair] + digits
    return digits


def primary_thread_id(session_id: str) -> str:
    """The id of the session's primary thread: the session's own, under the thread's prefix."""
    return "sthr_" + session_id.partition("_")[2]


def child_thread(session_id: str, thread_id: str | None) -> str | None:
    """The thread's id where it is a child; None for the primary thread, however it is named."""
    return None if thread_id is None or thread_id == primary_thread_id(session_id) else thread_id


def words_of_user(event: Event) -> str | None:
    """What a user said with an event, be it a message or an outcome with its rubric; None for any other event."""
    match event.type:
        case "user.message":
            return text_of(event.content)
        case "user.define_outcome":
            return f"{event.description}\n\n{getattr(event.rubric, 'content', '')}"
    return None


def text_of(blocks: Sequence[Any] | None) -> str:
    """The joined text of content blocks (objects or their JSON); other kinds are named in brackets."""
    parts: list[str] = []
    for block in blocks or ():
        kind = block["type"] if isinstance(block, Mapping) else block.type
        if kind == "text":
            parts.append(block["text"] if isinstance(block, Mapping) else block.text)
        else:
            parts.append(f"[{kind}]")
    return "\n".join(parts)
