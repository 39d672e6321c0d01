"""Sessions of another engine beside the ones here, through the commands: read, answered, asked with SQL; and what is carried between the two."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.hands.places import podman_only
from tests.line.installation import WAIT_S, Installation, installation, wait_until
from tests.messages_server import call, text

SKILL = "---\nname: greeting\ndescription: Greets people.\n---\nSay hello.\n"
ASKS = "tools: [{type: agent_toolset_20260401, default_config: {permission_policy: {type: always_ask}}}]"


def _served(far: Installation) -> tuple[str, str]:
    """The address and an owner's token of an engine."""
    lines = far.told("serve", "--port", "0").splitlines()
    said = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
    return said["ANTHROPIC_BASE_URL"], said["ANTHROPIC_API_KEY"]


@contextlib.contextmanager
def _beside(far: Installation) -> Iterator[tuple[Installation, str]]:
    """An engine here that has the other one as the service `work`, and the key to that."""
    with installation([text("Near.")]) as near:
        url, key = _served(far)
        with near.start_with_input("hosted", "add", "work", url) as adding:
            said, errors = adding.communicate(key + "\n", timeout=WAIT_S)
        assert (adding.returncode, "come into the list" in said) == (0, True), errors
        yield near, key


@podman_only
def test_a_session_elsewhere_is_read_answered_and_archived_from_here_and_this_engine_runs_nothing_of_it() -> None:
    script = [call("bash", {"command": "echo allowed"}), text("Done."), text("Again.")]
    with installation(script) as far:
        agent = far.home / "agent.yaml"
        agent.write_text(f"name: careful\nmodel: m\n{ASKS}\n")
        far.told("agents", "apply", "-f", str(agent))
        assert far.say("run", "--agent", "careful", "go").code == 4
        with _beside(far) as (near, key):
            wait_until(lambda: len(near.json("ps")) == 1)
            [row] = near.json("ps")
            assert (row["id"], row["status"]) == (far.json("ps")[0]["id"], "idle")
            assert "at work" in near.told("ps")
            session_id = row["id"]
            near.told("allow", session_id)
            wait_until(lambda: "Done." in near.told("logs", session_id))
            near.told("send", session_id, "once more")
            wait_until(lambda: "Again." in near.told("logs", session_id))
            # What follows the answer there comes here a moment later.
            wait_until(lambda: near.json("ps")[0]["status"] == far.json("ps")[0]["status"] == "idle")
            there = [one["id"] for one in far.events(session_id)]
            wait_until(lambda: [one["id"] for one in near.events(session_id)] == there)
            rows = near.json("sql", "select session_id, hosted, status, usd is not null as priced from sessions")
            assert rows == [{"session_id": session_id, "hosted": "work", "status": "idle", "priced": False}]
            for words in (("fork", session_id), ("exec", session_id, "ls"), ("cp", f"{session_id}:a.txt", "b.txt")):
                refused = near.say(*words)
                assert (refused.code, "one of the service 'work'" in refused.err) == (2, True), refused
            near.kill_engine()
            near.told("up")
            lost = near.say("archive", session_id)
            assert (lost.code, "workbench vault rotate" in lost.err) == (2, True), lost
            with near.start_with_input("vault", "rotate", "HOSTED_WORK", "--vault", "hosted") as rotating:
                rotating.communicate(key + "\n", timeout=WAIT_S)
            near.told("archive", session_id)
            assert far.json("ps", "--all")[0]["status"] == "terminated"
            wait_until(lambda: near.json("ps", "--all")[0]["status"] == "terminated")
            assert len(far.model.requests) == 3
            assert near.model.requests == []
            [service] = near.json("hosted", "list")
            assert (service["sessions"], service["trouble"]) == (1, None)
            near.told("hosted", "remove", "work")
            assert len(near.json("ps", "--all")) == 1


def test_agents_with_their_skills_environments_and_memory_are_carried_both_ways_with_a_diff_first() -> None:
    with installation() as far, _beside(far) as (near, _):
        folder = near.home / "greeting"
        folder.mkdir()
        (folder / "SKILL.md").write_text(SKILL)
        (near.home / "env.yaml").write_text(
            "name: sealed\nconfig: {type: cloud, networking: {type: limited, allowed_hosts: []}}\n"
        )
        near.told("environments", "apply", "-f", str(near.home / "env.yaml"))
        (near.home / "a.yaml").write_text("name: helper\nmodel: m\ntools: [{type: agent_toolset_20260401}]\n")
        near.told("agents", "apply", "-f", str(near.home / "a.yaml"))
        near.told("skills", "add", str(folder), "--agent", "helper")
        lead = "name: lead\nmodel: m\nmultiagent: {type: coordinator, agents: [{type: agent, id: %s}]}\n"
        helper = next(one for one in near.json("agents", "list") if one["name"] == "helper")
        (near.home / "b.yaml").write_text(lead % helper["id"])
        near.told("agents", "apply", "-f", str(near.home / "b.yaml"))
        near.told("memory", "new", "notes")
        near.environment["EDITOR"] = """sh -c 'printf %s "- Use tabs." > "$0"'"""
        near.told("memory", "edit", "notes", "/style.md")

        shown = near.told("push", "--dry-run")
        for one in (
            "skill greeting (new)",
            "environment sealed (new)",
            "memory store notes (new)",
            "agent helper (new)",
        ):
            assert one in shown
        assert "+- Use tabs." in shown
        assert far.json("agents", "list") == []
        unasked = near.say("push")
        assert (unasked.code, "--yes" in unasked.err) == (2, True)
        near.told("push", "--yes")
        assert near.json("push", "--dry-run")["changes"] == []
        known = {one["name"]: one for one in far.json("agents", "list")}
        assert known["lead"]["multiagent"]["agents"][0]["id"] == known["helper"]["id"]
        assert known["helper"]["skills"][0]["skill_id"] != helper["skills"][0]["skill_id"] if helper["skills"] else True
        assert "- Use tabs." in far.told("memory", "cat", "notes", "/style.md")

        far.environment["EDITOR"] = """sh -c 'printf %s "- Use spaces." > "$0"'"""
        far.told("memory", "edit", "notes", "/style.md")
        (far.home / "a.yaml").write_text("name: helper\nmodel: m\nsystem: Be brief.\n")
        far.told("agents", "apply", "-f", str(far.home / "a.yaml"))
        shown = near.told("pull", "--dry-run")
        assert "-- Use tabs." in shown
        assert "+system: Be brief." in shown
        near.told("pull", "--yes", "helper")
        assert "- Use tabs." in near.told("memory", "cat", "notes", "/style.md")
        near.told("pull", "--yes")
        assert "- Use spaces." in near.told("memory", "cat", "notes", "/style.md")
        assert near.json("pull", "--dry-run")["changes"] == []
        wrong = near.say("pull", "helpr")
        assert (wrong.code, "nothing named 'helpr' differs" in wrong.err) == (2, True)


def test_a_service_that_does_not_answer_or_refuses_the_key_is_not_kept_and_neither_is_its_key() -> None:
    with installation(offline=True) as far, installation(offline=True) as near:
        url, _ = _served(far)
        for address, words in ((url, "answers 401"), ("http://127.0.0.1:9", "127.0.0.1:9: ")):
            adding = near.start_with_input("hosted", "add", "work", address)
            _, errors = adding.communicate("wrong\n", timeout=WAIT_S)
            assert (adding.returncode, words in errors) == (2, True), errors
        assert near.json("hosted", "list") == []
        assert near.json("vault", "list")["credentials"] == []
        assert near.say("push").code == 2
