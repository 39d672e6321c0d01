"""What a record becomes in the tables: its columns, with the fields that people ask for often."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from workbench import events
from workbench.contracts.facts import SUBJECTS
from workbench.contracts.memory import MemoryVersion
from workbench.contracts.tools import BASH, READ
from workbench.contracts.values import MOST_TOKENS, Entry, Fact
from workbench.log.journal.records import Record
from workbench.text.strict_json import mended

Columns = dict[str, Any]

EVENT_TYPES: Final = {
    "position": "BIGINT",
    "session_id": "VARCHAR",
    "seq": "BIGINT",
    "id": "VARCHAR",
    "type": "VARCHAR",
    "thread": "VARCHAR",
    "thread_id": "VARCHAR",
    "processed_at": "TIMESTAMPTZ",
    "answers": "VARCHAR",
    "tool": "VARCHAR",
    "mcp_server": "VARCHAR",
    "permission": "VARCHAR",
    "path": "VARCHAR",
    "is_error": "BOOLEAN",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cache_read_tokens": "BIGINT",
    "cache_creation_tokens": "BIGINT",
    "text": "VARCHAR",
    "body": "VARCHAR",
    "answered": "BIGINT",
    "began_at": "TIMESTAMPTZ",
    "model": "VARCHAR",
    "purpose": "VARCHAR",
    "hour_tokens": "BIGINT",
    "is_fast": "BOOLEAN",
}
"""The columns of kept.events; `pending` fills those from `answered` on, but the last."""

FACT_TYPES: Final = {
    "position": "BIGINT",
    "name": "VARCHAR",
    "session_id": "VARCHAR",
    "thread": "VARCHAR",
    "made_at": "TIMESTAMPTZ",
    "subject": "VARCHAR",
    "body": "VARCHAR",
}
"""The columns of kept.facts."""

MEMORY_TYPES: Final = {
    "position": "BIGINT",
    "store_id": "VARCHAR",
    "memory_id": "VARCHAR",
    "id": "VARCHAR",
    "operation": "VARCHAR",
    "path": "VARCHAR",
    "content": "VARCHAR",
    "content_sha256": "VARCHAR",
    "content_size_bytes": "BIGINT",
    "created_by": "VARCHAR",
    "created_at": "TIMESTAMPTZ",
    "redacted_at": "TIMESTAMPTZ",
    "redacted_by": "VARCHAR",
    "grounds": "VARCHAR",
}
"""The columns of kept.memory_versions."""

MOST_INDEXED: Final = 20_000
"""How many characters of a text full text search sees: a message of megabytes must not hold up what comes behind it."""

MOST_SEARCHED: Final = 2_000
"""How many characters of a call or a result full text search sees."""


def used(rows: Sequence[Columns], types: dict[str, str]) -> dict[str, str]:
    """The columns that any of the rows has: handing DuckDB a value takes a microsecond in which the event loop stands still."""
    names = {name for row in rows for name, value in row.items() if value is not None}
    return {name: kind for name, kind in types.items() if name in names}


def insert(table: str, types: dict[str, str]) -> str:
    """One statement for a batch of any length: each column is one list parameter."""
    lists = ", ".join(f"unnest(?::{kind}[])" for kind in types.values())
    return f"INSERT INTO {table} ({', '.join(types)}) SELECT {lists}"


def columns_of(rows: Iterable[Columns], types: dict[str, str]) -> list[list[Any]]:
    """The parameters of `insert`."""
    lists: dict[str, list[Any]] = {name: [] for name in types}
    for row in rows:
        for name, values in lists.items():
            values.append(row.get(name))
    return list(lists.values())


def event_row(record: Record, entry: Entry) -> Columns:
    """One row of kept.events."""
    event = entry.event
    # A field that a model does not have is a slow question to it.
    fields = vars(event)
    return {
        "position": record.position,
        "session_id": entry.session_id,
        "seq": record.seq,
        "id": event.id,
        "type": event.type,
        "thread": entry.thread_id,
        "thread_id": fields.get("session_thread_id"),
        "processed_at": _moment(event.processed_at),
        "is_error": fields.get("is_error"),
        "body": record.body,
        **({} if entry.is_cross_posted else _particulars(event)),
    }


def fact_row(record: Record, fact: Fact) -> Columns:
    """One row of kept.facts."""
    return {
        "position": record.position,
        "name": fact.name,
        "session_id": fact.session_id,
        "thread": fact.thread_id,
        "made_at": _moment(fact.made_at),
        "subject": subject if isinstance(subject := fact.body.get(SUBJECTS.get(fact.name, "")), str) else None,
        "body": record.body,
    }


def memory_row(record: Record, version: MemoryVersion) -> Columns:
    """One row of kept.memory_versions."""
    return {
        **mended(vars(version)),
        "position": record.position,
        "created_by": json.dumps(version.created_by),
        "created_at": _moment(version.created_at),
        "redacted_at": _moment(version.redacted_at),
        "redacted_by": json.dumps(version.redacted_by) if version.redacted_by else None,
        "grounds": json.dumps(version.grounds) if version.grounds else None,
    }


def _particulars(event: events.Event) -> Columns:  # noqa: PLR0911 - one return a kind
    match event.type:
        case (
            "user.message"
            | "agent.message"
            | "system.message"
            | "agent.thread_message_sent"
            | "agent.thread_message_received"
        ):
            return {"text": events.text_of(event.content)}
        case "agent.tool_use":
            path = event.input.get(READ.path_field)
            return {
                "tool": event.name,
                "permission": event.evaluated_permission,
                "path": path if isinstance(path, str) else None,
                "text": _given(event.input),
            }
        case "agent.mcp_tool_use":
            permission = event.evaluated_permission
            text = _given(event.input)
            return {"tool": event.name, "mcp_server": event.mcp_server_name, "permission": permission, "text": text}
        case "agent.custom_tool_use":
            return {"tool": event.name, "text": _given(event.input)}
        case "agent.tool_result" | "user.tool_result":
            return {"answers": event.tool_use_id, "text": _gave(event.content)}
        case "agent.mcp_tool_result":
            return {"answers": event.mcp_tool_use_id, "text": _gave(event.content)}
        case "user.custom_tool_result":
            return {"answers": event.custom_tool_use_id, "text": _gave(event.content)}
        case "user.tool_confirmation":
            return {"answers": event.tool_use_id, "permission": event.result, "text": event.deny_message}
        case "span.model_request_end":
            usage = event.model_usage
            return {
                "answers": event.model_request_start_id,
                "input_tokens": counted(usage.input_tokens),
                "output_tokens": counted(usage.output_tokens),
                "cache_read_tokens": counted(usage.cache_read_input_tokens),
                "cache_creation_tokens": counted(usage.cache_creation_input_tokens),
                "is_fast": usage.speed == "fast",
            }
        case "session.error":
            return {"text": event.error.message}
        case "user.define_outcome":
            return {"text": event.description}
        case "span.outcome_evaluation_end":
            return {"text": event.explanation}
    return {}


def counted(count: int) -> int:
    """A count as the tables and their sums have room for it; the body keeps what was written."""
    return max(0, min(count, MOST_TOKENS))


def _given(given: dict[str, Any]) -> str | None:
    """What a call can be found by: its command, or its file."""
    named = given.get(BASH.title_field) or given.get(READ.path_field)
    return named[:MOST_SEARCHED] if isinstance(named, str) else None


def _gave(content: Sequence[Any] | None) -> str | None:
    """What a result can be found by: the beginning of its text."""
    return events.text_of(content)[:MOST_SEARCHED] if content else None


def _moment(moment: datetime | None) -> str | None:
    """As text: a zoned datetime parameter would go through a time zone package."""
    return events.timestamp(moment) if moment else None
