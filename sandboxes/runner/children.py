"""Starts processes and learns of their ends; as the first process it also buries orphans."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_ORPHANS_LIMIT_S = 10.0


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process, as a container's first process is by itself."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


class Child:
    """One process of ours in a session of its own; `ended` gives its exit code, negative for a signal."""

    def __init__(self, popen: subprocess.Popen[bytes], ended: asyncio.Future[int]) -> None:
        self.popen = popen
        self.ended = ended

    @property
    def pid(self) -> int:
        return self.popen.pid

    def kill(self) -> None:
        """Kill everything that this process started and that stayed in its session, at once after its end too."""
        killed: set[int] = set()
        # What is to be killed cannot fork any more, but may have done so since it was listed: until no new process appears.
        while living := self._living() - killed:
            _signal(living, signal.SIGKILL)
            killed |= living

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process and everything in its session."""
        _signal(self._living(), signal.SIGTERM)

    def _living(self) -> set[int]:
        # Its number may be another's once it was collected, but not while it names a session that has members.
        itself = set() if self.ended.done() else {self.pid}
        return itself | set(_session_members(self.pid))


class Children:
    """All running children of this process that belong to calls.

    Each is watched through a pidfd, so that `waitpid(-1)` is never called and no exit code is taken by another waiter.
    """

    def __init__(self) -> None:
        self._alive: dict[int, tuple[Child, int]] = {}

    def start(
        self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], stdin: int, stdout: int, stderr: int
    ) -> Child:
        """Start one process; only these three descriptors are passed on, signals are set back to their defaults."""
        popen = subprocess.Popen(
            argv,
            cwd=folder,
            env=dict(environment),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        loop = asyncio.get_running_loop()
        child = Child(popen, loop.create_future())
        watch = os.pidfd_open(popen.pid)
        self._alive[popen.pid] = child, watch
        loop.add_reader(watch, self._collect, popen.pid)
        return child

    def _collect(self, pid: int) -> None:
        child, watch = self._alive.pop(pid)
        asyncio.get_running_loop().remove_reader(watch)
        os.close(watch)
        _, status = os.waitpid(pid, 0)
        # Told here, Popen never waits by itself for a number that may belong to another process by then.
        child.popen.returncode = _exit_code(status)
        if not child.ended.done():
            child.ended.set_result(child.popen.returncode)

    def bury(self) -> None:
        """Collect every process that has ended, orphans of others too: the first process's duty, on SIGCHLD."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            if ended.si_pid in self._alive:
                self._collect(ended.si_pid)
            else:
                os.waitpid(ended.si_pid, 0)

    async def end_all(self) -> None:
        """Kill what is left and wait until it is collected."""
        children = [child for child, _ in self._alive.values()]
        for child in children:
            child.kill()
        if children:
            await asyncio.wait([child.ended for child in children], timeout=10)

    async def end_orphans(self) -> None:
        """Kill what detached itself from calls; what it leaves behind is adopted, and killed in the next round."""
        give_up_at = asyncio.get_running_loop().time() + _ORPHANS_LIMIT_S
        while (orphans := _children_of(os.getpid())) and asyncio.get_running_loop().time() < give_up_at:
            for pid in orphans:
                try:
                    os.kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
            await asyncio.sleep(0.01)
            self.bury()


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _exit_code(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _session_members(session: int) -> list[int]:
    """Processes whose session id is `session`, by /proc: a process group would miss those that made their own."""
    return _with_field(3, session)


def _children_of(pid: int) -> list[int]:
    return _with_field(1, pid)


def _with_field(place: int, value: int) -> list[int]:
    """Processes with this number at a place of their /proc/PID/stat, counted from the state on."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = Path("/proc", name, "stat").read_text(errors="replace")
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[place]) == value:
            found.append(int(name))
    return found
