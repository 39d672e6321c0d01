"""What was applied is kept with the session, and comes again where its project has lost it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.hands.test_changes import apply, told
from tests.hands.test_git_stays import git
from tests.hands.test_moved_projects import BOTH, CLASH, MINE, OLD, OWN, rests, started
from tests.hands.upper import Made, made, tree, whiteout
from workbench.contracts.files import Applied, FilesRefused, Take

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def applied(one: Made) -> Applied:
    return asyncio.run(one.files.applied(one.session))


def again(one: Made, *paths: str, take: Take | None = None) -> Sequence[str]:
    done = asyncio.run(one.files.apply_again(one.session, paths or None, take=take))
    return [change.path for change in done.changes]


def missing(one: Made) -> list[tuple[str, str, bool]]:
    changes = [file.change for file in applied(one).missing]
    return [(change.kind, change.path, change.conflict) for change in changes]


def test_what_a_stash_has_taken_away_comes_again_with_what_the_user_has_changed_since(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.upper / "file").write_text(OWN)
    (one.upper / "new").mkdir()
    (one.upper / "new" / "file").write_text("new\n")
    apply(one)
    assert missing(one) == []
    git(one.project, "stash", "--include-untracked")
    (one.project / "file").write_text(MINE)
    assert (missing(one), told(one)) == ([("modified", "file", False), ("added", "new/file", False)], [])
    assert "+session's" in applied(one).text
    assert again(one) == ["file", "new/file"]
    assert ((one.project / "file").read_text(), (one.project / "new" / "file").read_text()) == (BOTH, "new\n")
    assert (missing(one), again(one)) == ([], [])


def test_two_applies_to_one_file_come_again_together_and_one_that_was_committed_stays_as_it_is(tmp_path: Path) -> None:
    one = started(tmp_path, repository=True)
    (one.upper / "file").write_text(OWN)
    apply(one)
    git(one.project, "commit", "--quiet", "-am", "first apply")
    # Its user's own change comes between them.
    (one.project / "file").write_text(BOTH)
    second = BOTH.replace("line 8\n", "second\n")
    (one.upper / "file").write_text(second)
    rests(one)
    apply(one)
    assert (one.project / "file").read_text() == second
    git(one.project, "checkout", "--quiet", "--", "file")
    assert missing(one) == [("modified", "file", False)]
    again(one)
    assert (one.project / "file").read_text() == OWN.replace("line 8\n", "second\n")
    git(one.project, "checkout", "--quiet", "HEAD~1", "--", "file")
    again(one)
    assert (one.project / "file").read_text() == OWN.replace("line 8\n", "second\n")


def test_deletions_bytes_links_and_modes_come_again_and_what_is_in_conflict_is_refused(tmp_path: Path) -> None:
    one = made(tmp_path, gone="g", run="r", text="old")
    (one.upper / "link").symlink_to("run")
    (one.upper / "bytes").write_bytes(b"\0new")
    shutil.copy2(one.project / "run", one.upper / "run")
    (one.upper / "run").chmod(0o755)
    (one.upper / "text").write_text("session's\n")
    whiteout(one.upper / "gone")
    apply(one)
    (one.project / "link").unlink()
    (one.project / "bytes").unlink()
    (one.project / "run").chmod(0o644)
    (one.project / "gone").write_text("g\n")
    (one.project / "text").write_text("mine\n")
    assert missing(one) == [
        ("added", "bytes", False), ("deleted", "gone", False), ("added", "link", False), ("modified", "run", False),
        ("modified", "text", True),
    ]  # fmt: skip
    assert applied(one).missing[-1].conflicts == (
        "<<<<<<< yours", "mine", "=======", "session's", ">>>>>>> the session's",
    )  # fmt: skip
    with pytest.raises(FilesRefused, match="nothing was applied: text changed in the project as well"):
        again(one)
    with pytest.raises(FilesRefused, match="nothing that was applied of elsewhere is missing"):
        again(one, "elsewhere")
    again(one, "link", "bytes", "run", "gone")
    again(one, take="theirs")
    assert ((one.project / "link").readlink(), (one.project / "bytes").read_bytes()) == (Path("run"), b"\0new")
    assert ((one.project / "run").stat().st_mode & 0o777, (one.project / "gone").exists()) == (0o755, False)
    assert (one.project / "text").read_text() == "session's\n"


def test_what_an_apply_took_of_lines_in_conflict_is_what_comes_again(tmp_path: Path) -> None:
    one = started(tmp_path)
    (one.upper / "file").write_text(OWN)
    rests(one)
    (one.project / "file").write_text(CLASH)
    apply(one, take="mine")
    (one.project / "file").write_text(OLD)
    assert (missing(one), tree(one.project)) == ([], {"file": OLD})
