"""A dream's proposals before their owner: accepted ones land in the store, others are turned down, and a landing is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.memory import MemoryVersion
from workbench.contracts.values import Json
from workbench.engine.dreams.records import DreamRecords, store_of
from workbench.engine.memory import MemoryAccess
from workbench.events import timestamp
from workbench.memory.dreaming.landing import File, landed
from workbench.memory.dreaming.proposals import Proposal, proposal_of, reworded, text_of
from workbench.memory.stores.memories import Write
from workbench.text.secrets import holds_secret

OPEN: Final = ""
LANDED: Final = "landed"
REJECTED: Final = "rejected"
VERIFIED_SESSIONS: Final = 2
"""In so many sessions people said in their own words what a model worded, where it lands by itself."""

Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\r\n]*$")]


class ReviewBody(Body):
    """`accept` and `reject` name proposals, `adds` accepts every open add that is not personal, `edit` rewords accepted ones."""

    accept: tuple[str, ...] = Field(default=(), strict=False)
    reject: tuple[str, ...] = Field(default=(), strict=False)
    reopen: tuple[str, ...] = Field(default=(), strict=False)
    adds: bool = False
    edit: dict[str, Line] = Field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """Decisions about the proposals of all dreams."""

    records: DreamRecords
    memory: MemoryAccess

    async def decide(self, dream_id: str, body: Json, by: Json) -> Json:
        """Land what is accepted, note what is rejected; gives the record.

        Raises:
            Refused: the dream has not completed, a proposal is unknown or decided already, or a wording looks like a secret.
        """
        given = checked(ReviewBody, body)
        record = await self.records.get(dream_id)
        if record["status"] != "completed":
            raise Refused(f"dream {dream_id} is {record['status']}; only a completed dream can be reviewed")
        if record["output_behavior"]["type"] == "update_existing":
            raise Refused(
                f"dream {dream_id} has written into its store itself; workbench memory log shows and restores it"
            )
        proposals = {wire["id"]: proposal_of(wire) for wire in record["workbench"]["proposals"]}
        accepted = [*given.accept, *(_adds(proposals.values()) if given.adds else ())]
        self._refuse_wrong(proposals, [*accepted, *given.reject], given)
        chosen = [reworded(proposals[one], given.edit.get(one, proposals[one].text)) for one in dict.fromkeys(accepted)]
        decisions = dict.fromkeys(given.reject, REJECTED) | dict.fromkeys(given.reopen, OPEN)
        return await self._landed(record, chosen, decisions, by)

    def _refuse_wrong(self, proposals: Mapping[str, Proposal], named: Sequence[str], given: ReviewBody) -> None:
        for one in (*named, *given.reopen, *given.edit):
            if one not in proposals:
                raise Refused(f"there is no proposal {one} in this dream; workbench dream show lists them")
        for one in (*named, *given.reopen):
            if proposals[one].decision == LANDED:
                raise Refused(f"proposal {one} has landed already; undo that landing first")
        if both := set(given.accept) & set(given.reject):
            raise Refused(f"proposal {sorted(both)[0]} is accepted and rejected at once")
        for one, text in given.edit.items():
            if holds_secret(text):
                raise Refused(f"edit.{one}: this looks like a secret, which no memory may hold")

    async def land_by_itself(self, dream_id: str, by: Json) -> Json:
        """Land adds that a person ordered to remember, or that a model worded from two sessions and the verifier passed, where the
        owner allowed it beforehand; the rest waits."""
        record = await self.records.get(dream_id)
        least = record["workbench"]["landing"]["least_sessions"]
        shown = await self._shown_before(record)
        chosen = [
            proposal
            for wire in record["workbench"]["proposals"]
            if (proposal := proposal_of(wire)).op == "add"
            and (weight := _weight(proposal, least)) > shown.get(proposal.candidate_id, 0)
            and weight > 0
            and not proposal.is_personal
            and proposal.decision == OPEN
        ]
        return await self._landed(record, chosen, {}, by) if chosen else record

    async def _shown_before(self, record: Json) -> dict[str, int]:
        """What each candidate weighed when an earlier dream of this store showed it.

        Its owner may have undone, turned down or deleted it since, and without a new order it does not come back by itself.
        """
        store_id, found, least = store_of(record), dict[str, int](), record["workbench"]["landing"]["least_sessions"]
        for earlier in await self.records.newest():
            if earlier["id"] == record["id"] or store_of(earlier) != store_id:
                continue
            for wire in earlier["workbench"]["proposals"]:
                proposal = proposal_of(wire)
                found[proposal.candidate_id] = max(found.get(proposal.candidate_id, 0), _weight(proposal, least))
        return found

    async def _landed(self, record: Json, chosen: Sequence[Proposal], decisions: Mapping[str, str], by: Json) -> Json:
        store_id, memories = store_of(record), self.memory.memories
        heads = (await memories.snapshot(store_id)).sorted()
        whole = await memories.whole(store_id, [head.version_id for head in heads])
        files = {head.path: File(one.content or "", one.grounds) for head, one in zip(heads, whole, strict=True)}
        before = {head.path: one.id for head, one in zip(heads, whole, strict=True)}
        made = await memories.write_all(store_id, landed(files, chosen, record["id"]), by)
        texts = {proposal.id: proposal.text for proposal in chosen}
        decisions = dict(decisions) | dict.fromkeys(texts, LANDED)
        proposals = [
            wire
            | {"decision": decisions.get(wire["id"], wire["decision"]), "text": texts.get(wire["id"], wire["text"])}
            for wire in record["workbench"]["proposals"]
        ]
        landings = list(record["workbench"]["landings"])
        if made:
            changes = [{"path": one.path, "version_id": one.id, "before": before.get(one.path or "")} for one in made]
            landings.append({"proposals": list(texts), "changes": changes})
        return await self.records.changed(record["id"], proposals=proposals, landings=landings)

    async def undo(self, dream_id: str, by: Json) -> Json:
        """Put back what the last landing changed.

        Raises:
            Refused: nothing has landed, or somebody changed a memory since.
        """
        record = await self.records.get(dream_id)
        landings = list(record["workbench"]["landings"])
        if not landings:
            raise Refused(f"nothing of dream {dream_id} has landed")
        last = landings.pop()
        await self.memory.memories.write_all(store_of(record), await self._backward(record, last["changes"]), by)
        proposals = [
            wire | ({"decision": OPEN} if wire["id"] in last["proposals"] else {})
            for wire in record["workbench"]["proposals"]
        ]
        return await self.records.changed(dream_id, proposals=proposals, landings=landings)

    async def _backward(self, record: Json, changes: Sequence[Json]) -> list[Write]:
        store_id, memories = store_of(record), self.memory.memories
        snapshot, writes = await memories.snapshot(store_id), list[Write]()
        for change in changes:
            head = snapshot.at(change["path"])
            if head is None or head.version_id != change["version_id"]:
                raise Refused(
                    f"{change['path']} was changed since it landed; workbench memory log shows its versions, and "
                    "workbench memory restore puts one back"
                )
            old = (await memories.whole(store_id, [change["before"]]))[0] if change["before"] else None
            content = old.content if old else None
            writes.append(Write(change["path"], content, head.content_sha256, old.grounds if old else None))
        return writes

    async def why(self, store_id: str, path: str, text: str) -> Json:
        """Why a store says this: the evidence of the line, and every version in which it came or went."""
        memories = self.memory.memories
        head = (await memories.snapshot(store_id)).at(path)
        if head is None:
            raise Refused(f"there is no memory {path}", status=404, kind="not_found_error")
        ids = [one.id for one in await memories.history(store_id) if one.memory_id == head.memory_id]
        versions = await memories.whole(store_id, ids)
        lines = _lines(versions[-1])
        found = text if text in lines else next((line for line in lines if text and text.lower() in line.lower()), None)
        if found is None:
            raise Refused(f"{path} has no line with {text!r}; workbench memory cat shows it", status=404)
        grounds = next(
            (
                one
                for version in reversed(versions)
                for one in (version.grounds or {}).get("lines", ())
                if one["text"] == found
            ),
            None,
        )
        return {"line": found, "evidence": grounds["evidence"] if grounds else [], "history": _history(versions, found)}


def _weight(proposal: Proposal, least: int) -> int:
    """In how many sessions stands what lets a proposal land by itself; 0 where it may not."""
    ordered = proposal.ordered_in if proposal.is_ordered and proposal.ordered_in >= least else 0
    is_said = proposal.is_verified and proposal.sessions >= max(VERIFIED_SESSIONS, least)
    return max(ordered, proposal.sessions if is_said else 0)


def _adds(proposals: Iterable[Proposal]) -> list[str]:
    """Every open add; what looks personal wants its own key."""
    return [one.id for one in proposals if one.op == "add" and one.decision == OPEN and not one.is_personal]


def _lines(version: MemoryVersion) -> list[str]:
    return list(map(text_of, (version.content or "").split("\n")))


def _history(versions: Sequence[MemoryVersion], line: str) -> list[Json]:
    """The versions in which the line appeared or disappeared, oldest first."""
    told: list[Json] = []
    was = False
    for version in versions:
        has = line in _lines(version)
        if has != was:
            what = "appeared" if has else "disappeared"
            told.append(
                {"version_id": version.id, "at": timestamp(version.created_at), "by": version.created_by, "what": what}
            )
        was = has
    return told
