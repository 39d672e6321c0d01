"""Skills through the whole installation: the command, the engine, and an agent in a real container that reads and runs one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import anthropic
import pytest
from anthropic.lib import files_from_dir

from tests.api.test_skills import FILES, TOOLSET, folder
from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import call, text

PLACE = "/workspace/skills/greeting"


def results(here: Installation, session_id: str) -> list[str]:
    return [json.dumps(one["content"]) for one in here.events(session_id) if one["type"] == "agent.tool_result"]


@podman_only
@pytest.mark.parametrize("project", [False, True])
def test_a_skill_is_told_read_and_run_in_a_real_container_and_written_by_nothing(
    tmp_path: Path, *, project: bool
) -> None:
    steps = (
        call("read", {"file_path": f"{PLACE}/SKILL.md"}),
        call("bash", {"command": f"{PLACE}/scripts/hello.sh World; ls $SESSION_SKILLS"}),
        call(
            "bash",
            {"command": f"cd {PLACE} && touch x; echo x >> SKILL.md; chmod 777 .; rm -rf {PLACE}; mv {PLACE} /tmp"},
        ),
        call("write", {"file_path": f"{PLACE}/scripts/hello.sh", "content": "x"}),
    )
    with installation([*steps, text("Done."), steps[1], text("Again.")]) as here:
        exported = here.told("serve")
        served = dict(line.removeprefix("export ").split("=", 1) for line in exported.splitlines() if "=" in line)
        client = anthropic.Anthropic(
            base_url=served["ANTHROPIC_BASE_URL"].strip("'\""), api_key=served["ANTHROPIC_API_KEY"].strip("'\"")
        )
        made = client.beta.skills.create(files=files_from_dir(folder(tmp_path, FILES)))
        agent = client.beta.agents.create(
            name="greeter",
            model="m",
            tools=TOOLSET,
            skills=[{"type": "custom", "skill_id": made.id, "version": "latest"}],
        )
        environment = client.beta.environments.create(name="plain")
        place = tmp_path / "project"
        place.mkdir()
        (place / "a.txt").write_text("a")
        session = client.beta.sessions.create(
            agent=agent.id,
            environment_id=environment.id,
            metadata={"workbench.project": str(place)} if project else {},
        )
        here.told("send", session.id, "greet the world")
        here.told("logs", "-f", session.id)
        system = here.model.requests[0]["system"][0]["text"]
        assert f"- greeting: Says hello. ({PLACE}/SKILL.md)" in system
        read, ran, tried, written = results(here, session.id)
        assert "Run `scripts/hello.sh NAME`" in read
        assert "hello World" in ran
        assert ran.count("greeting") == 1
        assert tried.count("Read-only file system") + tried.count("busy") >= 4
        assert f"is inside read-only directory {PLACE.rpartition('/')[0]}" in written
        if project:
            assert json.loads(here.told("diff", session.id, "--json"))["changes"] == []
        here.kill_engine()
        here.told("send", session.id, "once more")
        here.told("logs", "-f", session.id)
        assert "hello World" in results(here, session.id)[-1]
        client.close()
        here.told("rm", "-y", session.id)
        assert not (here.home / "data" / "sandboxes" / session.id).exists()
        assert len(os.listdir(here.home / "data" / "contents")) == 2
