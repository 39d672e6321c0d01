"""Work items of a self-hosted environment: their records, and how each step of the public protocol changes one. Pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from workbench.catalog.errors import Refused, conflict
from workbench.contracts.values import Json
from workbench.events import new_id, timestamp

KIND: Final = "work"
OPEN: Final = frozenset({"queued", "starting", "active", "stopping"})
NO_HEARTBEAT: Final = "NO_HEARTBEAT"
TOKEN_PREFIX: Final = "wb-work-"
LEASE_KEY: Final = "workbench.lease_seconds"
DEFAULT_LEASE_S: Final = 90
LEAST_LEASE_S: Final = 5
MOST_LEASE_S: Final = 3600
_MOST_TOKENS: Final = 8


def made(environment_id: str, session_id: str, calls: Sequence[str], moment: datetime) -> Json:
    """A new item in the queue; `calls` are the events that wait in its session as it is queued."""
    return {
        "id": new_id("work"),
        "type": "work",
        "environment_id": environment_id,
        "data": {"type": "session", "id": session_id},
        "state": "queued",
        "metadata": {},
        "created_at": timestamp(moment),
        "acknowledged_at": None,
        "started_at": None,
        "latest_heartbeat_at": None,
        "stop_requested_at": None,
        "stopped_at": None,
        "workbench": {"calls": [*calls], "given_up": [], "tokens": [], "offered_at": None, "ttl_s": 0, "lost": 0},
    }


def shown(item: Json, secret: str | None = None) -> Json:
    """The object as the public API has it; only a poll gives a secret."""
    return {key: value for key, value in item.items() if key != "workbench"} | {"secret": secret}


def hashed(token: str) -> str:
    """What is kept of a token of 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_offered(item: Json, moment: datetime, reclaim: timedelta) -> bool:
    """Whether a queued item is in the hands of a worker that has polled it and may still acknowledge it."""
    offered_at = item["workbench"]["offered_at"]
    return offered_at is not None and moment < datetime.fromisoformat(offered_at) + reclaim


def offered(item: Json, moment: datetime) -> tuple[Json, str]:
    """The item as it is handed to a worker, and the token of this handing over; tokens of earlier ones become stale."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    tokens = [*item["workbench"]["tokens"], hashed(token)][-_MOST_TOKENS:]
    return item | {"workbench": item["workbench"] | {"offered_at": timestamp(moment), "tokens": tokens}}, token


def acknowledged(item: Json, moment: datetime) -> Json:
    """It leaves the queue; again is no error and changes nothing."""
    if item["state"] != "queued":
        return item
    return item | {"state": "starting", "acknowledged_at": timestamp(moment)}


def lease_seconds(desired: int | None, metadata: Mapping[str, str]) -> int:
    """How long a lease lasts from a heartbeat on: as the worker asks, else as the environment's metadata say.

    Raises:
        Refused: the metadata hold no number of seconds.
    """
    if desired is None and (said := metadata.get(LEASE_KEY)) is not None:
        if not said.isascii() or not said.isdigit():
            raise Refused(f"metadata.{LEASE_KEY}: must be a whole number of seconds, not {said[:40]!r}")
        desired = int(said)
    return max(LEAST_LEASE_S, min(desired or DEFAULT_LEASE_S, MOST_LEASE_S))


def beaten(item: Json, expected: str | None, ttl_s: int, moment: datetime) -> Json:
    """The item after a heartbeat that names the one before it; `NO_HEARTBEAT` claims it. Nothing is compared while it stops.

    Raises:
        Refused: 412, another worker may hold the lease.
    """
    state, last = item["state"], item["latest_heartbeat_at"]
    if state in ("stopping", "stopped"):
        return item
    is_claim = expected == NO_HEARTBEAT
    if state == "queued" or (expected is not None and expected != (last or NO_HEARTBEAT)):
        raise _lost(item, "is in the queue" if state == "queued" else "is claimed" if is_claim else "has another one")
    stamp = timestamp(moment)
    if stamp == last:
        stamp = timestamp(moment + timedelta(microseconds=1))
    started = item["started_at"] or stamp
    private = item["workbench"] | {"ttl_s": ttl_s}
    return item | {"state": "active", "started_at": started, "latest_heartbeat_at": stamp, "workbench": private}


def heartbeat_answer(item: Json) -> Json:
    """What a worker hears of its heartbeat."""
    return {"type": "work_heartbeat", **_lease(item), "last_heartbeat": item["latest_heartbeat_at"] or ""} | {
        "lease_extended": item["state"] == "active"
    }


def _lease(item: Json) -> Json:
    return {
        "last_heartbeat": item["latest_heartbeat_at"],
        "lease_extended": False,
        "state": item["state"],
        "ttl_seconds": item["workbench"]["ttl_s"] or DEFAULT_LEASE_S,
    }


def _lost(item: Json, why: str) -> Refused:
    details = {"error_code": "heartbeat_precondition_failed", "current_state": _lease(item)}
    message = f"expected_last_heartbeat: the work item {item['id']} {why}; another worker may hold its lease"
    return Refused(message, status=412, more={"details": details})


def asked_to_stop(item: Json, moment: datetime, *, force: bool) -> Json:
    """The item after a stop: its worker hears of it with the next heartbeat, or it has stopped at once.

    Raises:
        Refused: 409, it has stopped already.
    """
    if item["state"] == "stopped":
        raise conflict(f"the work item {item['id']} has stopped already")
    asked = item | {"stop_requested_at": item["stop_requested_at"] or timestamp(moment)}
    # Nobody holds what is still in the queue: there is nobody to hear of it.
    return ended(asked, moment) if force or item["state"] == "queued" else asked | {"state": "stopping"}


def ended(item: Json, moment: datetime) -> Json:
    """The item as it has stopped; none of its tokens opens anything any more."""
    stopped_at = item["stopped_at"] or timestamp(moment)
    return item | {"state": "stopped", "stopped_at": stopped_at, "workbench": item["workbench"] | {"tokens": []}}


def lease_end(item: Json, since: datetime) -> datetime | None:
    """When the lease is over if no heartbeat comes, counted from `since` on at the earliest; None where nobody has one.

    `since` is when the server began to listen: no heartbeat could come before.
    """
    last = item["latest_heartbeat_at"] or item["acknowledged_at"]
    if item["state"] not in ("starting", "active", "stopping") or last is None:
        return None
    seconds = item["workbench"]["ttl_s"] or DEFAULT_LEASE_S
    return max(datetime.fromisoformat(last), since) + timedelta(seconds=seconds)


def queued_again(item: Json) -> Json:
    """Its worker is gone: the next one takes it from the beginning."""
    private = item["workbench"] | {"offered_at": None, "lost": item["workbench"]["lost"] + 1}
    fresh = {"state": "queued", "acknowledged_at": None, "started_at": None, "latest_heartbeat_at": None}
    return item | fresh | {"workbench": private}
