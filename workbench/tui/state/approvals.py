"""The calls that wait for a person: fetched once, explained by the engine, compared, and answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.client import paths
from workbench.client.agents import name_of
from workbench.client.app import Engine, pages
from workbench.client.errors import ApiError, EngineAway
from workbench.client.plans import changed, leaving
from workbench.contracts import elicitation
from workbench.contracts.call_text import call_line
from workbench.contracts.tools import BACKGROUND, BASH, PROPOSE_PLAN, command_of
from workbench.tui.state.conversation import CALLS, CUSTOM_CALL
from workbench.tui.state.rows import Row

Json = dict[str, Any]
Twin = tuple[str, Json]
"""A session and a call of it that asks for exactly the same."""


@dataclass(frozen=True)
class Answer:
    """What a person decided about one call: a rule that allows such calls for good, a command that runs in its place, the plan
    that is to be carried out in place of the proposed one, or the reply to what a server asks."""

    allow: bool
    comment: str = ""
    rule: Json | None = None
    command: str | None = None
    plan: str | None = None
    reply: str | None = None


@dataclass(frozen=True)
class Edit:
    """How a person changes what a call asks about: the field of its input, what that is, and what Enter then does."""

    field: str
    what: str
    enter: str
    answer: Callable[[str], Answer]


EDITS: Final = {
    BASH.name: Edit(
        "command",
        "the command that runs instead",
        "Enter runs this in the sandbox instead, the agent is told",
        lambda text: Answer(allow=False, command=text),
    ),
    PROPOSE_PLAN.name: Edit(
        "plan",
        "the plan that is carried out",
        "Enter approves this version of the plan",
        lambda text: Answer(allow=True, plan=text),
    ),
    elicitation.NAME: Edit(
        "message",
        "a line `field: value` for each field",
        "Enter sends this answer to the server",
        lambda text: Answer(allow=True, reply=text),
    ),
}
"""By tool."""


def draft_of(call: Json) -> str:
    """What a person changes or fills in to answer a call."""
    if elicitation.is_question(call):
        return elicitation.template(call["input"])
    return str(call["input"].get(EDITS[call["name"]].field, ""))


def unfit_reply(call: Json, text: str) -> str:
    """Why this is no answer to the question of a server, and what would be; nothing where it is one, or no such question."""
    if not elicitation.is_question(call):
        return ""
    try:
        elicitation.reply(call["input"], text.strip(), is_error=False)
    except elicitation.Unfit as unfit:
        return str(unfit)
    return ""


def asks_to(call: Json) -> str:
    """What its agent wants, in words."""
    if elicitation.is_question(call):
        return f"passes on a question of {call['input'].get('mcp_server_name', '')}"
    if call["name"] == BACKGROUND.name and command_of(call["name"], call["input"]) is not None:
        return "wants to run in the background"
    return "proposes a plan" if call["name"] == PROPOSE_PLAN.name else f"wants to use {call['name']}"


@dataclass(frozen=True)
class Approval:
    """A call, who asks, how long, what the engine says of it, and the calls of others that ask for the same."""

    session_id: str
    call: Json
    waits: str
    who: str
    explanation: Json | None = None
    """What the engine says of the call: whose it is, why it asks, its risks, where it runs, the rules that it offers."""
    twins: tuple[Twin, ...] = ()

    @property
    def is_answerable(self) -> bool:
        """Whether a person, and not a program, can answer."""
        return self.call["type"] != CUSTOM_CALL or elicitation.is_question(self.call)

    @property
    def wants_words(self) -> bool:
        """Whether a bare yes is no answer to it."""
        return elicitation.is_question(self.call) and bool(elicitation.fields(self.call["input"]))

    @property
    def is_explained(self) -> bool:
        """Whether the engine can say why it asks; a question of a server says so itself."""
        return bool(self.call["type"] != CUSTOM_CALL)


class Approvals:
    """What is known of waiting calls. `on_change` is called when more is known."""

    def __init__(self, engine: Engine, on_change: Callable[[], None]) -> None:
        self._engine = engine
        self._on_change = on_change
        self.calls: dict[str, Json] = {}
        self.explanations: dict[str, Json] = {}
        """What the engine says of a call: why it asks, its risks, where it runs, the rules that it offers."""
        self.last_rule: Json | None = None
        self._wanted: set[str] = set()
        self._explaining: set[str] = set()
        self._answered: set[str] = set()

    def missing(self, row: Row) -> bool:
        """Whether calls of this session are neither known nor on their way; they are on their way from now on."""
        new = [call_id for call_id in row.waiting_for if call_id not in self._wanted]
        self._wanted.update(new)
        return bool(new)

    async def fetch(self, row: Row) -> None:
        query = [*(("types[]", name) for name in CALLS), ("order", "desc"), ("limit", "1000")]
        missing = set(row.waiting_for)
        try:
            async for call in pages(self._engine, paths.events(row.session_id), query):
                if call["id"] in missing:
                    self.calls[call["id"]] = call
                    missing.discard(call["id"])
                if not missing:
                    break
        except (ApiError, EngineAway):
            self._wanted -= missing
        self._on_change()

    def first(self, row: Row | None, among: Sequence[str] = ()) -> Json | None:
        """The first call that a session waits for, whole; of some of them only where these are named."""
        known = (self.calls.get(call_id) for call_id in among or row.waiting_for) if row else iter(())
        return next((call for call in known if call is not None), None)

    def of(self, row: Row | None, rows: Mapping[str, Row], waits: str, among: Sequence[str] = ()) -> Approval | None:
        """The approval that a session asks for, of these calls where some are named; None while none is known."""
        call = self.first(row, among)
        if row is None or call is None:
            return None
        explanation = self.explanations.get(call["id"])
        twins = tuple(self.twins(row, rows))
        by = asker(row, call)
        return Approval(row.session_id, call, waits, f"{by} of {row.agent}" if by else row.agent, explanation, twins)

    def question(self, row: Row) -> str:
        """What a session that waits asks, in a line; else the last thing that it said."""
        call = self.first(row)
        asked = row.event if call is None else f"{call['name']}: {call_line(call, 200)}"
        who = asker(row, call) if call is not None else ""
        return f"{who} {asked} · {row.team}" if who else asked

    def twins(self, row: Row | None, rows: Mapping[str, Row]) -> list[Twin]:
        """The calls of other sessions that ask for the same as the first one of this session."""
        mine = self.first(row)
        if row is None or mine is None:
            return []
        others = [(one.session_id, self.first(one)) for one in rows.values() if one.session_id != row.session_id]
        return [(session_id, call) for session_id, call in others if call is not None and same(call, mine)]

    async def explain(self, session_id: str, call_id: str) -> None:
        """Ask the engine about a call, once; where it does not know, the call is shown without."""
        if call_id in self._explaining:
            return
        self._explaining.add(call_id)
        try:
            self.explanations[call_id] = await self._engine.get(paths.own(session_id, f"calls/{call_id}"))
        except ApiError:
            self.explanations[call_id] = {}
        except EngineAway:
            self._explaining.discard(call_id)
            return
        self._on_change()

    async def answer(self, session_id: str, call: Json, answer: Answer) -> bool:
        """Tell the engine, once: of a key that comes twice the second changes nothing, and the answer is False."""
        if call["id"] in self._answered:
            return False
        self._answered.add(call["id"])
        try:
            await self._tell(session_id, call, answer)
        except (ApiError, EngineAway):
            self._answered.discard(call["id"])
            raise
        return True

    async def _tell(self, session_id: str, call: Json, answer: Answer) -> None:
        """A rule is written before the call it is for is allowed, so that none comes between."""
        if answer.command is not None:
            body = {"command": answer.command, "instead_of": call["id"]}
            await self._engine.post(paths.own(session_id, "command"), body)
            return
        if answer.rule is not None:
            self.last_rule = await self._engine.post(paths.RULES, answer.rule)
        if elicitation.is_question(call):
            reply = (answer.reply or "") if answer.allow else None
            await self._engine.post(paths.events(session_id), {"events": [elicitation.answer_event(call["id"], reply)]})
            return
        event: Json = {"type": "user.tool_confirmation", "tool_use_id": call["id"]}
        event["result"] = "allow" if answer.allow else "deny"
        if answer.comment and not answer.allow:
            event["deny_message"] = answer.comment
        if answer.plan is not None:
            path = paths.session(session_id)
            await self._engine.post(path, leaving(await self._engine.get(path)))
            event = changed(call["id"], answer.plan)
        await self._engine.post(paths.events(session_id), {"events": [event]})

    async def undo(self) -> Json | None:
        """Take back the rule that was written last."""
        rule, self.last_rule = self.last_rule, None
        return await self._engine.delete(f"{paths.RULES}/{rule['id']}") if rule else None


def asker(row: Row, call: Json) -> str:
    """The child agent that makes the call; empty where it is the session's own."""
    return name_of(row.agents, call["session_thread_id"]) if call.get("session_thread_id") else ""


def same(one: Json, other: Json) -> bool:
    return (one["name"], one["input"]) == (other["name"], other["input"])


def rule_text(rule: Json) -> str:
    """A rule as its file writes it."""
    if "allow" in rule:
        return " ".join(rule["allow"])
    exact = rule["exact"]
    if isinstance(exact, str):
        # As the file has it: the tool, and its input as JSON.
        tool, _, written = exact.partition(" ")
        try:
            exact = {"tool": tool, "input": json.loads(written)}
        except ValueError:
            return f"exactly {exact}"
    command = command_of(exact["tool"], exact["input"])
    return f"exactly {exact['tool']} {command or json.dumps(exact['input'], ensure_ascii=False)}".replace("\n", "⏎")
