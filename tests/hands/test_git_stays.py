"""A repository stays its owner's: nothing that an agent wrote where git looks is shown, applied, or run on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hands.test_changes import apply, changes_of, diff_of, told
from tests.hands.upper import Made, begun, opaque, whiteout
from workbench.contracts.files import FilesRefused
from workbench.hands.files.git_names import belongs_to_git, is_git_name

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


STAYS = "stays in the sandbox, as git would take it for a repository; the files beside it can be applied"


def git(folder: Path, *words: str) -> str:
    settings = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": os.environ["PATH"]}
    named = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(
        ["git", *words], cwd=folder, env=settings | named, check=True, capture_output=True, text=True
    ).stdout


def repository(folder: Path) -> Made:
    """A project with one commit, and a session on it."""
    project = folder / "project"
    project.mkdir()
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / "kept").write_text("k\n")
    git(project, "add", "kept")
    git(project, "commit", "--quiet", "-m", "first")
    return begun(folder, project)


def digest(folder: Path) -> dict[str, tuple[int, str]]:
    """Every name below a folder with its mode and its bytes."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


def hostile(one: Made, mark: Path) -> None:
    """Everything by which git would run a command of the agent's, were it applied."""
    own = one.upper / ".git"
    (own / "hooks").mkdir(parents=True)
    for hook in ("pre-commit", "post-index-change"):
        (own / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (own / "hooks" / hook).chmod(0o755)
    (own / "config").write_text(
        f'[core]\n\tfsmonitor = "touch {mark}; true"\n[filter "x"]\n\tclean = "touch {mark}; cat"\n'
        f'[alias]\n\tst = "!touch {mark}"\n'
    )
    (own / "refs" / "heads").mkdir(parents=True)
    (own / "refs" / "heads" / "main").write_text("0" * 40 + "\n")
    whiteout(own / "HEAD")
    (one.upper / "hidden").mkdir()
    git(one.upper / "hidden", "init", "--quiet", "repository")
    (one.upper / "sub").mkdir()
    (one.upper / "sub" / ".git").write_text("gitdir: ../hidden/repository/.git\n")
    (one.upper / "sub" / "file").write_text("f\n")
    (one.upper / "other").mkdir()
    (one.upper / "other" / ".GIT").symlink_to("../hidden/repository/.git")
    (one.upper / ".gitattributes").write_text("* filter=x\n")
    (one.upper / "kept").write_text("changed\n")


def test_what_the_agent_wrote_into_git_is_never_listed_never_applied_and_never_run(tmp_path: Path) -> None:
    one, mark = repository(tmp_path), tmp_path / "ran"
    before = digest(one.project / ".git")
    hostile(one, mark)
    assert told(one) == [
        ("added", "file", ".gitattributes"),
        ("added", "folder", "hidden/repository"),
        ("modified", "file", "kept"),
        ("added", "folder", "other"),
        ("added", "file", "sub/file"),
    ]
    assert ".git/" not in diff_of(one).replace(".gitattributes", "")
    assert changes_of(one).left_out == (
        "commits and branches made in the sandbox stay there until workbench branch brings them: .git is no change",
        f"hidden/repository/.git {STAYS}",
        f"other/.GIT {STAYS}",
        f"sub/.git {STAYS}",
    )
    asyncio.run(one.files.checkpoint(one.session, 1))
    apply(one, take="theirs")
    asyncio.run(one.files.restore(one.session, 1, one.session))
    assert digest(one.project / ".git") == before
    assert not [path for path in one.project.rglob("*") if path.name.lower() == ".git" and path.parent != one.project]
    for folder in (one.project, one.project / "sub", one.project / "hidden" / "repository"):
        git(folder, "status")
    assert not mark.exists()


def test_after_apply_the_session_still_has_its_commits(tmp_path: Path) -> None:
    one = repository(tmp_path)
    (one.upper / ".git").mkdir()
    (one.upper / ".git" / "COMMIT_EDITMSG").write_text("the agent's\n")
    (one.upper / "kept").write_text("changed\n")
    apply(one)
    assert (one.project / "kept").read_text() == "changed\n"
    assert digest(one.upper).keys() == {".git", ".git/COMMIT_EDITMSG"}


def test_a_status_inside_and_an_add_outside_are_no_conflict_and_nothing_to_show(tmp_path: Path) -> None:
    one = repository(tmp_path)
    (one.upper / ".git").mkdir()
    (one.upper / ".git" / "index").write_bytes(b"the agent's")
    (one.project / "mine").write_text("m\n")
    git(one.project, "add", "mine")
    assert (changes_of(one).changes, changes_of(one).left_out, diff_of(one)) == ((), (), "")
    (one.upper / "kept").write_text("changed\n")
    apply(one)
    assert git(one.project, "status", "--short") == " M kept\nA  mine\n"


@pytest.mark.parametrize("path", [".git", ".git/hooks/pre-commit", "sub/.git", ".GIT/config"])
def test_a_path_of_git_is_refused_even_when_it_is_named(path: str, tmp_path: Path) -> None:
    one = repository(tmp_path)
    hostile(one, tmp_path / "ran")
    with pytest.raises(FilesRefused, match="belongs to a git repository, and is never applied"):
        apply(one, path, take="theirs")


def test_a_folder_that_is_laid_out_as_a_repository_does_not_become_one(tmp_path: Path) -> None:
    one, mark = repository(tmp_path), tmp_path / "ran"
    (one.upper / "bare").mkdir()
    git(one.upper / "bare", "init", "--quiet", "--bare")
    git(one.upper / "bare", "config", "core.fsmonitor", f"touch {mark}; true")
    git(one.upper / "bare", "config", "core.bare", "false")
    git(one.upper / "bare", "config", "core.worktree", ".")
    (one.upper / "bare" / "notes").write_text("n\n")
    apply(one)
    git(one.project / "bare", "status")
    assert not mark.exists()
    assert (one.project / "bare" / "notes").read_text() == "n\n"
    assert not {"HEAD", "config", "hooks", "objects", "refs"} & set(os.listdir(one.project / "bare"))
    assert "bare is laid out as a git repository" in changes_of(one).left_out[0]


def test_a_name_that_another_file_system_takes_for_git_is_said_and_not_applied(tmp_path: Path) -> None:
    one = repository(tmp_path)
    for name in ("git~1", ".Git", "a/.git "):
        (one.upper / name).parent.mkdir(exist_ok=True)
        (one.upper / name).write_text("gitdir: x\n")
    found = changes_of(one)
    assert [change.path for change in found.changes] == ["a"]
    assert found.left_out == tuple(f"{name} {STAYS}" for name in (".Git", "a/.git ", "git~1"))


def test_a_repository_that_the_agent_cloned_is_named_once_and_not_told_as_commits(tmp_path: Path) -> None:
    one = repository(tmp_path)
    shutil.copytree(one.project, one.upper / "vendor")
    assert [change.path for change in changes_of(one).changes] == ["vendor/kept"]
    assert changes_of(one).left_out == (f"vendor/.git {STAYS}",)


def test_two_sessions_do_not_make_a_repository_together(tmp_path: Path) -> None:
    first = repository(tmp_path)
    second = begun(tmp_path, first.project)
    for one, names in ((first, ("HEAD", "config")), (second, ("objects/x", "refs/x", "hooks/x"))):
        for name in names:
            (one.upper / "half" / name).parent.mkdir(parents=True, exist_ok=True)
            (one.upper / "half" / name).write_text("x\n")
    apply(first)
    apply(second)
    assert sorted(os.listdir(first.project / "half")) == ["HEAD", "config"]


def test_the_owners_nested_repository_outlives_its_folder(tmp_path: Path) -> None:
    one = repository(tmp_path)
    for name in ("gone", "again", "file"):
        (one.project / name).mkdir()
        (one.project / name / "old").write_text("o\n")
        git(one.project / name, "init", "--quiet")
    before = {name: digest(one.project / name / ".git") for name in ("gone", "again", "file")}
    asyncio.run(one.files.checkpoint(one.session, 1))
    whiteout(one.upper / "gone")
    opaque(one.upper / "again")
    (one.upper / "file").write_text("f\n")
    found = changes_of(one)
    assert [(change.kind, change.path) for change in found.changes] == [
        ("deleted", "again/old"),
        ("deleted", "gone/old"),
    ]
    assert [sentence.partition(" ")[0] for sentence in found.left_out] == ["gone", "file"]
    apply(one, take="theirs")
    assert {name: digest(one.project / name / ".git") for name in ("gone", "again", "file")} == before
    assert not (one.project / "gone" / "old").exists()


def test_a_tracked_file_that_went_while_the_agent_wrote_it_anew_is_a_conflict(tmp_path: Path) -> None:
    one = repository(tmp_path)
    (one.project / "folder").mkdir()
    (one.project / "folder" / "kept").write_text("k\n")
    git(one.project, "add", ".")
    asyncio.run(one.files.checkpoint(one.session, 1))
    (one.project / "kept").unlink()
    for name in ("kept", "new", "ept"):
        (one.upper / name).write_text("the agent's\n")
    found = [(change.path, change.conflict) for change in changes_of(one).changes]
    assert found == [("ept", False), ("kept", True), ("new", False)]


def test_a_tracked_file_that_was_gone_before_the_session_is_the_agents_to_make(tmp_path: Path) -> None:
    (project := repository(tmp_path).project).joinpath("kept").unlink()
    one = begun(tmp_path, project)
    (one.upper / "kept").write_text("the agent's\n")
    assert [(change.path, change.conflict) for change in changes_of(one).changes] == [("kept", False)]


def test_commits_of_a_host_that_went_on_are_not_moved_by_force(tmp_path: Path) -> None:
    one = repository(tmp_path)
    shutil.copytree(one.project / ".git", one.upper / ".git")
    (one.upper / "agents").write_text("a\n")
    git(one.project, "commit", "--quiet", "--allow-empty", "-m", "mine")
    log = git(one.project, "log", "--format=%s")
    apply(one, take="theirs")
    assert git(one.project, "log", "--format=%s") == log == "mine\nfirst\n"


@pytest.mark.parametrize(
    "name",
    [".git", ".GIT", ".Git", ".git ", ".git.", ".git. . ", "git~1", "GIT~1", ".git::$INDEX_ALLOCATION", ".git\\hooks",
     "x\\.git", ".g\u200cit", "\u200e.git", ".gi\u2060t", ".git\ufeff", ".gi\ufe0ft", ".git\u202e"],
)  # fmt: skip
def test_every_name_that_a_file_system_takes_for_git_is_one(name: str) -> None:
    assert is_git_name(name)
    assert belongs_to_git(f"a/{name}/b")


@pytest.mark.parametrize(
    "name", [".gitignore", ".gitattributes", ".github", "git", ".git2", "a.git", ".git.md", "git~10"]
)
def test_names_beside_it_are_ordinary(name: str) -> None:
    assert not is_git_name(name)
