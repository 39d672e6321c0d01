"""Agents of others as the brain of a session, as their users have it: a double in a real sandbox behind a real engine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import acp_double
from tests.line.installation import Installation, installation
from workbench import settings
from workbench.client.sync import Client

Json = dict[str, Any]
AGENT = "python3 /workspace/shop/agent.py"
EDIT = {
    "toolCallId": "c2",
    "title": "Edit a.txt",
    "kind": "edit",
    "rawInput": {"file_path": "/workspace/shop/a.txt"},
    "content": [{"type": "diff", "path": "/workspace/shop/a.txt", "oldText": "one\n", "newText": "two\n"}],
    "run": "echo two > /workspace/shop/a.txt",
}
RUN = {
    "toolCallId": "c1",
    "title": "ran",
    "kind": "execute",
    "rawInput": {"command": "echo ran >> ran"},
    "run": "echo ran >> ran",
}


@contextmanager
def others(command: str = AGENT, **more: Any) -> Iterator[Installation]:
    """An installation with the agent `double`, whose program lies in the project."""
    with installation() as here:
        shop = here.home / "shop"
        shop.mkdir()
        shutil.copy(str(acp_double.__file__), shop / "agent.py")
        (shop / "a.txt").write_text("one\n")
        template = {
            "name": "double",
            "model": "claude-opus-5",
            "system": "Be kind.",
            "acp": {"command": command} | more,
        }
        (here.home / "double.yaml").write_text(json.dumps(template))
        here.told("agents", "apply", "-f", str(here.home / "double.yaml"))
        yield here


def begun(here: Installation, *steps: Sequence[Any], mode: str = "") -> str:
    """A session whose first prompt has these steps; it goes on in the background."""
    modes = ("--mode", mode) if mode else ()
    return here.run_detached("--agent", "double", *modes, "-C", str(here.home / "shop"), json.dumps(steps))


def ended(here: Installation, *steps: Sequence[Any], mode: str = "") -> str:
    """The same, at its rest."""
    session_id = begun(here, *steps, mode=mode)
    here.until(session_id, "session.status_idle")
    return session_id


def sent(here: Installation, session_id: str, *steps: Sequence[Any], times: int) -> None:
    """Another prompt, to the rest that is this one in number."""
    here.told("send", session_id, json.dumps(steps))
    here.until(session_id, "session.status_idle", times)


def of(here: Installation, session_id: str, *types: str) -> list[Json]:
    return [one for one in here.events(session_id) if one["type"] in types]


def said(here: Installation, session_id: str) -> list[str]:
    return [one["content"][0]["text"] for one in of(here, session_id, "agent.message")]


def results(here: Installation, session_id: str) -> list[str]:
    return [one["content"][0]["text"] for one in of(here, session_id, "agent.mcp_tool_result")]


def errors(here: Installation, session_id: str) -> list[str]:
    return [one["error"]["message"] for one in of(here, session_id, "session.error")]


def in_sandbox(here: Installation, session_id: str, command: str) -> str:
    """What a person's own command prints there."""
    engine = Client(settings.load(here.environment).engine_socket)
    return str(engine.post(f"/workbench/v1/sessions/{session_id}/command", {"command": command})["output"])


