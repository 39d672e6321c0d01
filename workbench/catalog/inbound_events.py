"""Events that clients send: read strictly, checked against what the session waits for, and given ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from workbench import events
from workbench.catalog.base_models import Body
from workbench.catalog.content_blocks import Block, DocumentBlock, FileSource, Image, ResultBlock, Text
from workbench.catalog.errors import Refused, require_object
from workbench.catalog.outcomes import DefineOutcome
from workbench.contracts import elicitation
from workbench.contracts.outcomes import DEFAULT_ITERATIONS, active
from workbench.contracts.tools import OF_WORKERS
from workbench.contracts.values import Entry, SessionState

MOST_INITIAL_EVENTS = 50
MOST_EVENTS = 1000
MOST_FILE_DOCUMENTS = 100


class Message(Body):
    type: Literal["user.message"]
    content: Annotated[list[Block], Field(min_length=1)]


class Interrupt(Body):
    type: Literal["user.interrupt"]
    session_thread_id: str | None = None


class Confirmation(Body):
    type: Literal["user.tool_confirmation"]
    tool_use_id: str
    result: Literal["allow", "deny"]
    deny_message: Annotated[str | None, Field(max_length=10_000)] = None
    session_thread_id: str | None = None


class CustomResult(Body):
    type: Literal["user.custom_tool_result"]
    custom_tool_use_id: str
    content: list[ResultBlock] | None = None
    is_error: bool | None = None
    session_thread_id: str | None = None


class ToolResult(Body):
    """What a worker of a self-hosted environment posts for a call of a built-in tool."""

    type: Literal["user.tool_result"]
    tool_use_id: str
    content: list[ResultBlock] | None = None
    is_error: bool | None = None
    session_thread_id: str | None = None


class System(Body):
    type: Literal["system.message"]
    content: Annotated[list[Text], Field(min_length=1, max_length=1000)]


Sent = Annotated[
    Message | Interrupt | Confirmation | CustomResult | ToolResult | System | DefineOutcome,
    Field(discriminator="type"),
]
_SENT: TypeAdapter[Sent] = TypeAdapter(Sent, config=ConfigDict(defer_build=True))


def read_sent(given: object, place: str, most: int) -> list[Sent]:
    """Read a batch: all of it, or a refusal that names the first wrong event and its field."""
    if not isinstance(given, list) or not given:
        raise Refused(f"{place}: must be a list with at least one event")
    if len(given) > most:
        raise Refused(f"{place}: at most {most} events, these are {len(given)}")
    return [_read_one(item, f"{place}.{index}") for index, item in enumerate(given)]


def _read_one(item: object, place: str) -> Sent:
    body = require_object(item, place)
    try:
        return _SENT.validate_python(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(str(part) for part in fault["loc"][1:]) or "type"
        raise Refused(f"{place}.{path}: {fault['msg'].removeprefix('Value error, ')}") from None


def file_blocks(batch: Sequence[Sent], place: str) -> list[tuple[str, Image | DocumentBlock, str]]:
    """The blocks that name a file: the place of each, the block and the file's id.

    Raises:
        Refused: more documents than one request may have.
    """
    found: list[tuple[str, Image | DocumentBlock, str]] = []
    for index, item in enumerate(batch):
        if not isinstance(item, Message | CustomResult | ToolResult):
            continue
        for number, block in enumerate(item.content or ()):
            if isinstance(block, Image | DocumentBlock) and isinstance(block.source, FileSource):
                found.append((f"{place}.{index}.content.{number}.source", block, block.source.file_id))
    if len([block for _, block, _ in found if isinstance(block, DocumentBlock)]) > MOST_FILE_DOCUMENTS:
        raise Refused(f"{place}: at most {MOST_FILE_DOCUMENTS} documents from files in one request")
    return found


def read_initial(given: object) -> list[Sent]:
    """The `initial_events` of a new session: absent, None and [] are none."""
    if given is None or given == []:
        return []
    sent = read_sent(given, "initial_events", MOST_INITIAL_EVENTS)
    for index, item in enumerate(sent):
        if not isinstance(item, Message | DefineOutcome):
            raise Refused(f"initial_events.{index}.type: only user.message and user.define_outcome can start a session")
    _refuse_a_second_outcome(sent, "initial_events")
    return sent


def read_deployed(given: object) -> list[Sent]:
    """The `initial_events` of a deployment, which may have system messages as well; one of them has to start something."""
    sent = read_sent(given, "initial_events", MOST_INITIAL_EVENTS)
    for index, item in enumerate(sent):
        if not isinstance(item, Message | DefineOutcome | System):
            raise Refused(f"initial_events.{index}.type: user.message, user.define_outcome or system.message")
    if all(isinstance(item, System) for item in sent):
        raise Refused(
            "initial_events: a system.message alone starts nothing; add a user.message or user.define_outcome"
        )
    _refuse_a_second_outcome(sent, "initial_events")
    return sent


def _refuse_a_second_outcome(batch: Sequence[Sent], place: str) -> None:
    defined = [index for index, item in enumerate(batch) if isinstance(item, DefineOutcome)]
    if len(defined) > 1:
        raise Refused(f"{place}.{defined[1]}: at most one user.define_outcome at once")


def refuse_what_does_not_fit(
    batch: Sequence[Sent],
    *,
    state: SessionState,
    entries: Sequence[Entry],
    queued: Sequence[Entry],
    is_self_hosted: bool = False,
) -> None:
    """Check a batch against the session as it is; `entries` is its log, needed where the batch answers calls.

    Raises:
        Refused: 400 with the index of the event and what would be right.
    """
    open_calls = unanswered(entries, queued)
    of_workers = for_workers(entries, queued) if is_self_hosted else {}
    _refuse_a_second_outcome(batch, "events")
    for index, item in enumerate(batch):
        match item:
            case Message():
                _refuse_while_waiting(state, index)
            case DefineOutcome():
                _refuse_while_waiting(state, index)
                waits = any(one.event.type == "user.interrupt" and one.thread_id is None for one in queued)
                waits = waits or any(isinstance(one, Interrupt) for one in batch)
                _refuse_beside_outcome(state, index, is_interrupted=waits)
            case Interrupt():
                _refuse_foreign_thread(item.session_thread_id, state, index)
            case Confirmation():
                _refuse_unasked(open_calls, item.tool_use_id, "ask", index)
                if item.deny_message is not None and item.result != "deny":
                    raise Refused(f"events.{index}.deny_message: goes only with result deny")
                del open_calls[item.tool_use_id]
            case CustomResult():
                _refuse_unasked(open_calls, item.custom_tool_use_id, "custom", index)
                _refuse_unfit(entries, item, index)
                del open_calls[item.custom_tool_use_id]
            case ToolResult():
                if not is_self_hosted:
                    raise Refused(f"events.{index}.type: only workers of a self-hosted environment post {item.type}")
                _refuse_unasked(of_workers, item.tool_use_id, "worker", index)
                del of_workers[item.tool_use_id]
            case System():
                follows = index > 0 and isinstance(batch[index - 1], Message | CustomResult | ToolResult)
                if index != len(batch) - 1 or not follows:
                    raise Refused(
                        f"events.{index}: system.message comes last, directly after user.message or user.custom_tool_result"
                    )


def _refuse_while_waiting(state: SessionState, index: int) -> None:
    if state.waiting_for and state.status == "idle":
        raise Refused(
            f"events.{index}: the session waits for answers to {', '.join(state.waiting_for)}; "
            "answer these (user.tool_confirmation or user.custom_tool_result) or send user.interrupt first"
        )


def _refuse_beside_outcome(state: SessionState, index: int, *, is_interrupted: bool) -> None:
    """An outcome is taken at once, and an interrupt that waits would end it before it began."""
    if (standing := active(state.outcomes)) is not None:
        raise Refused(
            f"events.{index}: the outcome {standing.outcome_id} is {standing.result}; wait for its terminal"
            " span.outcome_evaluation_end, or send user.interrupt first"
        )
    if is_interrupted:
        raise Refused(f"events.{index}: a user.interrupt is on its way; define the outcome when the session is idle")


def _refuse_foreign_thread(given: str | None, state: SessionState, index: int) -> None:
    """Only a thread that is not terminated can be interrupted, and none of a workflow run."""
    if given is None or events.child_thread(state.session_id, given) is None:
        return
    found = [one for one in state.threads if one.thread_id == given]
    if not found:
        raise Refused(f"events.{index}.session_thread_id: the session has no thread {given}, or it is terminated")
    if found[0].workflow_run_id is not None:
        raise Refused(
            f"events.{index}.session_thread_id: {given} is a thread of a workflow run; ask the agent to stop it"
        )


def routed(batch: Sequence[Sent], entries: Sequence[Entry]) -> list[Sent]:
    """The batch with the child thread of each answer to a call that a child made, as the primary one's log tells it."""
    calls = {entry.event.id: getattr(entry.event, "session_thread_id", None) for entry in entries}
    found: list[Sent] = []
    for item in batch:
        match item:
            case Confirmation():
                found.append(item.model_copy(update={"session_thread_id": calls.get(item.tool_use_id)}))
            case CustomResult():
                found.append(item.model_copy(update={"session_thread_id": calls.get(item.custom_tool_use_id)}))
            case ToolResult():
                found.append(item.model_copy(update={"session_thread_id": calls.get(item.tool_use_id)}))
            case _:
                found.append(item)
    return found


