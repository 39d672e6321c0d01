"""Repositories of a session: cloned before its first call, with a token that is in the vault and nowhere else."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.contracts.values import Call, Json, Outcome, text_outcome
from workbench.engine.wrappers.cloned import NOT_EMPTY, command, error_of

TOKEN = "github-canary-token-12345"
URL = "https://github.com/owner/project"


def repository(**more: Any) -> Any:
    return {"type": "github_repository", "url": URL, "authorization_token": TOKEN, **more}


def commands(hands: ScriptedHands) -> list[str]:
    return [str(given.input["command"]) for given in hands.calls]


def test_a_repository_is_cloned_once_before_the_first_call_and_its_token_is_shown_nowhere() -> None:
    async def story(stage: Stage) -> None:
        checkout: Any = {"type": "branch", "name": "releases/next"}
        session = await stage.session(resources=[repository(checkout=checkout)])
        (resource,) = session.resources
        assert (resource.type, resource.url, resource.mount_path) == ("github_repository", URL, "/workspace/project")
        assert TOKEN not in session.to_json()
        assert stage.vault.kept == {resource.id: {"token": TOKEN}}
        assert TOKEN not in json.dumps([document.body for document in stage.log.documents.values()])
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        first, *own = commands(stage.hands)
        assert f"git clone --quiet --progress {URL} " in first
        assert "checkout --quiet releases/next" in first
        assert own == ["ls", "ls again"]
        assert "is cloned at /workspace/project" in stage.model.requests[0].body["system"][0]["text"]
        described = await stage.engine.records.session(session.id)
        assert described is not None
        variables = await stage.network.variables(described)
        assert variables["GIT_CONFIG_KEY_0"] == f"http.{URL}.extraHeader"
        assert (variables["GIT_CONFIG_KEY_1"], variables["GIT_CONFIG_VALUE_1"]) == ("core.checkStat", "minimal")
        with socket.socket() as listener:
            await stage.network.open(session.id, listener)
        (grant,) = stage.vault.ways[session.id].grants
        assert (grant.credential_id, grant.hosts) == (resource.id, ("github.com",))
        rotated = await stage.client.beta.sessions.resources.update(
            resource.id, session_id=session.id, authorization_token="another-token-12345"
        )
        assert rotated.to_dict().get("url") == URL
        assert stage.vault.kept == {resource.id: {"token": "another-token-12345"}}
        listed = [one async for one in stage.client.beta.sessions.resources.list(session.id)]
        assert len(listed) == 1
        await stage.client.beta.sessions.delete(session.id)
        assert stage.vault.kept == {}

    play(story, script=[calls(("bash", {"command": "ls"})), calls(("bash", {"command": "ls again"})), says("Done.")])


def test_an_mcp_server_inside_the_sandbox_finds_the_repository_before_any_call() -> None:
    async def story(stage: Stage) -> None:
        servers: Any = [{"type": "url", "name": "git", "url": "stdio:npx -y @scope/server 'an argument'"}]
        toolset: Any = {"type": "mcp_toolset", "mcp_server_name": "git"}
        agent = await stage.agent(tools=[toolset], mcp_servers=servers)
        assert [server.to_dict() for server in agent.mcp_servers] == servers
        closed: Any = {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": []}}
        environment = await stage.client.beta.environments.create(name="closed", config=closed)
        session = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, resources=[repository()]
        )
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        [only] = commands(stage.hands)
        assert "git clone" in only

    play(story, script=[says("Nothing to do.")])


def test_a_clone_says_on_its_sessions_stream_and_in_its_state_how_far_it_is(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        session, told = await stage.session(resources=[repository()]), list[str]()
        own = f"/workbench/v1/sessions/{session.id}"
        async with stage.raw.stream("GET", f"{own}/stream", params={"after": "0"}) as answer:
            await stage.say(session.id, "Go")
            async for line in answer.aiter_lines():
                body = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if body.get("type") == "engine.progress":
                    told.append(body["text"])
                    state = (await stage.raw.get(f"{own}/state")).json()
                if "41%" in body.get("text", ""):
                    assert state["progress"] == body
                    stage.hands.gates["bash"].set()
                if body.get("type") == "session.status_idle":
                    break
        said = f"Cloning {URL} into /workspace/project"
        assert told == [f"{said}…", f"{said}: Receiving objects:  41% (4/9)…", ""]
        assert (await stage.raw.get(f"{own}/state")).json()["progress"] is None

    prints = ("Receiving objects:   1% (1/9)\nReceiving objects:  41% (4/9)\n",)
    play(
        story,
        script=[calls(("read", {"file_path": "x"})), says("Done.")],
        hands=ScriptedHands(prints=prints, gates={"bash": asyncio.Event()}),
        folder=tmp_path,
    )


def test_one_that_cannot_be_cloned_is_told_and_the_session_goes_on_without_it() -> None:
    def gives(call: Call) -> Outcome:
        is_clone = "git clone" in str(call.input["command"])
        return text_outcome("fatal: Authentication failed for it", is_error=True) if is_clone else text_outcome("ran")

    async def story(stage: Stage) -> None:
        session = await stage.session(resources=[repository()])
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        listed = await stage.listed(session.id)
        (error,) = [event for event in listed if event.type == "session.error"]
        assert (error.error.type, error.error.repository_url) == ("repository_authentication_error", URL)
        assert [event.stop_reason.type for event in listed if event.type == "session.status_idle"] == ["end_turn"]

    script = [calls(("bash", {"command": "ls"})), calls(("bash", {"command": "ls"})), says("Without it.")]
    play(story, script=script, hands=ScriptedHands(gives=gives))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://github.com/owner/project"},
        {"url": "https://user:secret@github.com/owner/project"},
        {"url": "https://github.com/owner/.."},
        {"mount_path": "/etc/project"},
        {"mount_path": "/workspace/../etc"},
        {"checkout": {"type": "branch", "name": "--upload-pack=evil"}},
        {"checkout": {"type": "commit", "sha": "HEAD"}},
        {"authorization_token": 7},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_and_leaves_no_token_behind(wrong: Json) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError) as refused:
            await stage.session(resources=[repository(**wrong)])
        assert TOKEN not in str(refused.value)
        assert stage.vault.kept == {}

    play(story)


def test_what_git_says_becomes_the_public_error_and_nothing_in_a_name_is_run() -> None:
    known = {
        "url": "https://git.example/a/b",
        "mount_path": "/workspace/a b;x",
        "checkout": {"type": "commit", "sha": "abc1234"},
    }
    assert "'/workspace/a b;x'" in command(known)
    said = {
        "fatal: repository 'x' not found": "repository_not_found_error",
        "The requested URL returned error: 403": "repository_forbidden_error",
        "fatal: could not read Username": "repository_authentication_error",
        "workbench: cloned\nerror: pathspec": "repository_checkout_error",
        "fatal: early EOF": "repository_clone_error",
    }
    assert {words: error_of(known, words)["type"] for words in said} == said


async def forked(stage: Stage, session_id: str, at: str | None = None) -> str:
    answer = await stage.raw.post(f"/workbench/v1/sessions/{session_id}/fork", json={"at": at})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


ONE_CALL = [calls(("bash", {"command": "ls"})), says("Done.")]


def test_a_fork_has_its_parents_repository_and_does_not_clone_over_it() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(resources=[repository()])
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        fork = await forked(stage, session.id)
        again = await forked(stage, fork)
        before = len(stage.hands.calls)
        for session_id in (fork, again):
            await stage.until_idle(session_id, then=stage.say(session_id, "Go on"))
        assert commands(stage.hands)[before:] == ["ls", "ls"]

    play(story, script=[*ONE_CALL, *ONE_CALL, *ONE_CALL])


async def only_talked(stage: Stage, session_id: str) -> str:
    """The last event of a turn without calls, which ends before its sandbox is there and its repository is cloned."""
    gate = stage.hands.gates["provision"] = asyncio.Event()
    await stage.until_idle(session_id, then=stage.say(session_id, "Only talk"))
    last = str((await stage.listed(session_id))[-1].id)
    gate.set()
    return last


def test_a_repository_is_cloned_while_the_model_is_asked_whatever_it_answers() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(resources=[repository()])
        await stage.until_idle(session.id, then=stage.say(session.id, "Only talk"))
        async with stage.hands.running:
            await stage.hands.running.wait_for(lambda: len(stage.hands.calls) == 1)
        assert "git clone" in commands(stage.hands)[0]

    play(story, script=[says("Words.")])


def test_a_fork_from_before_the_clone_clones_for_itself() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(resources=[repository()])
        rest = await only_talked(stage, session.id)
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        fork = await forked(stage, session.id, rest)
        before = len(stage.hands.calls)
        await stage.until_idle(fork, then=stage.say(fork, "Go"))
        assert ["git clone" in one for one in commands(stage.hands)[before:]] == [True, False]

    play(story, script=[says("Words."), *ONE_CALL, *ONE_CALL])


@pytest.mark.parametrize("deleted", [0, 1], ids=["the parent", "the fork"])
def test_deleting_one_of_two_leaves_the_other_its_token(deleted: int) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(resources=[repository()])
        (resource,) = session.resources
        both = [session.id, await forked(stage, session.id)]
        await stage.client.beta.sessions.delete(both.pop(deleted))
        assert stage.vault.kept == {resource.id: {"token": TOKEN}}
        await stage.client.beta.sessions.delete(both[0])
        assert stage.vault.kept == {}

    play(story)


def test_a_rewind_to_before_the_clone_clones_again_and_one_to_after_it_does_not() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(resources=[repository()])
        talked = await only_talked(stage, session.id)
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        cloned = (await stage.listed(session.id))[-1].id
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        seen = []
        for event_id in (cloned, talked):
            before = len(stage.hands.calls)
            answer = await stage.raw.post(f"/workbench/v1/sessions/{session.id}/rewind", json={"to": event_id})
            assert answer.status_code == 200, answer.text
            await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
            seen.append(["git clone" in one for one in commands(stage.hands)[before:]])
        assert seen == [[False], [True, False]]

    play(story, script=[says("Words."), *ONE_CALL, *ONE_CALL, *ONE_CALL, *ONE_CALL])


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_clone_takes_an_empty_place_and_never_one_that_holds_something(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(tmp_path)}
        return subprocess.run(words, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)

    run("git", "init", "--quiet", "--initial-branch=main", "origin")
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    run("git", "-C", "origin", *author, "commit", "--quiet", "--allow-empty", "-m", "first")
    place = tmp_path / "deep" / "a place"
    known: Json = {"url": f"file://{tmp_path}/origin", "mount_path": str(place), "checkout": None}
    cloned = run("bash", "-c", command(known))
    assert (cloned.returncode, os.listdir(place)) == (0, [".git"])
    failed = f"{cloned.stderr}[1 earlier state of overwritten lines left out]\nfatal: the remote end hung up"
    assert error_of(known, failed)["message"].endswith("a place: fatal: the remote end hung up")
    (place / "work").write_text("mine")
    assert run("bash", "-c", command(known)).returncode == 0
    assert (place / "work").read_text() == "mine"
    shutil.rmtree(place / ".git")
    refused = run("bash", "-c", command(known))
    assert (refused.returncode, refused.stderr) == (1, f"{place} {NOT_EMPTY}\n")
    assert ((place / "work").read_text(), os.listdir(place.parent)) == ("mine", ["a place"])
    (place / "work").unlink()
    wanted = {"type": "branch", "name": "main"}
    assert run("bash", "-c", command(known | {"checkout": wanted})).returncode == 0
    assert os.listdir(place) == [".git"]