def test_what_an_agent_of_others_does_is_told_as_our_own_agents_deeds_are() -> None:
    steps: list[list[Any]] = [
        ["think", "hm"],
        ["say", "I look"],
        ["say", " at it."],
        ["update", {"sessionUpdate": "plan", "entries": [{"content": "Edit", "status": "in_progress"}]}],
        ["ask", EDIT],
        ["say", "Done."],
        [
            "update",
            {"sessionUpdate": "usage_update", "used": 1, "size": 9, "cost": {"amount": 0.25, "currency": "USD"}},
        ],
        ["result", {"usage": {"inputTokens": 11, "outputTokens": 5, "cachedReadTokens": 3, "totalTokens": 19}}],
    ]
    with others() as here:
        session_id = ended(here, *steps)
        told = here.events(session_id)
        assert [one["type"] for one in told] == [
            "user.message",
            "session.status_running",
            "session.thread_status_running",
            "span.model_request_start",
            "agent.thinking",
            "agent.message",
            "agent.mcp_tool_use",
            "agent.mcp_tool_result",
            "agent.mcp_tool_use",
            "agent.mcp_tool_result",
            "agent.message",
            "span.model_request_end",
            "session.thread_status_idle",
            "session.usage",
            "session.status_idle",
        ]
        assert said(here, session_id) == ["I look at it.", "Done."]
        plan, edit = (one for one in told if one["type"] == "agent.mcp_tool_use")
        assert (plan["name"], plan["input"]) == (
            "update_tasks",
            {"tasks": [{"title": "Edit", "status": "in_progress"}]},
        )
        path = "/workspace/shop/a.txt"
        assert edit["mcp_server_name"] == "double"
        assert (edit["name"], edit["input"]) == (
            "edit",
            {"file_path": path, "old_string": "one\n", "new_string": "two\n"},
        )
        usage = next(one for one in told if one["type"] == "span.model_request_end")["model_usage"]
        assert (usage["input_tokens"], usage["output_tokens"], usage["cache_read_input_tokens"]) == (11, 5, 3)
        [session] = here.json("ps", "--json")
        assert session["usage"]["list_cost"]["amount"] == "25"
        assert "+two" in here.told("diff", session_id)
        for view in ("model_requests", "usage_by_day"):
            rows = here.json("sql", "--json", f"select usd from {view}")
            assert [row["usd"] for row in rows] == [0.25]


def test_an_agent_of_others_asks_a_person_and_hears_the_words_of_a_denial() -> None:
    with others() as here:
        session_id = ended(here, ["ask", EDIT], ["say", "Well."], mode="ask")
        [stop] = [one["stop_reason"] for one in of(here, session_id, "session.status_idle")]
        [asked] = of(here, session_id, "agent.mcp_tool_use")
        assert stop == {"type": "requires_action", "event_ids": [asked["id"]]}
        assert "edit" in here.told("inbox")
        here.told("deny", session_id, "rather not today")
        here.until(session_id, "session.status_idle", 2)
        assert results(here, session_id) == ["rather not today"]
        first, second = said(here, session_id)
        assert first == "Well."
        assert "was not permitted. rather not today" in second
        assert here.told("diff", session_id) == ""


def test_a_rule_of_a_person_decides_on_a_call_of_an_agent_of_others_as_on_our_own() -> None:
    with others() as here:
        config = here.home / "config"
        config.mkdir(exist_ok=True)
        (config / "permissions.toml").write_text('deny = ["bash(echo *)"]\n')
        session_id = ended(here, ["ask", RUN], ["run", "cat ran"])
        [use] = of(here, session_id, "agent.mcp_tool_use")
        assert use["evaluated_permission"] == "deny"
        assert results(here, session_id) == ["Permission to use bash has been denied."]


def test_a_killed_engine_loses_no_question_and_no_word_and_prompts_nobody_twice() -> None:
    with others() as here:
        steps: list[list[Any]] = [["say", "Before."], ["ask", RUN], ["hold", "/workspace/shop/go"], ["say", "After."]]
        session_id = ended(here, *steps, mode="ask")
        here.kill_engine()
        here.told("allow", session_id)
        here.until(session_id, "agent.mcp_tool_result")
        here.kill_engine()
        here.told("up")
        in_sandbox(here, session_id, "touch /workspace/shop/go")
        here.until(session_id, "session.status_idle", 2)
        assert said(here, session_id) == ["Before.", "After."]
        assert len(of(here, session_id, "span.model_request_start")) == 1
        assert len(of(here, session_id, "agent.mcp_tool_use", "agent.mcp_tool_result")) == 2
        assert in_sandbox(here, session_id, "cat ran") == "ran"


