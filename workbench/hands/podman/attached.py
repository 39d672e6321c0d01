"""A container whose input and output are those of who starts it, confined as `specification` says: as words of the podman command."""

from __future__ import annotations

from typing import Final

from workbench.hands.backend import Limits
from workbench.hands.podman import seccomp
from workbench.hands.podman.specification import confinement
from workbench.settings import Settings

HOME: Final = "/work"


def attached_words(settings: Settings, limits: Limits, labels: dict[str, str]) -> list[str]:
    """`podman run` up to its mounts, name and image; no network, and no file but those that are mounted can be written.

    Raises:
        SandboxUnavailable: this machine has no profile of system calls.
    """
    ordered = confinement(seccomp.profile_file(settings), limits)
    (open_files,) = ordered["r_limits"]
    options = {
        "network": "none",
        "hostname": ordered["hostname"],
        "log-driver": "none",
        "cap-drop": "all",
        "user": "0:0",
        "image-volume": "ignore",
        "stop-timeout": "0",
        "shm-size": f"{ordered['shm_size']}b",
        "oom-score-adj": str(ordered["oom_score_adj"]),
        "ulimit": f"nofile={open_files['soft']}:{open_files['hard']}",
        "pids-limit": str(limits.pids),
        "memory": f"{limits.memory_bytes}b",
        "tmpfs": f"/tmp:rw,size={limits.temporary_bytes},mode=1777,nosuid,nodev",
        "entrypoint": "",
        "workdir": "/",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    words += [f"--sysctl={name}={value}" for name, value in ordered["sysctl"].items()]
    words += [f"--security-opt=seccomp={ordered['seccomp_profile_path']}", "--security-opt=no-new-privileges"]
    words += [f"--label={name}={value}" for name, value in labels.items()]
    words += ["--read-only", "--read-only-tmpfs=false", "--http-proxy=false", "--no-healthcheck", f"--env=HOME={HOME}"]
    return [settings.podman, "run", "--rm", "--interactive", "--pull=never", *words]
