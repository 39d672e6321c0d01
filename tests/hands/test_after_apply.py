"""Lines in conflict, hunk by hunk: which hunk meets them, what stays the user's, and what waits between markers."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hands.test_changes import apply, told
from tests.hands.test_git_stays import git
from tests.hands.test_hunks import apply as apply_hunks
from tests.hands.test_hunks import review
from tests.hands.test_moved_projects import CLASH, MINE, OLD, rests, started
from tests.hands.upper import Made, whiteout
from workbench.contracts.files import FilesRefused, HunkName
from workbench.contracts.repositories import RepositoryBase
from workbench.hands.git.after_apply import has_lines_of
from workbench.hands.git.session_repositories import SessionRepositories

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

TWO = OLD.replace("line 15\n", "session's\n").replace("line 2\n", "session's 2\n")


def met(folder: Path, mine: str = CLASH) -> Made:
    """A session with two hunks in a repository whose user has changed the file since, without a commit."""
    one = started(folder, repository=True)
    (one.upper / "file").write_text(TWO)
    rests(one)
    (one.project / "file").write_text(mine)
    return one


def base_of(one: Made) -> RepositoryBase:
    return asyncio.run(SessionRepositories(one.files._settings).base(one.session))


def test_each_hunk_says_whether_it_is_in_conflict_and_only_that_one_needs_a_side(tmp_path: Path) -> None:
    one = met(tmp_path)
    [file] = review(one).files
    first, second = file.hunks or ()
    assert (first.conflict, first.conflicts, second.conflict) == (False, (), True)
    assert second.conflicts == ("<<<<<<< yours", "mine too", "=======", "session's", ">>>>>>> the session's")
    apply_hunks(one, HunkName("file", first.id))
    assert (one.project / "file").read_text() == CLASH.replace("line 2\n", "session's 2\n")


def test_where_the_users_lines_are_taken_and_nothing_came_nothing_was_applied(tmp_path: Path) -> None:
    one = met(tmp_path)
    [file] = review(one).files
    second = (file.hunks or ())[1]
    done = apply_hunks(one, HunkName("file", second.id), take="mine")
    assert (done.changes, done.kept, (one.project / "file").read_text()) == ((), ("file",), CLASH)
    # It is settled: the other hunk alone is left, and nothing of the user's is to be committed as the session's.
    [file] = review(one).files
    assert [hunk.conflict for hunk in file.hunks or ()] == [False]
    assert base_of(one).as_applied == ()
    done = apply(one)
    assert ([change.path for change in done.changes], done.kept) == (["file"], ())


def test_what_has_markers_waits_until_a_person_has_settled_it_and_then_is_to_commit(tmp_path: Path) -> None:
    one = met(tmp_path)
    done = apply(one, take="markers")
    assert done.marked == ("file",)
    base = base_of(one)
    assert (base.marked, base.settled, base.as_applied) == (("file",), (), ())
    text = (one.project / "file").read_text()
    (one.project / "file").write_text(
        text.replace("<<<<<<< yours\nmine too\n=======\n", "").replace(">>>>>>> the session's\n", "")
    )
    assert (base_of(one).marked, base_of(one).settled) == ((), ("file",))
    # Another commit of the user's changes nothing about it; one of the file itself ends it, whatever is changed then.
    (one.project / "other").write_text("o\n")
    git(one.project, "add", "other")
    git(one.project, "commit", "--quiet", "-m", "other")
    assert base_of(one).settled == ("file",)
    git(one.project, "commit", "--quiet", "-am", "settled")
    (one.project / "file").write_text("later\n")
    assert (base_of(one).marked, base_of(one).settled) == ((), ())


def test_markers_wait_whatever_else_comes_into_the_file_and_in_whichever_session_it_is_committed(
    tmp_path: Path,
) -> None:
    one = met(tmp_path)
    [file] = review(one).files
    apply_hunks(one, HunkName("file", (file.hunks or ())[1].id), take="markers")
    [file] = review(one).files
    [left] = file.hunks or ()
    # What stands between markers already is no conflict of the next hunk.
    assert (left.conflict, left.conflicts) == (False, ())
    apply_hunks(one, HunkName("file", left.id))
    assert (base_of(one).marked, base_of(one).settled) == (("file",), ())
    repositories = SessionRepositories(one.files._settings)
    with pytest.raises(FilesRefused, match="nothing was committed: lines of both sides stand between markers in file"):
        asyncio.run(repositories.commit(one.session, ["file"], "m"))
    assert git(one.project, "log", "--format=%s").strip() == "first"
    text = (one.project / "file").read_text()
    (one.project / "file").write_text(
        "".join(line for line in text.splitlines(True) if line[:3] not in ("<<<", "===", ">>>"))
    )
    assert base_of(one).settled == ("file",)
    asyncio.run(repositories.commit(one.session, ["file"], "settled"))
    assert (base_of(one).marked, base_of(one).settled) == ((), ())


def test_of_two_conflicts_the_one_that_is_not_settled_is_shown(tmp_path: Path) -> None:
    one = met(tmp_path, CLASH.replace("line 2\n", "mine 2\n"))
    [file] = review(one).files
    apply_hunks(one, HunkName("file", (file.hunks or ())[0].id), take="markers")
    [file] = review(one).files
    [left] = file.hunks or ()
    assert left.conflicts == ("<<<<<<< yours", "mine too", "=======", "session's", ">>>>>>> the session's")


def test_what_is_as_it_came_is_to_commit_whatever_was_done_with_the_file_meanwhile(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.upper / "file").write_text(TWO)
    rests(one)
    apply(one)
    file = one.project / "file"
    git(one.project, "stash")
    assert base_of(one).as_applied == ()
    git(one.project, "stash", "pop")
    assert base_of(one).as_applied == ("file",)
    file.write_text("other\n")
    assert base_of(one).as_applied == ()
    file.write_text(TWO)
    file.chmod(0o664)
    assert base_of(one).as_applied == ("file",)
    file.chmod(0o755)
    assert base_of(one).as_applied == ()


def test_of_what_was_settled_lines_of_a_person_elsewhere_in_the_file_are_named(tmp_path: Path) -> None:
    one = met(tmp_path, CLASH.replace("line 8\n", "mine as well\n"))
    apply(one, take="markers")
    (one.project / "file").write_text(TWO.replace("line 8\n", "mine as well\n"))
    assert (base_of(one).settled, base_of(one).yours) == (("file",), ("file",))
    (one.project / "file").write_text(TWO)
    assert base_of(one).yours == ()


def test_a_file_that_git_has_unmerged_is_not_committed(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.project / "file").write_text("stashed\n")
    git(one.project, "stash")
    (one.project / "file").write_text("committed\n")
    git(one.project, "commit", "--quiet", "-am", "second")
    with contextlib.suppress(subprocess.CalledProcessError):
        git(one.project, "stash", "pop")
    with pytest.raises(FilesRefused, match="git has both sides of file yet; settle them, then git add"):
        asyncio.run(SessionRepositories(one.files._settings).commit(one.session, ["file"], "m"))
    assert git(one.project, "log", "--format=%s").split() == ["second", "first"]


def test_what_can_have_no_markers_says_so(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.project / "gone").write_text(OLD)
    rests(one)
    whiteout(one.upper / "gone")
    rests(one)
    (one.project / "gone").write_text(CLASH)
    assert [(file.change.path, file.can_be_marked) for file in review(one).files] == [("gone", False)]


def test_what_a_person_had_not_committed_is_named_only_where_it_is_still_there(tmp_path: Path) -> None:
    one = met(tmp_path)
    apply(one, take="theirs")
    assert (one.project / "file").read_text() == TWO
    base = base_of(one)
    assert (base.as_applied, base.yours) == (("file",), ())
    (other_folder := tmp_path / "other").mkdir()
    other = met(other_folder, CLASH.replace("line 8\n", "mine as well\n"))
    apply(other, take="theirs")
    assert base_of(other).yours == ("file",)
    assert told(other) == []


@pytest.mark.parametrize(
    ("mine", "after", "is_there"),
    [
        (OLD, TWO, False),
        (MINE, MINE, True),
        (MINE, OLD, False),
        (MINE, MINE.replace("line 15\n", "x\n"), True),
        (CLASH, TWO, False),
        (OLD.replace("line 8\n", ""), TWO.replace("line 8\n", ""), True),
        (OLD.replace("line 15\n", ""), TWO, False),
        (OLD.replace("line 0\n", ""), TWO.replace("line 0\n", ""), True),
        (OLD.replace("line 19\n", ""), TWO.replace("line 19\n", ""), True),
        (OLD.replace("\n", "\r\n"), OLD, False),
    ],
)
def test_lines_of_a_person_are_found_again_behind_an_apply(mine: str, after: str, is_there: bool) -> None:
    assert has_lines_of(OLD.encode(), mine.encode(), after.encode()) is is_there
