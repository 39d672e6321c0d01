"""/workbench/v1/sessions/{id}: base, branch, commits, patch and commit, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.stage import Stage, play
from tests.api.test_changes import get, post, rested
from tests.trivial.model import says
from workbench.contracts.repositories import Commit, RepositoryBase
from workbench.engine import commit_message

TWO = (Commit("a" * 40, "agent", "one"), Commit("b" * 40, "agent", "two"))


async def noted(stage: Stage, session_id: str) -> list[dict[str, Any]]:
    return [fact.body for fact in await stage.engine.log.facts.facts(session_id, "commits.brought")]


def test_the_base_names_what_moved_and_what_of_it_the_session_changed_too() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.repositories.standing = RepositoryBase("/p", "main", "b", "main", "a", ("x",), ("other", "shared"))
        stage.files.write(session.id, "shared", "mine")
        assert await get(stage, session.id, "base") == {
            "repository": "/p", "branch": "main", "head": "b", "began_branch": "main", "began_head": "a",
            "uncommitted": ["x"], "moved": ["other", "shared"], "overlap": ["shared"], "applied": [], "changed_since": [], "marked": [], "settled": [], "yours": [], "unfinished": "", "subject": "Changes of an agent",
            "message": f"Changes of an agent\n\nWorkbench-Session: {session.id}\n",
        }  # fmt: skip

    play(story)


def test_commits_are_handed_out_by_the_sandbox_and_noted_where_they_went() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.repositories.commits = TWO
        status, body = await post(stage, session.id, "branch")
        assert (status, body["branch"]) == (200, f"workbench/{session.id[-6:]}")
        assert [commit["subject"] for commit in body["commits"]] == ["one", "two"]
        assert (await post(stage, session.id, "branch", name="mine", ref="side"))[1]["branch"] == "mine"
        assert (await post(stage, session.id, "commits", rebase=True))[1]["how"] == "rebase"
        assert (await get(stage, session.id, "patch"))["text"].count("From ") == 2
        commands = [call.input["command"] for call in stage.hands.calls]
        assert commands == [":", "bundle HEAD", ":", "bundle side", ":", "bundle HEAD", ":", "bundle HEAD"]
        assert [(fact["how"], fact["commits"]) for fact in await noted(stage, session.id)] == [
            ("branch", ["a" * 40, "b" * 40]), ("branch", ["a" * 40, "b" * 40]), ("rebase", ["a" * 40, "b" * 40]),
        ]  # fmt: skip

    play(story)


def test_commits_that_conflict_are_a_409_and_nothing_is_noted() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.repositories.commits, stage.repositories.conflicts = TWO, ("shared",)
        status, body = await post(stage, session.id, "commits")
        assert (status, body["error"]["type"]) == (409, "conflict_error")
        assert await noted(stage, session.id) == []

    play(story)


def test_without_commits_a_branch_is_refused_and_a_patch_is_the_diff() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        stage.files.write(session.id, "own", "mine")
        status, body = await post(stage, session.id, "branch")
        assert (status, body["error"]["type"]) == (400, "invalid_request_error")
        assert await get(stage, session.id, "patch") == {"text": "+++ b/own\n"}

    play(story)


def test_a_commit_of_files_has_the_sessions_title_and_how_its_last_answer_begins() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(title="Fix the login")
        await rested(stage, session.id, "go")
        stage.files.write(session.id, "own", "mine")
        status, body = await post(stage, session.id, "commit")
        assert (status, body["how"]) == (200, "commit")
        assert stage.repositories.made == [
            (("own",), f"Fix the login\n\nThe login is fixed.\n\nWorkbench-Session: {session.id}\n")
        ]
        assert stage.files.project == {"own": "mine"}
        assert (await post(stage, session.id, "commit"))[0] == 400

    play(story, script=[says("The login is fixed.\n\n## What I did\n\n- very much")])


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        (
            "The discount is a percentage and the total is rounded half up, as the ta…",
            "The discount is a percentage and the total is rounded half up",
        ),
        ("Two  files", "Two files"),
        ("x" * 100, "x" * 72),
        ("Fix: …", "Fix"),
        (
            "In app.py rename the greeting. Then run `sed -i s/hello/good morning/ app.py` and look",
            "In app.py rename the greeting",
        ),
        ("Please run `python -m pytest -q tests/test_parsing_of_very_long_lines.py -k quick` for me", "Please run"),
        (
            "Make the parser faster and keep what it says of lines that are too long for a page",
            "Make the parser faster",
        ),
    ],
)
def test_the_subject_of_a_commit_is_a_whole_clause_or_ends_with_a_whole_word(title: str, subject: str) -> None:
    assert commit_message.subject(title) == subject


def test_where_a_title_is_nothing_but_a_command_the_answer_says_what_it_is_about() -> None:
    title = "run `sed -i s/hello/good-morning-to-everybody-who-is-here/ src/greetings/app.py` and the rest"
    made = commit_message.made(title, "The greeting is another one now. And more.", "sesn_a")
    assert made == "The greeting is another one now\n\nAnd more.\n\nWorkbench-Session: sesn_a\n"
    assert commit_message.made("Fix: …", "", "sesn_a").startswith("Fix\n")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("", ""),
        ("```py\nx = 1\n```\n\n# Done\n\n**Both** `rows` are there. More is not.", "Both rows are there. More is not."),
        ("- One thing.\n- And another.", "One thing. And another."),
        ("Short. " + "long " * 80, "Short."),
        ("word " * 80, "\n".join([" ".join(["word"] * 14)] * 4 + [" ".join(["word"] * 4) + " …"])),
    ],
)
def test_the_body_of_a_commit_is_the_first_whole_sentences_of_the_answer_as_plain_text(answer: str, body: str) -> None:
    assert commit_message.body(answer) == body


def test_in_the_middle_of_a_merge_nothing_is_applied_or_committed_and_the_way_out_is_said() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(title="t")
        stage.files.write(session.id, "own", "agent's")
        stage.repositories.standing = RepositoryBase("/p", unfinished="merge")
        status, body = await post(stage, session.id, "commit")
        assert (
            status,
            "finish it (git merge --continue) or leave it (git merge --abort)" in body["error"]["message"],
        ) == (
            400,
            True,
        )
        assert (stage.files.project, stage.repositories.made) == ({}, [])

    play(story)


def test_what_was_applied_earlier_is_committed_once_and_what_is_left_only_where_it_is_wanted() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(title="Two files")
        for name in ("here", "new/there", "left"):
            stage.files.write(session.id, name, "agent's")
        assert (await post(stage, session.id, "commit", only_applied=True))[0] == 400
        assert (await post(stage, session.id, "apply", paths=["here", "new/there"]))[0] == 200
        stage.repositories.standing = RepositoryBase(uncommitted=("here", "new/", "mine"))
        assert (await get(stage, session.id, "base"))["applied"] == ["here", "new/there"]
        assert (await post(stage, session.id, "commit", only_applied=True, paths=["new"], message="a"))[0] == 200
        assert (await post(stage, session.id, "commit", paths=["here"], message="b"))[0] == 200
        assert stage.files.project == {"here": "agent's", "new/there": "agent's"}
        assert (await post(stage, session.id, "commit", message="c"))[0] == 200
        assert stage.repositories.made == [
            (("new/there",), "a"),
            (("here",), "b"),
            (("here", "left", "new/there"), "c"),
        ]
        # A person went on with one of them: that is git's to commit, and theirs.
        stage.repositories.standing = RepositoryBase(uncommitted=("here", "left"), as_applied=("left",))
        assert (await get(stage, session.id, "base"))["applied"] == ["left"]
        assert (await post(stage, session.id, "commit", only_applied=True, message="d"))[0] == 200
        assert stage.repositories.made[-1] == (("left",), "d")
        stage.repositories.standing = RepositoryBase(uncommitted=("here",), as_applied=())
        status, body = await post(stage, session.id, "commit", only_applied=True, message="e")
        assert (status, "git add -p): here" in body["error"]["message"]) == (400, True)
        stage.repositories.standing = RepositoryBase(uncommitted=("mine",))
        assert (await get(stage, session.id, "base"))["applied"] == []
        assert (await post(stage, session.id, "commit", paths=["nowhere"]))[0] == 400

    play(story)


@pytest.mark.parametrize("body", [{"name": ""}, {"name": 3}, {"unknown": True}])
def test_a_wrong_body_is_refused_whole(body: dict[str, Any]) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        assert (await post(stage, session.id, "branch", **body))[0] == 400
        assert stage.hands.calls == []

    play(story)
