"""Forks and rewinds that are put in place by names alone: what they owe is done later, whatever happens before."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hands.test_checkpoints import keep, listing, restore, worked
from tests.hands.upper import begun, made, tree
from workbench.contracts.files import FilesRefused
from workbench.hands.files import settling, stamps
from workbench.hands.files.checkpoints import Checkpoints

MOST_NAMES = 70_000
"""More than ext4 gives one file."""


def test_a_fork_whose_parent_is_erased_at_once_has_all_that_its_checkpoints_say(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    (one.upper / "old").write_text("newer\n")
    (one.upper / "second").write_text("s\n")
    keep(one, 20)
    before = listing(one.upper)
    child, grandchild = begun(tmp_path, one.project), begun(tmp_path, one.project)
    restore(one, 20, child)
    asyncio.run(one.files.erase(one.session.id))
    restore(child, 20, grandchild)
    asyncio.run(child.files.erase(child.session.id))
    # The engine was killed before it settled anything, and a sandbox of the next one begins.
    grandchild.workspace.prepare()
    (grandchild.upper / "old").write_text("changed\n")
    (grandchild.upper / "second").unlink()
    keep(grandchild, 30)
    restore(grandchild, 10)
    assert (grandchild.upper / "old").read_text() == "new\n"
    restore(grandchild, 20)
    assert listing(grandchild.upper) == before
    restore(grandchild, 30)
    assert (grandchild.upper / "old").read_text() == "changed\n"


def test_a_session_that_never_kept_anything_goes_back_to_nothing_and_begins_again(tmp_path: Path) -> None:
    one = worked(tmp_path)
    restore(one, 0)
    one.workspace.prepare()
    assert tree(one.upper) == {}
    keep(one, 10)
    (one.upper / "old").write_text("new\n")
    keep(one, 20)
    restore(one, 10)
    assert tree(one.upper) == {}


def test_a_fork_takes_the_last_name_that_its_parents_content_can_have_and_settles_all_the_same(tmp_path: Path) -> None:
    one = made(tmp_path)
    (one.upper / "file").write_text("f\n")
    keep(one, 10)
    [content] = Checkpoints(one.workspace.checkpoints).contents.iterdir()
    names = [tmp_path / f"name{number}" for number in range(MOST_NAMES)]

    def give_every_name() -> None:
        for name in names:
            os.link(content, name)

    with pytest.raises(OSError, match="Too many links"):
        give_every_name()
    names[0].unlink()
    fork = begun(tmp_path, one.project)
    restore(one, 10, fork)
    fork.workspace.prepare()
    assert [path.read_text() for path in Checkpoints(fork.workspace.checkpoints).contents.iterdir()] == ["f\n"]
    (fork.upper / "file").write_text("own\n")
    restore(fork, 10)
    assert tree(fork.upper) == {"file": "f\n"}


def test_settling_that_was_ended_half_way_is_done_by_the_next(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    fork = begun(tmp_path, one.project)
    restore(one, 10, fork)
    before = listing(fork.upper)
    settling.gather(fork.workspace.folder)
    (fork.workspace.folder / "settling").write_text("a copy that was not put in place\n")
    asyncio.run(one.files.erase(one.session.id))
    fork.workspace.prepare()
    assert listing(fork.upper) == before
    (fork.upper / "old").write_text("changed\n")
    restore(fork, 10)
    assert listing(fork.upper) == before


def test_a_place_that_was_kept_and_has_not_changed_is_no_news_and_every_change_is(tmp_path: Path) -> None:
    one = worked(tmp_path)
    (one.upper / "again" / "closed").chmod(0o755)
    grown = (one.upper, one.workspace.own, one.workspace.shared / "outputs", one.upper / "again" / "closed")

    def is_news(seq: int) -> bool:
        said = []
        for _ in range(3):
            # What is younger than a tick of the kernel's clock is read again, and may be the same.
            time.sleep(stamps.TICK_NS * 2 / 1e9)
            said.append(asyncio.run(one.files.checkpoint(one.session, seq)))
        assert not said[-1]
        return said[0]

    assert is_news(10)
    assert is_news(11)
    changes: list[Callable[[], object]] = [
        lambda: (one.upper / "old").write_text("own\n"),
        lambda: (one.upper / "old").chmod(0o640),
        lambda: os.utime(one.upper / "old", ns=(1, 1)),
        (one.upper / "link").unlink,
        lambda: (one.upper / "link").symlink_to("elsewhere"),
        (one.upper / "gone").unlink,
        lambda: os.removexattr(one.upper / "again", "user.overlay.opaque"),
        lambda: (one.upper / "old").rename(one.upper / "older"),
        *((folder / "made").mkdir for folder in grown),
    ]
    for change in changes:
        change()
        assert is_news(11), change


def test_after_a_rewind_a_checkpoint_says_what_was_put_back_and_not_what_was_there(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    before = listing(one.upper)
    (one.upper / "old").write_text("newer\n")
    keep(one, 20)
    restore(one, 10)
    keep(one, 30)
    restore(one, 20)
    assert (one.upper / "old").read_text() == "newer\n"
    restore(one, 30)
    assert listing(one.upper) == before
    one.workspace.prepare()
    (one.upper / "old").write_text("last\n")
    keep(one, 40)
    restore(one, 30)
    keep(one, 50)
    restore(one, 40)
    assert (one.upper / "old").read_text() == "last\n"


def test_what_cannot_be_kept_is_not_taken_for_what_was_kept_before(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    time.sleep(stamps.TICK_NS * 2 / 1e9)
    (one.upper / "shut").mkdir(mode=0o000)
    keep(one, 10)
    (one.upper / "shut").rmdir()
    keep(one, 11)
    restore(one, 11)
    with pytest.raises(FilesRefused, match="shut cannot be looked into"):
        restore(one, 10)
    one.workspace.prepare()


def test_a_fork_of_an_earlier_place_gets_nothing_of_what_came_later(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    (one.upper / "secret").write_text("later\n")
    keep(one, 20)
    fork = begun(tmp_path, one.project)
    restore(one, 10, fork)
    fork.workspace.prepare()
    contents = Checkpoints(fork.workspace.checkpoints).contents
    assert "later\n" not in {path.read_text() for path in contents.iterdir()}
    assert Checkpoints(fork.workspace.checkpoints).seqs() == [10]


def test_what_a_rewind_replaced_is_gone_when_the_files_are_settled(tmp_path: Path) -> None:
    one = worked(tmp_path)
    keep(one, 10)
    known = {path.name for path in one.workspace.folder.iterdir()}
    (one.upper / "huge").write_text("h\n" * 1000)
    (one.upper / "shut").mkdir(mode=0o000)
    restore(one, 10)
    one.workspace.prepare()
    assert {path.name for path in one.workspace.folder.iterdir()} - known <= {"settling.lock", "folders"}