def test_a_question_whose_agent_went_with_its_sandbox_ends_in_words() -> None:
    with others() as here:
        session_id = ended(here, ["ask", RUN], mode="ask")
        here.told("down", "--sandboxes")
        here.told("up")
        here.until(session_id, "session.status_idle", 2)
        assert "may have run" in errors(here, session_id)[0]
        assert "may have run" in results(here, session_id)[0].lower()
        sent(here, session_id, ["prompt"], times=3)
        [message] = said(here, session_id)
        assert "<transcript>" in message
        assert "has no memory of this session" in errors(here, session_id)[1]


def test_a_question_whose_agent_dies_ends_in_words_without_an_answer() -> None:
    with others() as here:
        session_id = ended(here, ["ask", RUN], mode="ask")
        in_sandbox(here, session_id, "kill -9 $(grep -l agent.py /proc/[0-9]*/cmdline | cut -d/ -f3)")
        here.until(session_id, "session.status_idle", 2)
        assert "ended with code -9" in errors(here, session_id)[0]
        assert here.json("inbox", "--json") == []


def test_an_agent_that_can_load_its_session_is_not_told_it_again() -> None:
    with others(f"{AGENT} --load") as here:
        session_id = ended(here, ["say", "One."])
        here.told("down", "--sandboxes")
        sent(here, session_id, ["prompt"], times=2)
        assert "<transcript>" not in said(here, session_id)[1]
        assert errors(here, session_id) == []


def test_an_interrupt_cancels_what_the_agent_does_and_one_that_does_not_listen_is_ended() -> None:
    with others() as here:
        session_id = begun(
            here, ["say", "I work."], ["think", "on"], ["hold", "/workspace/shop/never"], ["say", "Never."]
        )
        here.until(session_id, "agent.message")
        here.told("interrupt", session_id)
        here.until(session_id, "session.status_idle")
        assert said(here, session_id) == ["I work."]
        sent(here, session_id, ["say", "Again."], times=2)
        assert (said(here, session_id)[1], errors(here, session_id)) == ("Again.", [])
        here.told("send", session_id, json.dumps([["say", "Deaf."], ["think", "on"], ["deaf"]]))
        here.until(session_id, "agent.message", 3)
        here.told("interrupt", session_id)
        here.until(session_id, "session.status_idle", 3)
        sent(here, session_id, ["say", "Anew."], times=4)
        assert said(here, session_id)[-1] == "Anew."


def test_an_agent_that_must_be_fetched_where_nothing_may_be_says_what_to_allow() -> None:
    with others("npx -y @agentclientprotocol/sdk") as here:
        here.told("environments", "apply", "--shipped")
        test = here.say("agents", "test", "double", "--environment", "sealed")
        assert test.code != 0
        assert "set allow_package_managers there" in test.err


def test_an_agent_that_is_given_up_while_it_starts_is_not_started_again_by_itself() -> None:
    with others(f"{AGENT} --silent") as here:
        session_id = begun(here, ["say", "Never."])
        here.until(session_id, "session.status_running")
        here.told("interrupt", session_id)
        here.until(session_id, "session.status_idle")
        assert [one["type"] for one in here.events(session_id)][-1] == "session.status_idle"
        assert of(here, session_id, "span.model_request_start", "session.error") == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-agent --acp", "no 'no-such-agent'"),
        (f"{AGENT} --version-2", "speaks version 2"),
        (f"{AGENT} --auth", "Authentication required"),
        ("sh -c 'echo I am no agent; exit 3'", "'I am no agent'"),
    ],
)
def test_an_agent_that_cannot_be_used_ends_the_turn_with_why(command: str, words: str) -> None:
    with others(command) as here:
        session_id = ended(here, ["say", "Hello."])
        [error] = errors(here, session_id)
        assert words in error
        [stop] = [one["stop_reason"]["type"] for one in of(here, session_id, "session.status_idle")]
        assert stop == "retries_exhausted"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([["exit", 7]], "ended with code 7: the double is told to end"),
        ([["long", 100_000_000]], "a line of more than"),
        ([["error", {"code": -32603, "message": "Internal error", "data": {"details": "no model"}}]], "no model"),
        ([["result", {"stopReason": "max_tokens"}]], "output limit"),
    ],
)
def test_a_prompt_that_fails_ends_with_why_and_the_next_one_is_answered(steps: list[list[Any]], words: str) -> None:
    with others() as here:
        session_id = ended(here, ["say", "Begun."], *steps)
        [error] = errors(here, session_id)
        assert words in error
        assert said(here, session_id) == ["Begun."]
        sent(here, session_id, ["say", "Again."], times=2)
        assert said(here, session_id)[1] == "Again."


