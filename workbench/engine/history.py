"""Where a session's log rests, and the same log under new ids: pure functions for rewind and fork."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench import events
from workbench.contracts.values import Entry, Json
from workbench.events import Event

_BETWEEN_TURNS: Final = frozenset({"session.updated", "system.message", "user.interrupt"})
_FREE_FORM: Final = frozenset({"content", "input", "metadata", "agent"})
"""Fields in which an id would be somebody's words and not a reference."""


def rests(entries: Sequence[Entry]) -> list[int]:
    """The places after which nothing was under way and nobody was waited for, in order; 0 is the beginning."""
    found, is_resting = [0], True
    for entry in entries:
        if entry.event.type == "session.status_idle":
            is_resting = entry.event.stop_reason.type != "requires_action"
        elif entry.event.type not in _BETWEEN_TURNS and not _is_of_child(entry):
            is_resting = False
        if is_resting:
            found.append(entry.seq or 0)
    return found


def last_rest(entries: Sequence[Entry], seq: int | None = None) -> int:
    """The last of them up to a place, or of all."""
    return [rest for rest in rests(entries) if seq is None or rest <= seq][-1]


def before_last_turn(entries: Sequence[Entry]) -> int | None:
    """The last rest before the last turn; None where there was no turn."""
    known = rests(entries)
    for earlier, later in zip(known[-2::-1], known[:0:-1], strict=True):
        if any(earlier < (entry.seq or 0) < later for entry in entries):
            return earlier
    return None


def up_to(entries: Sequence[Entry], seq: int) -> list[Entry]:
    """The part of a log up to a place; places are counted over all threads of a session."""
    return [entry for entry in entries if (entry.seq or 0) <= seq]


def cents(entries: Sequence[Entry]) -> int:
    """What this part of a log has cost at list price, in whole cents, as its last `session.usage` tells."""
    for entry in reversed(entries):
        if entry.event.type == "session.usage":
            cost = entry.event.usage.list_cost
            return int(cost.amount) if cost else 0
    return 0


def without_children(entries: Sequence[Entry]) -> list[Entry]:
    """A primary thread's log without what it shows of its children, which a fork does not have; their messages stay."""
    return [entry for entry in entries if not entry.is_cross_posted and not _is_of_child(entry)]


def _is_of_child(entry: Entry) -> bool:
    named = getattr(entry.event, "session_thread_id", None)
    return entry.event.type.startswith("session.thread") and events.child_thread(entry.session_id, named) is not None


def renewed_ids(entries: Sequence[Entry], session_id: str, new_session_id: str) -> dict[str, str]:
    """A new id for every event, for the session and for its thread, by the old one."""
    ids = {entry.event.id: events.new_id("sevt") for entry in entries}
    threads = {events.primary_thread_id(session_id): events.primary_thread_id(new_session_id)}
    return ids | threads | {session_id: new_session_id}


def renewed(event: Event, ids: Mapping[str, str]) -> Event:
    """The event with every reference renewed; what was said and its moment stay."""
    return events.parse(_renewed(events.dump(event), ids))


def renewed_body(body: Json, ids: Mapping[str, str]) -> Json:
    """A fact's body with its references renewed."""
    renewed: Json = _renewed(body, ids)
    return renewed


def _renewed(value: Any, ids: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: inner if key in _FREE_FORM else _renewed(inner, ids) for key, inner in value.items()}
        case list():
            return [_renewed(inner, ids) for inner in value]
        case str():
            return ids.get(value, value)
    return value
