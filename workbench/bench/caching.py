"""What a prompt cache makes of fifty turns: the share that is read from it, and the cost beside the least possible."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench import events
from workbench.bench.figure import Figure
from workbench.brain import context
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import Entry, Json, Session

LOOKBACK_BLOCKS = 20
LIVES_S = {"1h": 3600, "5m": 300}
WRITE_COST = {"1h": 2.0, "5m": 1.25}
READ_COST = 0.1
TURNS = 50
PAUSES_S = (30, 1200)


@dataclass
class PromptCache:
    """A cache by its vendor's rules: entries end at breakpoints; a request reads the longest one within 20 blocks before one.

    Amounts are in characters, costs in characters of fresh input.
    """

    now_s: float = 0
    resent: int = 0
    read: int = 0
    cost: float = 0
    least_cost: float = 0
    _ends_at_s: dict[str, float] = field(default_factory=dict)
    _before: list[str] = field(default_factory=list)

    def take(self, request: ModelRequest) -> None:
        """Serve one request."""
        blocks = blocks_of(request)
        prefixes = list(_prefixes(blocks))
        marked = [place for place, (_, control) in enumerate(blocks) if control]
        near = {place for mark in marked for place in range(max(0, mark - LOOKBACK_BLOCKS + 1), mark + 1)}
        live = [place for place in near if self._ends_at_s.get(prefixes[place], -1) >= self.now_s]
        hit = max(live, default=-1)
        sizes = [len(text) for text, _ in blocks]
        self.cost += READ_COST * sum(sizes[: hit + 1])
        written = hit
        for place in marked:
            # What was found is read and lives on; only what comes after it is written.
            if place > hit or place in live:
                kept_for = blocks[place][1].get("ttl", "5m") if place > hit else "5m"
                end = self.now_s + LIVES_S[kept_for]
                self._ends_at_s[prefixes[place]] = max(end, self._ends_at_s.get(prefixes[place], 0))
                self.cost += WRITE_COST[kept_for] * sum(sizes[written + 1 : place + 1])
                written = max(written, place)
        self.cost += sum(sizes[written + 1 :])
        self._compare([text for text, _ in blocks], hit)

    def _compare(self, sent: list[str], hit: int) -> None:
        same = next((n for n, pair in enumerate(zip(sent, self._before, strict=False)) if pair[0] != pair[1]), None)
        again = min(len(sent), len(self._before)) if same is None else same
        resent, size = sum(map(len, sent[:again])), sum(map(len, sent))
        self.resent += resent
        self.read += sum(map(len, sent[: min(again, hit + 1)]))
        self.least_cost += READ_COST * resent + WRITE_COST["5m"] * (size - resent)
        self._before = sent


def _prefixes(blocks: list[tuple[str, Json]]) -> Iterator[str]:
    digest = hashlib.blake2b()
    for text, _ in blocks:
        digest.update(text.encode())
        yield digest.hexdigest()


def blocks_of(request: ModelRequest) -> list[tuple[str, Json]]:
    """Tools, system, messages: the order in which a prompt is put together."""
    found: list[Json] = [*request.body.get("tools", ()), *request.body.get("system", ())]
    found += [{"role": turn["role"], **block} for turn in request.body["messages"] for block in turn["content"]]
    return [
        (json.dumps({k: v for k, v in block.items() if k != "cache_control"}), block.get("cache_control") or {})
        for block in found
    ]


def cached() -> Iterator[Figure]:
    """Turns of one to six requests with up to 22 calls at once, with short and with long pauses of the person between them."""
    for pause_s in PAUSES_S:
        cache = PromptCache()
        session, log = _session(), list[Entry]()
        for turn in range(TURNS):
            cache.now_s += pause_s
            for event in _turn(turn):
                if event.type == "span.model_request_start":
                    cache.now_s += 20
                    cache.take(context.request(session, log))
                log.append(Entry(len(log) + 1, session.id, len(log) + 1, event))
        named = f"pauses of {pause_s} s"
        share = cache.read / cache.resent
        yield Figure(f"re-sent and read from the cache, {named}", share * 100, "%", 95, at_least=True, note=_HOW)
        yield Figure(f"input cost ÷ least possible, {named}", cache.cost / cache.least_cost, "×", 1.5, note=_LEAST)


_HOW = f"{TURNS} turns, by the vendor's documented rules; no service was asked"
_LEAST = "least: all that was sent before is read, all else written once for five minutes, whatever the pause"


def _turn(number: int) -> Iterator[events.Event]:
    yield _event({"type": "user.message", "content": [_text(f"Now look at part {number}, please.")]})
    for step in range(number % 6, -1, -1):
        start = _event({"type": "span.model_request_start"})
        yield start
        calls = [_call(f"{number}-{step}-{place}.py") for place in range((number + step) * 7 % 23 if step else 0)]
        yield from calls
        if not step:
            yield _event({"type": "agent.message", "content": [_text("So it is.")]})
        yield _event(
            {
                "type": "span.model_request_end",
                "model_request_start_id": start.id,
                "is_error": False,
                "model_usage": dict.fromkeys(_COUNTS, 1),
            }
        )
        for call in calls:
            content = [_text(f"{call.id} " * 80)]
            yield _event({"type": "agent.tool_result", "tool_use_id": call.id, "content": content})
    yield _event({"type": "session.status_idle", "stop_reason": {"type": "end_turn"}})


_COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def _call(path: str) -> events.Event:
    return _event(
        {"type": "agent.tool_use", "name": "read", "input": {"file_path": path}, "evaluated_permission": "allow"}
    )


def _text(words: str) -> Json:
    return {"type": "text", "text": words}


def _event(body: Json) -> events.Event:
    return events.parse({**body, "id": events.new_id("sevt"), "processed_at": events.timestamp(events.now())})


def _session() -> Session:
    session_id = events.new_id("sesn")
    agent = {
        "name": "bench",
        "model": {"id": "claude-opus-5-5"},
        "system": "You look after a project. " * 40,
        "tools": [{"type": "agent_toolset_20260401"}],
    }
    return Session(session_id, events.primary_thread_id(session_id), agent, {}, None, events.now())
