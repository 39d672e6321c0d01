"""Project root: found above, never the home folder, the root, or what is somebody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.settings import project_root


def test_it_is_the_nearest_folder_with_a_git_folder_or_file(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)
    assert project_root(deep) is None
    (tmp_path / "repo" / ".git").mkdir()
    assert project_root(deep) == project_root(tmp_path / "repo") == tmp_path / "repo"
    (tmp_path / "repo" / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert project_root(deep) == tmp_path / "repo" / "a"


def test_neither_the_home_folder_nor_the_root_is_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert project_root(tmp_path / "notes") is None
    assert project_root(tmp_path) is None
    assert project_root(Path("/")) is None


def test_a_repository_of_somebody_else_is_not_ones_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: os.lstat(tmp_path).st_uid + 1)
    assert project_root(tmp_path) is None
