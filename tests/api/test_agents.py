"""/v1/agents, as the public API says it."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play

GOLDEN = {
    "type": "agent",
    "version": 1,
    "name": "a",
    "description": None,
    "model": {"id": "claude-opus-5-5", "effort": {"type": "high"}, "speed": "standard", "inference_geo": None},
    "system": None,
    "tools": [
        {
            "type": "agent_toolset_20260401",
            "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
            "configs": [],
        }
    ],
    "mcp_servers": [],
    "skills": [],
    "multiagent": None,
    "metadata": {},
    "execution_identity": {"type": "service_account"},
    "archived_at": None,
}


def test_a_new_agent_has_every_field_resolved() -> None:
    async def story(stage: Stage) -> None:
        body = {"name": "a", "model": "claude-opus-5-5", "tools": [{"type": "agent_toolset_20260401"}]}
        answer = (await stage.raw.post("/v1/agents", json=body)).json()
        assert answer.pop("id").startswith("agent_")
        assert answer.pop("created_at") == answer.pop("updated_at")
        assert answer == GOLDEN

    play(story)


def test_a_config_says_what_its_tool_inherits_from_the_default() -> None:
    async def story(stage: Stage) -> None:
        toolset = {
            "type": "agent_toolset_20260401",
            "default_config": {"permission_policy": {"type": "always_ask"}},
            "configs": [{"name": "bash", "enabled": False}, {"name": "read", "permission_policy": {"type": "auto"}}],
        }
        agent = await stage.agent(tools=[toolset])
        bash, read = agent.tools[0].configs
        assert (bash.enabled, bash.permission_policy.type, bash.type) == (False, "always_ask", "bash")
        assert (read.enabled, read.permission_policy.type) == (True, "auto")

    play(story)


def test_a_real_change_makes_a_version_and_the_same_again_makes_none() -> None:
    async def story(stage: Stage) -> None:
        agents = stage.client.beta.agents
        first = await stage.agent(system="one", metadata={"a": "1", "b": "2"})
        second = await agents.update(first.id, system="two", metadata={"a": None, "c": "3"})
        assert (second.version, second.system, second.metadata) == (2, "two", {"b": "2", "c": "3"})
        assert (await agents.update(first.id, system="two")).version == 2
        assert (await agents.update(first.id, system=None)).system is None
        assert [a.version async for a in agents.versions.list(first.id)] == [3, 2, 1]
        assert (await agents.retrieve(first.id, version=1)).system == "one"
        with pytest.raises(anthropic.ConflictError):
            await agents.update(first.id, version=1, system="four")
        assert (await agents.retrieve(first.id)).version == 3

    play(story)


def test_a_conflict_is_not_worth_a_retry() -> None:
    async def story(stage: Stage) -> None:
        agent = await stage.agent()
        answer = await stage.raw.post(f"/v1/agents/{agent.id}", json={"version": 7})
        assert (answer.status_code, answer.headers["x-should-retry"]) == (409, "false")
        assert answer.json()["request_id"] == answer.headers["request-id"]

    play(story)


def test_a_new_model_resets_the_effort_and_the_same_one_keeps_it() -> None:
    async def story(stage: Stage) -> None:
        agents = stage.client.beta.agents
        agent = await stage.agent(model={"id": "claude-opus-5-5", "effort": "low"})
        same = await agents.update(agent.id, model={"id": "claude-opus-5-5", "speed": "fast"})
        assert same.model.effort is not None
        assert (same.model.effort.type, same.model.speed) == ("low", "fast")
        other = await agents.update(agent.id, model="claude-haiku-5")
        assert other.model.effort is not None
        assert other.model.effort.type == "high"

    play(story)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "m"}, "name: Field required"),
        ({"name": "a"}, "model: Field required"),
        ({"name": "", "model": "m"}, "name: String should have at least 1 character"),
        ({"name": "a", "model": "m", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"name": "a", "model": "m", "tools": [{"type": "teleport"}]}, "tools.0"),
        ({"name": "a", "model": "m", "tools": [{"type": "custom", "name": "bash", "description": "", "input_schema": {"type": "object"}}]}, "reserved"),
        ({"name": "a", "model": "m", "mcp_servers": [{"type": "url", "name": "x", "url": "https://x.example"}]}, "mcp_toolset"),
        ({"name": "a", "model": "m", "mcp_servers": [{"type": "url", "name": "x", "url": "stdio: "}]}, "is followed by a command"),
        ({"name": "a", "model": "m", "mcp_servers": [{"type": "url", "name": "x", "url": "stdio:''"}]}, "is followed by a command"),
        ({"name": "a", "model": "m", "mcp_servers": [{"type": "url", "name": "x", "url": "stdio:a\0b"}]}, "is followed by a command"),
        ({"name": "a", "model": "m", "mcp_servers": [{"type": "url", "name": "x", "url": "stdio:a 'b"}]}, "cannot be split into words"),
        ({"name": "a", "model": "m", "mcp_servers": [{"type": "url", "name": "x", "url": "ftp://x"}]}, "mcp_servers.0"),
        ({"name": "a", "model": "m", "tools": [{"type": "mcp_toolset", "mcp_server_name": "x"}]}, "not in mcp_servers"),
        ({"name": "a", "model": "m", "metadata": {str(n): "" for n in range(17)}}, "at most 16 pairs"),
        ({"name": "a", "model": "m", "skills": [{"type": "custom", "skill_id": "s"}]}, "agent_toolset_20260401"),
    ],
)  # fmt: skip
def test_a_wrong_agent_is_refused_with_its_place(body: dict[str, Any], words: str) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.raw.post("/v1/agents", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
        assert words in error["message"]
        assert (await stage.raw.get("/v1/agents")).json() == {"data": [], "next_page": None}

    play(story)


def test_an_archived_agent_is_read_only_hidden_and_starts_nothing() -> None:
    async def story(stage: Stage) -> None:
        beta = stage.client.beta
        agent = await stage.agent()
        environment = await beta.environments.create(name="e")
        archived = await beta.agents.archive(agent.id)
        assert archived.archived_at is not None
        assert await beta.agents.archive(agent.id) == archived
        with pytest.raises(anthropic.BadRequestError):
            await beta.agents.update(agent.id, system="x")
        with pytest.raises(anthropic.BadRequestError):
            await beta.sessions.create(agent=agent.id, environment_id=environment.id)
        assert [a.id async for a in beta.agents.list()] == []
        assert [a.id async for a in beta.agents.list(include_archived=True)] == [agent.id]

    play(story)


def test_pages_show_everything_once_and_end() -> None:
    async def story(stage: Stage) -> None:
        made = [(await stage.agent()).id for _ in range(7)]
        listed = [agent.id async for agent in stage.client.beta.agents.list(limit=3)]
        assert listed == made[::-1]
        exact = (await stage.raw.get("/v1/agents", params={"limit": 7})).json()
        assert exact["next_page"] is None
        answer = await stage.raw.get("/v1/agents", params={"page": "nonsense"})
        assert (answer.status_code, "cursor" in answer.json()["error"]["message"]) == (400, True)
        assert (await stage.raw.get("/v1/agents", params={"limit": 101})).status_code == 400

    play(story)
