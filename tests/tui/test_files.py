"""A project's files by name: git is asked, and runs nothing that the repository names."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from workbench.tui.state.project_files import files_in


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_lists_any_name_and_runs_no_command_of_the_repository(tmp_path: Path) -> None:
    project, mark = tmp_path / "project", tmp_path / "ran"
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    for name in ("a", "ä b", "ignored.log"):
        (project / name).write_text("x\n")
    (project / ".gitignore").write_text("*.log\n")
    subprocess.run(["git", "-C", str(project), "add", "a"], check=True)
    for key, value in (("core.fsmonitor", f"touch {mark}; true"), ("core.untrackedCache", "true")):
        subprocess.run(["git", "-C", str(project), "config", key, value], check=True)
    assert files_in(project) == ["a", "ä b", ".gitignore"]
    assert not mark.exists()
