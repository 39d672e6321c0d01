"""/v1/sessions, as the public API says it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says


def test_a_session_without_events_is_idle_and_has_every_field() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(title="t")
        body = (await stage.raw.get(f"/v1/sessions/{session.id}")).json()
        assert set(body) == {
            "id", "type", "agent", "environment_id", "status", "title", "metadata", "resources", "vault_ids",
            "outcome_evaluations", "stats", "usage", "budget", "deployment_id", "created_at", "updated_at", "archived_at",
        }  # fmt: skip
        assert not {"metadata", "created_at", "updated_at", "archived_at"} & set(body["agent"])
        assert (body["status"], body["usage"]["list_cost"]) == ("idle", {"amount": "0", "currency": "USD"})

    play(story)


def test_overrides_replace_and_clear_and_leave_the_agent_alone() -> None:
    async def story(stage: Stage) -> None:
        agent = await stage.agent(system="base")
        environment = await stage.client.beta.environments.create(name="e")
        override: Any = {"type": "agent_with_overrides", "id": agent.id, "system": None, "model": "other", "tools": []}
        session = await stage.client.beta.sessions.create(agent=override, environment_id=environment.id)
        assert (session.agent.system, session.agent.model.id, session.agent.tools) == (None, "other", [])
        assert (session.agent.id, session.agent.version) == (agent.id, 1)
        assert (await stage.client.beta.agents.retrieve(agent.id)).system == "base"
        with pytest.raises(anthropic.BadRequestError) as refused:
            await stage.client.beta.sessions.create(agent=override | {"model": None}, environment_id=environment.id)
        assert refused.value.error_code == "agent_model_required"

    play(story)


def test_an_update_is_an_event_with_only_what_changed() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(metadata={"a": "1"})
        sessions = stage.client.beta.sessions
        await sessions.update(session.id, title="new", metadata={"a": None, "b": "2"})
        await sessions.update(session.id, title="new")
        changed = await sessions.retrieve(session.id)
        assert (changed.title, changed.metadata) == ("new", {"b": "2"})
        [event] = await stage.listed(session.id)
        assert event.to_dict().keys() == {"type", "id", "processed_at", "title", "metadata"}
        with pytest.raises(anthropic.BadRequestError):
            await sessions.update(session.id, vault_ids=["vlt_1"])

    play(story)


def test_a_running_session_can_be_neither_archived_nor_deleted() -> None:
    gate = asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        for act in (stage.client.beta.sessions.archive, stage.client.beta.sessions.delete):
            with pytest.raises(anthropic.BadRequestError, match="running"):
                await act(session.id)
        gate.set()
        await stage.until_idle(session.id)
        assert (await stage.client.beta.sessions.archive(session.id)).status == "terminated"

    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=ScriptedHands(gates={"bash": gate}))


def test_an_archived_session_keeps_its_history_and_takes_nothing_more() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        await stage.until_idle(session.id)
        archived = await stage.client.beta.sessions.archive(session.id)
        assert (archived.status, archived.archived_at is not None) == ("terminated", True)
        assert [e.type for e in await stage.listed(session.id)][-2:] == [
            "session.thread_status_terminated",
            "session.status_terminated",
        ]
        with pytest.raises(anthropic.BadRequestError):
            await stage.say(session.id, "more")
        assert [s.id async for s in stage.client.beta.sessions.list()] == []
        assert [s.id async for s in stage.client.beta.sessions.list(include_archived=True)] == [session.id]

    play(story)


def test_a_deleted_session_ends_its_streams_and_is_gone() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        async with await stage.client.beta.sessions.events.stream(session.id) as stream:
            deleted = await stage.client.beta.sessions.delete(session.id)
            assert deleted.type == "session_deleted"
            assert [event.type async for event in stream] == ["session.deleted"]
        with pytest.raises(anthropic.NotFoundError):
            await stage.client.beta.sessions.retrieve(session.id)

    play(story)


def test_lists_filter_and_page_in_both_directions() -> None:
    async def story(stage: Stage) -> None:
        made = [(await stage.session()).id for _ in range(5)]
        sessions = stage.client.beta.sessions
        assert [s.id async for s in sessions.list(limit=2)] == made[::-1]
        assert [s.id async for s in sessions.list(limit=2, order="asc")] == made
        assert [s.id async for s in sessions.list(statuses=["running", "rescheduling"])] == []
        assert len([s async for s in sessions.list(statuses=["idle"])]) == 5
        middle = await sessions.retrieve(made[2])
        assert [s.id async for s in sessions.list(created_at_lt=middle.created_at, order="asc")] == made[:2]
        assert [s.id async for s in sessions.list(agent_id=middle.agent.id)] == [made[2]]
        first = (await stage.raw.get("/v1/sessions", params={"limit": 2})).json()
        assert first["prev_page"] is None
        second = (await stage.raw.get("/v1/sessions", params={"limit": 2, "page": first["next_page"]})).json()
        back = (await stage.raw.get("/v1/sessions", params={"limit": 2, "page": second["prev_page"]})).json()
        assert [s["id"] for s in back["data"]] == made[:2:-1]
        wrong = await stage.raw.get("/v1/sessions", params={"order": "asc", "page": first["next_page"]})
        assert wrong.status_code == 400

    play(story)


@pytest.mark.parametrize("folder", ["relative", "/nowhere/at/all", "/"])
def test_a_project_must_be_a_folder_of_its_own(folder: str) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError, match=r"workbench\.project"):
            await stage.session(metadata={"workbench.project": folder})

    play(story)


def test_a_project_named_in_metadata_is_what_the_hands_get(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(metadata={"workbench.project": str(tmp_path)})
        known = await stage.engine.records.session(session.id)
        assert known is not None
        assert known.project == str(tmp_path.resolve())

    play(story)


async def in_environment(stage: Stage, **metadata: str) -> Any:
    """A session of an environment with this metadata, its keys without their `workbench.`."""
    named = {f"workbench.{key}": value for key, value in metadata.items()}
    environment = await stage.client.beta.environments.create(name="own", metadata=named)
    agent = await stage.agent()
    return await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)


@pytest.mark.parametrize(
    ("metadata", "what"),
    [
        ({"image": "debian"}, "must be a whole image reference, with its registry"),
        ({"image": "team/debian:1"}, "must be a whole image reference, with its registry"),
        ({"image": "--help.example/x"}, "must be a whole image reference, with its registry"),
        ({"image": f"localhost/x:1@sha256:{'0a' * 32}"}, "with its registry and a tag or digest"),
        ({"image": "localhost/x@sha256:12"}, "with its registry and a tag or digest"),
        ({"image": "localhost/x:1", "containerfile": "/etc/hostname"}, "remove one of them"),
        ({"containerfile": "Containerfile"}, "must be the absolute path of a Containerfile that you can read"),
        ({"containerfile": "/nowhere/Containerfile"}, "must be the absolute path of a Containerfile that you can read"),
        ({"containerfile": "/etc"}, "must be the absolute path of a Containerfile that you can read"),
    ],
)
def test_an_own_image_that_cannot_be_one_is_refused_when_the_session_begins(
    metadata: dict[str, str], what: str
) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError, match=what):
            await in_environment(stage, **metadata)

    play(story)


@pytest.mark.parametrize(
    "image", ["localhost/x:1", "registry.example:5000/a/b_c", f"registry.example/x@sha256:{'0a' * 32}", "box:5000/x"]
)
def test_the_image_that_an_environment_named_when_the_session_began_is_what_the_hands_get(image: str) -> None:
    async def story(stage: Stage) -> None:
        session = await in_environment(stage, image=image)
        await stage.client.beta.environments.update(session.environment_id, metadata={"workbench.image": "localhost/y"})
        known = await stage.engine.records.session(session.id)
        assert known is not None
        assert (known.image, known.containerfile) == (image, None)

    play(story)


def test_a_containerfile_is_known_to_the_hands_by_its_resolved_path(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        (tmp_path / "file").write_text("FROM localhost/workbench-base\n")
        (tmp_path / "link").symlink_to("file")
        known = await stage.engine.records.session((await in_environment(stage, containerfile=f"{tmp_path}/link")).id)
        assert known is not None
        assert (known.image, known.containerfile) == (None, str((tmp_path / "file").resolve()))

    play(story)


def test_the_primary_thread_is_listed_retrieved_and_streamed() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        await stage.until_idle(session.id)
        threads = stage.client.beta.sessions.threads
        [primary] = [thread async for thread in threads.list(session.id)]
        assert (primary.parent_thread_id, primary.status) == (None, "idle")
        first = next(e for e in await stage.listed(session.id) if e.type.startswith("session.thread_status_"))
        assert first.session_thread_id == primary.id
        events = [e.id async for e in threads.events.list(primary.id, session_id=session.id)]
        assert events == [e.id for e in await stage.listed(session.id)]
        with pytest.raises(anthropic.NotFoundError):
            await threads.retrieve("sthr_other", session_id=session.id)

    play(story)
