"""Is a started sandbox confined as asked? What it read about itself is compared with what was ordered."""

from __future__ import annotations

from workbench.contracts.values import Json
from workbench.hands.backend import MIB, Limits

_REQUIRED: dict[str, tuple[object, str]] = {
    "capabilities": (0, "it has capabilities"),
    "no_new_privileges": (1, "programs inside can gain privileges"),
    "seccomp": (2, "its system calls are not filtered"),
    "root_read_only": (True, "its root file system can be written"),
}


def faults(posture: Json) -> list[str]:
    """What is less confined than ordered; any of it is a reason to refuse the sandbox."""
    return [words for name, (value, words) in _REQUIRED.items() if posture.get(name) != value]


def warnings(posture: Json, limits: Limits) -> list[str]:
    """Which limits this machine does not enforce."""
    said = []
    pids, memory = posture.get("pids_limit"), posture.get("memory_limit_bytes")
    if not isinstance(pids, int) or pids > limits.pids:
        said.append(f"the limit of {limits.pids} processes is not enforced")
    if not isinstance(memory, int) or memory > limits.memory_bytes:
        said.append(f"the limit of {limits.memory_bytes // MIB} MB of memory is not enforced")
    return said
