"""The workbench as its users have it: a wheel in a virtual environment, a home that is not fresh, a folder that is not the clone."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.line.installation import Done, served
from tests.messages_server import MessagesServer, Play
from workbench import settings

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_S = 100
PLANTED = (
    *("duckdb", "secrets", "yaml", "json", "uvicorn", "anthropic", "keyring", "runpy", "site"),
    *("sitecustomize", "usercustomize", "workbench", "sandboxes"),
)


@dataclass(frozen=True)
class User:
    """One user's home; `say` runs the installed command in a folder."""

    home: Path
    command: Path
    environment: dict[str, str]
    model: MessagesServer

    def say(self, *words: str, folder: Path = Path("/"), **more: str) -> Done:
        """A word, to its end, with `more` in its environment."""
        done = subprocess.run(
            [self.command, *words],
            cwd=folder,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def told(self, *words: str, folder: Path = Path("/"), **more: str) -> str:
        """The output of a word that must succeed."""
        done = self.say(*words, folder=folder, **more)
        assert done.code == 0, done
        return done.out

    def podman(self, *arguments: str) -> str:
        """The user's own Podman."""
        done = subprocess.run(
            ["podman", *arguments],
            cwd="/",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()


@functools.cache
def wheel() -> Path:
    """The wheel of this tree, built once from a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="wbwheel"))
    copy = folder / "tree"
    copy.mkdir()
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in ("workbench", "sandboxes"):
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}"]
    subprocess.run([*command, str(copy)], check=True, timeout=WAIT_S, capture_output=True)
    return next(folder.glob("*.whl"))


def virtual_environment(folder: Path) -> Path:
    """A virtual environment with the wheel in it; what the wheel needs is borrowed. Returns its command."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=WAIT_S)
    packages = next(folder.glob("lib/python*/site-packages"))
    # A path and no site folder: the .pth file by which a clone is installed is not read.
    (packages / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    command = [sys.executable, "-m", "pip", f"--python={folder / 'bin' / 'python'}", "install", "-q", "--no-deps"]
    subprocess.run([*command, str(wheel())], check=True, timeout=WAIT_S, capture_output=True)
    return folder / "bin" / "workbench"


@contextlib.contextmanager
def user(*script: Play, command: Path | None = None, driver: str = "vfs") -> Iterator[User]:
    """A user whose own Podman has been used with this driver, and a scripted model; everything is ended and removed afterwards.

    `command` is the installed one; without it a wheel is installed.
    """
    with tempfile.TemporaryDirectory(prefix="wbu", ignore_cleanup_errors=True) as name, served(script) as model:
        folder = Path(name)
        home, run = folder / "home", folder / "run"
        containers = home / ".config" / "containers"
        for place in (home, run, containers, home / ".local" / "share" / "workbench"):
            place.mkdir(mode=0o700, parents=True)
        (containers / "storage.conf").write_text(f'[storage]\ndriver = "{driver}"\n')
        # Each has a storage of its own, and would build the tools of its image once more beside the other tests.
        (home / ".config" / "workbench").mkdir(mode=0o700)
        (home / ".config" / "workbench" / "settings.toml").write_text('[sandbox]\ntools = "none"\n')
        # The archive of the sandbox image, which takes a minute to build.
        usual = settings.load(os.environ).images
        usual.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / ".local" / "share" / "workbench" / "images").symlink_to(usual)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "USER", "LOGNAME") if name in os.environ}
        environment = {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(run), "TERM": "dumb"}
        environment |= {"ANTHROPIC_BASE_URL": model.base_url, "ANTHROPIC_API_KEY": "sk-test"}
        one = User(home, command or virtual_environment(folder / "venv"), environment, model)
        one.podman("info")
        try:
            yield one
        finally:
            one.say("down", "--sandboxes")
            one.say("podman", "system", "reset", "--force")
            one.say("podman", "unshare", "rm", "-rf", str(home / ".local" / "share" / "workbench" / "containers"))


def hostile_folder(folder: Path) -> Path:
    """A folder with modules of well-known names in it; each leaves a file when it is imported."""
    folder.mkdir()
    for name in PLANTED:
        (folder / f"{name}.py").write_text(f"open({str(folder / f'RAN-{name}')!r}, 'w')\n")
    return folder


def imported_from(folder: Path) -> list[str]:
    """The planted modules that were imported."""
    return sorted(file.name for file in folder.glob("RAN-*"))
