"""`workbench rules`: what was allowed for good, from the shell."""

from __future__ import annotations

from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from workbench import settings
from workbench.client import paths
from workbench.client.sync import connect
from workbench.contracts.values import Json

ASKS: Json = {"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}


def test_a_rule_is_added_listed_and_taken_back() -> None:
    with installation(offline=True) as here:
        added = here.told("rules", "add", "bash(make test *)")
        rule_id = added.split()[0]
        assert "everywhere" in added
        assert [(one["id"], one["allow"]) for one in here.json("rules", "ls")] == [(rule_id, ["bash(make test *)"])]
        assert "bash(make test *)" in (here.home / "config" / "permissions.toml").read_text()
        assert rule_id in here.told("rules", "rm", rule_id)
        assert here.json("rules", "ls") == []
        assert here.say("rules", "rm", rule_id).code == 2
        assert here.say("rules", "add").code == 2
        assert here.say("rules", "add", "fly").code == 2
        assert here.say("rules", "add", "read", "--session", "nobody").code == 2


def test_a_broken_file_is_said_and_left_as_it_is() -> None:
    with installation(offline=True) as here:
        here.told("up")
        file = here.home / "config" / "permissions.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text("allow = [")
        done = here.say("rules", "add", "read")
        assert (done.code, "mend the file" in done.err) == (2, True)
        assert "permissions.toml" in here.say("rules", "ls").err
        assert file.read_text() == "allow = ["


def _play(request: Json) -> Play:
    """A coordinator with one agent, which fetches two pages of a host that is nowhere."""
    made = [block for turn in request["messages"] for block in turn["content"] if "type" in block]
    done = sum(block["type"] == "tool_use" for block in made)
    if str(request["system"][0]["text"]).startswith("lead"):
        return text("I wait.") if done else call("create_agent", {"agent": "reader", "message": "Read it."})
    return text("I have read it.") if done == 2 else call("web_fetch", {"url": f"https://docs.nowhere.invalid/{done}"})


def _team(here: Installation) -> str:
    """The id of the coordinator, whose agent asks before everything."""
    engine = connect(settings.load(here.environment))
    assert engine is not None
    usual: Json = {"model": "claude-opus-5-5", "tools": [ASKS]}
    reader = engine.post(paths.AGENTS, {"name": "reader", "system": "reader", **usual})["id"]
    team = {"type": "coordinator", "agents": [reader]}
    return str(engine.post(paths.AGENTS, {"name": "lead", "system": "lead", "multiagent": team, **usual})["id"])


def test_a_waiting_call_is_allowed_for_good_for_the_agent_that_makes_it() -> None:
    with installation() as here:
        here.model.otherwise = _play
        here.told("up")
        session_id = here.run_detached("--agent", _team(here), "-C", "none", "Read this: https://docs.nowhere.invalid/")
        here.until(session_id, "agent.tool_use")
        assert "reader web_fetch: https://docs.nowhere.invalid/" in here.told("inbox")
        assert " waiting " in here.told("ps")
        assert here.say("allow", session_id, "--always", "nobody").code == 2
        told = here.told("allow", session_id, "--always", "agent")
        assert "allowed web_fetch" in told
        [rule] = here.json("rules", "ls")
        assert rule["allow"] == ["web_fetch(domain:docs.nowhere.invalid)"]
        assert (rule["agent"], rule["id"] in told) == (
            here.json("threads", session_id)["threads"][0]["agent"]["id"],
            True,
        )
        # Its second call asks no more.
        here.until(session_id, "agent.thread_message_received")
