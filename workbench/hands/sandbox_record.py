"""The record of a running sandbox in its session's folder, by which a restarted engine finds it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.settings import DEFAULT_BACKEND

FILE_NAME = "container.json"


@dataclass(frozen=True)
class SandboxRecord:
    """One sandbox: its first process by number and start time, as a number alone may be used again."""

    session_id: str
    container_id: str
    image: str
    workdir: str
    pid: int
    started_ticks: int
    backend: str = DEFAULT_BACKEND

    def is_alive(self) -> bool:
        return start_ticks(self.pid) == self.started_ticks

    def save(self, folder: Path) -> None:
        """Write it into the session's folder, which no sandbox sees, in one step."""
        beside = folder / f"{FILE_NAME}.new"
        beside.write_text(json.dumps(asdict(self)))
        beside.replace(folder / FILE_NAME)


def load(folder: Path) -> SandboxRecord | None:
    """What was saved in this session's folder; None when there is nothing that can be used."""
    try:
        return SandboxRecord(**json.loads((folder / FILE_NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def forget(folder: Path) -> None:
    (folder / FILE_NAME).unlink(missing_ok=True)


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def all_in(sandboxes: Path) -> list[SandboxRecord]:
    """Every sandbox that is known on disk, whether it still runs or not."""
    if not sandboxes.is_dir():
        return []
    return [record for folder in sandboxes.iterdir() if (record := load(folder)) is not None]
