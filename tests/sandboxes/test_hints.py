"""What is said of failures that mean something else in a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

import sandboxes
from sandboxes.runner.hints import hints
from sandboxes.runner.known_commands import OF_ENVIRONMENT


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("fatal: renaming 'a' failed: Invalid cross-device link", "[a folder that the project had before"),
        ("cp: error writing 'x': No space left on device", "[/tmp has"),
        ("fatal: not a git repository (or any of the parent directories): .git", "[the sandbox has nothing above"),
        ("bash: line 1: make: command not found", "[make is among the tools of the default image"),
        ("/bin/sh: 1: yarn: not found\nmake: *** [all] Error 127", "[the environment `node` has yarn"),
        ("bash: line 3: ruff: command not found", "[`pip install ruff` brings it"),
        ("env: ‘node’: No such file or directory", "[node is among the tools"),
        ("bash: line 1: go: command not found", "[go is in the Debian package golang-go"),
        ("curl: (56) CONNECT tunnel failed, response 403", "[the network of this session does not allow that host"),
        ("OSError: Tunnel connection failed: 403 ", "[the network of this session does not allow that host"),
        ("fatal: unable to access: Access was denied; alert access denied", "[the network of this session"),
        ("bash: line 1: docker: command not found", "[no containers run inside"),
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
    assert hints("bash: line 1: frobnicate: command not found\nkey make: not found in table", tmp_path) == []


def test_the_environments_that_are_named_for_a_command_come_along_with_a_package_for_it() -> None:
    folder = Path(sandboxes.__file__).parent / "environments"
    assert set(OF_ENVIRONMENT.values()) <= {file.stem for file in folder.glob("*.yaml")}
