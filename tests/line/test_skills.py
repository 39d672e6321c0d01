"""Skills through the whole installation: the command, the engine, and an agent in a real container that reads and runs one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import anthropic
import pytest
from anthropic.lib import files_from_dir

from tests.api.test_skills import FILES, TOOLSET, folder, zipped
from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.line.test_credentials import engine_of
from tests.messages_server import call, text
from workbench.client import paths

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


def test_skills_are_checked_added_shown_given_and_removed_from_the_command_line(tmp_path: Path) -> None:
    with installation(offline=True) as here:
        place = folder(here.home, FILES)
        assert here.told("skills", "check", "greeting") == ""
        assert "add DIR" in here.say("skills", "list", "-C", "none").err
        [made] = [here.json("skills", "add", "greeting")]
        assert (made["name"], made["type"]) == ("greeting", "skill_version")
        (place / "words.txt").write_text("Guten Tag\n")
        again = here.json("skills", "add", str(place))
        assert (again["skill_id"], again["id"] > made["id"]) == (made["skill_id"], True)
        [listed] = [one for one in here.json("skills", "list", "-C", "none") if one["id"]]
        assert (listed["name"], listed["versions"], listed["version"]) == ("greeting", 2, again["id"])
        shown = here.told("skills", "show", "greeting", "-C", "none")
        assert "scripts/hello.sh" in shown
        assert "Run `scripts/hello.sh NAME`." in shown
        missed = here.say("skills", "show", "greting", "-C", "none")
        assert (missed.code, "did you mean greeting?" in missed.err) == (2, True), missed
        here.told("run", "--detach", "-C", "none", "hello")
        here.told("skills", "add", "greeting", "--agent", "default")
        [agent] = here.json("agents", "list")
        assert agent["skills"] == [{"type": "custom", "skill_id": made["skill_id"], "version": "latest"}]
        here.told("skills", "remove", "greeting", "--agent", "default")
        session_id = here.run_detached("-C", "none", "--skill", "greeting", "hello")
        [session] = [one for one in here.json("ps", "--all") if one["id"] == session_id]
        assert [one["skill_id"] for one in session["agent"]["skills"]] == [made["skill_id"]]
        assert here.say("run", "--skill", "greting", "hello").code == 2
        assert here.json("agents", "list")[0]["skills"] == []
        assert here.say("skills", "remove", "greeting", "--agent", "default").code == 2
        archive = here.home / "greeting.zip"
        archive.write_bytes(zipped(FILES))
        other = engine_of(here).upload(paths.SKILLS, archive, {}, "files[]")
        for words in (("show", "greeting", "-C", "none"), ("add", "greeting"), ("remove", "greeting")):
            unsure = here.say("skills", *words)
            assert (unsure.code, made["skill_id"] in unsure.err, other["id"] in unsure.err) == (2, True, True), unsure
        assert other["id"] in here.told("skills", "show", other["id"], "-C", "none")
        assert here.json("skills", "add", "greeting", "--onto", other["id"])["skill_id"] == other["id"]
        here.told("skills", "remove", other["id"])
        here.told("skills", "remove", "greeting")
        assert [one for one in here.json("skills", "list", "-C", "none") if one["id"]] == []


def test_check_says_each_fault_as_file_line_and_sentence() -> None:
    with installation(offline=True) as here:
        folder(here.home, {"bad/SKILL.md": b"---\nname: Bad\ndescription: 7\ncolour: red\n---\n"})
        done = here.say("skills", "check", "bad")
        assert done.code == 1
        assert done.out.splitlines() == [
            "bad/SKILL.md:2: name: has a-z, 0-9 and single hyphens, none of them at an end, not 'Bad'",
            "bad/SKILL.md:3: description: must be text, and is a number; put quotes around it",
        ]
        refused = here.say("skills", "add", "bad")
        assert (refused.code, "bad/SKILL.md:2: name:" in refused.err) == (2, True)
        folder(here.home, {"fine/SKILL.md": b"---\nname: other\ndescription: x\ncolour: red\n---\n"})
        done = here.say("skills", "check", "fine")
        assert (done.code, done.out.count("(advice)")) == (0, 2)
        assert here.say("skills", "check", "nothing").code == 2
        (here.home / "fine" / "link").symlink_to("/etc/passwd")
        assert (
            here.say("skills", "check", "fine").out
            == "fine/link: is a link or a device; a skill has files and folders only\n"
        )


@podman_only
def test_a_skill_of_a_project_is_offered_when_it_is_trusted_and_its_script_runs() -> None:
    steps = [call("bash", {"command": f"{PLACE}/scripts/hello.sh project"}), text("Done.")]
    with installation([text("Nothing."), *steps]) as here:
        project = here.home / "shop"
        folder(project / ".claude" / "skills", FILES | {"bad/SKILL.md": b"# nothing\n"})
        untold = here.told("run", "-C", "shop", "first")
        assert "nobody trusts what they say now: .claude/skills/greeting" in untold
        assert "You have skills" not in json.dumps(here.model.requests[0])
        [found] = [
            one for one in here.json("skills", "list", "-C", "shop") if one["origin"] == "project" and one["digest"]
        ]
        assert (found["name"], found["trusted"], found["place"]) == ("greeting", False, ".claude/skills/greeting")
        assert "hello $1" not in here.told("skills", "show", "greeting", "-C", "shop")
        here.told("skills", "trust", "greeting", "-C", "shop")
        done = here.say("run", "-C", "shop", "second")
        assert "skills: greeting" in done.err
        assert "skill .claude/skills/bad cannot be used: SKILL.md:1: must begin with a line ---" in done.err
        [session_id] = [one["id"] for one in here.json("ps", "--all") if one["title"] == "second"]
        assert "hello project" in results(here, session_id)[0]
        (project / ".claude" / "skills" / "greeting" / "words.txt").write_text("changed")
        [found] = [
            one for one in here.json("skills", "list", "-C", "shop") if one["origin"] == "project" and one["digest"]
        ]
        assert found["trusted"] is False


def test_without_a_container_the_skills_are_where_the_variable_says() -> None:
    steps = [call("bash", {"command": "$SESSION_SKILLS/greeting/scripts/hello.sh process"}), text("Done.")]
    with installation(steps) as here:
        (here.home / "config").mkdir(exist_ok=True)
        (here.home / "config" / "settings.toml").write_text('[sandbox]\nbackends = ["podman", "process"]\n')
        folder(here.home, FILES)
        here.told("run", "--detach", "-C", "none", "--model", "offline", "hello")
        here.told("skills", "add", "greeting", "--agent", "default")
        environment = "name: bare\nconfig: {type: cloud}\nmetadata: {workbench.backend: process}\n"
        (here.home / "bare.yaml").write_text(environment)
        here.told("environments", "apply", "-f", "bare.yaml")
        session_id = here.run_detached("-C", "none", "--environment", "bare", "greet")
        here.told("logs", "-f", session_id)
        assert "hello process" in results(here, session_id)[0]
        system = here.model.requests[0]["system"][0]["text"]
        assert "in the folder $SESSION_SKILLS, which stands for /workspace/skills" in system
