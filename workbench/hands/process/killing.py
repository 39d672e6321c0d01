"""Kills a process with everything below it, though what is below it starts more meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import defaultdict
from pathlib import Path

from workbench.hands.measuring import with_descendants
from workbench.hands.sandbox_record import start_ticks

GIVE_UP_S = 10.0
POLL_S = 0.005


def kill_tree(pid: int) -> None:
    """Kill a process that adopts its orphans, and all its descendants; blocking.

    It is stopped first and killed last: while it is there, whatever a killed process leaves behind becomes its child and is
    found again.
    """
    _send(pid, signal.SIGSTOP)
    give_up_at = time.monotonic() + GIVE_UP_S
    while (below := _living_below(pid)) and time.monotonic() < give_up_at:
        for one in below:
            _send(one, signal.SIGKILL)
        time.sleep(POLL_S)
    _send(pid, signal.SIGKILL)
    while start_ticks(pid) and time.monotonic() < give_up_at:
        time.sleep(POLL_S)


def _living_below(pid: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    dead: set[int] = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            if entry.name.isdecimal():
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                children[int(fields[1])].append(int(entry.name))
                if fields[0] in "ZX":
                    dead.add(int(entry.name))
    return [one for one in with_descendants(pid, children) if one != pid and one not in dead]


def _send(pid: int, number: signal.Signals) -> None:
    # One of another user, by a program that lends its owner's rights, is out of reach.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
