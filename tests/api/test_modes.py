"""Plan mode, task lists and settings over the API, with the unmodified SDK where that has the call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.model import calls, says
from workbench.client import plans
from workbench.contracts import modes

PLAN: dict[str, str | None] = {modes.KEY: modes.PLAN}
WRITE = ("write", {"file_path": "a", "content": "x"})


async def state(stage: Stage, session_id: str) -> Any:
    return (await stage.raw.get(f"/workbench/v1/sessions/{session_id}/state")).json()


async def answered(stage: Stage, session_id: str, *, result: str = "allow", **fields: Any) -> list[Any]:
    [call_id] = (await state(stage, session_id))["waiting_for"]
    answer = {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": result, **fields}
    sending = stage.client.beta.sessions.events.send(session_id, events=[answer])  # type: ignore[list-item]
    return await stage.until_idle(session_id, then=sending)


def _results(events: list[Any]) -> list[tuple[bool, str]]:
    return [(bool(one.is_error), one.content[0].text) for one in events if one.type == "agent.tool_result"]


async def told(stage: Stage, session_id: str) -> list[Any]:
    return await stage.until_idle(session_id, then=stage.say(session_id, "go"))


def test_only_reading_runs_until_the_plan_is_approved_and_then_the_mode_is_over() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(metadata=PLAN)
        assert _results(await told(stage, session.id)) == [(True, modes.NOT_WHILE_PLANNING)]
        [first, *_] = await stage.listed(session.id)
        assert (first.type, first.content[0].text) == ("system.message", modes.PLANNING)
        assert (await state(stage, session.id))["mode"] == "plan"
        assert _results(await answered(stage, session.id)) == [(False, modes.APPROVED), (False, "write ran")]
        assert (await state(stage, session.id))["mode"] == ""
        assert (await stage.client.beta.sessions.retrieve(session.id)).metadata == {}
        assert [one.name for one in stage.hands.calls] == ["write"]

    script = [calls(WRITE), calls(("propose_plan", {"plan": "1. Write a."})), calls(WRITE), says("Done.")]
    play(story, script=script)


def test_a_plan_that_is_sent_back_leaves_plan_mode_on_and_a_changed_one_is_carried_out() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(metadata=PLAN | {modes.AFTER_PLAN_KEY: modes.ALLOW})
        await told(stage, session.id)
        back = await answered(stage, session.id, result="deny", deny_message="Smaller, please.")
        assert _results(back) == [(True, "Smaller, please.")]
        assert (await state(stage, session.id))["mode"] == "plan"
        kept = (await stage.raw.get(f"/v1/sessions/{session.id}")).json()
        await stage.client.beta.sessions.update(session.id, metadata=plans.leaving(kept)["metadata"])
        mine = plans.changed("", "My version.")["deny_message"]
        results = _results(await answered(stage, session.id, result="deny", deny_message=mine))
        assert results == [(True, mine), (False, "write ran")]
        assert (await state(stage, session.id))["mode"] == "allow"

    script = [calls(("propose_plan", {"plan": f"Plan {number}."})) for number in (1, 2)]
    play(story, script=[*script, calls(WRITE), says("Done.")])


def test_leaving_plan_mode_by_hand_is_told_and_a_mode_that_is_none_is_refused() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        await stage.client.beta.sessions.update(session.id, metadata=PLAN)
        await stage.client.beta.sessions.update(session.id, metadata={modes.KEY: None})
        types = [one.type for one in await stage.listed(session.id)]
        assert types == ["session.updated", "system.message", "session.updated", "system.message"]
        wrong: list[dict[str, str | None]] = [{modes.KEY: "yolo"}, {modes.AFTER_PLAN_KEY: "x"}]
        for metadata in wrong:
            with pytest.raises(anthropic.BadRequestError, match="ask, auto, plan, allow"):
                await stage.client.beta.sessions.update(session.id, metadata=metadata)

    play(story)


def test_the_task_list_is_the_last_one_that_was_given_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    tasks = [{"title": "Read", "status": "completed"}, {"title": "Write it", "status": "in_progress"}]

    async def story(stage: Stage) -> None:
        session = await stage.session()
        assert (await state(stage, session.id))["tasks"] is None
        results = _results(await told(stage, session.id))
        assert [failed for failed, _ in results] == [False, True]
        assert results[0][1] == "1 of 2 tasks are completed. In progress: Write it."
        assert (await state(stage, session.id))["tasks"] == {"total": 2, "completed": 1, "current": "Write it"}
        assert stage.hands.calls == []

    broken = [{"title": "Read", "status": "perhaps"}]
    play(
        story,
        script=[calls(("update_tasks", {"tasks": tasks})), calls(("update_tasks", {"tasks": broken})), says("Done.")],
        folder=tmp_path,
    )
