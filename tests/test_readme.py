"""What the README says to type works, in order, in a home of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import workbench
from tests.hands.places import podman_only
from tests.line.installation import installation
from workbench.commands.words import WORDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@podman_only
def test_every_command_of_the_readme_works() -> None:
    with installation(offline=True) as here:
        project = here.home / "project"
        project.mkdir()
        (project / "README.md").write_text("# a project\n")
        command = here.home / "bin" / "workbench"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m workbench "$@"\n')
        command.chmod(0o755)
        environment = here.environment | {"PATH": f"{command.parent}:{here.environment['PATH']}"}
        for block in _blocks():
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
                timeout=100,
                check=False,
            )
            assert done.returncode == 0, (block, done.stdout, done.stderr)


def test_every_word_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:`|\$ |^)workbench ([a-z]+)\b", README, re.MULTILINE))
    assert len(named) > 8
    assert named <= set(WORDS), named - set(WORDS)


def test_the_map_names_what_is_there_and_nothing_else() -> None:
    told = workbench.__doc__ or ""
    inside = re.findall(r"^  ([\w.]+/?)  ", told.partition("workbench/\n")[2].partition("sandboxes/")[0], re.MULTILINE)
    package = Path(workbench.__file__).parent
    there = {path.name + ("/" if path.is_dir() else "") for path in package.iterdir() if path.name != "__pycache__"}
    assert set(inside) == there - {"py.typed"}


def test_every_word_explains_itself_with_examples() -> None:
    for word in WORDS:
        done = subprocess.run(
            [sys.executable, "-m", "workbench", word, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done
        assert "examples:" in done.stdout
