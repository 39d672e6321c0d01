"""Plugins over HTTP: their skills become skills, their servers stay off, and a session has the folder that both name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.stage import Stage, play
from tests.api.test_files import stored
from tests.api.test_skills import skill_md, zipped
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.contracts.values import Call, Outcome, text_outcome

SERVERS: Any = {
    "search": {
        "command": "${PLUGIN_ROOT}/bin/search.py",
        "args": ["--data", "${PLUGIN_DATA}"],
        "env": {"MODE": "all of it"},
    },
    "docs": {"type": "http", "url": "https://mcp.example.com/mcp"},
}
PLUGIN: dict[str, bytes] = {
    "notes/plugin.json": json.dumps(
        {"$schema": "https://example.com/plugin.json", "name": "notes", "hooks": {}}
    ).encode(),
    "notes/mcp.json": json.dumps({"mcpServers": SERVERS}).encode(),
    "notes/skills/take/SKILL.md": skill_md("take", "Takes a note."),
    "notes/skills/find/SKILL.md": skill_md("find", "Finds a note."),
    "notes/bin/search.py": b"#!/usr/bin/env python3\n",
}
SEARCH = "stdio:env 'MODE=all of it' /mnt/session/plugins/notes/bin/search.py --data /mnt/session/servers/notes"


async def added(stage: Stage, files: Mapping[str, bytes] = PLUGIN) -> Any:
    sent = {"files[]": ("notes.zip", zipped(files), "application/zip")}
    return await stage.raw.post("/workbench/v1/plugins", files=sent)


def test_a_plugin_brings_its_skills_and_its_servers_stay_off() -> None:
    stage_of: list[Stage] = []
    session_ids: list[str] = []
    seen: set[str] = set()

    def gives(call: Call) -> Outcome:
        folder = stage_of[0].settings.sandboxes / session_ids[-1]
        seen.update(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
        return text_outcome("done")

    async def story(stage: Stage) -> None:
        stage_of.append(stage)
        made = (await added(stage)).json()
        assert (made["name"], [one["name"] for one in made["skills"]]) == ("notes", ["find", "take"])
        assert made["servers"] == [
            {"name": "search", "url": SEARCH},
            {"name": "docs", "url": "https://mcp.example.com/mcp"},
        ]
        assert made["advice"] == ["plugin.json: hooks: is not read here"]
        skills = [one async for one in stage.client.beta.skills.list()]
        assert [(one.display_name, one.source.type) for one in skills] == [("take", "plugin"), ("find", "plugin")]
        agent = await stage.agent(skills=[{"type": "custom", "skill_id": skills[0].id}])
        assert agent.mcp_servers == []
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        session_ids.append(session.id)
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert "skills/take/SKILL.md" in seen
        assert {path for path in seen if path.startswith("plugins/")} == {f"plugins/{path}" for path in PLUGIN}
        prompt = stage.model.requests[0].body["system"][0]["text"]
        assert "- take: Takes a note." in prompt
        assert "Finds a note" not in prompt
        assert "${PLUGIN_ROOT} of the plugin notes is /mnt/session/plugins/notes" in prompt
        named: Any = {"mcp_servers": [{"type": "url", "name": "search", "url": SEARCH}]}
        named["tools"] = [{"type": "agent_toolset_20260401"}, {"type": "mcp_toolset", "mcp_server_name": "search"}]
        other = await stage.agent(**named)
        session = await stage.client.beta.sessions.create(agent=other.id, environment_id=environment.id)
        record = (await stage.engine.records.document(session.id)).body
        assert [one["name"] for one in record["workbench"]["plugins"]] == ["notes"]
        again = (await added(stage)).json()
        assert [one["skill_id"] for one in again["skills"]] == [one["skill_id"] for one in made["skills"]]
        assert [one["name"] for one in (await stage.raw.get("/workbench/v1/plugins")).json()["data"]] == ["notes"]
        less = (await added(stage, {path: what for path, what in PLUGIN.items() if "find" not in path})).json()
        assert ([one["name"] for one in less["skills"]], less["removed"]) == (["take"], ["find"])
        assert [one.display_name async for one in stage.client.beta.skills.list()] == ["take"]
        assert (await stage.raw.delete("/workbench/v1/plugins/notes")).status_code == 200
        assert (await stage.raw.delete("/workbench/v1/plugins/notes")).status_code == 404
        assert [one async for one in stage.client.beta.skills.list()] == []
        for one in (session_ids[0], session.id):
            await stage.client.beta.sessions.delete(one)
        assert stored(stage) == []

    play(story, script=[calls(("bash", {"command": "work"})), says("Done.")], hands=ScriptedHands(gives))


def manifest(**fields: Any) -> bytes:
    return json.dumps({"$schema": "x", "name": "notes"} | fields).encode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"notes/plugin.json": b"{"}, "plugin.json:1: is no JSON"),
        ({"notes/plugin.json": b"[]"}, "plugin.json:1: must be an object"),
        ({"notes/plugin.json": b'{"name": "\\ud800"}'}, "plugin.json: is no JSON that can be read"),
        ({"notes/plugin.json": b"[" * 100_000}, "plugin.json: is no JSON that can be read"),
        ({"notes/plugin.json": b"{}"}, "plugin.json: $schema: is missing"),
        ({"notes/plugin.json": manifest(name="../up")}, "plugin.json: name: has 1 to 64"),
        ({"notes/skills/take/SKILL.md": b"# none\n"}, "skills/take/SKILL.md:1: must begin with a line ---"),
        ({"notes/skills/take/SKILL.md": b"x", "notes/skills/find/SKILL.md": b"x"}, "; skills/take/SKILL.md:1"),
    ],
)
def test_a_plugin_with_a_fault_is_refused_whole(changed: dict[str, bytes], said: str) -> None:
    async def story(stage: Stage) -> None:
        refused = await added(stage, PLUGIN | changed)
        assert (refused.status_code, said in refused.json()["error"]["message"]) == (400, True), refused.json()
        assert stored(stage) == []
        assert [one async for one in stage.client.beta.skills.list()] == []

    play(story)


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        (b"{", "mcp.json:1: is no JSON"),
        (b'{"mcpServers": []}', "mcpServers: must be an object"),
        (b'{"mcpServers": {"a b": {"command": "x"}}}', "its name has other signs"),
        (b'{"mcpServers": {"a": {"command": ["x"]}}}', "must be texts"),
        (b'{"mcpServers": {"a": {"command": "${HOME}/x"}}}', "${HOME} is not known here"),
        (b'{"mcpServers": {"a": {"url": "file:///etc/passwd"}}}', "url: is none"),
        (b'{"mcpServers": {"a": {"url": "https://x.example", "headers": {"a": "secret"}}}}', "headers are not taken"),
    ],
)
def test_a_bad_server_is_told_and_keeps_no_good_skill_back(servers: bytes, said: str) -> None:
    async def story(stage: Stage) -> None:
        made = (await added(stage, PLUGIN | {"notes/mcp.json": servers})).json()
        assert (made["servers"], len(made["skills"])) == ([], 2)
        [advice] = [one for one in made["advice"] if one.startswith("mcp.json")]
        assert said in advice
        assert "secret" not in json.dumps(made)

    play(story)
