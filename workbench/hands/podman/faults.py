"""Podman's failures in words: what it said, with the cure where the fault is a known one."""

from __future__ import annotations

from workbench.hands.errors import SandboxUnavailable

_CURES = (
    ("cgroups in hybrid mode", "The cgroup tree of this machine is hybrid and hides nothing from crun; run `workbench doctor`."),
    ("no space left", "The disk is full; free some space, for example with `workbench podman image prune`, and try again."),
    ("no such image", "The sandbox image is not there any more; run `workbench doctor` or try again: it is then built anew."),
    ("attempted to invoke a command that was not found", "The image has no python3, which runs the tools inside; install it in the image, version 3.11 or later, and start a new session."),
    ("newuidmap", "Rootless containers need newuidmap; run `sudo apt-get install uidmap`."),
    ("subuid", "This user has no range of subordinate ids; run `sudo usermod --add-subuids 300000-365535 --add-subgids 300000-365535 $USER` and then `workbench podman system migrate`."),
    ("insufficient uids", "This user has too few subordinate ids; run `sudo usermod --add-subuids 300000-365535 --add-subgids 300000-365535 $USER` and then `workbench podman system migrate`."),
    ("is not supported over", "The folder of the workbench's containers lies on a file system that overlays cannot use; set WORKBENCH_CONTAINERS to a folder on ext4, xfs or btrfs, and start the engine anew."),
    ("mount_program is required", "The kernel or the file system gives no native overlay to ordinary users; it takes Linux 5.11 or later, and a folder on ext4, xfs or btrfs: set WORKBENCH_CONTAINERS to one."),
    ("kernel does not support overlay", "The kernel gives no native overlay to ordinary users; it takes Linux 5.11 or later, and a folder on ext4, xfs or btrfs: set WORKBENCH_CONTAINERS to one."),
    ("cannot set up namespace", "The kernel does not allow user namespaces; run `sudo sysctl kernel.unprivileged_userns_clone=1`."),
)  # fmt: skip


def explain(what: str, said: str) -> SandboxUnavailable:
    """Podman's own words, with the cure where the fault is a known one."""
    said = " ".join(said.split())[-600:] or "it said nothing"
    for mark, cure in _CURES:
        if mark in said.lower():
            return SandboxUnavailable(f"{what} failed. {cure} (Podman said: {said})")
    return SandboxUnavailable(f"{what} failed; run `workbench doctor` to see why. (Podman said: {said})")
