"""From the log to a request: valid whatever the log holds, and the same bytes at its head however it grows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.brain import invariants
from tests.brain.stage import TOOLSET, agent, message, session
from workbench import events
from workbench.brain import context
from workbench.brain.caching import FOR_AN_HOUR
from workbench.brain.context import CONTINUE, EMPTY_MESSAGE, NO_RESULT, model_call_id
from workbench.contracts.values import Entry, Json

MOMENT = datetime(2026, 10, 1, tzinfo=UTC)


def log(*bodies: Json) -> list[Entry]:
    """A log of these events, with ids and moments where they have none."""
    return [
        Entry(number, "s", number, events.parse({"id": f"sevt_{number}", "processed_at": MOMENT, **body}))
        for number, body in enumerate(bodies, 1)
    ]


def said(text: str) -> Json:
    return {"type": "agent.message", "content": [{"type": "text", "text": text}]}


def use(number: int, name: str = "bash") -> Json:
    return {"type": "agent.tool_use", "id": f"sevt_use{number}", "name": name, "input": {"n": number}}


def result(number: int, text: str = "ok", **fields: Any) -> Json:
    content = [{"type": "text", "text": text}]
    return {"type": "agent.tool_result", "tool_use_id": f"sevt_use{number}", "content": content, **fields}


def system(text: str) -> Json:
    return {"type": "system.message", "content": [{"type": "text", "text": text}]}


START: Json = {"type": "span.model_request_start"}


def outline(*bodies: Json, system_turns: bool = False) -> list[tuple[str, list[str]]]:
    """Role and block texts of each turn; calls as their id, results as id and text."""

    def line(block: Json) -> str:
        match block["type"]:
            case "tool_use":
                return str(block["id"])
            case "tool_result":
                return f"{block['tool_use_id']}: {events.text_of(block['content'])}"
            case "text":
                return str(block["text"])
            case kind:
                return str(kind)

    turns = context.messages(log(*bodies), system_turns=system_turns)
    return [(turn["role"], [line(block) for block in turn["content"]]) for turn in turns]


def test_results_stand_in_order_of_the_log_right_after_their_calls() -> None:
    turns = outline(message("Go"), START, said("Now."), use(1), use(2), result(2, "b"), result(1, "a"), message("And?"))
    assert turns == [
        ("user", ["Go"]),
        ("assistant", ["Now.", "toolu_use1", "toolu_use2"]),
        ("user", ["toolu_use2: b", "toolu_use1: a", "And?"]),
    ]


def test_a_call_without_a_result_gets_one_that_says_so() -> None:
    assert outline(message("Go"), START, use(1), message("And?")) == [
        ("user", ["Go"]),
        ("assistant", ["toolu_use1"]),
        ("user", [f"toolu_use1: {NO_RESULT}", "And?"]),
    ]


def test_the_first_of_two_results_counts() -> None:
    turns = outline(
        message("Go"), START, use(1), result(1, "first"), START, said("Hm."), result(1, "second"), message("?")
    )
    assert turns[2] == ("user", ["toolu_use1: first"])
    assert turns[4] == ("user", ["?"])


def test_a_result_of_no_call_is_left_out() -> None:
    assert outline(message("Go"), result(7)) == [("user", ["Go"])]


def test_messages_that_nothing_answered_become_one_turn() -> None:
    assert outline(message("One"), START, message("Two")) == [("user", ["One", "Two"])]


def test_an_answer_that_goes_on_is_asked_to_between_its_parts() -> None:
    turns = outline(message("Go"), START, said("A"), START, said("B"))
    assert turns == [
        ("user", ["Go"]),
        ("assistant", ["A"]),
        ("user", [CONTINUE]),
        ("assistant", ["B"]),
        ("user", [CONTINUE]),
    ]


def test_blank_text_is_never_sent() -> None:
    turns = outline(message(" \n"), START, said("  "), said("x"), use(1), result(1, ""))
    assert turns == [
        ("user", [EMPTY_MESSAGE]),
        ("assistant", ["x", "toolu_use1"]),
        ("user", ["toolu_use1: (no output)"]),
    ]


def test_images_and_documents_pass_through_as_they_came() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}, "title": "T"}
    (turn,) = context.messages(log({"type": "user.message", "content": [image, document]}))
    assert turn == {"role": "user", "content": [image, document]}


def test_a_system_message_is_a_turn_of_its_own_where_the_model_takes_one() -> None:
    bodies = [message("Go"), system("Be kind."), START, said("Yes."), message("More")]
    assert outline(*bodies, system_turns=True) == [
        ("user", ["Go"]),
        ("system", ["Be kind."]),
        ("assistant", ["Yes."]),
        ("user", ["More"]),
    ]
    assert outline(*bodies)[0] == ("user", ["Go", "<system>\nBe kind.\n</system>"])


def test_a_system_turn_waits_for_a_users_turn_to_follow() -> None:
    assert outline(message("Go"), START, said("Yes."), system("Be kind."), message("More"), system_turns=True)[2:] == [
        ("user", ["More"]),
        ("system", ["Be kind."]),
    ]


def test_an_errors_flag_reaches_the_model() -> None:
    turns = context.messages(log(message("Go"), START, use(1), result(1, "bad", is_error=True)))
    assert turns[-1]["content"][0]["is_error"] is True


def test_ids_for_the_model_come_from_event_ids() -> None:
    assert model_call_id("sevt_01abc") == "toolu_01abc"


# ── the head of a request ─────────────────────────────────────────────────────────────────────────────────────────────


def test_tools_and_system_prompt_are_cached_for_an_hour() -> None:
    body = context.request(session(), log(message("Hi"))).body
    assert [block["cache_control"] for block in body["system"]] == [FOR_AN_HOUR]
    assert not any("cache_control" in tool for tool in body["tools"])
    lookup = {"type": "custom", "name": "lookup", "description": "d", "input_schema": {"type": "object"}}
    body = context.request(session(agent(lookup, system=None)), log(message("Hi"))).body
    assert "system" not in body
    assert body["tools"][-1]["cache_control"] == FOR_AN_HOUR


def test_the_system_prompt_names_the_folder_where_tools_work() -> None:
    assert "working directory is /workspace/shop." in context.system_prompt(session(project="/home/ada/shop"))
    assert "working directory is /workspace." in context.system_prompt(session())
    off = {**TOOLSET, "default_config": {"enabled": False}}
    assert context.system_prompt(session(agent(off))) == "Be brief."


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-opus-5-5", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("claude-opus-4-5", {"output_config": {"effort": "low"}}),
        ("claude-haiku-4-5-20251001", {}),
        ("qwen3-coder", {}),
    ],
)
def test_thinking_and_effort_are_asked_for_only_where_they_are_accepted(model: str, expected: Json) -> None:
    described = agent(model=model)
    described["model"]["effort"] = {"type": "low"}
    body = context.request(session(described), log(message("Hi"))).body
    assert {key: body[key] for key in ("thinking", "output_config") if key in body} == expected


def test_fast_speed_is_asked_for_under_its_beta() -> None:
    described = agent()
    described["model"]["speed"] = "fast"
    request = context.request(session(described), log(message("Hi")))
    assert (request.body["speed"], request.betas) == ("fast", ("fast-mode-2026-02-01",))


# ── whatever the log holds ────────────────────────────────────────────────────────────────────────────────────────────

BODIES = st.one_of(
    st.builds(message, st.text(max_size=2)),
    st.builds(said, st.text(max_size=2)),
    st.builds(use, st.integers(0, 3)),
    st.builds(result, st.integers(0, 3), st.text(max_size=2)),
    st.builds(system, st.text(min_size=1, max_size=2)),
    st.just(START),
    st.just({"type": "user.interrupt"}),
)


@settings(derandomize=True, database=None, deadline=None)
@given(st.lists(BODIES, max_size=14))
def test_any_log_gives_a_valid_request(bodies: list[Json]) -> None:
    known = {body["id"] for body in bodies if body["type"] == "agent.tool_use"}
    once = [body for index, body in enumerate(bodies) if body not in bodies[:index] or body.get("id") not in known]
    request = context.request(session(agent(model="m")), log(*once))
    invariants.assert_request_is_valid(request)
