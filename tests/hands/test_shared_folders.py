"""What a session's sandbox shares with its user, on the disk: uploads put in place, outputs read though a hostile hand wrote them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from tests.brain.stage import session
from workbench.contracts.contents import MOST_FILE_BYTES
from workbench.contracts.shared_folders import Outputs
from workbench.hands.files.contents import StoredContents
from workbench.hands.files.shared_folders import MOST_AT_ONCE, SharedFoldersOnDisk
from workbench.settings import Settings

SESSION = session()


class Disk:
    """Both stores in a folder; `outputs` is what a sandbox writes to."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(folder / "data", folder / "config", folder / "run", folder / "state")
        self.contents = StoredContents(self.settings)
        self.folders = SharedFoldersOnDisk(self.settings, self.contents, lambda backend: backend == "podman")
        self.folder = self.settings.sandboxes / SESSION.id
        self.outputs = self.folder / "session" / "outputs"
        self.outputs.mkdir(parents=True)

    async def kept(self, content: bytes) -> str:
        async def parts() -> AsyncIterator[bytes]:
            yield content

        staged = await self.contents.stage(parts())
        await self.contents.settle(staged)
        return staged.sha256

    async def collected(self) -> Outputs:
        """A look whose finds are kept."""
        found = await self.folders.collect(SESSION.id)
        for output in found.files:
            await self.contents.settle(output.staged)
        await self.folders.note(SESSION.id, found.files)
        return found

    def content(self, sha256: str) -> bytes:
        return (self.settings.contents / sha256).read_bytes()

    def uploads(self) -> dict[str, bytes]:
        place = self.folder / "uploads"
        return {str(one.relative_to(place)): one.read_bytes() for one in place.rglob("*") if one.is_file()}


def paths(found: Outputs) -> list[str]:
    return [output.path for output in found.files]


def _age(path: Path) -> None:
    """Wait until the kernel's clock of files has gone on: a file as young as its last look is looked at again."""
    before = path.stat().st_ctime_ns
    probe = path.parent.parent / "probe"
    while True:
        probe.write_bytes(b"")
        if probe.stat().st_ctime_ns - before > 50_000_000:
            break
    probe.unlink()


def test_what_is_new_or_changed_is_found_once_and_what_is_the_same_is_passed_over(tmp_path: Path) -> None:
    async def story() -> None:
        disk = Disk(tmp_path)
        (disk.outputs / "deep").mkdir()
        (disk.outputs / "deep" / "a.txt").write_bytes(b"one")
        (disk.outputs / "b.txt").write_bytes(b"two")
        _age(disk.outputs / "b.txt")
        found = await disk.collected()
        assert paths(found) == ["b.txt", "deep/a.txt"]
        assert [disk.content(output.staged.sha256) for output in found.files] == [b"two", b"one"]
        assert await disk.collected() == Outputs()
        (disk.outputs / "b.txt").write_bytes(b"TWO")
        (disk.outputs / "deep" / "a.txt").unlink()
        _age(disk.outputs / "b.txt")
        assert paths(await disk.collected()) == ["b.txt"]
        assert await disk.collected() == Outputs()
        # So young that the kernel's stamp may stay the same: it is read each time, and its hash says that it is the same.
        (disk.outputs / "young").write_bytes(b"young")
        once, again = await disk.collected(), await disk.collected()
        assert paths(once) == ["young"]
        assert [one.staged.sha256 for one in again.files] in ([], [once.files[0].staged.sha256])

    asyncio.run(story())


