"""The processes of one workbench, found in /proc: its engine, vault, runners and conmons, and what the engine holds."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tests.line.installation import Installation
from workbench import settings
from workbench.client.sync import connect
from workbench.hands import sandbox_record

MIB = 1 << 20


def engine(here: Installation) -> int | None:
    """The engine's number; None while it does not answer."""
    with suppress(Exception):
        client = connect(settings.load(here.environment))
        return int(client.get("/workbench/v1/status")["pid"]) if client else None
    return None


def vaults(engine_pid: int) -> list[int]:
    """The vault that is the engine's child."""
    return [pid for pid in _children(engine_pid) if "vault/launch.py" in _command(pid)]


def conmons(here: Installation, session_ids: Iterable[str]) -> list[int]:
    """Podman's monitors of these sessions' containers."""
    sandboxes = settings.load(here.environment).sandboxes
    records = [sandbox_record.load(sandboxes / session_id) for session_id in session_ids]
    # Not the name, which a container that was a spare had another of when it began.
    ids = {record.container_id for record in records if record is not None}
    return [
        pid for pid in _all() if _command(pid).startswith("/") and "conmon" in _command(pid).split("\0")[0]
        and ids & set(_command(pid).split("\0"))
    ]  # fmt: skip


def runners(conmon_pids: Iterable[int]) -> list[int]:
    """The first processes in the containers."""
    return [child for pid in conmon_pids for child in _children(pid)]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def memory_bytes(pid: int) -> int:
    """What a process has in memory now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def _all() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    return [one for one in _all() if _parent(one) == pid]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
