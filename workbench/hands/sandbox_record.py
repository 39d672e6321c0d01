"""What is known on disk of a running container, so that a restarted engine finds it again without asking Podman."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "container.json"


@dataclass(frozen=True)
class Standing:
    """One container: its first process by number and start time, as a number alone may be used again."""

    session_id: str
    container_id: str
    image: str
    workdir: str
    pid: int
    started_ticks: int

    def is_alive(self) -> bool:
        return start_ticks(self.pid) == self.started_ticks

    def save(self, folder: Path) -> None:
        """Write it into the session's folder, which no sandbox sees, in one step."""
        beside = folder / f"{FILE_NAME}.new"
        beside.write_text(json.dumps(asdict(self)))
        beside.replace(folder / FILE_NAME)


def load(folder: Path) -> Standing | None:
    """What was saved in this session's folder; None when there is nothing that can be used."""
    try:
        return Standing(**json.loads((folder / FILE_NAME).read_text()))
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


def all_in(sandboxes: Path) -> list[Standing]:
    """Every container that is known on disk, whether it still runs or not."""
    if not sandboxes.is_dir():
        return []
    return [standing for folder in sandboxes.iterdir() if (standing := load(folder)) is not None]
