"""/workbench/v1/sessions/{id}/sandbox: a program's commands and files, whose they are in the log, and who may."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.api.stage import Stage, play
from tests.api.test_tokens import holder
from tests.trivial.hands import ScriptedHands
from workbench.contracts.facts import COMMAND_RAN, FILES_COPIED
from workbench.contracts.values import Call, Outcome, text_outcome

ENDED = {"exit_code": 3, "timed_out": False, "stdout_cut_bytes": 0, "stderr_cut_bytes": 7}


def _gives(call: Call) -> Outcome:
    texts = (json.dumps(ENDED), "out\n", "err\n")
    return Outcome(tuple({"type": "text", "text": words} for words in texts))


def _own(session: Any, what: str) -> str:
    return f"/workbench/v1/sessions/{session.id}/sandbox/{what}"


def test_a_command_is_in_the_log_as_the_persons_and_its_end_is_told_apart() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        given = {"cwd": "src", "env": {"A": "1"}, "timeout_s": 5, "user": "root", "stdin": "in.txt"}
        ran = await stage.raw.post(_own(session, "exec"), json={"command": ["ls", "a b"], **given})
        call = stage.hands.calls[-1]
        assert ran.json() == {"id": call.id, **ENDED, "stdout": "out\n", "stderr": "err\n"}
        assert dict(call.input) == {"command": ["ls", "a b"], **given}
        assert stage.hands.acknowledged == [call.id]
        [fact] = await stage.engine.log.facts.facts(session.id, COMMAND_RAN.name)
        assert fact.body == {"command": "ls 'a b'"}
        assert await stage.listed(session.id) == []

    play(story, hands=ScriptedHands(gives=_gives))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "command"),
        ({"command": []}, "command"),
        ({"command": "  "}, "command"),
        ({"command": "ls", "timeout_s": 0}, "timeout_s"),
        ({"command": "ls", "env": {"A": 1}}, "env.A"),
        ({"command": "ls", "shell": "zsh"}, "shell"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_place_and_runs_nothing(body: dict[str, Any], place: str) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        refused = await stage.raw.post(_own(session, "exec"), json=body)
        assert (refused.status_code, place in refused.json()["error"]["message"]) == (400, True)
        assert stage.hands.calls == []

    play(story)


def test_what_a_sandbox_refuses_is_400_and_what_it_cannot_have_said_is_no_result() -> None:
    answers = {
        "gone": text_outcome("cwd: gone: no such directory", is_error=True),
        "odd": text_outcome("{}"),
        "more": Outcome(tuple({"type": "text", "text": words} for words in (json.dumps(ENDED), "", "", ""))),
    }

    async def story(stage: Stage) -> None:
        session = await stage.session()
        told = [await stage.raw.post(_own(session, "exec"), json={"command": name}) for name in answers]
        assert [one.status_code for one in told] == [400, 503, 503]
        assert told[0].json()["error"]["message"] == "cwd: gone: no such directory"

    play(story, hands=ScriptedHands(gives=lambda call: answers[call.input["command"]]))


def test_who_hangs_up_ends_the_command() -> None:
    hands = ScriptedHands(gates={"workbench:exec": asyncio.Event()})

    async def story(stage: Stage) -> None:
        session = await stage.session()
        asking = asyncio.create_task(stage.raw.post(_own(session, "exec"), json={"command": "sleep 600"}))
        async with hands.running:
            await hands.running.wait_for(lambda: bool(hands.calls))
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        async with asyncio.timeout(20):
            while not hands.cancelled:
                await stage.raw.get("/workbench/v1/states")
        assert hands.cancelled == [hands.calls[0].id]

    play(story, hands=hands)


def test_files_go_in_and_out_as_they_are_and_are_in_the_log_before() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        place = {"path": "a b/é.bin"}
        data = bytes(range(256)) * 5000

        async def pieces() -> Any:
            yield data[:7]
            yield data[7:]

        put = await stage.raw.put(_own(session, "files"), params=place | {"mode": "755"}, content=pieces())
        assert put.json() == {"path": "a b/é.bin"}
        out = await stage.raw.get(_own(session, "files"), params=place)
        assert (out.content, out.headers["content-length"]) == (data, str(len(data)))
        assert out.headers["x-workbench-mode"] == "644"
        assert (await stage.raw.get(_own(session, "stat"), params=place)).json()["size_bytes"] == len(data)
        assert (await stage.raw.get(_own(session, "files"), params=place | {"format": "tar"})).content == data
        gone = await stage.raw.get(_own(session, "files"), params={"path": "gone"})
        assert (gone.status_code, gone.json()["error"]["details"]) == (404, {"error_code": "not_found"})
        copied = await stage.engine.log.facts.facts(session.id, FILES_COPIED.name)
        assert [one.body["direction"] for one in copied] == ["in", "out", "out", "out"]
        for wrong in ({}, place | {"format": "zip"}, place | {"mode": "9"}, place | {"mode": "644", "format": "tar"}):
            assert (await stage.raw.put(_own(session, "files"), params=wrong, content=b"x")).status_code == 400

    play(story)


def test_an_archived_session_and_tokens_that_only_read_or_speak_open_no_sandbox() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        place = {"path": "a"}
        agent = str(session.agent.id)
        for role, more, wanted in (
            ("operate", {}, 200),
            ("read", {}, 403),
            ("session", {"session_id": session.id}, 403),
            ("agent", {"agent_id": agent}, 403),
        ):
            client, raw, _ = await holder(stage, role, **more)
            told = [
                await raw.post(_own(session, "exec"), json={"command": "ls"}),
                await raw.put(_own(session, "files"), content=b"x", params=place),
                await raw.get(_own(session, "files"), params=place),
                await raw.get(_own(session, "stat"), params=place),
            ]
            assert [one.status_code for one in told] == [wanted] * 4, role
            await raw.aclose()
            await client.close()
        await stage.client.beta.sessions.archive(session.id)
        refused = await stage.raw.post(_own(session, "exec"), json={"command": "ls"})
        assert (refused.status_code, "archived" in refused.json()["error"]["message"]) == (400, True)

    play(story, hands=ScriptedHands(gives=_gives))
