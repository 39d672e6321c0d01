"""What a session has used so far: the snapshot of `session.usage`, folded from the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final

from workbench import pricing
from workbench.brain.fact_fold import NotedFacts
from workbench.contracts.tools import IN_WEB, WEB_FETCH, WEB_SEARCH
from workbench.contracts.values import Entry, Json, SessionState

_KINDS: Final = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def list_cost(entries: Sequence[Entry], notes: NotedFacts) -> Fraction | None:
    """The list cost of all model requests in USD, exactly; None when a request went to a model without a list price."""
    return pricing.total(
        notes.told_costs.get(event.model_request_start_id)
        or pricing.cost(
            notes.models.get(event.model_request_start_id, ""),
            event.model_usage.model_dump(),
            hour_tokens=notes.hour_tokens.get(event.model_request_start_id, 0),
        )
        for event in (entry.event for entry in entries)
        if event.type == "span.model_request_end"
    )


@dataclass(frozen=True)
class Used:
    """What a thread has used, or several together: tokens by kind, those written to the cache for an hour, and the list cost."""

    tokens: Mapping[str, int]
    hour_tokens: int
    cost: Fraction | None
    searches: int = 0
    fetches: int = 0

    def __add__(self, other: Used) -> Used:
        summed = {key: self.tokens[key] + other.tokens[key] for key in _KINDS}
        cost = pricing.total([self.cost, other.cost])
        hour_tokens = self.hour_tokens + other.hour_tokens
        return Used(summed, hour_tokens, cost, self.searches + other.searches, self.fetches + other.fetches)

    def wire(self, active_seconds: float) -> Json:
        """The wire object; `list_cost` is absent when it cannot be known."""
        told = dict(self.tokens)
        written = told.pop("cache_creation_input_tokens")
        usage: Json = {
            **told,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written - self.hour_tokens,
                "ephemeral_1h_input_tokens": self.hour_tokens,
            },
            "active_seconds": round(active_seconds, 3),
            "server_tool_use": {"web_search_requests": self.searches, "web_fetch_requests": self.fetches},
        }
        return usage if self.cost is None else usage | {"list_cost": pricing.cents(self.cost)}


NOTHING: Final = Used(dict.fromkeys(_KINDS, 0), 0, Fraction(0))


@dataclass
class UsageFold:
    """What the model requests of a thread's log have used, added up as its entries come; `own` is without what a fork took over.

    With costs that are told afterwards it begins anew at every look.
    """

    copied_through: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))
    cost: Fraction | None = Fraction(0)
    own: Fraction | None = Fraction(0)
    folded: int = 0
    asked: dict[str, str] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)

    def after(self, entries: Sequence[Entry], notes: NotedFacts) -> UsageFold:
        """With what has come since the last look at this log."""
        if notes.told_costs:
            return UsageFold(self.copied_through)._extended(entries, notes)
        return self._extended(entries[self.folded :], notes)

    def used(self, notes: NotedFacts, before: Used = NOTHING) -> Used:
        """All of it, with what was used `before`."""
        hour_tokens = sum(notes.hour_tokens.values())
        told = Used(dict(self.tokens), hour_tokens, self.cost, self.made[WEB_SEARCH.name], self.made[WEB_FETCH.name])
        return before + told

    def _extended(self, new: Sequence[Entry], notes: NotedFacts) -> UsageFold:
        for entry in new:
            event = entry.event
            if event.type == "span.model_request_end":
                for key in self.tokens:
                    self.tokens[key] += getattr(event.model_usage, key)
            elif event.type == "agent.tool_use" and event.name in IN_WEB:
                self.asked[event.id] = event.name
            elif event.type == "agent.tool_result" and not event.is_error:
                self.made[self.asked.get(event.tool_use_id, "")] += 1
        own = [entry for entry in new if (entry.seq or 0) > self.copied_through]
        came = list_cost(own, notes)
        self.own = pricing.total([self.own, came])
        copied = [] if len(own) == len(new) else [entry for entry in new if (entry.seq or 0) <= self.copied_through]
        self.cost = pricing.total([self.cost, came, list_cost(copied, notes)])
        self.folded += len(new)
        return self


def active_seconds(state: SessionState, moment: datetime) -> float:
    """Seconds of running up to this moment."""
    if state.running_since is None:
        return state.active_seconds
    return state.active_seconds + max(0.0, (moment - state.running_since).total_seconds())


def is_over_budget(budget: Json | None, cost: Fraction | None) -> bool:
    """Whether a session must not make another model request; an unknown cost is over any budget."""
    if budget is None:
        return False
    return cost is None or cost * 100 >= int(budget["max_list_cost"]["amount"])
