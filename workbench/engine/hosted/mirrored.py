"""What a session of another service is here: its record, and its events under the ids of this engine's threads."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from workbench import clock as moments
from workbench import events
from workbench.catalog.errors import Refused
from workbench.contracts.facts import MODEL_REQUESTED
from workbench.contracts.values import Fact, Json

METADATA: Final = "workbench.hosted"
"""In the metadata of a mirrored session: the name of the service where it is."""
_FIELDS: Final = ("id", "title", "vault_ids", "outcome_evaluations", "budget", "deployment_id", "environment_id")

OVERLAP: Final = timedelta(seconds=60)
"""How far back is read again: by so much may an event's moment lie before those that were listed ahead of it."""

logger = logging.getLogger("workbench.engine")


def service_of(record: Json) -> str | None:
    """The service where the session of this record is; None for one of this engine."""
    found: str | None = record["workbench"].get("hosted")
    return found


def refuse_elsewhere(record: Json) -> None:
    """Raises: Refused: the session works elsewhere, and only what its owner sends through the API reaches it."""
    if (service := service_of(record)) is not None:
        raise Refused(
            f"session {record['id']} is one of the service {service!r}; this engine sends it nothing by itself"
        )


def record_of(wire: Json, service: str, known: Json | None = None) -> Json:
    """The record of a session as the other service tells it; nothing of it can run here. What is `known` only here stays."""
    agent = wire["agent"] | {"type": "agent", "model": _model(wire["agent"].get("model"))}
    for name in ("tools", "mcp_servers", "skills"):
        agent[name] = agent.get(name) or []
    return {
        **{name: wire.get(name) for name in _FIELDS},
        "type": "session",
        "agent": agent,
        "vault_ids": wire.get("vault_ids") or [],
        "outcome_evaluations": wire.get("outcome_evaluations") or [],
        # What hangs on it is there: here a resource would be a promise.
        "resources": [],
        "metadata": {**(wire.get("metadata") or {}), METADATA: service},
        "created_at": wire["created_at"],
        "updated_at": wire["updated_at"],
        "archived_at": wire.get("archived_at"),
        "workbench": {
            **(known["workbench"] if known else {}),
            "project": None,
            "environment": {"type": "cloud"},
            "image": None,
            "containerfile": None,
            "hosted": service,
            "hosted_resources": wire.get("resources") or [],
        },
    }


def _model(model: Any) -> Json:
    """The model as this engine's records have it, whatever form it was told in."""
    told = model if isinstance(model, dict) else {"id": str(model or "unknown")}
    told = {name: value for name, value in told.items() if value is not None}
    return {"effort": {"type": "high"}, "speed": "standard", "inference_geo": None} | told


@dataclass(frozen=True)
class Names:
    """The primary thread's id there, and the one that this engine gives it."""

    there: str
    here: str

    def inward(self, text: bytes) -> bytes:
        return text.replace(self.there.encode(), self.here.encode()) if self.there else text

    def outward(self, text: bytes) -> bytes:
        return text.replace(self.here.encode(), self.there.encode()) if self.there else text


def primary_there(listed: Iterable[Json]) -> str:
    """The primary thread's id there: the first thread whose status is told; "" while none is."""
    for one in listed:
        if one["type"].startswith("session.thread_status_"):
            return str(one["session_thread_id"])
    return ""


@dataclass(frozen=True)
class Cursor:
    """How far a thread was read: the moment from which it is listed again, and the ids of all that was taken since then.

    A service lists events in the order of its log, in which the moment of one may lie before that of the one ahead of it.
    """

    at: datetime | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    """Each with its moment."""

    def new(self, listed: Sequence[Json]) -> list[Json]:
        """Of what is listed, what was not taken: whatever still waits there comes when it is taken up."""
        told = [one for one in listed if one.get("processed_at") and one.get("id") and one["id"] not in self.ids]
        return [one for one in told if self.at is None or moments.read(one["processed_at"]) >= self.at]

    def after(self, taken: Sequence[Json]) -> Cursor:
        if not taken:
            return self
        ids = {**self.ids, **{str(one["id"]): str(one["processed_at"]) for one in taken}}
        at = max(moments.read(one) for one in ids.values()) - OVERLAP
        return Cursor(at, {name: moment for name, moment in ids.items() if moments.read(moment) >= at})

    @property
    def body(self) -> Json:
        return {"at": self.at.isoformat() if self.at else None, "ids": dict(self.ids)}


def cursor_of(body: Json | None) -> Cursor:
    """As it was kept; of a thread that was never read, its beginning."""
    if body is None or body["at"] is None:
        return Cursor()
    return Cursor(datetime.fromisoformat(body["at"]), body["ids"])


def parsed(listed: Sequence[Json], session_id: str) -> list[events.Event]:
    """The events that this engine knows the types of; of others the engine's log tells."""
    found = []
    for one in listed:
        try:
            found.append(events.parse(one))
        except events.MalformedEvent as malformed:
            logger.warning("session %s: an event of the other service is left out: %s", session_id, malformed)
    return found


def facts_of(session_id: str, model: str, taken: Iterable[events.Event]) -> Iterator[Fact]:
    """Which model each request was made to: of what an answer costs, its event says only tokens."""
    for one in taken:
        if one.type == "span.model_request_start" and one.processed_at is not None:
            about = {"model_request_start_id": one.id, "model": model}
            yield MODEL_REQUESTED.made(session_id, one.processed_at, about)


def model_of(agent: Json, otherwise: str) -> str:
    """The model's id of an agent or advisor, in either form."""
    model = agent.get("model")
    return str(model.get("id")) if isinstance(model, dict) else str(model or otherwise)
