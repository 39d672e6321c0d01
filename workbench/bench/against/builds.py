"""Two builds of the workbench, each with an engine in a home of its own, driven by what both have: commands and HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench import settings, start
from workbench.bench import wire
from workbench.bench.figure import NotMeasured
from workbench.client.errors import EngineAway
from workbench.client.sync import Client

WAIT_S = 60.0
REST_S, RESTS, BUSY = 0.3, 3, 0.1
"""An engine rests that so often in a row spends less than this share of such a while."""
_FILL = Path(__file__).with_name("filling.py")


@dataclass(frozen=True)
class Build:
    """A checkout and the Python that it is installed in."""

    name: str
    root: Path
    python: Path

    def command(self, *words: str) -> list[str]:
        return [str(self.python), "-I", str(self.root / "workbench" / "start.py"), "workbench", *words]


def this_build() -> Build:
    return Build("this", start.ROOT, Path(sys.executable))


def build_at(checkout: Path) -> Build:
    """The build in this folder.

    Raises:
        NotMeasured: there is none, or it is not installed.
    """
    # Its commands run in other folders.
    checkout = checkout.resolve()
    python = checkout / ".venv" / "bin" / "python"
    if not (checkout / "workbench" / "start.py").is_file():
        raise NotMeasured(f"{checkout} is no checkout of the workbench")
    if not python.exists():
        raise NotMeasured(f"{checkout} is not installed: (cd {checkout} && python3 -m workbench.setup install)")
    return Build("that", checkout, python)


@dataclass(frozen=True)
class Served:
    """A build's engine."""

    build: Build
    home: Path
    environment: dict[str, str]

    @property
    def client(self) -> Client:
        return Client(settings.load(self.environment).engine_socket)

    def run(self, *words: str) -> str:
        """The output of a word of this build's command.

        Raises:
            NotMeasured: it failed, with what it said.
        """
        command = self.build.command(*words)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, cwd=self.home)
        if done.returncode:
            raise NotMeasured(f"workbench {' '.join(words)} of {self.build.name} build: {done.stderr.strip()[-300:]}")
        return done.stdout

    def restart(self) -> None:
        self.run("down")
        self.run("up")

    def kill(self) -> None:
        """kill -9, and wait until the engine is gone."""
        pid = self.engine_pid()
        os.kill(pid, signal.SIGKILL)
        give_up_at = time.monotonic() + WAIT_S
        while time.monotonic() < give_up_at:
            try:
                self.client.get("/workbench/v1/status")
            except EngineAway:
                return
            time.sleep(0.005)
        raise NotMeasured(f"the engine {pid} does not end")

    def engine_pid(self) -> int:
        return int(self.client.get("/workbench/v1/status")["pid"])

    def memory_mib(self) -> float:
        """What engine and vault hold (RSS): of the vault, which lets nobody look into it, nothing finer is told."""
        return sum(_rss_kib(pid) for pid in self._processes()) / 1024

    def cpu_s(self) -> float:
        """Processor time of engine and vault so far."""
        return sum(wire.cpu_s(pid) for pid in self._processes())

    def _processes(self) -> list[int]:
        engine = self.engine_pid()
        return [engine, *(pid for pid in _children(engine) if _is_vault(pid))]

    def settle(self) -> None:
        """Wait until the engine rests: asked nothing meanwhile, it has nothing else to do."""
        give_up_at, pid = time.monotonic() + WAIT_S * 5, self.engine_pid()
        spent, resting = wire.cpu_s(pid), 0
        while resting < RESTS:
            if time.monotonic() > give_up_at:
                raise NotMeasured(f"the engine {pid} does not rest")
            time.sleep(REST_S)
            before, spent = spent, wire.cpu_s(pid)
            resting = resting + 1 if spent - before < REST_S * BUSY else 0

    def fill(self, session_id: str, events: int, window: int = 0) -> None:
        """Write whole turns of so many events into a session's log, with this build's own code; restarts the engine.

        They are summed up whenever `window` turns have come since the last time; never where it is 0.
        """
        self.run("down")
        program = f"exec(compile(open({str(_FILL)!r}).read(), 'filling', 'exec'))"
        log = str(settings.load(self.environment).log)
        command = [
            str(self.build.python),
            "-I",
            "-c",
            program,
            str(self.build.root),
            log,
            session_id,
            str(events),
            str(window),
        ]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotMeasured(f"the log of {self.build.name} build cannot be filled: {done.stderr.strip()[-300:]}")
        self.run("up")


@contextlib.contextmanager
def served(build: Build, model_url: str = "") -> Iterator[Served]:
    """Start this build's engine in a temporary home; end it with its sandboxes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "PYTHON"))}
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as home:
        environment = {**kept, "WORKBENCH_HOME": home}
        if model_url:
            environment |= {"ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "none"}
        one = Served(build, Path(home), environment)
        one.run("up")
        try:
            yield one
        finally:
            with contextlib.suppress(NotMeasured):
                one.run("down", "--sandboxes")


@contextlib.contextmanager
def pair(this: Build, that: Build, model_url: str = "") -> Iterator[tuple[Served, Served]]:
    """Both at once, so that they are asked by turns."""
    with served(this, model_url) as one, served(that, model_url) as other:
        yield one, other


def _children(parent: int) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            status = (folder / "stat").read_text(encoding="ascii", errors="replace")
            if int(status.rpartition(")")[2].split()[1]) == parent:
                yield int(folder.name)


def _is_vault(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"vault/control/launch.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _rss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
