"""What is said of failures that mean something else in a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandboxes.runner.hints import hints


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("fatal: renaming 'a' failed: Invalid cross-device link", "[a folder that the project had before"),
        ("cp: error writing 'x': No space left on device", "[/tmp has"),
        ("fatal: not a git repository (or any of the parent directories): .git", "[the sandbox has nothing above"),
    ],
)
def test_a_failure_that_the_sandbox_makes_is_explained(output: str, words: str, tmp_path: Path) -> None:
    assert hints(output, tmp_path)[0].startswith(words)


def test_a_linked_worktree_is_told_from_a_folder_without_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /elsewhere/.git/worktrees/one\n")
    assert hints("fatal: not a git repository: /elsewhere", tmp_path)[0].startswith("[the project is a linked worktree")


def test_a_failure_of_the_commands_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert hints("fatal: not a git repository: other", tmp_path) == hints("assert 1 == 2", tmp_path) == []