def _refuse_unasked(open_calls: dict[str, str], call_id: str, kind: str, index: int) -> None:
    if open_calls.get(call_id) != kind:
        waiting = ", ".join(sorted(name for name, what in open_calls.items() if what == kind)) or "none"
        raise Refused(f"events.{index}: {call_id} is not a call that waits for this answer; waiting: {waiting}")


def _refuse_unfit(entries: Sequence[Entry], item: CustomResult, index: int) -> None:
    """An answer to a question of an MCP server has to fit its form, or decline."""
    asked = next(entry.event for entry in entries if entry.event.id == item.custom_tool_use_id)
    if asked.type != "agent.custom_tool_use" or asked.name != elicitation.NAME:
        return
    text = "\n".join(block.text for block in item.content or () if isinstance(block, Text))
    try:
        elicitation.reply(dict(asked.input), text, is_error=bool(item.is_error))
    except elicitation.Unfit as unfit:
        raise Refused(f"events.{index}.content: {unfit}; or is_error: true to decline") from None


def unanswered(entries: Sequence[Entry], queued: Sequence[Entry]) -> dict[str, str]:
    """Calls that wait for a client: event id → "ask" or "custom"; answers on their way count as given."""
    waiting: dict[str, str] = {}
    for entry in (*entries, *queued):
        event = entry.event
        match event.type:
            case "agent.tool_use" | "agent.mcp_tool_use":
                if getattr(event, "evaluated_permission", None) == "ask":
                    waiting[event.id] = "ask"
            case "agent.custom_tool_use":
                waiting[event.id] = "custom"
            case _:
                for field in ("tool_use_id", "mcp_tool_use_id", "custom_tool_use_id"):
                    waiting.pop(getattr(event, field, None) or "", None)
    return waiting


