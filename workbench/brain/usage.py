"""What a session has used so far: the snapshot of `session.usage`, folded from the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from workbench import pricing
from workbench.brain.fact_fold import NotedFacts
from workbench.contracts.values import Entry, Json, SessionState


def list_cost(entries: Sequence[Entry], notes: NotedFacts) -> Fraction | None:
    """The list cost of all model requests in USD, exactly; None when a request went to a model without a list price."""
    return pricing.total(
        pricing.cost(
            notes.models.get(event.model_request_start_id, ""),
            event.model_usage.model_dump(),
            hour_tokens=notes.hour_tokens.get(event.model_request_start_id, 0),
        )
        for event in (entry.event for entry in entries)
        if event.type == "span.model_request_end"
    )


def snapshot(entries: Sequence[Entry], notes: NotedFacts, active_seconds: float) -> Json:
    """The wire object; `list_cost` is absent when it cannot be known."""
    spent = dict.fromkeys(
        ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"), 0
    )
    for entry in entries:
        if entry.event.type == "span.model_request_end":
            for key in spent:
                spent[key] += getattr(entry.event.model_usage, key)
    written, hour = spent.pop("cache_creation_input_tokens"), sum(notes.hour_tokens.values())
    usage: Json = {
        **spent,
        "cache_creation": {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour},
        "active_seconds": round(active_seconds, 3),
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
    }
    cost = list_cost(entries, notes)
    return usage if cost is None else usage | {"list_cost": pricing.cents(cost)}


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