def test_a_budget_holds_between_the_prompts_of_an_agent_of_others_and_more_of_it_lets_the_message_through() -> None:
    cost = {"sessionUpdate": "usage_update", "used": 1, "size": 9, "cost": {"amount": 0.25, "currency": "USD"}}
    with others() as here:
        words = ["--agent", "double", "--budget", "0.10", "-C", str(here.home / "shop")]
        session_id = here.run_detached(*words, json.dumps([["update", cost], ["say", "One."]]))
        here.until(session_id, "session.status_idle")
        here.told("send", session_id, json.dumps([["say", "Two."]]))
        here.until(session_id, "session.status_idle", 2)
        stops = [one["stop_reason"]["type"] for one in of(here, session_id, "session.status_idle")]
        assert (stops, said(here, session_id)) == (["end_turn", "budget_reached"], ["One."])
        here.told("budget", session_id, "1.00")
        here.until(session_id, "session.status_idle", 3)
        assert said(here, session_id) == ["One.", "Two."]


def test_plan_mode_is_told_to_the_agent_and_a_plan_that_is_approved_ends_it() -> None:
    ready = {"toolCallId": "p", "title": "Ready", "kind": "switch_mode", "rawInput": {"plan": "First this."}}
    with others() as here:
        session_id = ended(here, ["ask", EDIT], ["ask", ready], ["say", "On."], mode="plan")
        edit, plan = of(here, session_id, "agent.mcp_tool_use")
        assert (edit["evaluated_permission"], plan["evaluated_permission"]) == ("deny", "ask")
        assert (plan["name"], plan["input"]) == ("propose_plan", {"plan": "First this."})
        here.told("allow", session_id)
        here.until(session_id, "session.status_idle", 2)
        assert said(here, session_id) == ["On."]
        sent(here, session_id, ["ask", EDIT], times=3)
        assert "+two" in here.told("diff", session_id)


def test_hostile_lines_of_an_agent_change_nothing() -> None:
    message = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "Not mine."}}
    steps: list[list[Any]] = [
        ["raw", "no message"],
        ["raw", "[1, 2]"],
        ["raw", "[" * 100_000],
        ["update", {"sessionUpdate": "tool_call", "toolCallId": "x", "kind": "other", "rawInput": {"a": 1e999}}],
        ["raw", '{"jsonrpc": "2.0", "id": "other", "result": {}}'],
        ["raw", '{"jsonrpc": "2.0", "method": "session/update", "params": [1]}'],
        ["update", {"sessionUpdate": "of_tomorrow", "content": 7}],
        ["update", message, "another-session"],
        ["update", {"sessionUpdate": "tool_call_update", "toolCallId": "x", "status": 9, "content": "?"}],
        ["ask", {**RUN, "session": "another-session"}],
        ["request", "fs/read_text_file", {"path": "/etc/passwd"}],
        ["say", " \ud800\u0000Mine."],
    ]
    with others(f"{AGENT} --garbage") as here:
        session_id = ended(here, *steps)
        told = said(here, session_id)
        assert len(told) == 1
        assert told[0].endswith("Mine.")
        assert "is not offered" in told[0]
        assert "Not mine" not in told[0]
        assert errors(here, session_id) == []