def for_workers(entries: Sequence[Entry], queued: Sequence[Entry] = ()) -> dict[str, str]:
    """Calls of a self-hosted session that a worker may run and that have no result: event id → "worker", oldest first."""
    asked: set[str] = set()
    waiting: dict[str, str] = {}
    for entry in (*entries, *queued):
        event = entry.event
        match event.type:
            case "agent.tool_use" if event.name in OF_WORKERS:
                if event.evaluated_permission == "ask":
                    asked.add(event.id)
                elif event.evaluated_permission == "allow":
                    waiting[event.id] = "worker"
            case "user.tool_confirmation" if event.tool_use_id in asked and event.result == "allow":
                waiting[event.tool_use_id] = "worker"
            case "user.tool_result" | "agent.tool_result":
                waiting.pop(event.tool_use_id, None)
    return waiting


def numbered(batch: Sequence[Sent], moment: datetime) -> list[events.Event]:
    """The batch as events with new ids: results and outcomes are processed on receipt, everything else waits in the inbox."""
    return [_event(item, moment) for item in batch]


ANSWERS: Final = Confirmation | CustomResult | ToolResult
_ON_RECEIPT: Final = CustomResult | ToolResult | DefineOutcome


def _event(item: Sent, moment: datetime) -> events.Event:
    body: dict[str, Any] = item.model_dump(exclude_none=True)
    body["id"] = events.new_id("sevt")
    body["processed_at"] = events.timestamp(moment) if isinstance(item, _ON_RECEIPT) else None
    if isinstance(item, DefineOutcome):
        body |= {"outcome_id": events.new_id("outc"), "max_iterations": item.max_iterations or DEFAULT_ITERATIONS}
    return events.parse(body)
