"""Groups of sessions that share one budget: a session names its group in its metadata, and a group lives by being named."""

from __future__ import annotations

import re

from workbench.catalog.base_models import Body, Budget
from workbench.catalog.errors import Refused, checked
from workbench.contracts.log import Documents, States
from workbench.contracts.values import Clock, Document, Group, Json, SessionState
from workbench.events import timestamp

KIND = "group"
GROUP_KEY = "workbench.group"
"""Metadata key with which a client puts a session into a group."""

_SESSION = "session"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SetBudget(Body):
    budget: Budget | None


class Groups:
    """What all sessions of a group may cost together."""

    def __init__(self, documents: Documents, states: States, clock: Clock) -> None:
        self._documents = documents
        self._states = states
        self._clock = clock

    async def group(self, name: str) -> Group:
        """The group of this name; one without a budget of its own has none."""
        document = await self._documents.get(KIND, name)
        body: Json = document.body if document else {"budget": None, "deleted_cents": 0}
        members = tuple(record["id"] for record in await self._records(name))
        return Group(name, body["budget"], members, body["deleted_cents"])

    async def _records(self, name: str) -> list[Json]:
        sessions = await self._documents.newest(_SESSION)
        return [one.body for one in sessions if group_named(one.body["metadata"]) == name]

    async def set_budget(self, name: str, body: Json) -> Json:
        """Give a group a budget, change it, or take it away.

        Raises:
            Refused: a name that is none, a budget that is none or below what the group has cost.
        """
        checked_name(name)
        if "budget" not in body:
            raise Refused("budget: must be given; null takes the budget away")
        given = checked(SetBudget, body).budget
        known = await self.group(name)
        spent = await self._spent_cents(known)
        if given is not None and int(given.max_list_cost.amount) <= spent:
            raise Refused(
                f"budget: must be above the {spent:.10g} cents that the group has cost", code="budget_not_raised"
            )
        await self._put(known, given.model_dump() if given else None, known.deleted_cents)
        return await self.wire(name)

    async def note_deleted(self, record: Json) -> None:
        """A session is deleted: what it cost its group was spent all the same."""
        if (name := group_named(record["metadata"])) is not None:
            known = await self.group(name)
            await self._put(
                known, known.budget, known.deleted_cents + own_cents(self._states.state(record["id"]), record)
            )

    async def _put(self, known: Group, budget: Json | None, deleted_cents: float) -> None:
        moment = timestamp(self._clock())
        body = {"budget": budget, "deleted_cents": deleted_cents, "updated_at": moment}
        await self._documents.put(Document(KIND, known.name, 1, body))

    async def wire(self, name: str) -> Json:
        """A group as clients see it; `spent` is as of each session's last rest."""
        known = await self.group(name)
        return {
            "name": name,
            "type": "group",
            "budget": known.budget,
            "spent": {"amount": str(int(await self._spent_cents(known) + 0.5)), "currency": "USD"},
            "session_ids": list(known.session_ids),
        }

    async def all_wire(self) -> list[Json]:
        """All groups that have a budget or a session, by name."""
        named = {document.id for document in await self._documents.newest(KIND)}
        sessions = await self._documents.newest(_SESSION)
        named |= {name for one in sessions if (name := group_named(one.body["metadata"]))}
        return [await self.wire(name) for name in sorted(named)]

    async def is_over(self, name: str) -> bool:
        """Whether its sessions have cost all that it may, as of each one's last rest."""
        known = await self.group(name)
        if known.budget is None:
            return False
        return await self._spent_cents(known) >= int(known.budget["max_list_cost"]["amount"])

    async def _spent_cents(self, known: Group) -> float:
        return known.deleted_cents + sum(
            own_cents(self._states.state(one["id"]), one) for one in await self._records(known.name)
        )


def own_cents(state: SessionState, record: Json) -> float:
    """What a session itself has cost, for sums: not rounded, but of one that came to rest before logs told; a fork's history is its
    parent's."""
    if state.spent_usd is not None:
        return round(state.spent_usd * 100, 7)
    copied: int = record["workbench"].get("copied_cents", 0)
    return max(0, int((state.usage or {}).get("list_cost", {}).get("amount", 0)) - copied)


def group_named(metadata: Json) -> str | None:
    """The group that a session's metadata names."""
    name = metadata.get(GROUP_KEY)
    return str(name) if name else None


def checked_name(name: str) -> None:
    """Raises: Refused: it cannot be a group's name."""
    if not _NAME.fullmatch(name):
        raise Refused(
            f"metadata.{GROUP_KEY}: {name!r} is no name of a group: up to 64 letters, digits, points, - and _, beginning "
            "with a letter or digit"
        )
