"""Memory stores over the wire, with the unmodified SDK: stores, memories, versions, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def _refused(call: Any, kind: type[anthropic.APIStatusError]) -> anthropic.APIStatusError:
    with pytest.raises(kind) as caught:
        await call
    return caught.value


def test_a_store_is_made_changed_listed_archived_and_deleted() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="Team Notes", metadata={"a": "1"})
        assert (store.type, store.description, store.archived_at) == ("memory_store", "", None)
        twin = await stores.create(name="Team Notes", description="the same name")
        changed = await stores.update(store.id, name="Notes", metadata={"a": None, "b": "2"})
        assert (changed.name, changed.metadata) == ("Notes", {"b": "2"})
        assert changed.updated_at > store.updated_at
        assert [one.id async for one in stores.list(limit=1)] == [twin.id, store.id]
        await stage.client.beta.memory_stores.memories.create(store.id, path="/a", content="x")
        assert (await stores.retrieve(store.id)).updated_at == changed.updated_at
        archived = await stores.archive(store.id)
        assert await stores.archive(store.id) == archived
        assert [one.id async for one in stores.list()] == [twin.id]
        assert [one.id async for one in stores.list(include_archived=True)] == [twin.id, store.id]
        assert (await stores.delete(store.id)).type == "memory_store_deleted"
        await _refused(stores.retrieve(store.id), anthropic.NotFoundError)
        await _refused(stores.memories.create(store.id, path="/a", content="x"), anthropic.NotFoundError)

    play(story)


def test_a_memory_is_never_overwritten_by_create_and_changes_only_from_what_was_read() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        made = await stores.memories.create(store.id, path="/notes/ä.md", content="one")
        assert (made.content, made.content_sha256, made.content_size_bytes) == (None, _sha("one"), 3)
        taken = await _refused(
            stores.memories.create(store.id, path="/notes/ä.md", content="two"), anthropic.ConflictError
        )
        assert taken.type == "memory_path_conflict_error"
        assert taken.body["error"]["conflicting_memory_id"] == made.id  # type: ignore[index]
        read = await stores.memories.retrieve(made.id, memory_store_id=store.id)
        assert read.content == "one"
        precondition: Any = {"type": "content_sha256", "content_sha256": made.content_sha256}
        moved = await stores.memories.update(
            made.id, memory_store_id=store.id, content="two", path="/b.md", precondition=precondition, view="full"
        )
        assert (moved.id, moved.path, moved.content) == (made.id, "/b.md", "two")
        assert moved.memory_version_id != made.memory_version_id
        stale = await _refused(
            stores.memories.update(made.id, memory_store_id=store.id, content="three", precondition=precondition),
            anthropic.ConflictError,
        )
        assert stale.type == "memory_precondition_failed_error"
        same = await stores.memories.update(made.id, memory_store_id=store.id, content="two")
        assert same.memory_version_id == moved.memory_version_id
        await _refused(
            stores.memories.delete(made.id, memory_store_id=store.id, expected_content_sha256=_sha("one")),
            anthropic.ConflictError,
        )
        gone = await stores.memories.delete(made.id, memory_store_id=store.id, expected_content_sha256=_sha("two"))
        assert gone.type == "memory_deleted"
        await _refused(stores.memories.retrieve(made.id, memory_store_id=store.id), anthropic.NotFoundError)
        again = await stores.memories.create(store.id, path="/b.md", content="")
        assert again.id != made.id

    play(story)


def test_lists_go_by_path_fold_what_lies_deeper_and_page_without_gap() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        for path in ("/b", "/a/1", "/a/2", "/a-x", "/c/d/e", "/c/f"):
            await stores.memories.create(store.id, path=path, content=path)

        async def listed(**query: Any) -> list[tuple[str, str | None]]:
            found = stores.memories.list(store.id, **query)
            return [(one.path, getattr(one, "content", None)) async for one in found]

        every = ["/a-x", "/a/1", "/a/2", "/b", "/c/d/e", "/c/f"]
        assert [path for path, _ in await listed(limit=2)] == every
        assert [path for path, _ in await listed(limit=2, depth=1)] == ["/a-x", "/a/", "/b", "/c/"]
        assert [path for path, _ in await listed(path_prefix="/c/", depth=1)] == ["/c/d/", "/c/f"]
        assert await listed(path_prefix="/a/", view="full") == [("/a/1", "/a/1"), ("/a/2", "/a/2")]
        prefix = [one async for one in stores.memories.list(store.id, depth=1)][1]
        assert prefix.to_dict() == {"type": "memory_prefix", "path": "/a/"}
        for wrong in ({"depth": 2}, {"path_prefix": "a/"}, {"path_prefix": "/a"}, {"limit": 101}, {"page": "x"}):
            await _refused(listed(**wrong), anthropic.BadRequestError)

    play(story)


def test_a_full_page_holds_twenty() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        for number in range(25):
            await stores.memories.create(store.id, path=f"/{number:02}", content="x")
        page = await stores.memories.list(store.id, view="full", limit=100)
        assert len(page.data) == 20
        assert len([one async for one in page]) == 25
        versions = await stores.memory_versions.list(store.id, view="full", limit=100)
        assert len(versions.data) == 20
        assert len([one async for one in versions]) == 25

    play(story)


def test_versions_tell_what_was_done_by_whom_and_survive_the_memory() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        memory = await stores.memories.create(store.id, path="/a", content="one")
        await stores.memories.update(memory.id, memory_store_id=store.id, content="two")
        await stores.memories.create(store.id, path="/other", content="x")
        await stores.memories.delete(memory.id, memory_store_id=store.id)
        versions = [one async for one in stores.memory_versions.list(store.id, memory_id=memory.id, view="full")]
        assert [(one.operation, one.path, one.content) for one in versions] == [
            ("deleted", "/a", None),
            ("modified", "/a", "two"),
            ("created", "/a", "one"),
        ]
        assert versions[0].content_sha256 is None
        assert versions[0].created_by is not None
        assert versions[0].created_by.to_dict() == {"type": "api_actor", "api_key_id": "apikey_local"}
        by_key = [one async for one in stores.memory_versions.list(store.id, api_key_id="apikey_local")]
        assert len(by_key) == 4
        assert all(one.content is None for one in by_key)
        assert [one async for one in stores.memory_versions.list(store.id, session_id="sesn_x")] == []
        created = [one async for one in stores.memory_versions.list(store.id, operation="created", limit=1)]
        assert [one.path for one in created] == ["/other", "/a"]
        early = stores.memory_versions.list(store.id, created_at_lte="2020-01-01T00:00:00Z")
        assert [one async for one in early] == []
        one = await stores.memory_versions.retrieve(versions[1].id, memory_store_id=store.id)
        assert one == versions[1]

    play(story)


def test_a_redaction_takes_out_what_was_said_but_not_of_a_live_head() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        memory = await stores.memories.create(store.id, path="/a", content="a secret")
        first = memory.memory_version_id
        await _refused(stores.memory_versions.redact(first, memory_store_id=store.id), anthropic.BadRequestError)
        await stores.memories.update(memory.id, memory_store_id=store.id, content="clean")
        redacted = await stores.memory_versions.redact(first, memory_store_id=store.id)
        assert (redacted.content, redacted.path, redacted.content_sha256, redacted.content_size_bytes) == (None,) * 4
        assert redacted.redacted_at is not None
        assert redacted.redacted_by is not None
        assert await stores.memory_versions.redact(first, memory_store_id=store.id) == redacted
        assert await stores.memory_versions.retrieve(first, memory_store_id=store.id) == redacted
        assert (await stores.memories.retrieve(memory.id, memory_store_id=store.id)).content == "clean"

    play(story)


def test_an_archived_store_can_be_read_and_emptied_but_not_written() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        memory = await stores.memories.create(store.id, path="/a", content="one")
        await stores.archive(store.id)
        await _refused(stores.update(store.id, name="new"), anthropic.BadRequestError)
        await _refused(stores.memories.create(store.id, path="/b", content="x"), anthropic.BadRequestError)
        update = stores.memories.update(memory.id, memory_store_id=store.id, content="two")
        await _refused(update, anthropic.BadRequestError)
        assert (await stores.memories.retrieve(memory.id, memory_store_id=store.id)).content == "one"
        await stores.memories.delete(memory.id, memory_store_id=store.id)
        await stores.memory_versions.redact(memory.memory_version_id, memory_store_id=store.id)

    play(story)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "/",
        "//a",
        "/a/",
        "/./a",
        "/../a",
        "/a\n",
        "/a\u200d",
        "/a\u2028",
        "/e\u0301",
        "/" + "/".join("a" * 21),
        "/" + "ä" * 512,
    ],
)
def test_a_path_outside_the_rules_is_refused(path: str) -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        kept = await stores.memories.create(store.id, path="/kept", content="x")
        await _refused(stores.memories.create(store.id, path=path, content="x"), anthropic.BadRequestError)
        rename = stores.memories.update(kept.id, memory_store_id=store.id, path=path)
        await _refused(rename, anthropic.BadRequestError)
        assert [one.path async for one in stores.memories.list(store.id)] == ["/kept"]

    play(story)


def test_the_limits_of_size_and_names_hold() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        longest = "/" + "/".join(["a" * 50] * 20)
        await stores.memories.create(store.id, path=longest, content="x" * 102_400)
        too_large = stores.memories.create(store.id, path="/b", content="ä" * 51_201)
        await _refused(too_large, anthropic.BadRequestError)
        await _refused(stores.create(name=""), anthropic.BadRequestError)
        await _refused(stores.create(name="x" * 256), anthropic.BadRequestError)
        await _refused(stores.create(name="a\x00b"), anthropic.BadRequestError)
        await _refused(stores.create(name="a", description="x" * 1025), anthropic.BadRequestError)
        await _refused(stores.create(name="a", metadata={"k" * 65: "v"}), anthropic.BadRequestError)

    play(story)


def test_of_many_writers_to_one_path_one_creates_and_every_update_from_a_fresh_read_arrives() -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="s")
        creating = [stores.memories.create(store.id, path="/a", content=str(number)) for number in range(20)]
        made = await asyncio.gather(*creating, return_exceptions=True)
        [memory] = [one for one in made if not isinstance(one, BaseException)]

        async def add(number: int) -> None:
            while True:
                now = await stores.memories.retrieve(memory.id, memory_store_id=store.id)
                precondition: Any = {"type": "content_sha256", "content_sha256": now.content_sha256}
                try:
                    await stores.memories.update(
                        memory.id,
                        memory_store_id=store.id,
                        content=f"{now.content} +{number}",
                        precondition=precondition,
                    )
                except anthropic.ConflictError:
                    continue
                return

        await asyncio.gather(*(add(number) for number in range(12)))
        now = await stores.memories.retrieve(memory.id, memory_store_id=store.id)
        assert now.content is not None
        assert set(now.content.split()[1:]) == {f"+{number}" for number in range(12)}

    play(story)


def test_lines_of_stores_are_found_by_the_same_full_text_as_sessions(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stores = stage.client.beta.memory_stores
        store = await stores.create(name="notes")
        content = "# Facts\n\n- The migrations run on Fridays.\n- 数据库在端口 5433。\n"
        await stores.memories.create(store.id, path="/facts.md", content=content)

        async def found(question: str) -> list[tuple[str, str, int, str]]:
            response = await stage.raw.post("/workbench/v1/search", json={"question": question})
            assert response.status_code == 200, response.text
            return [(one["store"], one["path"], one["line"], one["snippet"]) for one in response.json()["memories"]]

        line = ("notes", "/facts.md", 3, "- The migrations run on Fridays.")
        assert await found("when does the migration run?") == [line]
        assert [one[2] for one in await found("数据库")] == [4]
        assert await found("migration by:user") == []
        assert await found("nothing of it") == []
        await stores.delete(store.id)
        assert await found("migration") == []

    play(story, folder=tmp_path)
