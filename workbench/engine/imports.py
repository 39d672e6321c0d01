"""Imports of sessions as finished history: exported ones, and those of other programs in the same shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from workbench import clock, events
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked, conflict
from workbench.catalog.sessions import KIND
from workbench.contracts.facts import MODEL_ANSWERED, MODEL_REQUESTED, WEB_SEARCHED
from workbench.contracts.log import Documents, SessionLog
from workbench.contracts.values import MOST_TOKENS, Clock, Document, Fact, Json
from workbench.log import SessionErased

_ID: Final = re.compile(r"sesn_[A-Za-z0-9]{8,60}")
MOST_EVENTS: Final = 20_000
"""Of one request; a longer session comes in several, each after the one before."""


Count = Annotated[int, Field(ge=0, le=10**12)]


class ImportBody(Body):
    """One session: what it is called, its events in order, and of its requests, by their start's id, the model, what they were for,
    the tokens that they wrote to the cache for an hour, and the web searches that were made for them."""

    id: str
    title: Annotated[str | None, Field(max_length=500)] = None
    agent_name: Annotated[str, Field(min_length=1, max_length=256)] = "imported"
    model: Annotated[str, Field(min_length=1, max_length=256)] = "unknown"
    project: str | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] = "export"
    created_at: str
    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_EVENTS)]
    models: dict[str, str] = Field(default_factory=dict)
    purposes: dict[str, str] = Field(default_factory=dict)
    hour_tokens: dict[str, Count] = Field(default_factory=dict)
    web_searches: dict[str, Count] = Field(default_factory=dict)
    after: Annotated[int, Field(ge=0, le=10**15)] = 0
    only_check: bool = False
    """Say what cannot be read in this part, and take nothing: of a session in several parts, all are checked before the first."""


@dataclass(frozen=True)
class Imports:
    """Imported sessions are archived from the first moment: they are asked and dreamt of, and never go on."""

    documents: Documents
    log: SessionLog
    clock: Clock

    async def take(self, body: Json) -> Json:
        """Store a session, or the next part of one; `after` says how many events were taken before.

        Raises:
            Refused: 409 when it is here already; 410 when a session of this id was deleted; 400 with the place of what cannot be read.
        """
        given = checked(ImportBody, body)
        if not _ID.fullmatch(given.id):
            raise Refused("id: must be sesn_ and 8 to 60 letters or digits")
        known = await self.documents.get(KIND, given.id)
        if known is not None and not given.after:
            raise conflict(f"session {given.id} is here already")
        if (
            given.after
            and not given.only_check
            and (known is None or len(await self.log.read(given.id)) != given.after)
        ):
            raise conflict(f"session {given.id} does not have {given.after} events; import it from its beginning")
        read = [_event(one, place) for place, one in enumerate(given.events, given.after)]
        if given.only_check:
            return {"id": given.id, "events": given.after}
        facts = [fact for event in read if event.type == "span.model_request_start" for fact in _facts(given, event)]
        documents = () if known else (Document(KIND, given.id, 1, self._record(given)),)
        try:
            await self.log.append(given.id, read, facts=facts, documents=documents)
        except SessionErased as erased:
            raise Refused(f"{erased} Import it under another id.", status=410, kind="conflict_error") from None
        return {"id": given.id, "events": given.after + len(read)}

    def _record(self, given: ImportBody) -> Json:
        created_at = _moment(given.created_at, "created_at")
        return {
            "id": given.id,
            "type": "session",
            "agent": {
                "id": "agent_imported",
                "type": "agent",
                "version": 1,
                "name": given.agent_name,
                "description": None,
                "model": {"id": given.model, "effort": {"type": "high"}, "speed": "standard", "inference_geo": None},
                "system": None,
                "tools": [],
                "mcp_servers": [],
                "skills": [],
                "multiagent": None,
                "execution_identity": {"type": "service_account"},
            },
            "environment_id": "env_imported",
            "title": given.title,
            "metadata": {"workbench.imported": given.source},
            "resources": [],
            "vault_ids": [],
            "outcome_evaluations": [],
            "budget": None,
            "deployment_id": None,
            "created_at": events.timestamp(created_at),
            "updated_at": events.timestamp(created_at),
            "archived_at": events.timestamp(self.clock()),
            # The project of another time or machine is told, and never mounted.
            "workbench": {
                "project": given.project,
                "environment": {"type": "cloud"},
                "image": None,
                "containerfile": None,
            },
        }


def _facts(given: ImportBody, start: events.ModelRequestStart) -> Iterator[Fact]:
    """What is known of a request besides its events."""
    about = {"model_request_start_id": start.id}
    if start.id in given.models:
        purpose = {"purpose": given.purposes[start.id]} if start.id in given.purposes else {}
        yield MODEL_REQUESTED.made(given.id, start.processed_at, about | {"model": given.models[start.id]} | purpose)
    if hour_tokens := given.hour_tokens.get(start.id):
        yield MODEL_ANSWERED.made(given.id, start.processed_at, about | {"ephemeral_1h_input_tokens": hour_tokens})
    if searches := given.web_searches.get(start.id):
        yield WEB_SEARCHED.made(given.id, start.processed_at, about | {"requests": searches})


def _event(body: Json, place: int) -> events.Event:
    try:
        event = events.parse(body)
    except events.MalformedEvent as malformed:
        raise Refused(f"events.{place}: {malformed}") from None
    if event.processed_at is None or not event.id:
        raise Refused(f"events.{place}: has no id or no processed_at; only what happened can be imported")
    try:
        clock.checked(event.processed_at)
    except ValueError as error:
        raise Refused(f"events.{place}.processed_at: {error}") from None
    if event.type == "span.model_request_end":
        for name, count in event.model_usage:
            if isinstance(count, int) and not 0 <= count <= MOST_TOKENS:
                raise Refused(f"events.{place}.model_usage.{name}: must be a count from 0 to {MOST_TOKENS:,}")
    return event


def _moment(text: str, name: str) -> datetime:
    try:
        return clock.read(text)
    except ValueError as error:
        raise Refused(f"{name}: {text[:100]!r} is not a moment such as 2026-01-31T12:00:00Z: {error}") from None
