"""What a session changed is told, shown as a diff that git takes, and applied without ever following a link."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.upper import Made, begun, made, opaque, tree, whiteout
from workbench.contracts.files import FileChanges, FilesRefused, Take


def changes_of(one: Made) -> FileChanges:
    return asyncio.run(one.files.changes(one.session))


def told(one: Made) -> list[tuple[str, str, str]]:
    return [(change.kind, change.what, change.path) for change in changes_of(one).changes]


def diff_of(one: Made) -> str:
    return asyncio.run(one.files.diff(one.session)).text


def apply(one: Made, *paths: str, take: Take | None = None) -> FileChanges:
    return asyncio.run(one.files.apply(one.session, paths or None, take=take))


def changed(folder: Path) -> Made:
    """A session that did one of everything."""
    (folder / "project").mkdir()
    (folder / "project" / "link").symlink_to("kept")
    one = made(folder, kept="k", edited="old", gone="g", tree__a="a", tree__b="b", again__x="x", again__y="y", run="r")
    (one.upper / "edited").write_text("new\n")
    (one.upper / "run").write_text("r\n")
    (one.upper / "run").chmod(0o755)
    whiteout(one.upper / "gone")
    whiteout(one.upper / "tree")
    opaque(one.upper / "again")
    (one.upper / "again" / "x").write_text("x\n")
    (one.upper / "again" / "new").write_text("no end of line")
    (one.upper / "link").symlink_to("edited")
    (one.upper / "deep" / "er").mkdir(parents=True)
    (one.upper / "deep" / "er" / "file").write_text("d\n")
    return one


def test_every_kind_of_change_is_told_and_what_is_the_same_is_not(tmp_path: Path) -> None:
    assert told(changed(tmp_path)) == [
        ("added", "file", "again/new"),
        ("deleted", "file", "again/y"),
        ("added", "file", "deep/er/file"),
        ("modified", "file", "edited"),
        ("deleted", "file", "gone"),
        ("modified", "link", "link"),
        ("modified", "file", "run"),
        ("deleted", "file", "tree/a"),
        ("deleted", "file", "tree/b"),
    ]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_makes_of_the_project_with_the_diff_what_the_session_sees(tmp_path: Path) -> None:
    one = changed(tmp_path)
    other = tmp_path / "other"
    shutil.copytree(one.project, other, symlinks=True)
    patch = diff_of(one)
    done = subprocess.run(["git", "apply", "-"], cwd=other, input=patch, text=True, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, patch)
    apply(one)
    assert tree(other) == tree(one.project)
    assert (other / "run").stat().st_mode & 0o111 == 0o111


def test_after_apply_the_project_is_what_the_session_saw_and_nothing_is_left_to_apply(tmp_path: Path) -> None:
    one = changed(tmp_path)
    apply(one)
    assert tree(one.project) == {
        "again/new": "no end of line",
        "again/x": "x\n",
        "deep/er/file": "d\n",
        "edited": "new\n",
        "kept": "k\n",
        "link": "-> edited",
        "run": "r\n",
    }
    assert (one.project / "run").stat().st_mode & 0o777 == 0o755
    assert not (one.project / "tree").exists()
    assert (told(one), list(one.upper.iterdir())) == ([], [])


def test_apply_by_name_takes_that_file_or_folder_and_leaves_the_rest(tmp_path: Path) -> None:
    one = changed(tmp_path)
    apply(one, "edited", "deep")
    assert (one.project / "edited").read_text() == "new\n"
    assert (one.project / "deep" / "er" / "file").read_text() == "d\n"
    assert (one.project / "gone").exists()
    assert "edited" not in [path for _, _, path in told(one)]
    with pytest.raises(FilesRefused, match="nowhere is not among the session's changes"):
        apply(one, "nowhere")


def test_a_file_that_changed_on_both_sides_is_refused_by_name_and_nothing_is_applied(tmp_path: Path) -> None:
    first = made(tmp_path, shared="old", own="old")
    second = begun(tmp_path, first.project)
    (first.upper / "shared").write_text("first\n")
    (second.upper / "shared").write_text("second\n")
    (second.upper / "own").write_text("second\n")
    apply(first)
    with pytest.raises(FilesRefused, match="nothing was applied: shared changed") as refused:
        apply(second)
    assert refused.value.conflicts == ("shared",)
    assert tree(first.project) == {"shared": "first\n", "own": "old\n"}
    assert [change.conflict for change in changes_of(second).changes] == [False, True]
    apply(second, "own")
    apply(second, take="theirs")
    assert tree(first.project) == {"shared": "second\n", "own": "second\n"}


def test_the_same_change_on_both_sides_is_no_conflict(tmp_path: Path) -> None:
    one = made(tmp_path, shared="old")
    (one.upper / "shared").write_text("new\n")
    (one.project / "shared").write_text("new\n")
    assert (told(one), apply(one).changes) == ([], ())


def test_a_file_that_was_touched_and_holds_the_same_is_no_conflict(tmp_path: Path) -> None:
    one = made(tmp_path, shared="old")
    (one.upper / "shared").write_text("new\n")
    asyncio.run(one.files.checkpoint(one.session, 1))
    (one.project / "shared").write_text("old\n")
    apply(one)
    assert (one.project / "shared").read_text() == "new\n"


def test_a_file_that_the_owner_put_into_a_deleted_folder_stays_in_it_and_is_no_change_of_the_session(
    tmp_path: Path,
) -> None:
    one = made(tmp_path, folder__old="o")
    whiteout(one.upper / "folder")
    asyncio.run(one.files.checkpoint(one.session, 1))
    (one.project / "folder" / "mine").write_text("m\n")
    assert told(one) == [("deleted", "file", "folder/old")]
    apply(one)
    assert (told(one), tree(one.project)) == ([], {"folder/mine": "m\n"})
    assert list(one.upper.iterdir()) == []


def test_a_link_to_outside_is_copied_as_a_link_and_never_read_or_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret\n")
    one = made(tmp_path, folder__file="f")
    (one.upper / "folder").symlink_to(outside)
    (one.upper / "root").symlink_to("/")
    assert "secret" not in diff_of(one)
    apply(one)
    assert (one.project / "folder").readlink() == outside
    assert tree(outside) == {"secret": "secret\n"}


def test_a_project_folder_that_became_a_link_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    one = made(tmp_path, folder__file="f")
    (one.upper / "folder").mkdir()
    (one.upper / "folder" / "file").write_text("new\n")
    shutil.rmtree(one.project / "folder")
    (one.project / "folder").symlink_to(outside)
    with pytest.raises(FilesRefused, match="folder"):
        apply(one)
    assert tree(outside) == {}


def test_fifos_and_devices_are_named_and_never_opened(tmp_path: Path) -> None:
    one = made(tmp_path, file="f")
    os.mkfifo(one.upper / "fifo")
    os.mkfifo(one.upper / "file")
    found = changes_of(one)
    assert found.changes == ()
    assert [sentence.partition(" ")[0] for sentence in found.left_out] == ["fifo", "file"]
    assert diff_of(one) == ""
    apply(one)
    assert tree(one.project) == {"file": "f\n"}


def test_a_file_that_may_not_be_read_is_refused_before_anything_is_applied(tmp_path: Path) -> None:
    one = made(tmp_path, edited="old", gone="g")
    (one.upper / "edited").write_text("new\n")
    (one.upper / "shut").touch(mode=0o000)
    whiteout(one.upper / "gone")
    with pytest.raises(FilesRefused, match="nothing was applied: shut may not be read"):
        apply(one)
    assert tree(one.project) == {"edited": "old\n", "gone": "g\n"}


def test_an_apply_that_was_cut_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    one = made(tmp_path, a="old", b__c="old")
    (one.upper / "a").write_text("new\n")
    (one.upper / "b").mkdir()
    (one.upper / "b" / "c").write_text("new\n")
    (one.project / "b").chmod(0o500)
    with pytest.raises(FilesRefused, match="what came before it is applied: mend this and apply again"):
        apply(one)
    assert tree(one.project) == {"a": "new\n", "b/c": "old\n"}
    (one.project / "b").chmod(0o755)
    apply(one)
    assert tree(one.project) == {"a": "new\n", "b/c": "new\n"}


def test_a_sparse_file_of_a_terabyte_is_named_and_not_read(tmp_path: Path) -> None:
    one = made(tmp_path, huge="h")
    with (one.upper / "huge").open("wb") as file:
        file.truncate(1 << 40)
    assert [change.bytes for change in changes_of(one).changes] == [1 << 40]
    assert "Binary files a/huge and b/huge differ" in diff_of(one)


def test_a_tree_deeper_than_a_path_is_long_is_named_and_removed_with_the_session(tmp_path: Path) -> None:
    one = made(tmp_path)
    folder = os.open(one.upper, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("dir", dir_fd=folder)
        inner = os.open("dir", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    found = changes_of(one)
    asyncio.run(one.files.erase(one.session.id))
    assert ["cannot be looked into" in sentence for sentence in found.left_out] == [True]
    assert not one.workspace.folder.exists()


def test_names_that_no_encoding_takes_are_told_and_applied(tmp_path: Path) -> None:
    one = made(tmp_path)
    for raw in (b"\xff", b"line\nbreak", b"\x1b[2J"):
        Path(os.fsdecode(bytes(one.upper) + b"/" + raw)).write_text("x\n")
    names = [change.path for change in changes_of(one).changes]
    assert names == ["\x1b[2J", "line\nbreak", "\\xff"]
    diff_of(one).encode()
    apply(one)
    assert sorted(os.listdir(bytes(one.project))) == [b"\x1b[2J", b"line\nbreak", b"\xff"]


def test_a_hundred_thousand_different_lines_are_shown_as_replaced(tmp_path: Path) -> None:
    one = made(tmp_path, long="\n".join(str(number) for number in range(50_000)))
    (one.upper / "long").write_text("".join(f"{number}\n" for number in range(50_000, 0, -1)))
    assert diff_of(one).splitlines()[3] == "@@ -1,50000 +1,50000 @@"


def test_a_session_without_a_project_is_refused_with_what_to_do(tmp_path: Path) -> None:
    one = made(tmp_path)
    without = replace(one, session=replace(one.session, project=None))
    with pytest.raises(FilesRefused, match="has no project; start one with: workbench run -C DIR"):
        changes_of(without)


def test_a_file_that_the_owner_deleted_while_the_agent_added_to_it_is_a_conflict(tmp_path: Path) -> None:
    one = made(tmp_path, shared="old", kept="k")
    (one.upper / "shared").write_text("old\nmore\n")
    # As the kernel marks what it has copied up.
    os.setxattr(one.upper / "shared", "user.overlay.origin", b"")
    (one.upper / "new").write_text("n\n")
    (one.project / "shared").unlink()
    assert [(change.path, change.conflict) for change in changes_of(one).changes] == [("new", False), ("shared", True)]
    with pytest.raises(FilesRefused) as refused:
        apply(one)
    assert (refused.value.conflicts, tree(one.project)) == (("shared",), {"kept": "k\n"})


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_takes_a_diff_of_modes_empty_files_links_and_bytes(tmp_path: Path) -> None:
    one = made(tmp_path, mode="m", run="r", private="p", become="b", binary="x", gone="g")
    (one.project / "binary").write_bytes(b"\x00\xff" * 400)
    (one.project / "gone").write_bytes(b"\x00gone")
    (one.project / "void").touch()
    for name, bits in (("run", 0o755), ("private", 0o600)):
        shutil.copy2(one.project / name, one.upper / name)
        (one.upper / name).chmod(bits)
    (one.upper / "become").symlink_to("run")
    (one.upper / "binary").write_bytes(bytes(range(256)) * 9)
    (one.upper / "void").write_bytes(b"\x00now")
    (one.upper / "new bytes").write_bytes(b"\x00new")
    (one.upper / "empty file").touch()
    whiteout(one.upper / "gone")
    other = tmp_path / "other"
    shutil.copytree(one.project, other, symlinks=True)
    patch = asyncio.run(one.files.diff(one.session, binary=True)).text
    for words in (["--check"], []):
        done = subprocess.run(
            ["git", "apply", *words], cwd=other, input=patch, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, (done.stderr, patch)
    apply(one, take="theirs")
    assert {path.name: path.read_bytes() for path in other.iterdir()} == {
        path.name: path.read_bytes() for path in one.project.iterdir()
    }
    assert (other / "become").readlink() == Path("run")
    assert (other / "run").stat().st_mode & 0o111 == 0o111


def test_a_link_that_points_elsewhere_is_shown_as_a_link(tmp_path: Path) -> None:
    one = changed(tmp_path)
    [index] = [line for line in diff_of(one).splitlines() if line.startswith("index ")]
    assert index == "index 1cff52e8f9895f9fc09c3ba990196819913e9c83..deb1bc2c60dc0eed5edb7e42cea94c7cb03c0050 120000"


def test_a_change_of_mode_alone_says_both_modes(tmp_path: Path) -> None:
    one = made(tmp_path, run="r", private="p")
    (one.project / "private").chmod(0o644)
    for name, bits in (("run", 0o755), ("private", 0o600)):
        shutil.copy2(one.project / name, one.upper / name)
        (one.upper / name).chmod(bits)
    assert diff_of(one).splitlines() == [
        "diff --git a/private b/private",
        "old mode 100644",
        "new mode 100600",
        "diff --git a/run b/run",
        "old mode 100644",
        "new mode 100755",
    ]
