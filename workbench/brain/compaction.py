"""When a conversation is summed up, from where on it is kept, and the request for its summary: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench import model_names
from workbench.brain import context
from workbench.brain.clipping import clipped
from workbench.brain.fact_fold import NotedFacts
from workbench.brain.past import WHOLE, Past
from workbench.contracts.brain import ModelRequest, Reply
from workbench.contracts.values import Entry, Json, Session
from workbench.events import ModelRequestEnd

ORDER: Final = """\
Stop here and do not call any tool. This conversation is about to be cut, and what you write now is all that you will know \
of it. Write a summary for yourself, with everything that is needed to go on without a break:
1. What the user asked for, in the user's own words where they matter: goals, wishes, limits, corrections. What is still open.
2. What was done and found out: files with their paths, commands, results, decisions and their reasons, errors and how they \
were mended.
3. Where things stand now, and the exact next step.
Leave out what no longer matters. Answer with the summary alone."""

_MOST_TOKENS: Final = 16_000
_THE_AGENTS: Final = frozenset(
    {
        "agent.message",
        "agent.tool_use",
        "agent.custom_tool_use",
        "agent.mcp_tool_use",
        "agent.tool_result",
        "agent.mcp_tool_result",
        "user.tool_result",
        "user.custom_tool_result",
    }
)


@dataclass(frozen=True)
class Room:
    """How much of a model's context window a conversation may fill before it is summed up.

    `window_tokens` replaces what is known of the model. After `most_in_a_row` compactions that left no room for work a
    session stops.
    """

    share: float = 0.8
    window_tokens: int | None = None
    most_in_a_row: int = 3

    def window(self, model: str, told: int | None = None) -> int | None:
        """The model's window as far as anybody knows it, or its server told it: what to tell people, and never a guess."""
        return self.window_tokens or told or model_names.known_window(model)

    def is_filled_by(self, tokens: int, model: str, told: int | None = None) -> bool:
        """Whether it is time; `told` is the window as the model's server told it."""
        window = self.window_tokens or told or model_names.context_window(model)
        return window is not None and tokens > window * self.share


@dataclass(frozen=True)
class Plan:
    """The last event to sum up, and whether long texts lose their middle in the request for the summary."""

    through_seq: int
    is_clipped: bool


@dataclass(frozen=True)
class ContextUse:
    """What the log says of the conversation's length.

    `tokens` is the size of the last answered request with its answer, 0 after a compaction; `is_too_long` that the model
    refused or cut it. `plans` are the ways to sum it up, the best first; `in_a_row` counts compactions after which at most one
    request was answered, `refused` the requests for a summary that were too long themselves.
    """

    tokens: int = 0
    is_too_long: bool = False
    plans: tuple[Plan, ...] = ()
    in_a_row: int = 0
    refused: int = 0

    def is_due(self, model: str, room: Room, told: int | None = None) -> bool:
        return self.is_too_long or room.is_filled_by(self.tokens, model, told)

    def plan(self, room: Room) -> Plan | None:
        """What to try next; None where nothing would help any more."""
        if self.in_a_row >= room.most_in_a_row or self.refused >= len(self.plans):
            return None
        return self.plans[self.refused]


def standing(entries: Sequence[Entry], notes: NotedFacts, past: Past = WHOLE) -> ContextUse:
    """The fold; `past` is what the entries go on from."""
    fold = _folded(entries, notes, past)
    plans: list[Plan] = []
    if fold.is_too_long and fold.last_asked:
        # What was too long to be asked cannot be asked for its summary; what the last answered request had, can.
        plans.append(Plan(fold.last_asked, is_clipped=False))
    if fold.last_shown:
        whole = [] if fold.is_too_long else [Plan(fold.last_shown, is_clipped=False)]
        plans += [*whole, Plan(fold.last_shown, is_clipped=True)]
    if fold.is_too_long and fold.last_said > fold.last_shown:
        # A message that alone is too long is shown by its two ends from then on.
        plans.append(Plan(fold.last_said, is_clipped=True))
    return ContextUse(fold.tokens, fold.is_too_long, tuple(plans), fold.in_a_row, fold.refused)


def kept(entries: Sequence[Entry], notes: NotedFacts, past: Past) -> Json:
    """What goes on after these entries, all of them summed up, needs of the fold."""
    return {name: vars(_folded(entries, notes, past))[name] for name in _KEPT}


def _folded(entries: Sequence[Entry], notes: NotedFacts, past: Past) -> _Fold:
    fold = _Fold(notes, notes.summary.through_seq if notes.summary else 0, **past.context)
    for entry in entries:
        fold.add(entry)
    return fold


_KEPT: Final = ("tokens", "is_too_long", "answered", "in_a_row", "refused")


@dataclass
class _Fold:
    notes: NotedFacts
    through_seq: int
    starts: dict[str, int] = field(default_factory=dict)
    last_asked: int = 0
    last_shown: int = 0
    last_said: int = 0
    tokens: int = 0
    is_too_long: bool = False
    answered: int = 2
    in_a_row: int = 0
    refused: int = 0

    def add(self, entry: Entry) -> None:
        event, seq = entry.event, entry.seq or 0
        if seq > self.through_seq and event.type in _THE_AGENTS:
            self.last_shown = seq
        if seq > self.through_seq and event.type == "user.message":
            self.last_said = seq
        match event.type:
            case "span.model_request_start":
                # Before anything new of the agent's there is nothing to sum up.
                if self.last_shown:
                    self.starts[event.id] = seq
            case "span.model_request_end":
                self._ended(event)
            case "agent.thread_context_compacted":
                self.in_a_row = self.in_a_row + 1 if self.answered <= 1 else 1
                self.answered = self.refused = self.tokens = 0
                self.is_too_long = False
            case "session.status_idle":
                self.in_a_row = self.refused = 0

    def _ended(self, event: ModelRequestEnd) -> None:
        start = event.model_request_start_id
        is_too_long = start in self.notes.too_long
        if start in self.notes.aside:
            self.refused += is_too_long
            return
        self.is_too_long = self.is_too_long or is_too_long
        if not event.is_error:
            spent = event.model_usage
            self.answered += 1
            self.tokens = (
                spent.input_tokens
                + spent.cache_read_input_tokens
                + spent.cache_creation_input_tokens
                + spent.output_tokens
            )
            self.last_asked = self.starts.get(start, self.last_asked)


def request(
    session: Session, entries: Sequence[Entry], notes: NotedFacts, plan: Plan, past: Past = WHOLE
) -> ModelRequest:
    """Asks for a summary of what a request at the plan's place shows: as its continuation, so that it is read from its cache."""
    seen = [entry for entry in entries if (entry.seq or 0) <= plan.through_seq]
    asked = context.request(session, seen, notes, past)
    turns: list[Json] = clipped(asked.body["messages"]) if plan.is_clipped else list(asked.body["messages"])
    last = max(index for index, turn in enumerate(turns) if turn["role"] == "user")
    turns[last] = {**turns[last], "content": [*turns[last]["content"], {"type": "text", "text": ORDER}]}
    body = asked.body | {"messages": turns, "max_tokens": min(_MOST_TOKENS, asked.body["max_tokens"])}
    return ModelRequest(body, asked.betas)


def summary_of(reply: Reply) -> str:
    """The summary in an answer; nothing where the model refused or only called tools."""
    if reply.stop_reason == "refusal":
        return ""
    return "\n\n".join(block["text"] for block in reply.content if block["type"] == "text").strip()
