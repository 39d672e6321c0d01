"""Set-up looks before it does anything: what is whole stays, and what is not is noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.places import own_settings
from workbench import setup
from workbench.hands.podman.present import present_image


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A tree with an environment that was installed in it."""
    root = tmp_path.resolve() / "clone"
    root.mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        (root / name).write_text(name, encoding="utf-8")
    venv = root / ".venv"
    python = os.path.realpath(sys.executable)
    subprocess.run([python, "-m", "venv", "--without-pip", "--clear", str(venv)], check=True)
    (next(venv.glob("lib/python*/site-packages")) / "workbench-0.1.0.dist-info").mkdir()
    (venv / "locked").write_text(setup.locked(root), encoding="utf-8")
    return root


def _half_installed(root: Path) -> Path:
    (root / ".venv" / "locked").unlink()
    return root


def _other_lock(root: Path) -> Path:
    (root / "requirements.lock").write_text("another", encoding="utf-8")
    return root


def _moved(root: Path) -> Path:
    return root.rename(root.with_name("moved"))


def _other_python(root: Path) -> Path:
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/bin/sh")
    return root


def _no_python(root: Path) -> Path:
    for python in (root / ".venv" / "bin").glob("python*"):
        python.unlink()
    return root


def _emptied(root: Path) -> Path:
    next(root.glob(".venv/lib/python*/site-packages/workbench-*")).rmdir()
    return root


def test_an_environment_that_is_whole_is_not_made_again(clone: Path) -> None:
    assert setup.is_installed(clone)


@pytest.mark.parametrize("break_it", [_half_installed, _other_lock, _moved, _other_python, _no_python, _emptied])
def test_an_environment_that_is_not_whole_or_not_of_this_place_is_noticed(
    clone: Path, break_it: Callable[[Path], Path]
) -> None:
    assert not setup.is_installed(break_it(clone))


@pytest.mark.parametrize(
    ("says", "with_tools", "seen"),
    [
        ("echo 1", False, "workbench-base"),
        ("echo 1; echo 2", True, "workbench-tools"),
        ("echo 1", True, ""),
        ("echo 1; echo 'Error: image not known' >&2; exit 125", True, ""),
        ("exit 0", False, ""),
    ],
)
def test_an_image_is_there_where_podman_names_it_and_the_one_below_it(
    tmp_path: Path, says: str, with_tools: bool, seen: str
) -> None:
    podman = tmp_path / "podman"
    podman.write_text(f'#!/bin/sh\n[ "$1 $2" = "image inspect" ] || exit 3\n{says}\n', encoding="utf-8")
    podman.chmod(0o755)
    with own_settings() as place:
        found = present_image(replace(place, podman=str(podman)), with_tools=with_tools)
    assert (found or "").rpartition(":")[0].removeprefix("localhost/") == seen


def test_without_a_podman_no_image_is_seen_and_nothing_is_raised() -> None:
    with own_settings() as place:
        assert present_image(replace(place, podman="/nowhere/podman"), with_tools=False) is None


def test_set_up_needs_no_package_to_look_for_the_image() -> None:
    """It runs in the system's Python, before there is an environment."""
    program = f"import sys; sys.path.append({str(setup.ROOT)!r})\nimport workbench.setup, workbench.settings, workbench.hands.podman.present"
    # Without site there are no packages but Python's own.
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
