"""A session's budget: it stops between two requests, and its owner sets it going again."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.model import calls, says, weighing
from workbench.contracts import Json

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