def test_nothing_but_regular_files_is_read_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("not yours")

    async def story() -> None:
        disk = Disk(tmp_path / "home")
        (disk.outputs / "link").symlink_to(secret / "key")
        (disk.outputs / "folder").symlink_to(secret)
        os.mkfifo(disk.outputs / "pipe")
        (disk.outputs / "closed").mkdir(mode=0o000)
        with (disk.outputs / "huge").open("wb") as huge:
            huge.truncate(MOST_FILE_BYTES + 1)
        (disk.outputs / os.fsdecode(b"odd\xff\n")).write_bytes(b"odd")
        unreadable = disk.outputs / "unreadable"
        unreadable.write_bytes(b"x")
        unreadable.chmod(0o000)
        found = await disk.collected()
        assert paths(found) == ["odd\\xff\n"]
        assert found.left_out == (
            "closed: cannot be looked into",
            "folder, link, pipe: is no regular file",
            f"huge: is larger than {MOST_FILE_BYTES >> 20} MB",
            "unreadable: cannot be read (Permission denied)",
        )
        disk.outputs.rename(disk.outputs.with_name("elsewhere"))
        disk.outputs.symlink_to(secret)
        assert await disk.collected() == Outputs()
        disk.outputs.unlink()
        disk.outputs.write_text("a file")
        assert await disk.collected() == Outputs()
        assert [one.name for one in (disk.settings.contents / "staging").iterdir()] == []
        # So that who tidies up after tests can.
        (disk.outputs.with_name("elsewhere") / "closed").chmod(0o700)

    asyncio.run(story())


def test_of_very_many_files_some_are_kept_now_and_the_others_at_the_next_look(tmp_path: Path) -> None:
    async def story() -> None:
        disk = Disk(tmp_path)
        for number in range(MOST_AT_ONCE + 7):
            (disk.outputs / f"{number:05}").write_bytes(b"same")
        _age(disk.outputs / f"{MOST_AT_ONCE + 6:05}")
        first = await disk.collected()
        assert len(first.files) == MOST_AT_ONCE
        assert first.left_out[0].startswith("01000, 01001, 01002 and 4 more: waits for the next rest")
        assert len((await disk.collected()).files) == 7
        assert len(list(disk.settings.contents.iterdir())) == 2

    asyncio.run(story())


def test_a_file_that_is_written_while_it_is_read_is_not_kept_half(tmp_path: Path) -> None:
    async def story() -> None:
        disk = Disk(tmp_path)
        with (disk.outputs / "log").open("wb", buffering=0) as growing:
            growing.truncate(64 << 20)
            is_over = False

            async def write() -> None:
                while not is_over:
                    await asyncio.to_thread(growing.write, b"x")

            writing = asyncio.create_task(write())
            found = await disk.collected()
            is_over = True
            await writing
        assert found.files == ()
        assert found.left_out == ("log: changed while it was read, and is looked at again at the next rest",)
        assert len((await disk.collected()).files) == 1

    asyncio.run(story())


def test_uploads_are_what_the_session_has_now_and_read_only_links_where_nothing_inside_could_write(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        disk = Disk(tmp_path)
        one, two = await disk.kept(b"one"), await disk.kept(b"two")
        await disk.folders.place(SESSION, {"a": one, "deep/b": two})
        assert disk.uploads() == {"a": b"one", "deep/b": b"two"}
        assert (disk.folder / "uploads" / "a").samefile(disk.settings.contents / one)
        await disk.folders.place(SESSION, {"a": two})
        assert disk.uploads() == {"a": b"two"}
        assert not (disk.folder / "uploads" / "deep").exists()
        # Half done when the power went: what the note does not have is put again.
        (disk.folder / "uploads.json").write_text("{")
        await disk.folders.place(SESSION, {"a": one})
        assert disk.uploads() == {"a": b"one"}
        await disk.folders.place(SESSION, {})
        assert disk.uploads() == {}
        unconfined = replace(SESSION, backend="process")
        await disk.folders.place(unconfined, {"a": one})
        copy = disk.folder / "uploads" / "a"
        assert not copy.samefile(disk.settings.contents / one)
        assert copy.stat().st_mode & 0o777 == 0o444

    asyncio.run(story())


def test_a_sandbox_on_another_machine_is_asked_for_its_outputs_and_a_session_without_a_folder_costs_nothing(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        disk, asked = Disk(tmp_path), list[str]()

        async def bring_back(session_id: str) -> None:
            asked.append(session_id)
            (disk.outputs / "far.txt").write_bytes(b"brought")

        folders = SharedFoldersOnDisk(disk.settings, disk.contents, lambda _: True, bring_back)
        assert await folders.collect("sesn_01talks") == Outputs()
        assert asked == []
        assert paths(await folders.collect(SESSION.id)) == ["far.txt"]
        assert asked == [SESSION.id]

    asyncio.run(story())
