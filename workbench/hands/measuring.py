"""Usage of the running sandboxes: processor time and memory of all processes in each."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from workbench.contracts.values import Json
from workbench.hands import sandbox_record

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def measured(sandboxes: Path, processes: Path = Path("/proc")) -> list[Json]:
    """Each running sandbox: its session, image, processes, `cpu_s` and `memory_bytes`."""
    running = [one for one in sandbox_record.all_in(sandboxes) if one.is_alive()]
    if not running:
        return []
    children: dict[int, list[int]] = defaultdict(list)
    used: dict[int, tuple[float, int]] = {}
    for pid, parent, cpu_s, memory in _processes(processes):
        children[parent].append(pid)
        used[pid] = (cpu_s, memory)
    found: list[Json] = []
    for one in running:
        inside = [pid for pid in with_descendants(one.pid, children) if pid in used]
        found.append(
            {
                "session_id": one.session_id,
                "image": one.image,
                "processes": len(inside),
                "cpu_s": round(sum(used[pid][0] for pid in inside), 2),
                "memory_bytes": sum(used[pid][1] for pid in inside),
            }
        )
    return sorted(found, key=lambda one: str(one["session_id"]))


def _processes(folder: Path) -> Iterator[tuple[int, int, float, int]]:
    """Every process: its id, its parent's, its processor time in seconds and its memory in bytes."""
    for entry in folder.iterdir():
        # One that ends meanwhile is simply not there.
        with contextlib.suppress(OSError, ValueError, IndexError):
            if entry.name.isdecimal():
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
                yield int(entry.name), int(fields[1]), cpu_s, int(fields[21]) * _PAGE_BYTES


def with_descendants(pid: int, children: Mapping[int, Sequence[int]]) -> Iterator[int]:
    """A process and everything below it, by the children of each process."""
    yield pid
    for child in children.get(pid, ()):
        yield from with_descendants(child, children)
