"""A list of changes sets apart what git ignores, and names what runs by itself or leads out of the project."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.hands.test_changes import apply, changes_of, diff_of
from tests.hands.upper import made, tree


def test_new_files_that_git_ignores_are_apart_and_come_only_by_name(tmp_path: Path) -> None:
    one = made(tmp_path, build__known="k", **{".gitignore": "build/\n*.log\n!keep.log\n/only\n"})
    for name in ("build/new", "build/known", "a/x.log", "a/keep.log", "only", "a/only", "source"):
        (one.upper / name).parent.mkdir(parents=True, exist_ok=True)
        (one.upper / name).write_text("n\n")
    found = {change.path for change in changes_of(one).changes if change.ignored}
    assert found == {"build/new", "a/x.log", "only"}
    assert "x.log" not in diff_of(one)
    apply(one)
    assert tree(one.project).keys() == {".gitignore", "build/known", "a/keep.log", "a/only", "source"}
    apply(one, "only")
    apply(one, ".")
    assert {"only", "build/new", "a/x.log"} <= tree(one.project).keys()


def test_what_git_ignores_stays_out_where_the_project_has_it_too_and_what_git_knows_never(tmp_path: Path) -> None:
    one = made(tmp_path, **{".gitignore": "*.pyc\n", "a__x.pyc": "1", "known.pyc": "1"})
    git = ["git", "-C", str(one.project), "-c", "user.name=a", "-c", "user.email=a@a"]
    for words in (["init", "-q"], ["add", "-f", "known.pyc", ".gitignore"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    for name in ("a/x.pyc", "known.pyc", "new.pyc"):
        (one.upper / name).parent.mkdir(parents=True, exist_ok=True)
        (one.upper / name).write_text("2\n")
    assert {one.path: one.ignored for one in changes_of(one).changes} == {
        "a/x.pyc": True,
        "known.pyc": False,
        "new.pyc": True,
    }
    for version, is_known in (("4", False), ("2", True)):
        subprocess.run([*git, "update-index", "--index-version", version], check=True)
        assert {one.path for one in changes_of(one).changes if one.ignored} >= {"new.pyc"}
        assert ("a/x.pyc" in {one.path for one in changes_of(one).changes if one.ignored}) is is_known


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".envrc", "runs by itself: direnv"),
        ("a/.vscode/tasks.json", "runs by itself: VS Code"),
        (".github/workflows/x.yml", "runs by itself: GitHub"),
        (".husky/pre-commit", "runs by itself: git, on a commit"),
        (".claude/settings.json", "runs by itself: Claude Code"),
        ("Makefile", ""),
        ("vscode/tasks.json", ""),
    ],
)
def test_a_file_that_runs_by_itself_is_named_as_one(name: str, words: str, tmp_path: Path) -> None:
    one = made(tmp_path)
    (one.upper / name).parent.mkdir(parents=True, exist_ok=True)
    (one.upper / name).write_text("x\n")
    [change] = changes_of(one).changes
    assert change.caution[: len(words)] == words
    assert bool(change.caution) == bool(words)


@pytest.mark.parametrize(
    ("target", "leads_out"), [("/etc", True), ("../../x", True), ("..", True), ("../b", False), ("x", False)]
)
def test_a_link_that_leads_out_says_where_to(target: str, leads_out: bool, tmp_path: Path) -> None:
    one = made(tmp_path, a__file="f")
    (one.upper / "a").mkdir()
    link = one.upper / "link" if target == ".." else one.upper / "a" / "link"
    link.symlink_to(target)
    [change] = changes_of(one).changes
    assert change.caution == (f"leads out of the project, to {target}" if leads_out else "")
