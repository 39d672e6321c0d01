"""/workbench/v1/sessions/{id}: hunks, hunks/apply and discard, over files in memory of which each is one hunk."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.stage import Stage, play
from tests.api.test_changes import get, post, rested
from tests.api.test_multiagent import until
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says


def test_a_hunk_is_applied_by_its_name_and_one_that_is_another_one_by_now_is_a_409() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.files.write(session.id, "a", "one")
        stage.files.write(session.id, "b", "two")
        found = await get(stage, session.id, "hunks")
        assert [(file["change"]["path"], file["digest"], len(file["hunks"])) for file in found["files"]] == [
            ("a", "one", 1),
            ("b", "two", 1),
        ]
        alone = await get(stage, session.id, "hunks?paths[]=b")
        assert alone["files"] == found["files"][1:]
        hunk = {"path": "b", "id": found["files"][1]["hunks"][0]["id"]}
        status, applied = await post(stage, session.id, "hunks/apply", hunks=[hunk])
        assert (status, [change["path"] for change in applied["changes"]]) == (200, ["b"])
        assert stage.files.project == {"b": "two"}
        [fact] = await stage.log.facts(session.id, "files.applied")
        assert fact.body == {"paths": ["b"], "hunks": ["two"], "force": False}
        some_lines = {"path": "a", "id": "one", "lines": [3, 1]}
        assert (await post(stage, session.id, "hunks/apply", hunks=[some_lines]))[0] == 200
        assert (await stage.log.facts(session.id, "files.applied"))[1].body["hunks"] == ["one:1,3"]
        stage.files.write(session.id, "a", "changed meanwhile")
        for word in ("hunks/apply", "discard"):
            status, body = await post(stage, session.id, word, hunks=[{"path": "a", "id": "one"}])
            assert (status, body["error"]["type"], "is not there any more" in body["error"]["message"]) == (
                409, "conflict_error", True,
            )  # fmt: skip
        assert (stage.files.project, stage.files.texts[session.id]["a"]) == (
            {"a": "one", "b": "two"},
            "changed meanwhile",
        )

    play(story)


def test_a_session_says_how_many_files_are_left_to_apply_whatever_a_person_takes_or_turns_down() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()

        async def left() -> int:
            states = {one["session_id"]: one for one in (await stage.raw.get("/workbench/v1/states")).json()["data"]}
            return int(states[session.id]["changed_files"])

        for path in "abcd":
            stage.files.write(session.id, path, "text")
        await rested(stage, session.id, "one")

        async def is_counted() -> bool:
            return await left() == 4

        await until(stage, is_counted)
        await post(stage, session.id, "apply", paths=["a"])
        assert await left() == 3
        await post(stage, session.id, "hunks/apply", hunks=[{"path": "b", "id": "text"}])
        assert await left() == 2
        _, discarded = await post(stage, session.id, "discard", paths=["c"])
        assert await left() == 1
        forked = (await post(stage, session.id, "fork"))[1]
        assert (await get(stage, forked["id"], "state"))["changed_files"] == 1
        assert await left() == 1
        await post(stage, session.id, "rewind", to=discarded["before"])
        assert await left() == 2
        assert len(await stage.log.facts(session.id, "files.counted")) == 5

    play(story, script=[says("Done.")])


def test_what_is_discarded_is_told_to_the_model_in_one_sentence_and_a_rewind_brings_it_back() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        for path in "abc":
            stage.files.write(session.id, path, "text")
        await rested(stage, session.id, "one")
        # What a person did since is there again as well.
        stage.files.write(session.id, "a", "by hand")
        status, discarded = await post(stage, session.id, "discard", paths=["b"], hunks=[{"path": "c", "id": "text"}])
        assert (status, [change["path"] for change in discarded["changes"]]) == (200, ["b", "c"])
        assert stage.files.texts[session.id] == {"a": "by hand"}
        assert (await stage.listed(session.id))[-1].type == "system.message"
        [fact] = await stage.log.facts(session.id, "files.discarded")
        assert fact.body == {"paths": ["b", "c"], "hunks": ["text"]}
        status, _ = await post(stage, session.id, "rewind", to=discarded["before"])
        assert (status, stage.files.texts[session.id]) == (200, {"a": "by hand", "b": "text", "c": "text"})
        before = len(stage.model.requests)
        await rested(stage, session.id, "two")
        [request] = stage.model.requests[before:]
        assert "turned down some of your changes and put them back to what the project has: b, c (in part)." in str(
            request.body["messages"]
        )

    play(story)


@pytest.mark.parametrize(
    ("word", "body", "words"),
    [
        ("hunks/apply", {}, "hunks"),
        ("hunks/apply", {"hunks": []}, "hunks"),
        ("hunks/apply", {"hunks": [{"path": "a"}]}, "hunks.0.id"),
        ("hunks/apply", {"hunks": [{"path": "a", "id": "x", "lines": []}]}, "hunks.0.lines"),
        ("discard", {"hunks": [{"path": "a", "id": "x", "lines": [0]}]}, "hunks.0.lines.0"),
        ("discard", {}, "name at least one"),
        ("discard", {"paths": [""]}, "paths.0"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_its_place(word: str, body: Any, words: str) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        status, refused = await post(stage, session.id, word, **body)
        assert (status, words in refused["error"]["message"]) == (400, True), refused

    play(story)


def test_a_session_at_work_loses_no_hunk_and_gives_none() -> None:
    gate = asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        stage.files.write(session.id, "a", "text")
        assert [file["digest"] for file in (await get(stage, session.id, "hunks"))["files"]] == ["text"]
        for word in ("hunks/apply", "discard"):
            status, body = await post(stage, session.id, word, hunks=[{"path": "a", "id": "text"}])
            assert (status, "wait until it is idle, or interrupt it" in body["error"]["message"]) == (400, True)
        gate.set()
        await stage.until_idle(session.id)
        assert (stage.files.project, stage.files.texts[session.id]) == ({}, {"a": "text"})

    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=ScriptedHands(gates={"bash": gate}))
