"""Which system calls a sandbox may make: the distribution's profile, narrowed."""

from __future__ import annotations

import hashlib
import json
import platform
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.hands.errors import SandboxUnavailable
from workbench.settings import Settings, make_private

DISTRIBUTION_PROFILE = Path("/usr/share/containers/seccomp.json")
VERSION = 2
"""Counts up when the rules below change, so that a cached profile is made anew."""

_ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}

_TAKEN_OUT = frozenset(
    [
        "socket",
        "socketcall",
        "clone",
        "clone3",
        "unshare",
        "setns",
        "keyctl",
        "add_key",
        "request_key",
        "mount",
        "umount",
        "umount2",
        "mount_setattr",
        "move_mount",
        "open_tree",
        "fsopen",
        "fsconfig",
        "fsmount",
        "fspick",
        "pivot_root",
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
    ]
)
_CHANGES_OF_OWNER = {"chown": 1, "lchown": 1, "fchown": 1, "fchownat": 2}
"""Which argument is the owner; the group follows it."""
_NEW_NAMESPACES = 0x7E020000
"""Every CLONE_NEW* flag."""
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK, _NETLINK_ROUTE = 1, 2, 10, 16, 0
_ENOSYS = 38
_ALLOW = "SCMP_ACT_ALLOW"


def profile_file(settings: Settings) -> Path:
    """The profile as a file for Podman, made from the distribution's on first use and when that one changes.

    Raises:
        SandboxUnavailable: the distribution's profile is missing, or this processor is none that it is written for.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise SandboxUnavailable(f"There is no sandbox for {platform.machine()}; it takes x86_64 or aarch64.")
    try:
        original = DISTRIBUTION_PROFILE.read_bytes()
    except OSError:
        raise SandboxUnavailable(
            f"{DISTRIBUTION_PROFILE} is missing; run `sudo apt-get install golang-github-containers-common`."
        ) from None
    key = hashlib.sha256(b"%d %s " % (VERSION, architecture.encode()) + original).hexdigest()[:16]
    file = settings.data / f"seccomp-{key}.json"
    if not file.exists():
        make_private(settings.data)
        # A name of its own: several sandboxes may start at once and find no profile.
        beside = file.with_suffix(f".{secrets.token_hex(8)}")
        beside.write_text(json.dumps(narrowed(json.loads(original), architecture)))
        beside.replace(file)
    return file


def narrowed(profile: dict[str, Any], architecture: str) -> dict[str, Any]:
    """The same profile for one architecture, without new namespaces, mounts, keyrings, vsock and kernel programs.

    The 32-bit architecture goes as well: through it `socketcall` passes by any rule on `socket`.
    """
    rules = [{**rule, "names": _kept_names(rule)} for rule in profile["syscalls"]]
    families = [[_equals(0, family)] for family in (_AF_UNIX, _AF_INET, _AF_INET6)]
    families.append([_equals(0, _AF_NETLINK), _equals(2, _NETLINK_ROUTE)])
    no_namespace = [{"index": 0, "value": _NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]
    return {
        **profile,
        "archMap": [{"architecture": architecture, "subArchitectures": []}],
        "syscalls": [
            *(rule for rule in rules if rule["names"]),
            *({"names": ["socket"], "action": _ALLOW, "args": arguments} for arguments in families),
            {"names": ["clone", "unshare"], "action": _ALLOW, "args": no_namespace},
            # libc falls back to clone, whose flags a filter can read.
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
            *_owners(),
        ],
    }


def _owners() -> Iterator[dict[str, Any]]:
    """Giving a file to somebody else does nothing and succeeds, as there is only one user inside: archives and copies that
    name their owners (`tar x`, `cp -a`, `install -o`) would fail for it, though nothing else of them does."""
    for name, owner in _CHANGES_OF_OWNER.items():
        yield {"names": [name], "action": _ALLOW, "args": [_equals(owner, 0), _equals(owner + 1, 0)]}
        for index in (owner, owner + 1):
            somebody = {"index": index, "value": 0, "valueTwo": 0, "op": "SCMP_CMP_GT"}
            yield {"names": [name], "action": "SCMP_ACT_ERRNO", "errnoRet": 0, "args": [somebody]}


def _kept_names(rule: dict[str, Any]) -> list[str]:
    taken = _TAKEN_OUT | _CHANGES_OF_OWNER.keys() if rule["action"] == _ALLOW else {"socket"}
    return [name for name in rule["names"] if name not in taken]


def _equals(index: int, value: int) -> dict[str, int | str]:
    return {"index": index, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ"}
