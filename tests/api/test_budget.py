"""A session's budget: it stops between two requests, and its owner sets it going again."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.model import calls, says, weighing
from workbench.contracts.values import Json

DEAR = weighing(calls(("read", {"file_path": "a"})), 1_000_000)
"""Costs four dollars."""


def limit(cents: int) -> Json:
    return {"type": "limit", "max_list_cost": {"amount": str(cents), "currency": "USD"}}


@pytest.mark.parametrize("raised", [limit(900), None], ids=["raised", "removed"])
def test_a_session_at_its_cap_goes_on_by_itself_when_the_cap_is_changed(raised: Json | None) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(budget=limit(300))
        seen = await stage.until_idle(session.id, then=stage.say(session.id, "Read a"))
        assert seen[-1].stop_reason.type == "budget_reached"
        assert seen[-2].usage.list_cost.amount == "400"
        assert len(stage.model.requests) == 1

        async def changed() -> Any:
            return await stage.client.beta.sessions.update(session.id, budget=raised)  # type: ignore[arg-type]

        after = await stage.until_idle(session.id, then=changed())
        assert after[-1].stop_reason.type == "end_turn"
        assert [event.type for event in after][-3:] == [
            "session.thread_status_idle",
            "session.usage",
            "session.status_idle",
        ]

    play(story, script=[DEAR, says("It says a.")])


def test_at_its_cap_a_session_takes_no_message_and_no_cap_below_what_it_cost() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(budget=limit(300))
        await stage.until_idle(session.id, then=stage.say(session.id, "Read a"))
        with pytest.raises(anthropic.BadRequestError, match="reached its budget"):
            await stage.say(session.id, "More")
        with pytest.raises(anthropic.BadRequestError):
            await stage.client.beta.sessions.update(session.id, budget=limit(400))  # type: ignore[arg-type]
        assert len(stage.model.requests) == 1

    play(story, script=[DEAR])


def test_a_cap_is_read_anew_before_each_request() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(budget=limit(500))
        seen = await stage.until_idle(session.id, then=stage.say(session.id, "Read a, then b"))
        assert [event.type for event in seen].count("span.model_request_end") == 2
        assert seen[-1].stop_reason.type == "budget_reached"

    play(story, script=[DEAR, DEAR, says("Both.")])


async def grouped(stage: Stage, name: str, cents: int | None) -> Json:
    """Set the budget of a group; what it then is."""
    body = {"budget": limit(cents) if cents else None}
    answer = await stage.raw.post(f"/workbench/v1/groups/{name}", json=body)
    told: Json = answer.json()
    return told | {"status": answer.status_code}


NIGHT = {"workbench.group": "night"}
READS = weighing(calls(("read", {"file_path": "a"})), 100_000)
"""Costs forty cents."""


def test_sessions_of_a_group_stop_together_and_go_on_when_its_budget_is_raised() -> None:
    async def story(stage: Stage) -> None:
        assert (await grouped(stage, "night", 70))["spent"]["amount"] == "0"
        one = await stage.session(metadata=NIGHT)
        two = await stage.session(metadata=NIGHT)
        alone = await stage.session()
        # Forty cents, and the group has thirty left: the next request may begin, the one after it may not.
        seen = await stage.until_idle(one.id, then=stage.say(one.id, "Read a"))
        assert seen[-1].stop_reason.type == "end_turn"
        seen = await stage.until_idle(two.id, then=stage.say(two.id, "Read b"))
        assert (seen[-1].stop_reason.type, len(stage.model.requests)) == ("budget_reached", 3)
        seen = await stage.until_idle(one.id, then=stage.say(one.id, "More"))
        assert seen[-1].stop_reason.type == "budget_reached"
        seen = await stage.until_idle(alone.id, then=stage.say(alone.id, "Hi"))
        assert seen[-1].stop_reason.type == "end_turn"
        assert (await grouped(stage, "night", 70))["status"] == 400
        seen = await stage.until_idle(two.id, then=grouped(stage, "night", 200))
        assert seen[-1].stop_reason.type == "end_turn"
        listed = (await stage.raw.get("/workbench/v1/groups")).json()["data"]
        assert [(group["name"], group["spent"]["amount"], group["session_ids"]) for group in listed] == [
            ("night", "80", [one.id, two.id])
        ]

    play(story, script=[READS, says("a."), READS, says("Alone."), says("b."), says("More.")])


def test_costs_below_a_cent_add_up_as_they_are_also_those_of_a_deleted_session() -> None:
    async def story(stage: Stage) -> None:
        sessions = [await stage.session(metadata=NIGHT) for _ in range(4)]
        for one in sessions:
            seen = await stage.until_idle(one.id, then=stage.say(one.id, "Hi"))
            # Rounded, none of them has cost anything.
            assert seen[-2].usage.list_cost.amount == "0"
        for one in sessions:
            state = (await stage.raw.get(f"/workbench/v1/sessions/{one.id}/state")).json()
            assert 0.4 < state["own_cents"] < 0.5
        await stage.client.beta.sessions.delete(sessions[0].id)
        assert (await grouped(stage, "night", 70))["spent"]["amount"] == "2"

    play(story, script=[weighing(says("Hi."), 1_000)] * 4)


def test_a_group_counts_what_a_deleted_session_cost_and_a_fork_only_from_its_own_beginning() -> None:
    async def story(stage: Stage) -> None:
        await grouped(stage, "night", 50)
        first = await stage.session(metadata=NIGHT)
        await stage.until_idle(first.id, then=stage.say(first.id, "Read a"))
        forked = (await stage.raw.post(f"/workbench/v1/sessions/{first.id}/fork", json={})).json()
        # Counted twice, the forty cents would be over the group's fifty.
        seen = await stage.until_idle(forked["id"], then=stage.say(forked["id"], "On"))
        assert seen[-1].stop_reason.type == "end_turn"
        await stage.client.beta.sessions.delete(forked["id"])
        await stage.client.beta.sessions.delete(first.id)
        last = await stage.session(metadata=NIGHT)
        seen = await stage.until_idle(last.id, then=stage.say(last.id, "Read a"))
        assert seen[-1].stop_reason.type == "budget_reached"

    play(story, script=[READS, says("a."), says("On."), READS])


def test_a_name_that_is_none_makes_no_group() -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError, match="no name of a group"):
            await stage.session(metadata={"workbench.group": "no such/name"})
        assert (await grouped(stage, "-x", 100))["error"]["type"] == "invalid_request_error"

    play(story)
