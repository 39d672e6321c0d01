"""Claude Code, where it is installed, beside the terminal app: in a home of its own, against a model of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench.bench.figure import NotMeasured
from workbench.bench.model import model_apart
from workbench.bench.terminal import Screen, screen_of

_KEY: Final = "sk-ant-api03-no-key-of-anybody-0000000000"
_SHOWN: Final = "shortcuts"
"""The last words of its first frame."""
_STARTED_S = 60.0


@dataclass(frozen=True)
class Rival:
    """One program, its home, and the project that it stands in."""

    program: str
    home: Path
    environment: dict[str, str]
    version: str

    def agents_s(self) -> float:
        """Seconds until `claude agents` is painted."""
        with screen_of([self.program, "agents"], self.environment, self.home / "project") as screen:
            return screen.until(_SHOWN)

    @contextlib.contextmanager
    def streaming(self) -> Iterator[Screen]:
        """A session whose model talks for as long as it is looked at."""
        with screen_of([self.program], self.environment, self.home / "project") as screen:
            screen.until("❯")
            screen.settle(0.5)
            screen.press("tell me")
            screen.watch(0.5)
            screen.press("\r")
            screen.until("Reading")
            yield screen


@contextlib.contextmanager
def rival_beside(program: str, rate: float) -> Iterator[Rival]:
    """The program of this name or path, or `claude` where none is named; its model talks at `rate` tokens a second.

    Raises:
        NotMeasured: there is none, or it does not open.
    """
    found = shutil.which(program or "claude")
    if found is None:
        raise NotMeasured(f"no {program or 'claude'} is installed; --rival PATH names one")
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as folder, model_apart(rate) as url:
        home = Path(folder)
        (home / "project").mkdir()
        _answer_onboarding(home)
        environment = _environment(home, url)
        told = subprocess.run([found, "--version"], env=environment, capture_output=True, text=True, check=False)
        rival = Rival(found, home, environment, told.stdout.split(" ")[0].strip())
        try:
            _rehearse(rival)
            yield rival
        finally:
            _end_those_of(home)


def _rehearse(rival: Rival) -> None:
    """Once before it counts: what does not work is known then, and its background process is up, as ours is."""
    try:
        rival.agents_s()
        with rival.streaming() as screen:
            screen.press("ω")
            screen.until("ω")
    except (OSError, RuntimeError) as error:
        raise NotMeasured(f"{rival.program} does not open here: {error}") from error


def _environment(home: Path, url: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "USER", "LOGNAME") if name in os.environ}
    quiet = ("DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING")
    kept |= dict.fromkeys([*quiet, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"], "1")
    return kept | {
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "ANTHROPIC_API_KEY": _KEY,
        "ANTHROPIC_BASE_URL": url,
    }


def _answer_onboarding(home: Path) -> None:
    """What it asks a new person, answered before."""
    project: dict[str, Any] = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    answers = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "numStartups": 5,
        "customApiKeyResponses": {"approved": [_KEY[-20:]], "rejected": []},
        "projects": {str(home / "project"): project},
    }
    (home / ".claude").mkdir()
    (home / ".claude" / ".claude.json").write_text(json.dumps(answers), encoding="utf-8")


def _end_those_of(home: Path) -> None:
    """Its background processes leave its terminal; they are known by the home that they were given."""
    named = f"CLAUDE_CONFIG_DIR={home / '.claude'}".encode()
    deadline = time.monotonic() + _STARTED_S
    while time.monotonic() < deadline:
        running = [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if _has(path, named)]
        if not running:
            return
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.1)


def _has(environ: Path, named: bytes) -> bool:
    try:
        return named in environ.read_bytes().split(b"\0")
    except OSError:
        return False
