"""Facts of the threads of a session, and of messages between sessions: what each child is, what is delegated, who said what."""

from __future__ import annotations

from typing import Final

from workbench.contracts.fact_kinds import FactKind

THREAD_CREATED: Final = FactKind(
    name="thread.created",
    fields=("session_thread_id", "agent", "role", "call_id", "workflow_run_id", "schema"),
    about="session_thread_id",
    meaning="A child thread and its agent's whole definition; `role` is subagent, advisor or workflow, `call_id` what asked for it.",
)
DELEGATED: Final = FactKind(
    name="delegation.called",
    fields=("model_request_start_id", "calls"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="The answer called tools that are no public events: each an id of ours and a tool_use block.",
)
DELEGATION_ANSWERED: Final = FactKind(
    name="delegation.answered",
    fields=("model_request_start_id", "call_id", "text", "is_error"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="What such a call gave; written together with what it did.",
)
MESSAGE_POSTED: Final = FactKind(
    name="message.posted",
    fields=("event_id", "in_reply_to", "read_through", "is_report"),
    about="event_id",
    copied_by_fork=True,
    meaning="Which message a thread's message answers, and the last one of its receiver that the sender had read.",
)

WORKFLOW_STARTED: Final = FactKind(
    name="workflow.started",
    fields=("workflow_run_id", "program", "args", "name", "description", "phases"),
    about="workflow_run_id",
    meaning="A run and its program; `phases` are objects with `id` and `name`.",
)
WORKFLOW_ANSWERED: Final = FactKind(
    name="workflow.answered",
    fields=("session_thread_id", "workflow_run_id", "place", "value", "error"),
    about="session_thread_id",
    meaning="What an agent of a run gave at its place in the program: never asked for again.",
)
WORKFLOW_ENDED: Final = FactKind(
    name="workflow.ended",
    fields=("event_id", "workflow_run_id", "value", "told"),
    about="event_id",
    copied_by_fork=True,
    meaning="The run that this event ends gave this value; `told` is what its agent reads of the end.",
)

SESSION_SAID: Final = FactKind(
    name="session.said",
    fields=("event_id", "session_id", "call_id"),
    about="event_id",
    copied_by_fork=True,
    meaning="A system.message is a message of another session, or tells that it rests; it goes to the agent as data and not as an order.",
)
SESSION_SENT: Final = FactKind(
    name="session.sent",
    fields=("session_id", "call_id"),
    meaning="A message was sent to that session for this call.",
)
SESSION_AWAITED: Final = FactKind(
    name="session.awaited",
    fields=("session_id", "call_id"),
    meaning="The agent is to be told once when that session comes to rest.",
)

KINDS: Final = (
    THREAD_CREATED,
    DELEGATED,
    DELEGATION_ANSWERED,
    MESSAGE_POSTED,
    WORKFLOW_STARTED,
    WORKFLOW_ANSWERED,
    WORKFLOW_ENDED,
    SESSION_SAID,
    SESSION_SENT,
    SESSION_AWAITED,
)
