"""Checkpoints keep what the files were; a rewind and a fork get exactly that back, marks of the overlay and all."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hands.places import until
from tests.hands.upper import Made, begun, made, opaque, tree, whiteout
from workbench.contracts.files import FilesRefused
from workbench.hands.files import checkpoints, settling
from workbench.hands.files.checkpoints import Checkpoints
from workbench.hands.files.stamps import ROOTS
from workbench.hands.files.workspace import BASE_FOLDER


def keep(one: Made, seq: int) -> None:
    asyncio.run(one.files.checkpoint(one.session, seq))


def restore(one: Made, seq: int, target: Made | None = None) -> None:
    asyncio.run(one.files.restore(one.session, seq, (target or one).session))


def listing(folder: Path) -> list[tuple[str, str, int, int, bool]]:
    """Everything in a folder as `stat` and the overlay see it, without its times of change."""
    found = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        is_opaque = path.is_dir() and not path.is_symlink() and "user.overlay.opaque" in os.listxattr(path)
        content = path.read_text() if path.is_file() and not path.is_symlink() else ""
        moment = 0 if path.is_symlink() or not path.is_file() else status.st_mtime_ns
        found.append((f"{path.relative_to(folder)} {content}", oct(status.st_mode), status.st_rdev, moment, is_opaque))
    return found


def worked(folder: Path) -> Made:
    one = made(folder, old="o", gone="g")
    (one.upper / "old").write_text("new\n")
    (one.upper / "old").chmod(0o751)
    whiteout(one.upper / "gone")
    opaque(one.upper / "again")
    (one.upper / "again" / "file").write_text("f\n")
    (one.upper / "again" / "closed").mkdir(mode=0o555)
    (one.upper / "link").symlink_to("/etc/passwd")
    (one.workspace.own / "beside").write_text("b\n")
    (one.workspace.shared / "outputs" / "report").write_text("r\n")
    return one


def test_a_rewind_brings_back_every_kind_of_file_and_mark_in_every_folder(tmp_path: Path) -> None:
    one = worked(tmp_path)
    folders = (one.upper, one.workspace.own, one.workspace.shared)
    before = [listing(folder) for folder in folders]
    keep(one, 10)
    (one.upper / "old").write_text("newer\n")
    (one.upper / "gone").unlink()
    (one.upper / "link").unlink()
    (one.workspace.own / "beside").unlink()
    keep(one, 20)
    restore(one, 19)
    assert [listing(folder) for folder in folders] == before
    restore(one, 20)
    assert (one.upper / "old").read_text() == "newer\n"


def test_before_the_first_checkpoint_there_was_nothing(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    restore(one, 9)
    assert (tree(one.upper), tree(one.workspace.own)) == ({}, {})


def test_a_fork_has_the_files_and_the_earlier_checkpoints_and_shares_nothing_that_is_written(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    (one.upper / "old").write_text("newer\n")
    keep(one, 20)
    other = begun(tmp_path, one.project)
    restore(one, 20, other)
    assert listing(other.upper) == listing(one.upper)
    # As each start of a sandbox does, before anything inside can write.
    other.workspace.prepare()
    with (other.upper / "old").open("a") as file:
        file.write("other's\n")
    restore(one, 20)
    assert (one.upper / "old").read_text() == "newer\n"
    asyncio.run(one.files.erase(one.session.id))
    restore(other, 10)
    assert (other.upper / "old").read_text() == "new\n"


def test_a_fork_knows_what_its_parent_began_from(tmp_path: Path) -> None:
    one = made(tmp_path, shared="old")
    (one.upper / "shared").write_text("agent's\n")
    keep(one, 10)
    (one.project / "shared").write_text("owner's\n")
    other = begun(tmp_path, one.project)
    restore(one, 10, other)
    with pytest.raises(FilesRefused, match="shared changed"):
        asyncio.run(other.files.apply(other.session, None))


def test_a_turn_that_changed_nothing_takes_no_space(tmp_path: Path) -> None:
    one = worked(tmp_path)
    for seq in (10, 20, 30):
        keep(one, seq)
    assert Checkpoints(one.workspace.checkpoints).seqs() == [10]


def test_a_file_that_is_written_again_at_once_with_the_same_length_is_kept_anew(tmp_path: Path) -> None:
    one = made(tmp_path)
    for seq in range(1, 20):
        (one.upper / "file").write_text(f"{seq:02d}\n")
        keep(one, seq)
    for seq in range(1, 20):
        restore(one, seq)
        assert (one.upper / "file").read_text() == f"{seq:02d}\n"


def test_only_the_last_checkpoints_are_kept_and_the_others_say_so(tmp_path: Path) -> None:
    one = made(tmp_path)
    most = checkpoints.MOST_CHECKPOINTS
    for seq in range(1, most + 11):
        (one.upper / "file").write_text(f"{seq}\n")
        keep(one, seq)
    with pytest.raises(FilesRefused, match="only the last ones are kept"):
        restore(one, 5)
    restore(one, most + 9)
    assert (one.upper / "file").read_text() == f"{most + 9}\n"
    assert len(list((one.workspace.checkpoints / "contents").iterdir())) <= most


def test_what_cannot_be_kept_is_said_when_it_is_asked_for_and_not_before(tmp_path: Path) -> None:
    one = made(tmp_path)
    (one.upper / "huge").touch()
    keep(one, 1)
    os.truncate(one.upper / "huge", 1 << 40)
    keep(one, 2)
    (one.upper / "huge").unlink()
    (one.upper / "shut").mkdir(mode=0o000)
    keep(one, 3)
    with pytest.raises(FilesRefused, match=r"over 2 GB with huge; remove large files"):
        restore(one, 2)
    with pytest.raises(FilesRefused, match=r"shut cannot be looked into \(mode 000"):
        restore(one, 3)
    restore(one, 1)
    one.workspace.prepare()
    assert tree(one.upper) == {"huge": ""}


def test_files_that_were_put_back_share_their_bytes_until_something_may_write_to_them_and_then_nothing_is_shared(
    tmp_path: Path,
) -> None:
    one = worked(tmp_path)
    for folder in (one.upper, one.workspace.own, one.workspace.shared / "outputs"):
        (folder / "large").write_text(f"{folder}\n" * 10_000)
    (one.upper / "again" / "closed").chmod(0o755)
    (one.upper / "again" / "closed" / "inner").write_text("i\n")
    (one.upper / "again" / "closed").chmod(0o555)
    (one.upper / "secret").write_text("s\n")
    (one.upper / "secret").chmod(0o200)
    (one.upper / "secret").chmod(0o600)
    keep(one, 10)
    fork = begun(tmp_path, one.project)
    restore(one, 10, fork)
    folders = [(getattr(one.workspace, name), getattr(fork.workspace, name)) for name in ("upper", "own", "shared")]
    before = [listing(ours) for ours, _ in folders]
    stored = {path.name: path.read_bytes() for path in Checkpoints(one.workspace.checkpoints).contents.iterdir()}
    assert [listing(theirs) for _, theirs in folders] == before
    # The parent's store, and the file.
    assert {(fork.upper / name).stat().st_nlink for name in ("large", "old", "again/closed/inner")} == {2}

    fork.workspace.prepare()

    assert [listing(theirs) for _, theirs in folders] == before
    for theirs in (theirs for _, theirs in folders):
        for path in theirs.rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert path.stat().st_nlink == 1, path
                path.chmod(0o600)
                with path.open("r+b") as file:
                    file.write(b"!")
    assert {
        path.name: path.read_bytes() for path in Checkpoints(one.workspace.checkpoints).contents.iterdir()
    } == stored
    assert [listing(ours) for ours, _ in folders] == before


def test_names_that_an_agent_gave_one_file_stay_one_file(tmp_path: Path) -> None:
    one = worked(tmp_path)
    os.link(one.upper / "old", one.upper / "other")
    one.workspace.prepare()
    assert (one.upper / "old").samefile(one.upper / "other")


def test_what_is_discarded_of_files_that_were_put_back_leaves_the_checkpoint_alone(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    restore(one, 10)
    asyncio.run(one.files.apply(one.session, ["old"]))
    (one.upper / "old").unlink(missing_ok=True)
    restore(one, 10)
    assert (one.upper / "old").read_text() == "new\n"
    assert (one.upper / "old").stat().st_mode & 0o777 == 0o751


def test_what_was_put_back_is_settled_by_itself_a_while_later(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)

    async def story() -> None:
        await one.files.restore(one.session, 10, one.session)
        assert (one.upper / "old").stat().st_nlink == 2
        await until(lambda: not (one.workspace.folder / settling.MARK).exists())
        assert (one.upper / "old").stat().st_nlink == 1

    asyncio.run(story())


def test_links_that_an_agent_made_since_its_files_were_settled_are_left_alone(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    restore(one, 10)
    folder = one.workspace.folder
    with ThreadPoolExecutor() as threads:
        with settling.alone(folder):
            waits = threads.submit(settling.settle, folder)
            # Another settles them before its turn comes, and a sandbox begins.
            (folder / settling.MARK).unlink()
            (one.upper / "old").unlink()
            (one.upper / "old").write_text("agent's\n")
            os.link(one.upper / "old", one.upper / "other")
        waits.result()
    assert (one.upper / "old").samefile(one.upper / "other")


def test_whatever_a_sandbox_can_write_to_is_settled() -> None:
    assert {*settling.WRITTEN, BASE_FOLDER} == set(ROOTS)
