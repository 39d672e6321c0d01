"""Memory stores in sessions: attached, told to the model, and the same as their folder after each call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.contracts.values import Call, Json, Outcome, text_outcome


@dataclass
class Edits:
    """Hands whose n-th call edits the folder of a store as a sandbox would."""

    edits: list[dict[str, str | None]]
    folder: dict[str, str] = field(default_factory=dict)
    seen: list[dict[str, str]] = field(default_factory=list)

    def gives(self, call: Call) -> Outcome:
        self.seen.append(dict(self.folder))
        for path, content in self.edits.pop(0).items():
            if content is None:
                del self.folder[path]
            else:
                self.folder[path] = content
        return text_outcome("done")


def _calls(count: int) -> list[Any]:
    script: list[Any] = []
    for _ in range(count):
        script += [calls(("bash", {"command": "edit"})), says("Done.")]
    return script


async def _begun(stage: Stage, edits: Edits, store_id: str, **resource: Any) -> Any:
    """A session with the store attached, whose folder is that of the edits."""
    resources: Any = [{"type": "memory_store", "memory_store_id": store_id, **resource}]
    session = await stage.session(resources=resources)
    stage.folders.files[session.id, "team-notes"] = edits.folder
    return session


async def _turn(stage: Stage, session_id: str) -> list[Any]:
    return await stage.until_idle(session_id, then=stage.say(session_id, "go"))


async def _contents(stage: Stage, store_id: str) -> dict[str, str | None]:
    listed = stage.client.beta.memory_stores.memories.list(store_id, view="full")
    return {one.path: getattr(one, "content", None) async for one in listed}


def test_what_a_call_wrote_becomes_versions_of_its_session_and_what_others_wrote_is_seen_by_the_next() -> None:
    edits = Edits([{"/a.md": "from the agent"}, {"/a.md": "again", "/b.md": "more"}, {"/a.md": None}])

    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="Team NotedFacts!")
        known = await stores.memories.create(store.id, path="/known.md", content="known")
        session = await _begun(stage, edits, store.id)
        await _turn(stage, session.id)
        assert edits.seen[0] == {"/known.md": "known"}
        assert await _contents(stage, store.id) == {"/a.md": "from the agent", "/known.md": "known"}
        [version] = [one async for one in stores.memory_versions.list(store.id, session_id=session.id)]
        assert version.created_by is not None
        assert version.created_by.to_dict() == {"type": "session_actor", "session_id": session.id}
        await stores.memories.update(known.id, memory_store_id=store.id, content="changed by a person")
        await stores.memories.create(store.id, path="/new/deep.md", content="new")
        await _turn(stage, session.id)
        assert edits.seen[1] == {
            "/a.md": "from the agent",
            "/known.md": "changed by a person",
            "/new/deep.md": "new",
        }
        await _turn(stage, session.id)
        assert set(await _contents(stage, store.id)) == {"/b.md", "/known.md", "/new/deep.md"}
        assert set(edits.folder) == {"/b.md", "/known.md", "/new/deep.md"}

    play(story, script=_calls(3), hands=ScriptedHands(gives=edits.gives))


def test_an_edit_on_both_sides_is_the_stores_and_the_agent_is_told() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="team notes")
        memory = await stores.memories.create(store.id, path="/a.md", content="one")
        session = await _begun(stage, edits, store.id)
        gate = stage.hands.gates["bash"] = asyncio.Event()
        sending = asyncio.create_task(_turn(stage, session.id))
        async with stage.hands.running:
            await stage.hands.running.wait_for(lambda: bool(stage.hands.executed))
        await stores.memories.update(memory.id, memory_store_id=store.id, content="a person's")
        gate.set()
        events = await sending
        assert await _contents(stage, store.id) == {"/a.md": "a person's"}
        assert edits.folder == {"/a.md": "a person's"}
        [result] = [event for event in events if event.type == "agent.tool_result"]
        assert "your edit was not kept" in result.content[-1].text

    edits = Edits([{"/a.md": "the agent's"}])
    play(story, script=_calls(1), hands=ScriptedHands(gives=edits.gives))


def test_a_file_that_cannot_be_a_memory_is_said_once_and_kept_out() -> None:
    edits = Edits([{"/large": "x" * 102_401, "/bad\nname": "x"}, {"/fine": "x"}])

    async def story(stage: Stage) -> None:
        store = await stage.client.beta.memory_stores.create(name="team notes")
        session = await _begun(stage, edits, store.id)
        events = await _turn(stage, session.id)
        [result] = [event for event in events if event.type == "agent.tool_result"]
        told = result.content[-1].text
        assert "/mnt/memory/team-notes/large is not kept as a memory" in told
        assert "control or format character" in told
        events = await _turn(stage, session.id)
        [result] = [event for event in events if event.type == "agent.tool_result"]
        assert len(result.content) == 1
        assert await _contents(stage, store.id) == {"/fine": "x"}

    play(story, script=_calls(2), hands=ScriptedHands(gives=edits.gives))


def test_a_read_only_store_never_changes_and_its_folder_is_put_right() -> None:
    edits = Edits([{"/a.md": "smuggled", "/b.md": "smuggled"}])

    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="team notes")
        await stores.memories.create(store.id, path="/a.md", content="one")
        session = await _begun(stage, edits, store.id, access="read_only")
        await _turn(stage, session.id)
        assert edits.folder == {"/a.md": "one"}
        assert await _contents(stage, store.id) == {"/a.md": "one"}

    play(story, script=_calls(1), hands=ScriptedHands(gives=edits.gives))


def test_the_model_is_told_of_each_store_as_it_was_when_the_session_began() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        one = await stores.create(name="Team NotedFacts", description="What we agreed.")
        two = await stores.create(name="team-notes")
        resources: list[Json] = [
            {"type": "memory_store", "memory_store_id": one.id, "instructions": "Read build.md first."},
            {"type": "memory_store", "memory_store_id": two.id, "access": "read_only"},
        ]
        session = await stage.session("hello", resources=resources)
        [first, second] = session.resources
        assert first.to_dict() == {
            "type": "memory_store",
            "memory_store_id": one.id,
            "access": "read_write",
            "name": "Team NotedFacts",
            "description": "What we agreed.",
            "instructions": "Read build.md first.",
            "mount_path": "/mnt/memory/team-notes",
        }
        assert second.mount_path == "/mnt/memory/team-notes-2"
        await stage.until_idle(session.id, then=stage.say(session.id, "hello"), idles=1)
        await stores.update(one.id, name="renamed", description="other")
        await stage.until_idle(session.id, then=stage.say(session.id, "again"))
        systems = {request.body["system"][0]["text"] for request in stage.model.requests}
        [system] = systems
        assert (
            "/mnt/memory/team-notes — Team NotedFacts. You may read and write it.\nWhat we agreed.\nRead build"
            in system
        )
        assert "/mnt/memory/team-notes-2 — team-notes. You may only read it." in system
        listed = [one.id async for one in stage.client.beta.sessions.list(memory_store_id=one.id)]
        assert listed == [session.id]

    play(story, script=[says("Hi."), says("Hi."), says("Hi.")])


def test_a_store_that_is_unknown_archived_or_named_twice_is_not_attached() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store, archived = await stores.create(name="s"), await stores.create(name="s")
        await stores.archive(archived.id)
        many = [(await stores.create(name="s")).id for _ in range(9)]

        def resource(store_id: str, **more: Any) -> Json:
            return {"type": "memory_store", "memory_store_id": store_id, **more}

        for wrong, kind in (
            ([resource("memstore_x")], anthropic.NotFoundError),
            ([resource(archived.id)], anthropic.BadRequestError),
            ([resource(store.id), resource(store.id)], anthropic.BadRequestError),
            ([resource(one) for one in many], anthropic.BadRequestError),
            ([resource(store.id, access="admin")], anthropic.BadRequestError),
            ([resource(store.id, instructions="x" * 4097)], anthropic.BadRequestError),
            ([{"type": "nonsense"}], anthropic.BadRequestError),
        ):
            with pytest.raises(kind):
                await stage.session(resources=wrong)
        assert [one async for one in stage.client.beta.sessions.list()] == []

    play(story)


def test_a_store_that_is_deleted_meanwhile_fails_no_call() -> None:
    edits = Edits([{"/a.md": "one"}, {"/a.md": "two"}])

    async def story(stage: Stage) -> None:
        store = await stage.client.beta.memory_stores.create(name="team notes")
        session = await _begun(stage, edits, store.id)
        await _turn(stage, session.id)
        await stage.client.beta.memory_stores.delete(store.id)
        events = await _turn(stage, session.id)
        [result] = [event for event in events if event.type == "agent.tool_result"]
        assert not result.is_error
        assert edits.folder == {"/a.md": "two"}

    play(story, script=_calls(2), hands=ScriptedHands(gives=edits.gives))