def test_the_model_is_reached_from_inside_with_a_placeholder_and_nothing_else_of_its_server() -> None:
    ask = (
        "import json, os, sys, urllib.request as u, urllib.error as e\n"
        "body = json.dumps({'model': 'claude-opus-5', 'max_tokens': 9, 'messages': [{'role': 'user', 'content': 'hi'}]}).encode()\n"
        "head = {'x-api-key': os.environ['KEY'], 'content-type': 'application/json', 'anthropic-version': '2023-06-01'}\n"
        "for path in ('/v1/messages?beta=true', '/v1/files'):\n"
        "    try:\n"
        "        print(path, u.urlopen(u.Request(os.environ['URL'] + path, body, head)).status)\n"
        "    except e.HTTPError as error:\n"
        "        print(path, error.code, error.read().decode())\n"
    )
    with others(env={"URL": "$WORKBENCH_MODEL_URL", "KEY": "$WORKBENCH_MODEL_KEY", "DATA": "$XDG_DATA_HOME"}) as here:
        (here.home / "shop" / "ask.py").write_text(ask)
        run = "(python3 /workspace/shop/ask.py; echo $KEY; echo $DATA) > /workspace/shop/out 2>&1"
        session_id = ended(here, ["run", run])
        out = in_sandbox(here, session_id, "cat /workspace/shop/out")
        assert "/v1/messages?beta=true 200" in out
        assert "/v1/files 403" in out
        assert "placeholder" in out
        assert "/mnt/session/servers/share" in out
        assert "sk-test" not in out
        assert [one["x-api-key"] for one in here.model.headers] == ["sk-test"]
        assert "127.0.0.1" in here.told("net", session_id)


def test_what_an_agent_of_others_cannot_is_refused_in_words() -> None:
    with others() as here:
        session_id = ended(here, ["say", "Hello."])
        fork = here.say("fork", session_id)
        assert fork.code != 0
        assert "cannot be copied" in fork.err
        replay = here.say("replay", session_id)
        assert replay.code != 0
        assert "its requests are its own" in replay.err
        [agent] = [one for one in here.json("agents", "list", "--json") if one["name"] == "double"]
        lead = {
            "name": "lead",
            "model": "claude-opus-5",
            "multiagent": {"type": "coordinator", "agents": [agent["id"]]},
        }
        (here.home / "lead.yaml").write_text(json.dumps(lead))
        applied = here.say("agents", "apply", "-f", str(here.home / "lead.yaml"))
        assert applied.code != 0
        assert "sessions of their own only" in applied.err
        goal = here.say("run", "--agent", "double", "--goal", "`true` exits 0", "do it")
        assert goal.code != 0
        assert "not graded" in goal.err


def test_yaml_names_an_agent_of_others_and_a_wrong_name_is_told_with_its_place(tmp_path: Path) -> None:
    with installation() as here:
        file = tmp_path / "agent.yaml"
        file.write_text("name: other\nmodel: claude-opus-5\nacp: cluade\n")
        wrong = here.say("agents", "apply", "-f", str(file))
        assert wrong.code != 0
        assert f"{file}:3:" in wrong.err
        assert "did you mean 'claude'" in wrong.err
        file.write_text("name: other\nmodel: claude-opus-5\nacp: {command: [npx, -y, some agent], env: {A: '1'}}\n")
        here.told("agents", "apply", "-f", str(file))
        assert "unchanged" in here.told("agents", "apply", "-f", str(file))
        metadata = here.json("agents", "show", "other", "--json")["metadata"]
        assert metadata == {"workbench.acp": "npx -y 'some agent'", "workbench.acp.env": '{"A": "1"}'}
        unknown = here.say("run", "--agent", "acp:gemni", "hello")
        assert unknown.code != 0
        assert "did you mean 'gemini'" in unknown.err


def test_updates_after_a_cancelled_turn_belong_to_no_later_one() -> None:
    late = {"sessionUpdate": "tool_call_update", "toolCallId": "gone", "status": "completed"}
    with others() as here:
        session_id = ended(
            here,
            [
                "update",
                {
                    "sessionUpdate": "tool_call",
                    "toolCallId": "gone",
                    "title": "t",
                    "kind": "other",
                    "status": "in_progress",
                },
            ],
        )
        assert results(here, session_id) == ["The agent told no result of this call."]
        sent(here, session_id, ["update", late], ["say", "Next."], times=2)
        assert said(here, session_id) == ["Next."]
