"""/workbench/v1/rules, …/calls/{id} and …/command: what a person allows for good, is told, and runs in place of a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.stage import Stage, play
from tests.api.test_multiagent import until, until_rest
from tests.brain.team import said_in, system_of
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import Answer, calls, says
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import text_outcome

ASKS = [{"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}]


async def waiting(stage: Stage) -> tuple[str, str]:
    """A session that waits, and the call that it waits for."""
    session = await stage.session("go", tools=ASKS)
    seen = await stage.until_idle(session.id)
    return session.id, next(event.id for event in seen if event.type == "agent.tool_use")


async def post(stage: Stage, path: str, **body: Any) -> tuple[int, Any]:
    answered = await stage.raw.post(f"/workbench/v1/{path}", json=body)
    return answered.status_code, answered.json()


def test_a_call_is_explained_and_what_is_offered_lets_the_next_one_run(tmp_path: Path) -> None:
    rules = tmp_path / "permissions.toml"

    async def story(stage: Stage) -> None:
        session_id, call_id = await waiting(stage)
        told = (await stage.raw.get(f"/workbench/v1/sessions/{session_id}/calls/{call_id}")).json()
        assert told["offers"] == [{"allow": ["bash(make test)"]}, {"allow": ["bash(make test *)"]}]
        assert "always_ask" in told["why"]
        status, rule = await post(stage, "rules", **told["offers"][0], session=session_id)
        assert (status, rule["session"], rule["file"]) == (200, session_id, str(rules))
        answer = {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": "allow"}
        send = stage.client.beta.sessions.events.send(session_id, events=[answer])  # type: ignore[list-item]
        seen = await stage.until_idle(session_id, then=send)
        uses = [event for event in seen if event.type == "agent.tool_use"]
        assert [(use.evaluated_permission, use.evaluation.type) for use in uses] == [("allow", "always_allow")]
        listed = (await stage.raw.get("/workbench/v1/rules")).json()
        assert [one["id"] for one in listed["data"]] == [rule["id"]]
        assert (await stage.raw.delete(f"/workbench/v1/rules/{rule['id']}")).status_code == 200
        assert (await stage.raw.delete(f"/workbench/v1/rules/{rule['id']}")).status_code == 404
        assert rules.read_text() == ""

    make = ("bash", {"command": "make test"})
    play(story, script=[calls(make), calls(make), says("Done.")], rules=rules)


async def _is_heard(stage: Stage, session_id: str) -> bool:
    return "agent.thread_message_received" in [one.type for one in await stage.listed(session_id)]


def _team(request: ModelRequest) -> Answer:
    """A coordinator with one agent, which makes the same call twice."""
    if system_of(request) == "lead":
        begins = "was started as" not in said_in(request)
        return calls(("create_agent", {"agent": "tester", "message": "Test it."})) if begins else says("Waiting.")
    count = sum(block["type"] == "tool_use" for turn in request.body["messages"] for block in turn["content"])
    return says("Tested.") if count == 2 else calls(("bash", {"command": "make test"}))


@pytest.mark.parametrize(("own", "why"), [(ASKS, "the agent tester asks"), (None, "the agent lead asks")])
def test_a_rule_for_the_agent_of_a_childs_call_names_the_childs_own_and_lets_it_run(
    own: Any, why: str, tmp_path: Path
) -> None:
    """Also where it is the coordinator whose policy asks: the person has answered for this agent."""

    async def story(stage: Stage) -> None:
        stage.model.otherwise = _team
        tester = await stage.agent(name="tester", system="tester", **({"tools": own} if own else {}))
        team: Any = {"type": "coordinator", "agents": [tester.id]}
        lead = await stage.agent(name="lead", system="lead", multiagent=team, tools=ASKS)
        environment = await stage.client.beta.environments.create(name="e")
        begins: Any = [{"type": "user.message", "content": [{"type": "text", "text": "go"}]}]
        session = await stage.client.beta.sessions.create(
            agent=lead.id, environment_id=environment.id, initial_events=begins
        )
        await until_rest(stage, session.id)
        [call] = [one for one in await stage.listed(session.id) if one.type == "agent.tool_use"]
        told = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/calls/{call.id}")).json()
        assert (told["agent"], told["why"].startswith(why)) == ({"id": tester.id, "name": "tester"}, True)
        _, rule = await post(stage, "rules", **told["offers"][0], agent=told["agent"]["id"])
        assert rule["agent"] == tester.id
        answer: Any = {"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"}
        await stage.client.beta.sessions.events.send(session.id, events=[answer])
        await until(stage, lambda: _is_heard(stage, session.id))
        threads = stage.client.beta.sessions.threads
        own_events = [one async for one in threads.events.list(call.session_thread_id, session_id=session.id)]
        uses = [one for one in own_events if one.type == "agent.tool_use"]
        assert [one.evaluated_permission for one in uses] == ["ask", "allow"]

    play(story, rules=tmp_path / "permissions.toml")


def test_what_denies_or_asks_is_written_for_everybody_and_told_again(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        status, told = await post(stage, "rules", deny=["read(**/.env)"], ask=["bash(make *)"])
        assert (status, told["deny"], told["ask"]) == (200, ["read(**/.env)"], ["bash(make *)"])
        assert (await post(stage, "rules", deny=["read(**/.env)"]))[1]["deny"] == []
        listed = (await stage.raw.get("/workbench/v1/rules")).json()
        assert (listed["deny"], listed["ask"], listed["data"]) == (["read(**/.env)"], ["bash(make *)"], [])
        assert (await post(stage, "rules", deny=["bash(ls)"], allow=["bash(ls)"]))[0] == 400
        assert (await post(stage, "rules", deny=["bash(ls)"], session="sesn_nobody"))[0] == 400
        assert (await post(stage, "rules", deny=[]))[0] == 400
        assert (await post(stage, "rules", deny=["fly"]))[0] == 400

    play(story, rules=tmp_path / "permissions.toml")


def test_a_rule_for_nobody_or_without_words_is_refused(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        assert (await post(stage, "rules", allow=["bash(ls)"], session="sesn_nobody"))[0] == 404
        assert (await post(stage, "rules", allow=["bash(ls)"], agent="agent_nobody"))[0] == 404
        status, body = await post(stage, "rules", allow=["fly(away)"])
        assert (status, "is no rule" in body["error"]["message"]) == (400, True)
        assert (await post(stage, "rules"))[0] == 400
        assert (await post(stage, "rules", allow=["bash"], everywhere=True))[0] == 400

    play(story, rules=tmp_path / "permissions.toml")
    assert not list(tmp_path.iterdir())


def test_an_edited_command_runs_in_place_of_the_call_and_the_agent_reads_what_came_of_it() -> None:
    hands = ScriptedHands(gives=lambda call: text_outcome(f"ran {call.input['command']}"))

    async def story(stage: Stage) -> None:
        session_id, call_id = await waiting(stage)
        before = len(hands.executed)
        command = {"command": "make test-fast", "instead_of": call_id}
        answered: list[tuple[int, Any]] = []

        async def run() -> None:
            answered.append(await post(stage, f"sessions/{session_id}/command", **command))

        seen = await stage.until_idle(session_id, then=run())
        [(status, body)] = answered
        assert (status, body) == (200, {"id": body["id"], "output": "ran make test-fast", "is_error": False})
        [result] = [event for event in seen if event.type == "agent.tool_result"]
        assert "ran another command in its place" in result.content[0].text
        assert "ran make test-fast" in result.content[0].text
        assert len(hands.executed) == before + 1
        status, body = await post(stage, f"sessions/{session_id}/command", **command)
        assert (status, "does not wait" in body["error"]["message"]) == (400, True)

    play(story, script=[calls(("bash", {"command": "make test"})), says("I see.")], hands=hands)


def test_a_persons_command_runs_in_a_shell_of_its_own_and_is_no_event() -> None:
    hands = ScriptedHands(gives=lambda call: text_outcome(f"ran {call.input['command']}"))

    async def story(stage: Stage) -> None:
        session = await stage.session()
        path = f"sessions/{session.id}/command"
        status, body = await post(stage, path, command="cd x")
        assert (status, body) == (200, {"id": body["id"], "output": "ran (\ncd x\n)", "is_error": False})
        assert await stage.listed(session.id) == []
        assert [fact.body for fact in await stage.log.facts(session.id, "command.ran")] == [{"command": "cd x"}]
        assert (await post(stage, path, command=" "))[0] == 400
        await stage.client.beta.sessions.archive(session.id)
        assert (await post(stage, path, command="ls"))[0] == 400

    play(story, hands=hands)
