"""What the README and the manual say to type works, in order, in a home of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench
from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from workbench import cli, docs
from workbench.commands.words import WORDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"README": (ROOT / "README.md").read_text(encoding="utf-8")} | {
    topic: docs.text(topic) for topic in docs.TOPICS
}
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def here() -> Iterator[Installation]:
    """One installation for all pages, which read one after the other like their reader's."""
    with installation(offline=True) as made:
        command = made.home / "bin" / "workbench"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m workbench "$@"\n')
        command.chmod(0o755)
        yield made


@podman_only
@pytest.mark.parametrize("page", [name for name, text in PAGES.items() if _BLOCK.search(text)])
def test_every_command_of_a_page_works(page: str, here: Installation) -> None:
    project = here.home / f"project-{page}"
    project.mkdir()
    (project / "README.md").write_text("# a project\n")
    # One shell for the whole page: later blocks use what earlier ones set.
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(_BLOCK.findall(PAGES[page]))],
        cwd=project,
        env=here.environment | {"PATH": f"{here.home / 'bin'}:{here.environment['PATH']}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, (page, done.stdout, done.stderr)


def test_every_word_that_a_page_names_exists() -> None:
    for page, text in PAGES.items():
        named = set(re.findall(r"(?:`|\$ |^)workbench ([a-z]+)\b", text, re.MULTILINE))
        assert named <= set(WORDS), (page, named - set(WORDS))
        topics = set(re.findall(r"workbench help ([a-z]+)", text))
        assert topics <= set(docs.TOPICS), (page, topics - set(docs.TOPICS))


def test_the_readme_is_short_and_shows_a_picture_that_is_there() -> None:
    text = PAGES["README"]
    assert len(text.splitlines()) <= 120
    [picture] = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    assert (ROOT / picture).is_file()
    assert all((ROOT / link).exists() for link in re.findall(r"\]\((workbench/[^)]+)\)", text))


def test_the_map_names_what_is_there_and_nothing_else() -> None:
    told = workbench.__doc__ or ""
    inside = re.findall(r"^  ([\w.]+/?)  ", told.partition("workbench/\n")[2].partition("sandboxes/")[0], re.MULTILINE)
    package = Path(workbench.__file__).parent
    there = {path.name + ("/" if path.is_dir() else "") for path in package.iterdir() if path.name != "__pycache__"}
    assert set(inside) == there - {"py.typed"}


def test_every_word_explains_itself_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for word in WORDS:
        with pytest.raises(SystemExit) as ended:
            cli.main([word, "--help"])
        assert ended.value.code == 0, word
        assert "examples:" in capsys.readouterr().out, word
