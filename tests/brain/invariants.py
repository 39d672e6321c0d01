"""What must hold of every log and every request, whatever happened."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from workbench.brain.compaction import ORDER
from workbench.brain.context import SUMMED_UP
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import Json
from workbench.events import Event
from workbench.permissions import judgement

CALLS = {"agent.tool_use", "agent.custom_tool_use"}


def answered_calls(log: Sequence[Event]) -> Counter[str]:
    """How many results each call has."""
    found: Counter[str] = Counter()
    for event in log:
        match event.type:
            case "agent.tool_result" | "user.tool_result":
                found[event.tool_use_id] += 1
            case "user.custom_tool_result":
                found[event.custom_tool_use_id] += 1
    return found


def unanswered_calls(log: Sequence[Event]) -> list[str]:
    answered = answered_calls(log)
    return [event.id for event in log if event.type in CALLS and not answered[event.id]]


def open_requests(log: Sequence[Event]) -> list[str]:
    closed = {event.model_request_start_id for event in log if event.type == "span.model_request_end"}
    return [event.id for event in log if event.type == "span.model_request_start" and event.id not in closed]


def assert_log_is_sound(log: Sequence[Event]) -> None:
    """Holds at every moment, also right after a crash."""
    assert all(count == 1 for count in answered_calls(log).values()), "a call has two results"
    ends = Counter(event.model_request_start_id for event in log if event.type == "span.model_request_end")
    assert all(count == 1 for count in ends.values()), "a request was closed twice"
    assert len(open_requests(log)) <= 1, "two requests are open at once"
    types = [event.type for event in log]
    for index, kind in enumerate(types):
        if kind == "session.status_idle":
            assert types[index - 2 : index] == ["session.thread_status_idle", "session.usage"], (
                "an idle without its usage"
            )


def assert_log_is_at_rest(log: Sequence[Event]) -> None:
    """Holds when a wake has ended by itself: idle, and what has no result is what the idle names."""
    assert open_requests(log) == []
    idles = [event for event in log if event.type == "session.status_idle"]
    named = getattr(idles[-1].stop_reason, "event_ids", []) if idles else []
    assert unanswered_calls(log) == named


def assert_request_is_valid(request: ModelRequest) -> None:
    """Strict alternation from user to user; each tool_use answered, once, at the head of the next turn."""
    turns = request.body["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    for turn, following in pairwise(turns):
        calls = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
        heads = [block.get("tool_use_id") for block in following["content"][: len(calls)]]
        assert sorted(calls) == sorted(str(head) for head in heads)
        assert len(set(calls)) == len(calls)
    blocks = [block for turn in turns for block in turn["content"]]
    assert all(block["type"] != "text" or block["text"].strip() for block in blocks)
    assert sum("cache_control" in block for block in [*blocks, *request.body.get("system", [])]) <= 4


def flattened(request: ModelRequest) -> list[str]:
    """The request as the cache sees it: system and tools, then one line a block, without the cache's own marks."""
    head = {key: request.body.get(key) for key in ("model", "system", "tools", "thinking", "output_config")}
    lines = [json.dumps(head)]
    for turn in request.body["messages"]:
        lines += [json.dumps([turn["role"], _unmarked(block)]) for block in turn["content"]]
    return lines


def _unmarked(block: Json) -> Json:
    return {key: value for key, value in block.items() if key != "cache_control"}


def assert_prefixes_stay(requests: Sequence[ModelRequest]) -> None:
    """Every request begins, byte for byte, with the one before it; one after a summary begins anew, one for it goes on."""
    talk = [request for request in requests if not asks_for_a_judgement(request) and not asks_for_a_verdict(request)]
    own = [request for request in talk if not asks_for_a_summary(request)]
    for request in talk:
        if request not in own:
            asked = flattened(request)
            assert any(asked[: len(flattened(one))] == flattened(one) for one in own) or _is_clipped(request)
    for earlier, later in pairwise(own):
        before, after = flattened(earlier), flattened(later)
        assert after[: len(before)] == before or (_summary(later) and _summary(later) != _summary(earlier))


def asks_for_a_summary(request: ModelRequest) -> bool:
    users = [turn for turn in request.body["messages"] if turn["role"] == "user"]
    return bool(users[-1]["content"][-1].get("text") == ORDER)


def asks_for_a_judgement(request: ModelRequest) -> bool:
    return bool(request.body["system"][0]["text"] == judgement.ORDER)


def asks_for_a_verdict(request: ModelRequest) -> bool:
    return any(tool["name"] == "submit_verdict" for tool in request.body.get("tools", ()))


def _summary(request: ModelRequest) -> str | None:
    text = str(request.body["messages"][0]["content"][0].get("text"))
    return text if text.startswith(SUMMED_UP[:40]) else None


def _is_clipped(request: ModelRequest) -> bool:
    blocks = [block for turn in request.body["messages"] for block in turn["content"]]
    return not any("cache_control" in block for block in blocks)
