"""What one record of the journal says, and how it is written down and read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from workbench import events
from workbench.contracts.memory import MemoryVersion
from workbench.contracts.values import Document, Entry, Fact
from workbench.events import Event
from workbench.text.strict_json import mended, read_mended

MOST_REASON = 300


@dataclass(frozen=True)
class Queued:
    """A client's event, or a message of another thread, waits in the inbox; of a child thread where `to` is set."""

    session_id: str
    event: Event
    to: str | None = None

    @property
    def thread_id(self) -> str | None:
        """The child thread that it is for: the one that it was sent to, or names."""
        return self.to or events.child_thread(self.session_id, getattr(self.event, "session_thread_id", None))


@dataclass(frozen=True)
class Logged:
    """An event entered the log of its session, as one of a child thread where `thread_id` is set."""

    session_id: str
    event: Event
    thread_id: str | None = None


@dataclass(frozen=True)
class Noted:
    """A fact was recorded."""

    fact: Fact


@dataclass(frozen=True)
class Filed:
    """A document was put, or put again."""

    document: Document


@dataclass(frozen=True)
class Unfiled:
    """All versions of a document were removed."""

    kind: str
    document_id: str


@dataclass(frozen=True)
class Erased:
    """A whole session was erased."""

    session_id: str


@dataclass(frozen=True)
class Remembered:
    """A memory got a version, or a version was redacted."""

    version: MemoryVersion


@dataclass(frozen=True)
class Forgotten:
    """A memory store was deleted with everything in it."""

    store_id: str


@dataclass(frozen=True)
class Unread:
    """A record that this version cannot read, or that the database cannot take; the journal keeps it."""

    session_id: str | None
    reason: str


Happening = Queued | Logged | Noted | Filed | Unfiled | Erased | Remembered | Forgotten | Unread


@dataclass(frozen=True)
class Record:
    """A happening in its place: `seq` is set for logged events; `body` is the JSON text of event, fact or document."""

    position: int
    seq: int | None
    happening: Happening
    body: str

    @cached_property
    def entry(self) -> Entry | None:
        """The session entry that this record is, if it is one."""
        match self.happening:
            case Queued(session_id, event) | Logged(session_id, event):
                return Entry(self.position, session_id, self.seq, event, self.happening.thread_id)
        return None

    @property
    def session_id(self) -> str | None:
        """The session that this record is about."""
        match self.happening:
            case Queued(session_id) | Logged(session_id) | Erased(session_id) | Unread(session_id):
                return session_id
            case Noted(fact):
                return fact.session_id
            case Filed(document):
                return document.id if document.kind == "session" else None
            case Unfiled(kind, document_id):
                return document_id if kind == "session" else None
            case Remembered() | Forgotten():
                return None


def unread(record: Record, reason: BaseException) -> Record:
    """The record put aside."""
    words = f"{type(reason).__name__}: {reason}".partition("\n")[0][:MOST_REASON]
    return replace(record, happening=Unread(record.session_id, words), body="{}")


def body_of(happening: Happening) -> str:
    """The JSON text that is stored for a happening; never with a line break in it.

    Raises:
        ValueError: an event whose text no encoding allows.
    """
    match happening:
        case Queued(_, event) | Logged(_, event):
            return events.dump_json(event)
        case Noted(fact):
            return _json(fact.body)
        case Filed(document):
            return _json(document.body)
        case Remembered(version):
            return _json(_version_body(version))
    return "{}"


def encode(records: Sequence[Record]) -> bytes:
    """One frame body: a batch that is written whole or not at all."""
    lines = ",".join(f'{{"what":{_json(_what(record))},"body":{record.body}}}' for record in records)
    return f'{{"position":{records[0].position},"until":{records[-1].position},"records":[{lines}]}}'.encode()


def span_of(frame: bytes) -> tuple[int, int]:
    """The first and the last position of a frame, without reading the rest of it."""
    first, until = frame.split(b",", 2)[:2]
    return int(first.partition(b":")[2]), int(until.partition(b":")[2])


def decode(frame: bytes) -> list[Record]:
    """The records of one frame body."""
    batch = read_mended(frame)
    first = int(batch["position"])
    return [_record(first + offset, line["what"], line["body"]) for offset, line in enumerate(batch["records"])]


def _what(record: Record) -> list[Any]:  # noqa: PLR0911 - one return a kind
    match record.happening:
        case Queued(session_id, _, to):
            return ["queued", session_id, *([to] if to else [])]
        case Logged(session_id, _, thread_id):
            return ["logged", session_id, record.seq, *([thread_id] if thread_id else [])]
        case Noted(fact):
            thread = [fact.thread_id] if fact.thread_id else []
            return ["noted", fact.name, fact.session_id, events.timestamp(fact.made_at), *thread]
        case Filed(document):
            return ["filed", document.kind, document.id, document.version]
        case Unfiled(kind, document_id):
            return ["unfiled", kind, document_id]
        case Erased(session_id):
            return ["erased", session_id]
        case Remembered(version):
            return ["remembered", version.store_id]
        case Forgotten(store_id):
            return ["forgotten", store_id]
        case Unread():
            raise ValueError("what was put aside is in the journal already")


def _record(position: int, what: list[Any], body: dict[str, Any]) -> Record:
    """Raises: ValueError, for a kind of a later version."""
    seq: int | None = what[2] if what[0] == "logged" else None
    try:
        happening = _happening(position, what, body)
        return Record(position, seq, happening, body_of(happening))
    except UnknownKind:
        raise
    except (ValueError, TypeError, KeyError) as reason:
        session_id = what[1] if what[0] in ("queued", "logged", "erased") else what[2] if what[0] == "noted" else None
        return unread(Record(position, seq, Unread(session_id, ""), "{}"), reason)


class UnknownKind(ValueError):
    """A later version wrote this record."""


def _happening(position: int, what: list[Any], body: dict[str, Any]) -> Happening:  # noqa: PLR0911 - one return a kind
    match what:
        case ["queued", session_id, *thread]:
            return Queued(session_id, events.parse(body), *thread)
        case ["logged", session_id, _, *thread]:
            return Logged(session_id, events.parse(body), *thread)
        case ["noted", name, session_id, made_at, *thread]:
            return Noted(Fact(name, session_id, datetime.fromisoformat(made_at), body, *thread))
        case ["filed", kind, document_id, version]:
            return Filed(Document(kind, document_id, version, body))
        case ["unfiled", kind, document_id]:
            return Unfiled(kind, document_id)
        case ["erased", session_id]:
            return Erased(session_id)
        case ["remembered", _]:
            return Remembered(_version(body))
        case ["forgotten", store_id]:
            return Forgotten(store_id)
    raise UnknownKind(f"the journal has a record of the unknown kind {what[0]!r} at position {position}")


def _version_body(version: MemoryVersion) -> dict[str, Any]:
    body = dict(vars(version))
    for name in ("created_at", "redacted_at"):
        body[name] = events.timestamp(body[name]) if body[name] else None
    return body


def _version(body: dict[str, Any]) -> MemoryVersion:
    moments = {
        name: datetime.fromisoformat(body[name]) if body[name] else None for name in ("created_at", "redacted_at")
    }
    return MemoryVersion(**{**body, **moments})


_COMPACT: Final[Callable[[Any], str]] = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
"""Made once: `json.dumps` makes one for every text that is not in its own form."""


def _json(value: Any) -> str:
    """Compact JSON, mended where not everybody could read it: one such body would end every question that reads it."""
    try:
        text = _COMPACT(value)
        if "\\ud" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return json.dumps(mended(value), separators=(",", ":"))
    return text
