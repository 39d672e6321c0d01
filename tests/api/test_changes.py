"""/workbench/v1/sessions/{id}: changes, diff, apply, fork and rewind, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says, weighing
from tests.trivial.servers import tool
from workbench.contracts.servers import ServerFault


async def post(stage: Stage, session_id: str, word: str, **body: Any) -> tuple[int, Any]:
    answer = await stage.raw.post(f"/workbench/v1/sessions/{session_id}/{word}", json=body)
    return answer.status_code, answer.json()


async def get(stage: Stage, session_id: str, word: str) -> Any:
    return (await stage.raw.get(f"/workbench/v1/sessions/{session_id}/{word}")).json()


async def rested(stage: Stage, session_id: str, text: str) -> None:
    await stage.until_idle(session_id, then=stage.say(session_id, text))


@pytest.mark.parametrize("word", ["apply", "fork", "rewind"])
def test_a_running_session_is_refused_and_told_how_to_stop_it(word: str) -> None:
    gate = asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        status, body = await post(stage, session.id, word)
        assert (status, body["error"]["type"]) == (400, "invalid_request_error")
        assert "wait until it is idle, or interrupt it" in body["error"]["message"]
        gate.set()
        await stage.until_idle(session.id)

    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=ScriptedHands(gates={"bash": gate}))


def test_a_conflict_is_a_409_that_names_the_file_and_applies_nothing() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.files.write(session.id, "shared", "mine")
        stage.files.write(session.id, "own", "mine")
        stage.files.project["shared"] = "owner's"
        found = await get(stage, session.id, "changes")
        assert [(one["path"], one["conflict"]) for one in found["changes"]] == [("own", False), ("shared", True)]
        status, body = await post(stage, session.id, "apply")
        assert (status, body["error"]["type"], "shared" in body["error"]["message"]) == (409, "conflict_error", True)
        assert stage.files.project == {"shared": "owner's"}
        assert (await post(stage, session.id, "apply", paths=["own"]))[0] == 200
        assert (await post(stage, session.id, "apply", force=True))[0] == 200
        assert stage.files.project == {"shared": "mine", "own": "mine"}
        assert await get(stage, session.id, "diff") == {"text": "", "truncated": False}

    play(story)


@pytest.mark.parametrize(
    ("word", "body", "words"),
    [
        ("apply", {"paths": []}, "paths"),
        ("apply", {"paths": [""]}, "paths"),
        ("apply", {"files": ["a"]}, "files"),
        ("fork", {"at": "sevt_nowhere"}, "event sevt_nowhere is not in the log"),
        ("rewind", {"to": "sevt_nowhere"}, "event sevt_nowhere is not in the log"),
        ("rewind", {}, "has done nothing that could be put back"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_its_place(word: str, body: Any, words: str) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        status, refused = await post(stage, session.id, word, **body)
        assert (status, words in refused["error"]["message"]) == (400, True), refused

    play(story)


def test_an_unknown_session_is_not_found() -> None:
    async def story(stage: Stage) -> None:
        for word in ("apply", "fork", "rewind"):
            assert (await post(stage, "sesn_nowhere", word))[0] == 404
        assert (await get(stage, "sesn_nowhere", "changes"))["error"]["type"] == "not_found_error"

    play(story)


def test_a_fork_is_idle_with_the_same_conversation_and_usage_and_answers_on_its_own() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("one", title="t")
        await stage.until_idle(session.id)
        stage.files.write(session.id, "file", "first")
        await rested(stage, session.id, "two")
        stage.files.write(session.id, "file", "now")
        status, forked = await post(stage, session.id, "fork")
        assert (status, forked["status"], forked["title"], forked["agent"]) == (
            200, "idle", "t", (await stage.raw.get(f"/v1/sessions/{session.id}")).json()["agent"],
        )  # fmt: skip
        old, new = await stage.listed(session.id), await stage.listed(forked["id"])
        assert [event.type for event in new] == [event.type for event in old]
        assert not {event.id for event in new} & {event.id for event in old}
        usage = (await stage.raw.get(f"/v1/sessions/{session.id}")).json()["usage"]
        assert forked["usage"] == usage
        assert stage.files.texts[forked["id"]] == {"file": "now"}
        told = {one["session_id"]: one for one in (await stage.raw.get("/workbench/v1/states")).json()["data"]}
        assert told[forked["id"]]["forked_from"] == {"session_id": session.id, "title": "t"}
        assert told[session.id]["forked_from"] is None
        before = len(stage.model.requests)
        await rested(stage, forked["id"], "three")
        [request] = stage.model.requests[before:]
        assert [turn["role"] for turn in request.body["messages"]] == ["user", "assistant"] * 2 + ["user"]
        assert len(await stage.listed(session.id)) == len(old)

    play(story)


def test_a_fork_at_a_message_is_as_it_was_before_that_message() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.files.write(session.id, "file", "first")
        await rested(stage, session.id, "one")
        await rested(stage, session.id, "two")
        second = [event for event in await stage.listed(session.id) if event.type == "user.message"][1]
        _, forked = await post(stage, session.id, "fork", at=second.id)
        texts = [event.content[0].text for event in await stage.listed(forked["id"]) if event.type == "user.message"]
        assert texts == ["one"]
        assert stage.files.texts[forked["id"]] == {"file": "first"}

    play(story)


def test_a_session_that_waits_for_approval_is_forked_before_it_asked_and_not_rewound() -> None:
    asks: Any = [{"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}]

    async def story(stage: Stage) -> None:
        session = await stage.session("go", tools=asks)
        await stage.until_idle(session.id)
        _, forked = await post(stage, session.id, "fork")
        assert (forked["status"], await stage.listed(forked["id"])) == ("idle", [])
        status, refused = await post(stage, session.id, "rewind")
        assert (status, "waits for an answer" in refused["error"]["message"]) == (400, True)

    play(story, script=[calls(("bash", {"command": "x"}))])


def test_an_archived_session_can_be_forked_and_not_rewound() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("one")
        await stage.until_idle(session.id)
        await stage.client.beta.sessions.archive(session.id)
        assert (await post(stage, session.id, "rewind"))[0] == 400
        _, forked = await post(stage, session.id, "fork")
        assert (forked["status"], forked["archived_at"]) == ("idle", None)
        await rested(stage, forked["id"], "two")

    play(story)


def test_a_rewind_is_a_word_to_the_model_and_rewinding_twice_goes_to_the_same_place() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        for text in ("first", "second"):
            stage.files.write(session.id, "file", text)
            await rested(stage, session.id, text)
        first_idle = next(event.id for event in await stage.listed(session.id) if event.type == "session.status_idle")
        for _ in range(2):
            status, rewound = await post(stage, session.id, "rewind")
            assert (status, rewound) == (200, {"session_id": session.id, "to": first_idle})
            assert stage.files.texts[session.id] == {"file": "first"}
        assert [event.type for event in await stage.listed(session.id)][-2:] == ["system.message"] * 2
        await rested(stage, session.id, "third")
        assert "The user has put the files" in str(stage.model.requests[-1].body["messages"])
        await post(stage, session.id, "rewind")
        assert stage.files.texts[session.id] == {"file": "first"}

    play(story)


def test_deleting_a_session_takes_its_files_with_it() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.files.write(session.id, "file", "text")
        await stage.client.beta.sessions.delete(session.id)
        assert stage.files.texts == {}

    play(story)


def test_a_fork_of_a_session_that_was_summed_up_goes_on_from_the_summary_and_costs_the_same() -> None:
    heavy = weighing(calls(("read", {"file_path": "a"})), 1_000_000)

    async def story(stage: Stage) -> None:
        session = await stage.session("one")
        await stage.until_idle(session.id)
        _, forked = await post(stage, session.id, "fork")
        before = len(stage.model.requests)
        await rested(stage, forked["id"], "two")
        [request] = stage.model.requests[before:]
        first = request.body["messages"][0]["content"][0]["text"]
        assert "summed up here" in first
        assert "The summary." in first
        cost = (await stage.raw.get(f"/v1/sessions/{forked['id']}")).json()["usage"]["list_cost"]["amount"]
        assert cost == forked["usage"]["list_cost"]["amount"] == "400"

    play(story, script=[heavy, says("The summary."), says("One."), says("Two.")])


def test_an_event_is_named_by_the_end_of_its_id_where_only_one_ends_so() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("one")
        await stage.until_idle(session.id)
        await rested(stage, session.id, "two")
        second = [event for event in await stage.listed(session.id) if event.type == "user.message"][1]
        status, forked = await post(stage, session.id, "fork", at=second.id[-6:])
        assert (status, len([e for e in await stage.listed(forked["id"]) if e.type == "user.message"])) == (200, 1)
        assert (await post(stage, session.id, "fork", at=""))[0] == 400

    play(story)


def test_a_fork_offers_the_tools_that_a_server_told_its_parent_though_the_server_is_away() -> None:
    async def story(stage: Stage) -> None:
        servers = stage.servers
        servers.tools["git"] = (tool("log"),)
        toolset: Any = {"type": "mcp_toolset", "mcp_server_name": "git"}
        known: Any = [{"type": "url", "name": "git", "url": "https://git.example/mcp"}]
        agent = await stage.agent(tools=[toolset], mcp_servers=known)
        environment = await stage.client.beta.environments.create(name="any")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        await rested(stage, session.id, "one")
        servers.tools["git"] = ServerFault("mcp_connection_failed_error", "away")
        _, forked = await post(stage, session.id, "fork")
        await rested(stage, forked["id"], "two")
        first, second = (request.body["tools"] for request in stage.model.requests)
        assert first == second != []

    play(story, script=[says("One."), says("Two.")])
