"""Commands in the background get an id that counts over all sandboxes of their session, and what ended with one is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Protocol

from workbench import events
from workbench.contracts.facts import BACKGROUND_STARTED, BACKGROUND_UNWATCHED, BACKGROUND_WATCHED, SANDBOX_STARTED
from workbench.contracts.log import Facts
from workbench.contracts.tools import BACKGROUND, command_of
from workbench.contracts.values import Call, Clock, Fact, Heard, Outcome, Session, text_outcome, unheard
from workbench.engine.wrappers.base import WrappedHands
from workbench.events import text_of
from workbench.text.shortening import shortened

DEADLINE_S: Final = 600
_MOST_NAMED: Final = 5
_MOST_COMMAND: Final = 200


class Followed(Protocol):
    """Who hears of watches, by session and id of the command."""

    def begin(self, session_id: str, name: str) -> None:
        """Follow the watch that was recorded last, if it is not over."""

    def pause(self, session_id: str, name: str) -> None:
        """Follow it no more, until it begins again."""


@dataclass(frozen=True)
class BackgroundHands(WrappedHands):
    """Hands whose sandboxes are told the ids of what they start."""

    facts: Facts
    clock: Clock
    watches: Followed
    _given: dict[str, int] = field(default_factory=dict)
    """The last number of each session, as far as it is on its way into the log."""

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        if call.name != BACKGROUND.name:
            return await self.hands.execute(session, call, heard)
        if call.input.get("action") not in BACKGROUND.properties["action"]["enum"]:
            return text_outcome("background: action must be start, read, write, stop, list or watch", is_error=True)
        if command_of(call.name, call.input) is not None:
            call = await self._named(session, call)
        if call.input["action"] == "watch":
            outcome = await self._watch(session, call, heard)
        else:
            outcome = await self.hands.execute(session, call, heard)
        known = await self.facts.facts(session.id, BACKGROUND_STARTED.name, SANDBOX_STARTED.name)
        return _with_lost(call, outcome, lost(known))

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        outcome = await self.hands.recover(session, call, heard)
        if call.name == BACKGROUND.name and call.input.get("action") == "watch" and outcome and not outcome.is_error:
            known = await self.facts.facts(session.id, BACKGROUND_WATCHED.name)
            if all(fact.body["tool_use_id"] != call.id for fact in known):
                await self._note_watch(session, call)
                self.watches.begin(session.id, call.input["id"])
        return outcome

    async def _watch(self, session: Session, call: Call, heard: Heard) -> Outcome:
        """One that takes the place of another: the sandbox counts its lines anew."""
        name = str(call.input.get("id"))
        self.watches.pause(session.id, name)
        try:
            outcome = await self.hands.execute(session, call, heard)
            if not outcome.is_error:
                await self._note_watch(session, call)
            return outcome
        finally:
            self.watches.begin(session.id, name)

    async def _note_watch(self, session: Session, call: Call) -> None:
        seconds = call.input.get("deadline_s", DEADLINE_S)
        until = events.timestamp(self.clock() + timedelta(seconds=seconds))
        body = {"id": call.input["id"], "pattern": call.input.get("pattern", ""), "until": until}
        if not seconds:
            gone = {"id": body["id"], "reason": "the agent ended it"}
            await self.facts.record(BACKGROUND_UNWATCHED.made(session.id, self.clock(), gone))
            return
        await self.facts.record(BACKGROUND_WATCHED.made(session.id, self.clock(), body | {"tool_use_id": call.id}))

    async def _named(self, session: Session, call: Call) -> Call:
        started = await self.facts.facts(session.id, BACKGROUND_STARTED.name)
        last = max((int(fact.body["id"].rpartition("_")[2]) for fact in started), default=0)
        number = self._given[session.id] = max(last, self._given.get(session.id, 0)) + 1
        name = f"bg_{number}"
        body = {"tool_use_id": call.id, "id": name, "command": call.input["command"]}
        await self.facts.record(BACKGROUND_STARTED.made(session.id, self.clock(), body))
        return replace(call, input=call.input | {"id": name})


def lost(known: Sequence[Fact]) -> list[Fact]:
    """What was started before the session's last sandbox was."""
    started = [place for place, fact in enumerate(known) if fact.name == SANDBOX_STARTED.name]
    last = started[-1] if started else len(known)
    return [fact for fact in known[:last] if fact.name == BACKGROUND_STARTED.name]


def _with_lost(call: Call, outcome: Outcome, gone: Sequence[Fact]) -> Outcome:
    """The outcome, where it speaks of commands that an earlier sandbox had, with what became of them."""
    said = text_of(outcome.content)
    meant = next((one for one in gone if f"there is no {one.body['id']} " in said), None) if outcome.is_error else None
    if meant is not None:
        ended = f"{_described(meant)} ended with its sandbox, and what it had printed is gone with it."
        return text_outcome(f"background: {ended} Start it again where you need it.", is_error=True)
    still = [one for one in gone if f'"id": "{one.body["id"]}"' not in said]
    if call.input.get("action") != "list" or outcome.is_error or not still:
        return outcome
    more = f"{len(still) - _MOST_NAMED} earlier ones and " if len(still) > _MOST_NAMED else ""
    names = ", ".join(_described(one) for one in still[-_MOST_NAMED:])
    note = {"type": "text", "text": f"[{more}{names} ended with an earlier sandbox]"}
    return replace(outcome, content=(*outcome.content, note))


def _described(fact: Fact) -> str:
    return f"{fact.body['id']} ({shortened(fact.body['command'], _MOST_COMMAND)})"
