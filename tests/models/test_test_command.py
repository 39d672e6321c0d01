"""The offline model's test run: with pytest where there is one, else with unittest; in a shell that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.models.offline.program import TEST_COMMAND

_TEST = "import unittest\n\n\nclass Sums(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, {})\n"
_PYTHONS = {"pytest": sys.executable, "unittest": f"{sys.executable} -S"}
"""Without its site-packages, a Python has no pytest."""


@pytest.mark.parametrize("runner", list(_PYTHONS))
@pytest.mark.parametrize("total", [2, 3])
def test_a_projects_tests_run_with_what_is_there_and_the_shell_hears_how_they_ended(
    tmp_path: Path, runner: str, total: int
) -> None:
    done = _run(tmp_path, _PYTHONS[runner], _TEST.format(total))
    said = done.stdout + done.stderr
    assert ("[100%]" in said) is (runner == "pytest")
    assert ("Ran 1 test" in said) is (runner == "unittest")
    assert f"ended {int(total == 3)}" in done.stdout


def test_a_pytest_that_is_broken_is_none(tmp_path: Path) -> None:
    (tmp_path / "pytest.py").write_text("raise RuntimeError('half installed')\n", encoding="utf-8")
    done = _run(tmp_path, sys.executable, _TEST.format(2))
    assert "Ran 1 test" in done.stderr
    assert "ended 0" in done.stdout


def _run(folder: Path, python: str, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sum.py").write_text(test, encoding="utf-8")
    programs = folder.with_name(f"{folder.name}-programs")
    programs.mkdir()
    (programs / "python3").write_text(f'#!/bin/sh\nexec {python} "$@"\n', encoding="utf-8")
    (programs / "python3").chmod(0o755)
    command = TEST_COMMAND.replace("/tmp/.byte-code-of-libraries", str(programs / "byte-code"))
    return subprocess.run(
        ["/bin/bash", "--noprofile", "--norc"],
        input=f"{command}\necho ended $?\n",
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder)},
        timeout=120,
        check=False,
    )
