"""Replays: requests come out of the log with the bytes that they had, and a word that changed is the first difference."""

from __future__ import annotations

from typing import Any

from tests.api.stage import Stage, play
from tests.trivial.model import calls, says
from workbench.contracts.values import Json


async def replayed(stage: Stage, session_id: str, **body: Any) -> Json:
    answer = await stage.raw.post(f"/workbench/v1/sessions/{session_id}/replay", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_every_request_has_its_bytes_again_and_no_model_is_asked_for_it() -> None:
    async def story(stage: Stage) -> None:
        made = await stage.session("Look", tools=[{"type": "agent_toolset_20260401"}])
        await stage.until_idle(made.id)
        await stage.until_idle(made.id, then=stage.say(made.id, "And again"))
        asked = len(stage.model.requests)
        found = await replayed(stage, made.id)
        assert (found["same"], found["different"], found["unknown"]) == (asked, 0, 0)
        until = found["requests"][2]["event_id"]
        assert len((await replayed(stage, made.id, until=until))["requests"]) == 2
        assert len(stage.model.requests) == asked
        assert len(stage.hands.executed) == 2

    play(
        story,
        script=[calls(("bash", {"command": "ls"})), says("One."), calls(("read", {"file_path": "a"})), says("Two.")],
    )


def test_a_word_of_the_system_prompt_that_changed_is_the_first_difference() -> None:
    async def story(stage: Stage) -> None:
        agent = await stage.agent(system="Be careful.\nBe brief.")
        environment = await stage.client.beta.environments.create(name="plain")
        message: Any = {"type": "user.message", "content": [{"type": "text", "text": "Go"}]}
        made = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, initial_events=[message]
        )
        await stage.until_idle(made.id)
        assert (await replayed(stage, made.id, agent=agent.id))["first_difference"] is None
        await stage.client.beta.agents.update(agent.id, version=1, system="Be careful.\nBe thorough.")
        found = await replayed(stage, made.id, agent=agent.id)
        first = found["first_difference"]
        assert (first["event_id"], first["differs_in"]) == (found["requests"][0]["event_id"], ["system"])
        changed = [line.strip() for line in first["diff"].splitlines() if line[:1] in "+-" and "Be " in line]
        assert [line[0] for line in changed] == ["-", "+"]
        assert "Be brief." in changed[0]
        assert "Be thorough." in changed[1]
        # The version with which the session began still asks the same.
        assert (await replayed(stage, made.id, agent=agent.id, version=1))["different"] == 0
        refused = await stage.raw.post(f"/workbench/v1/sessions/{made.id}/replay", json={"version": 1})
        assert refused.status_code == 400

    play(story)
