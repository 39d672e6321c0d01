"""The folders of memory stores, as a hostile sandbox leaves them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.hands.places import own_settings
from workbench.hands.files.memory_folders import MOST_BYTES, MemoryFolders
from workbench.hands.files.workspace import memory_folder
from workbench.memory.stores.rules import sha256_of

SESSION, SLUG = "sesn_1", "notes"


def test_what_is_put_is_there_seen_and_read_and_what_changes_is_noticed() -> None:
    async def story(folders: MemoryFolders, folder: Path) -> None:
        assert await folders.hashes(SESSION, SLUG) is None
        assert await folders.put(SESSION, SLUG, "/a/b/ä.md", "one")
        assert await folders.put(SESSION, SLUG, "/c", "")
        assert await folders.hashes(SESSION, SLUG) == {"/a/b/ä.md": sha256_of("one"), "/c": sha256_of("")}
        for text in ("two", "six", "ten"):
            # The same length, within one tick of the clock.
            (folder / "a/b/ä.md").write_text(text)
            seen = await folders.hashes(SESSION, SLUG)
            assert seen is not None
            assert seen["/a/b/ä.md"] == sha256_of(text)
        assert await folders.content(SESSION, SLUG, "/a/b/ä.md") == b"ten"
        assert await folders.put(SESSION, SLUG, "/a/b/ä.md", None)
        assert await folders.put(SESSION, SLUG, "/never/there", None) in (True, False)
        assert [path.name for path in folder.iterdir()] == ["c"]
        await folders.save(SESSION, SLUG, {"agreed": {"/c": "x"}})
        assert await folders.load(SESSION, SLUG) == {"agreed": {"/c": "x"}}
        assert await folders.load(SESSION, "other") == {}

    with own_settings() as settings:
        asyncio.run(story(MemoryFolders(settings), memory_folder(settings.sandboxes / SESSION, SLUG)))


def test_links_pipes_and_large_files_are_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the host")

    async def story(folders: MemoryFolders, folder: Path) -> None:
        assert await folders.put(SESSION, SLUG, "/fine", "x")
        os.symlink(secret, folder / "link")
        os.symlink(tmp_path, folder / "way")
        os.mkfifo(folder / "pipe")
        (folder / "large").write_bytes(b"x" * (MOST_BYTES + 1000))
        (folder / "closed").write_text("x")
        (folder / os.fsdecode(b"\xff")).write_text("x")
        seen = await folders.hashes(SESSION, SLUG)
        assert seen is not None
        assert set(seen) == {"/fine", "/large", "/closed"}
        assert len(await folders.content(SESSION, SLUG, "/large") or b"") == MOST_BYTES + 1
        for path in ("/link", "/way/secret", "/pipe", "/nowhere"):
            assert await folders.content(SESSION, SLUG, path) is None
        assert not await folders.put(SESSION, SLUG, "/way/secret", "overwritten")
        assert not await folders.put(SESSION, SLUG, "/fine/below", "x")
        assert await folders.put(SESSION, SLUG, "/link", "a file in the link's place")
        assert secret.read_text() == "of the host"
        assert sorted(os.listdir(tmp_path)) == ["secret"]

    with own_settings() as settings:
        asyncio.run(story(MemoryFolders(settings), memory_folder(settings.sandboxes / SESSION, SLUG)))
