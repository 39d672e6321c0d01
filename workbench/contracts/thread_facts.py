"""Facts of the threads of a session: what each child is, what is delegated to it, and what its messages refer to."""

from __future__ import annotations

from typing import Final

from workbench.contracts.fact_kinds import FactKind

THREAD_CREATED: Final = FactKind(
    name="thread.created",
    fields=("session_thread_id", "agent", "role", "call_id", "workflow_run_id"),
    about="session_thread_id",
    meaning="A child thread and its agent's whole definition; `role` is subagent, advisor or workflow.",
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

KINDS: Final = (THREAD_CREATED, DELEGATED, DELEGATION_ANSWERED, MESSAGE_POSTED)
