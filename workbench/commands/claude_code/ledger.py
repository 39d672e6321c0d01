"""What Claude Code counted itself: requests of compactions, titles and fetched pages leave no answer in its files.

A `cost-state` line has the running totals of a session by model, sub-agents included. A session that goes on counts on, and so does one
that was forked from it, under the `startTime` of the first (2.1.332).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from workbench import pricing
from workbench.commands.claude_code.lines import Json
from workbench.commands.claude_code.usage import Usage, count
from workbench.model_names import claude

STATE: Final = "cost-state"
UNCOUNTED: Final = "compactions, whose requests no line of the file counts"
_SAME_USD: Final = Fraction(1, 200)
_SEARCH_USD: Final = Fraction(1, 100)
_NAMES: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_input_tokens",
    "cacheCreationInputTokens": "cache_creation_input_tokens",
    "cacheCreationEphemeral1hInputTokens": "hour_tokens",
    "webSearchRequests": "web_searches",
}
_OF_REQUESTS: Final = tuple(_NAMES.values())[:4]


@dataclass(frozen=True)
class State:
    """One line's totals: tokens and searches by model, US dollars by model, and which count they go on with."""

    path: Path
    count: object
    lasted: float
    models: Mapping[str, str]
    tokens: Mapping[str, Counter[str]]
    usd: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.usd.values())

    def holds(self, tokens: Mapping[str, Counter[str]]) -> bool:
        return all(self.tokens.get(model, Counter()) >= counts for model, counts in tokens.items())


def state_of(line: Json, path: Path) -> State | None:
    """The totals of a line; None of any other line."""
    by_model = line.get("modelUsage")
    if line.get("type") != STATE or not isinstance(by_model, dict):
        return None
    used = {_key(model): one for model, one in by_model.items() if isinstance(one, dict)}
    return State(
        path=path,
        count=line.get("startTime"),
        lasted=_number(line.get("totalDuration")),
        models={_key(model): model for model in by_model},
        tokens={
            model: Counter({ours: count(one.get(name)) for name, ours in _NAMES.items()}) for model, one in used.items()
        },
        usd={model: _number(one.get("costUSD")) for model, one in used.items()},
    )


class Ledger:
    """One session's answers beside what the program counted; `states` are those of all files, `is_torn` says that lines before are missing."""

    def __init__(self, path: Path, states: Iterable[State], *, is_torn: bool) -> None:
        self._path = path
        self._states = [state for state in states if state.path != path]
        self.is_torn = is_torn
        self._spent: dict[str, Counter[str]] = {}
        self._usd: dict[str, Fraction | None] = {}
        self._before: State | None = None
        self._told: tuple[State, Fraction | None] | None = None
        self.compactions = 0

    def spend(self, used: Usage) -> None:
        """An answer that stands in the files."""
        more = Counter({name: used.counts[name] for name in _OF_REQUESTS})
        more += Counter(hour_tokens=used.hour_tokens, web_searches=used.web_searches)
        key = _key(used.model)
        self._spent[key] = self._spent.get(key, Counter()) + more
        self._usd[key] = pricing.total((self._usd.get(key, Fraction(0)), _cost(used)))

    def unrecorded(self, line: Json) -> list[Usage]:
        """What the line counts beyond the answers up to there, as requests; they are spent then."""
        state = state_of(line, self._path)
        if state is None:
            return []
        self.compactions = 0
        if self._told is None:
            self._before = self._forked_from(state)
        found: list[Usage] = []
        if self._before is not None or not self.is_torn:
            for model in state.tokens:
                found += self._owed(state, model)
        for one in found:
            self.spend(one)
        self._told = state, pricing.total(self._usd.values())
        return found

    def notes(self) -> list[str]:
        """What of the program's own count does not agree, to the cent."""
        if self._told is None:
            return [f"{self.compactions} {UNCOUNTED}"] * bool(self.compactions)
        state, ours = self._told
        theirs = state.total - (self._before.total if self._before else 0.0)
        if ours is not None and abs(Fraction(theirs) - ours) < _SAME_USD:
            return []
        reason = "; it counts on from a session that is not here" if self.is_torn and self._before is None else ""
        known = "are of models without a list price" if ours is None else f"come to {float(ours):.4f} USD"
        return [f"the program itself counted {theirs:.4f} USD, and the requests here {known}{reason}"]

    def _forked_from(self, state: State) -> State | None:
        """The totals with which this session's began: the largest earlier ones of the same count that leave room for its answers."""
        earlier = [
            one
            for one in self._states
            if one.count == state.count and one.lasted < state.lasted and state.holds(_sum(one.tokens, self._spent))
        ]
        return max(earlier, key=lambda one: one.total, default=None)

    def _owed(self, state: State, model: str) -> Iterator[Usage]:
        before, spent = self._before, self._spent.get(model, Counter[str]())
        had = before.tokens.get(model, Counter[str]()) if before else Counter[str]()
        owed = state.tokens[model] - had - spent
        if not owed:
            return
        usd = state.usd[model] - (before.usd.get(model, 0.0) if before else 0.0) - float(self._usd.get(model) or 0)
        prompt = sum(owed[name] for name in _OF_REQUESTS if name != "output_tokens")
        # Several requests at once may look like a long prompt, which costs more.
        many = max(1, math.ceil(prompt / pricing.LONG_PROMPT_TOKENS))
        tries = [[_usage(state.models[model], owed, one, parts) for one in range(parts)] for parts in {1, many}]
        yield from min(tries, key=lambda parts: abs(float(sum(_cost(one) or 0 for one in parts)) - usd))


def _usage(model: str, owed: Counter[str], number: int, parts: int) -> Usage:
    """One of so many equal parts."""
    share = {name: owed[name] // parts + (number < owed[name] % parts) for name in _NAMES.values()}
    counts = {name: share[name] for name in _OF_REQUESTS}
    hour = min(share["hour_tokens"], share["cache_creation_input_tokens"])
    return Usage(model, counts, hour, share["web_searches"])


def _cost(used: Usage) -> Fraction | None:
    cost = pricing.cost(used.model, used.counts, hour_tokens=used.hour_tokens)
    return None if cost is None else cost + _SEARCH_USD * used.web_searches


def _sum(one: Mapping[str, Counter[str]], other: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    return {model: one.get(model, Counter()) + other.get(model, Counter()) for model in {*one, *other}}


def _key(model: str) -> str:
    """Answers name a model with its date, and the count as it was asked for."""
    known = claude(model)
    return f"{known[0]} {known[1]}" if known else model


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
