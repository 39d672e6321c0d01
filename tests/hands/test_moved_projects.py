"""A session's change is what the session changed; what somebody else changed in the project meanwhile stays, or is a conflict."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hands.test_changes import apply, changes_of, diff_of, told
from tests.hands.test_git_stays import git
from tests.hands.test_hunks import apply as apply_hunks
from tests.hands.test_hunks import hunks_of, review
from tests.hands.upper import Made, begun, made, tree, whiteout
from workbench.contracts.files import FilesRefused, Take
from workbench.hands.git import began, view

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

OLD = "".join(f"line {number}\n" for number in range(20))
MINE = OLD.replace("line 2\n", "line 2\nmine\n")
OWN = OLD.replace("line 15\n", "session's\n")
BOTH = MINE.replace("line 15\n", "session's\n")
CLASH = OLD.replace("line 15\n", "mine too\n")


def started(folder: Path, text: str = OLD, *, repository: bool = False, uncommitted: str = "") -> Made:
    """A session on a project with one file, whose sandbox has just begun."""
    project = folder / "project"
    project.mkdir()
    (project / "file").write_text(text)
    if repository:
        git(project, "init", "--quiet", "--initial-branch=main")
        git(project, "add", ".")
        git(project, "commit", "--quiet", "-m", "first")
    if uncommitted:
        (project / "file").write_text(uncommitted)
    one = begun(folder, project)
    view.prepare(one.workspace)
    return one


def rests(one: Made) -> None:
    asyncio.run(one.files.checkpoint(one.session, 1))


def met(one: Made) -> dict[str, str]:
    return {change.path: change.merge for change in changes_of(one).changes}


def lines_in(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def edited(folder: Path, mine: str) -> Made:
    """A session that has changed the file and rests, whose user has changed it since."""
    one = started(folder)
    (one.upper / "file").write_text(OWN)
    rests(one)
    (one.project / "file").write_text(mine)
    return one


def test_a_diff_has_what_the_session_changed_and_apply_keeps_what_the_user_changed(tmp_path: Path) -> None:
    one = edited(tmp_path, MINE)
    assert (lines_in(diff_of(one)), met(one)) == (["-line 15", "+session's"], {"file": "clean"})
    [change] = apply(one).changes
    assert (change.path, change.conflict) == ("file", False)
    assert (one.project / "file").read_text() == BOTH
    # The session sees the user's lines from now on.
    assert (told(one), list(one.upper.glob("file"))) == ([], [])


def test_two_sessions_on_one_file_both_come_and_neither_takes_the_other_back(tmp_path: Path) -> None:
    first = started(tmp_path, repository=True)
    second = begun(tmp_path, first.project)
    view.prepare(second.workspace)
    (first.upper / "file").write_text(OWN)
    (second.upper / "file").write_text(OLD.replace("line 8\n", "second\n"))
    rests(first)
    rests(second)
    apply(first)
    (one := first.project / "file").write_text(one.read_text().replace("line 2\n", "line 2\nmine\n"))
    assert lines_in(diff_of(second)) == ["-line 8", "+second"]
    apply(second)
    assert one.read_text() == BOTH.replace("line 8\n", "second\n")
    assert (told(first), told(second)) == ([], [])


def test_lines_that_both_changed_are_shown_and_nothing_is_written_before_one_side_is_taken(tmp_path: Path) -> None:
    one = edited(tmp_path, CLASH)
    [file] = review(one).files
    assert file.conflicts == ("<<<<<<< yours", "mine too", "=======", "session's", ">>>>>>> the session's")
    assert [hunk.lines[3:5] for hunk in file.hunks or ()] == [("-line 15", "+session's")]
    with pytest.raises(FilesRefused, match="nothing was applied: file changed in the project as well") as refused:
        apply(one)
    assert (refused.value.conflicts, (one.project / "file").read_text()) == (("file",), CLASH)


@pytest.mark.parametrize(
    ("take", "text"),
    [
        ("mine", MINE.replace("line 15\n", "mine too\n")),
        ("theirs", BOTH),
        (
            "markers",
            MINE.replace("line 15\n", "<<<<<<< yours\nmine too\n=======\nsession's\n>>>>>>> the session's\n"),
        ),
    ],
)
def test_a_side_that_is_taken_is_taken_of_the_lines_in_conflict_and_of_no_others(
    tmp_path: Path, take: Take, text: str
) -> None:
    one = edited(tmp_path, MINE.replace("line 15\n", "mine too\n"))
    apply(one, take=take)
    assert (one.project / "file").read_text() == text
    assert (told(one), list(one.upper.glob("file"))) == ([], [])


def _in_git(folder: Path) -> Made:
    return started(folder, repository=True)


def _not_committed(folder: Path) -> Made:
    return started(folder, "committed\n", repository=True, uncommitted=OLD)


def _in_a_folder_of_a_repository(folder: Path) -> Made:
    top = folder / "top"
    (top / "inner").mkdir(parents=True)
    git(top, "init", "--quiet", "--initial-branch=main")
    (top / "inner" / "file").write_text(OLD)
    (top / "file").write_text("another one\n")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "first")
    one = begun(folder, top / "inner")
    view.prepare(one.workspace)
    return one


@pytest.mark.parametrize("start", [_in_git, _not_committed, _in_a_folder_of_a_repository, started])
def test_what_a_file_was_at_the_beginning_is_known_where_both_changed_it_in_the_same_turn(
    tmp_path: Path, start: Callable[[Path], Made]
) -> None:
    one = start(tmp_path)
    (one.project / "file").write_text(MINE)
    (one.upper / "file").write_text(OWN)
    assert (lines_in(diff_of(one)), met(one)) == (["-line 15", "+session's"], {"file": "clean"})
    apply(one)
    assert (one.project / "file").read_text() == BOTH


def test_a_session_that_read_what_the_user_had_changed_meanwhile_changed_only_the_rest(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.project / "file").write_text(MINE)
    (one.upper / "file").write_text(BOTH)
    assert (lines_in(diff_of(one)), met(one)) == (["-line 15", "+session's"], {"file": ""})


def test_where_nobody_knows_what_a_file_was_it_is_said_and_nothing_is_applied_before_a_side_is_taken(
    tmp_path: Path,
) -> None:
    one = started(tmp_path, repository=True)
    (one.project / ".gitignore").write_text("secret\n")
    (one.project / "secret").write_text(CLASH)
    (one.upper / "secret").write_text(OWN)
    found = changes_of(one)
    assert [(change.path, change.merge, change.conflict) for change in found.changes] == [("secret", "unknown", True)]
    assert found.left_out == (
        "secret: what the project had there when the session began to change it is not known; the difference is to the project as "
        "it is now, and what stands in it as removed may be lines of yours",
    )
    with pytest.raises(FilesRefused, match="nothing was applied: secret changed"):
        apply(one, "secret")
    with pytest.raises(FilesRefused, match="secret can have no markers"):
        apply(one, "secret", take="markers")
    apply(one, "secret", take="theirs")
    assert (one.project / "secret").read_text() == OWN


def test_a_file_that_the_session_only_touched_is_no_change_when_the_user_changes_it(tmp_path: Path) -> None:
    one = started(tmp_path)
    (one.upper / "file").write_text(OLD)
    rests(one)
    (one.project / "file").write_text(MINE)
    assert (told(one), diff_of(one)) == ([], "")


def test_what_the_project_has_already_is_not_left_to_apply_though_it_has_more(tmp_path: Path) -> None:
    one = edited(tmp_path, BOTH)
    assert told(one) == []


def test_a_deletion_and_a_change_are_a_conflict_from_both_sides(tmp_path: Path) -> None:
    one = made(tmp_path, edited="old", gone="old", both="old")
    (one.upper / "edited").write_text("session's\n")
    whiteout(one.upper / "gone")
    whiteout(one.upper / "both")
    rests(one)
    (one.project / "edited").unlink()
    (one.project / "gone").write_text("mine\n")
    (one.project / "both").unlink()
    assert met(one) == {"edited": "conflict", "gone": "conflict"}
    assert "-old\n+session's\n" in diff_of(one)
    apply(one, "edited", take="theirs")
    apply(one, "gone", take="mine")
    assert (told(one), tree(one.project)) == ([], {"edited": "session's\n", "gone": "mine\n"})
    assert list(one.upper.iterdir()) == []


def test_a_new_file_that_both_made_is_a_conflict_unless_it_is_the_same(tmp_path: Path) -> None:
    one = made(tmp_path)
    for name in ("same", "other"):
        (one.upper / name).write_text("session's\n")
    rests(one)
    (one.project / "same").write_text("session's\n")
    (one.project / "other").write_text("mine\n")
    assert met(one) == {"other": "conflict"}
    apply(one, take="markers")
    text = "<<<<<<< yours\nmine\n=======\nsession's\n>>>>>>> the session's\n"
    assert tree(one.project) == {"other": text, "same": "session's\n"}


def test_bytes_and_links_are_one_side_or_the_other(tmp_path: Path) -> None:
    one = made(tmp_path, kept="k")
    (one.project / "bytes").write_bytes(b"\0old")
    (one.project / "link").symlink_to("kept")
    (one.project / "become").write_text("text\n")
    rests(one)
    (one.upper / "bytes").write_bytes(b"\0session's")
    (one.upper / "link").symlink_to("bytes")
    (one.upper / "become").symlink_to("kept")
    rests(one)
    (one.project / "bytes").write_bytes(b"\0mine")
    (one.project / "link").unlink()
    (one.project / "link").symlink_to("/mine")
    (one.project / "become").write_text("mine\n")
    assert met(one) == dict.fromkeys(("become", "bytes", "link"), "conflict")
    with pytest.raises(FilesRefused, match="become, bytes, link can have no markers"):
        apply(one, take="markers")
    apply(one, "link", "become", take="theirs")
    apply(one, "bytes", take="mine")
    assert (one.project / "link").readlink() == (one.project / "become").readlink().parent / "bytes"
    assert ((one.project / "bytes").read_bytes(), told(one)) == (b"\0mine", [])


def test_a_mode_and_lines_come_together_and_two_modes_are_a_conflict(tmp_path: Path) -> None:
    one = started(tmp_path)
    (one.project / "run").write_text("r\n")
    (one.project / "run").chmod(0o644)
    rests(one)
    for name, mode in (("file", 0o755), ("run", 0o755)):
        shutil.copy(one.project / name, one.upper / name)
        (one.upper / name).chmod(mode)
    rests(one)
    (one.project / "file").write_text(MINE)
    (one.project / "run").chmod(0o600)
    assert met(one) == {"file": "clean", "run": "conflict"}
    apply(one, "file")
    assert ((one.project / "file").read_text(), os.stat(one.project / "file").st_mode & 0o777) == (MINE, 0o755)
    apply(one, take="mine")
    assert (os.stat(one.project / "run").st_mode & 0o777, told(one)) == (0o600, [])


def test_a_file_that_the_session_moved_and_the_user_changed_is_a_conflict_and_nothing_of_it_is_lost(
    tmp_path: Path,
) -> None:
    one = started(tmp_path)
    (one.upper / "moved").write_text(OLD)
    whiteout(one.upper / "file")
    rests(one)
    (one.project / "file").write_text(MINE)
    assert met(one) == {"file": "conflict", "moved": ""}
    with pytest.raises(FilesRefused, match="file changed in the project as well"):
        apply(one)
    assert tree(one.project) == {"file": MINE}


def test_the_folder_of_a_changed_file_that_the_user_has_removed_comes_back_where_the_sessions_side_is_taken(
    tmp_path: Path,
) -> None:
    one = made(tmp_path, deep__er__file="old")
    (one.upper / "deep" / "er").mkdir(parents=True)
    (one.upper / "deep" / "er" / "file").write_text("session's\n")
    rests(one)
    shutil.rmtree(one.project / "deep")
    assert [path for path, kind in met(one).items() if kind == "conflict"] == ["deep/er/file"]
    apply(one, "deep/er/file", take="theirs")
    assert (tree(one.project), told(one)) == ({"deep/er/file": "session's\n"}, [])


def test_a_hunk_comes_into_its_place_in_what_the_user_has_by_then_and_the_others_are_left(tmp_path: Path) -> None:
    one = started(tmp_path)
    (one.upper / "file").write_text(OWN.replace("line 5\n", "").replace("line 19\n", "last\n"))
    rests(one)
    (one.project / "file").write_text(MINE.replace("line 19\n", "mine too\n"))
    fifth, fifteenth = hunks_of(one, "file")
    apply_hunks(one, fifth)
    assert (one.project / "file").read_text() == MINE.replace("line 5\n", "").replace("line 19\n", "mine too\n")
    assert hunks_of(one, "file") == [fifteenth]
    with pytest.raises(FilesRefused, match="file changed in the project as well"):
        apply_hunks(one, fifteenth)
    apply_hunks(one, fifteenth, take="theirs")
    assert (one.project / "file").read_text() == BOTH.replace("line 5\n", "").replace("line 19\n", "last\n")
    assert told(one) == []


def test_a_rewind_brings_back_what_the_session_began_with(tmp_path: Path) -> None:
    one = edited(tmp_path, MINE)
    apply(one)
    asyncio.run(one.files.checkpoint(one.session, 5))
    asyncio.run(one.files.restore(one.session, 1, one.session))
    (one.project / "file").write_text(MINE)
    assert (lines_in(diff_of(one)), met(one)) == (["-line 15", "+session's"], {"file": "clean"})


def test_a_file_that_git_keeps_with_other_line_ends_is_merged_with_those_that_it_has(tmp_path: Path) -> None:
    def written(text: str) -> bytes:
        return text.replace("\n", "\r\n").encode()

    one = started(tmp_path)
    project = one.project
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "config", "core.autocrlf", "true")
    (project / "file").write_bytes(written(OLD))
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    one = begun(tmp_path, project)
    view.prepare(one.workspace)
    (project / "file").write_bytes(written(MINE))
    (one.upper / "file").write_bytes(written(OWN))
    assert met(one) == {"file": "clean"}
    apply(one)
    assert (project / "file").read_bytes() == written(BOTH)


def test_a_version_that_the_users_branch_has_had_is_not_left_to_apply_whatever_became_of_it(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.upper / "file").write_text(OWN)
    (one.upper / "new").write_text("new\n")
    (one.upper / "other").write_text("other\n")
    rests(one)
    # As a merge by hand leaves it, and what came after that.
    (one.project / "file").write_text(OWN)
    (one.project / "new").write_text("new\n")
    git(one.project, "add", ".")
    git(one.project, "commit", "--quiet", "-m", "merged")
    (one.project / "file").write_text(CLASH)
    (one.project / "new").write_text("better\n")
    assert told(one) == [("added", "file", "other")]


def test_a_session_whose_next_sandbox_follows_the_repository_sees_what_it_has_not_changed(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.upper / "file").write_text(OWN)
    (one.upper / "new").write_text("new\n")
    rests(one)
    (one.project / "file").write_text(BOTH)
    git(one.project, "commit", "--quiet", "-am", "merged, with a change of mine")
    view.prepare(one.workspace)
    assert (sorted(path.name for path in one.upper.iterdir()), told(one)) == (
        [".git", "new"],
        [("added", "file", "new")],
    )


def test_a_session_of_an_earlier_version_of_which_only_a_fingerprint_was_kept_is_merged_all_the_same(
    tmp_path: Path,
) -> None:
    one = started(tmp_path, repository=True)
    (one.upper / "file").write_text(OWN)
    rests(one)
    shutil.rmtree(one.workspace.base)
    (one.project / "file").write_text(MINE)
    assert met(one) == {"file": "clean"}
    apply(one)
    assert (one.project / "file").read_text() == BOTH


def test_a_fork_knows_what_its_parent_began_with(tmp_path: Path) -> None:
    parent = edited(tmp_path, MINE)
    child = begun(tmp_path, parent.project)
    asyncio.run(parent.files.restore(parent.session, 1, child.session))
    assert (lines_in(diff_of(child)), met(child)) == (["-line 15", "+session's"], {"file": "clean"})


def test_of_a_folder_with_very_many_files_nothing_is_copied_and_its_sandbox_begins_all_the_same(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for number in range(began.MOST_FILES + 1):
        (project / str(number)).touch()
    one = begun(tmp_path, project)
    view.prepare(one.workspace)
    (project / "0").write_text(MINE)
    (one.upper / "0").write_text(OWN)
    assert (met(one), list((one.workspace.folder / began.FOLDER).iterdir())) == ({"0": "unknown"}, [])
