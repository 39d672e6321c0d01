"""What a sandbox is, as the object that Podman's REST interface takes."""

from __future__ import annotations

import json
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sandboxes
from workbench.contracts.shared_folders import OUTPUTS, OUTPUTS_VARIABLE, UPLOADS, UPLOADS_VARIABLE
from workbench.contracts.skills import SKILLS_VARIABLE
from workbench.contracts.values import Json
from workbench.hands.backend import Limits
from workbench.hands.channel import SOCKET_NAME, channel_folder, short_name
from workbench.hands.environment import BUNDLE_INSIDE, environment
from workbench.hands.files.workspace import INSIDE, MEMORY_INSIDE, SHARED_INSIDE, Workspace, memory_folder
from workbench.hands.git import view
from workbench.hands.podman.trust import trust_mounts
from workbench.settings import Settings
from workbench.skills.plugins import PLUGINS_INSIDE

APP_LABEL = "app=workbench"
SOCKET_FOLDER_INSIDE = "/run/sandbox"
RUNNER_FOLDER_INSIDE = "/opt/runner"
SERVERS_INSIDE = f"{SHARED_INSIDE}/servers"
EGRESS_PORT = 3128
OTHER_PERMITTED = (INSIDE, "/tmp", "/mnt")
SPARE_LABEL = "spare"
SPARE_PREFIX = "workbench-spare-"
MOUNTED_IN = (INSIDE, SHARED_INSIDE, MEMORY_INSIDE, view.OBJECTS_INSIDE)
MOUNTED_IN_BYTES = 64 << 10
OOM_SCORE = 500
"""When memory runs out the kernel ends a sandbox before it ends what a person works with."""

# `-I -S`: neither the environment nor the working directory has a say in what the first process imports.
_START = f"import sys; sys.path.insert(0, {RUNNER_FOLDER_INSIDE!r}); from sandboxes.runner.main import main; main()"


def home_label(settings: Settings) -> str:
    """Marks the sandboxes of one workbench: another one on the same machine has another data folder."""
    return f"home={settings.data}"


def labels(settings: Settings) -> dict[str, str]:
    """What marks every container of this workbench, so that a later engine finds what this one left."""
    app_name, app = APP_LABEL.split("=")
    home_name, home = home_label(settings).split("=", 1)
    return {app_name: app, home_name: home}


def helper(settings: Settings, image: str) -> Json:
    """A container without a network that does one thing with an image and is removed: what is common to all of them."""
    return {
        "image": image,
        "user": "0:0",
        "image_volume_mode": "ignore",
        "healthconfig": {"Test": ["NONE"]},
        "labels": labels(settings),
        "netns": {"nsmode": "none"},
        "httpproxy": False,
        "log_configuration": {"driver": "k8s-file"},
        "cap_drop": ["all"],
        "no_new_privileges": True,
        "stop_timeout": 0,
    }


def container_name(settings: Settings, session_id: str) -> str:
    """Podman refuses a second container of this name, and so a second sandbox on the same files."""
    return f"workbench-{short_name(settings, session_id)}"


def specification(
    settings: Settings,
    session_id: str,
    *,
    image: str,
    workspace: Workspace,
    profile: Path,
    limits: Limits,
    variables: Mapping[str, str],
    ports: Sequence[int] = (),
) -> Json:
    """Everything about one container; unknown fields would be ignored without a word, so the result is read back inside."""
    orders = {**_orders(limits, ports), **session_orders(workspace)}
    channel = channel_folder(settings, session_id)
    return {
        **_container(image, profile, limits),
        "name": container_name(settings, session_id),
        "command": [json.dumps(orders)],
        "labels": {**labels(settings), "session": session_id},
        "env": session_environment(settings, workspace, variables),
        "mounts": [*_own_mounts(settings, channel, limits), *session_mounts(workspace)],
        "overlay_volumes": overlays(workspace),
    }


def spare_channel(settings: Settings, number: str) -> Path:
    """Where the socket of a spare is."""
    return settings.channels / f"{SPARE_LABEL}-{number}"


def spare_specification(
    settings: Settings,
    number: str,
    *,
    image: str,
    profile: Path,
    limits: Limits,
    ports: Sequence[int] = (),
) -> Json:
    """The same container with nothing of a session in it: no folder, no variable and no label of one.

    What a session's folders are mounted in is there, and empty. The session that claims it gives it its own name.
    """
    channel = spare_channel(settings, number)
    return {
        **_container(image, profile, limits),
        "name": f"{SPARE_PREFIX}{number}",
        "command": [json.dumps({**_orders(limits, ports), "spare": True})],
        "labels": {**labels(settings), SPARE_LABEL: number},
        "env": environment(settings, {}, home="/tmp", bundle=BUNDLE_INSIDE, egress_port=EGRESS_PORT),
        "mounts": [*_own_mounts(settings, channel, limits), *map(_mounted_in, MOUNTED_IN)],
    }


def _container(image: str, profile: Path, limits: Limits) -> Json:
    """What a session's container has in common with one that no session has yet."""
    return {
        "image": image,
        # An image of somebody else's has its own ideas of these.
        "entrypoint": ["python3", "-I", "-S", "-c", _START],
        "user": "0:0",
        "image_volume_mode": "ignore",
        "healthconfig": {"Test": ["NONE"]},
        "work_dir": INSIDE,
        "remove": True,
        **confinement(profile, limits),
    }


def _orders(limits: Limits, ports: Sequence[int]) -> Json:
    return {
        "socket": f"{SOCKET_FOLDER_INSIDE}/{SOCKET_NAME}",
        "egress_port": EGRESS_PORT,
        "ports": sorted({80, 443, *ports}),
        "patience_s": limits.patience_s,
    }


def session_orders(workspace: Workspace) -> Json:
    """What the runner is told of a session's folders."""
    return {
        "workdir": workspace.workdir,
        "others": [*OTHER_PERMITTED, *workspace.folders],
        "read_only": _read_only(workspace),
        "kept": SERVERS_INSIDE,
    }


def session_environment(settings: Settings, workspace: Workspace, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of a session's container, over those of its image."""
    return {
        **environment(settings, variables, home="/tmp", bundle=BUNDLE_INSIDE, egress_port=EGRESS_PORT),
        UPLOADS_VARIABLE: UPLOADS,
        OUTPUTS_VARIABLE: OUTPUTS,
        **({SKILLS_VARIABLE: workspace.skills_inside} if workspace.skills_inside else {}),
    }


def confinement(profile: Path, limits: Limits) -> Json:
    """What keeps a container of a session where it is; see `posture.faults` for what is read back."""
    # An ordinary user may only lower the one limit and only raise the other score.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = limits.open_files if hard == resource.RLIM_INFINITY else min(limits.open_files, hard)
    return {
        "netns": {"nsmode": "none"},
        # For the way out of programs that know of no proxy: names and web servers have low ports.
        "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
        "use_image_hosts": True,
        "httpproxy": False,
        "hostname": "sandbox",
        "log_configuration": {"driver": "none"},
        "cap_drop": ["all"],
        "no_new_privileges": True,
        "seccomp_profile_path": str(profile),
        "read_only_filesystem": True,
        "stop_timeout": 0,
        "shm_size": limits.shared_memory_bytes,
        "oom_score_adj": max(OOM_SCORE, int(Path("/proc/self/oom_score_adj").read_text())),
        "r_limits": [{"type": "nofile", "soft": open_files, "hard": open_files}],
        "resource_limits": {"pids": {"limit": limits.pids}, "memory": {"limit": limits.memory_bytes}},
    }


def _own_mounts(settings: Settings, channel: Path, limits: Limits) -> list[dict[str, Any]]:
    """What is of no session: scratch, the runner, the socket's folder, the authority."""
    runner = Path(sandboxes.__file__).parent
    return [
        _tmpfs("/tmp", limits.temporary_bytes, "1777"),
        _bind(runner, f"{RUNNER_FOLDER_INSIDE}/{runner.name}", "ro"),
        _bind(runner / "base" / "resolv.conf", "/etc/resolv.conf", "ro"),
        _bind(channel, SOCKET_FOLDER_INSIDE, "ro"),
        *trust_mounts(settings),
    ]


def session_mounts(workspace: Workspace) -> list[dict[str, Any]]:
    """The session's folders but for its project."""
    return [
        _bind(workspace.own, INSIDE, "rw"),
        _bind(workspace.shared, SHARED_INSIDE, "rw"),
        _bind(workspace.uploads, UPLOADS, "ro"),
        *([_bind(workspace.skills, workspace.skills_inside, "ro")] if workspace.skills_inside else []),
        *([_bind(workspace.plugins, PLUGINS_INSIDE, "ro")] if workspace.has_plugins else []),
        *(_bind(folder, path, "rw") for path, folder in workspace.folders_on_disk.items()),
        *_objects(workspace),
        *(
            _bind(
                memory_folder(workspace.folder, mount.slug),
                f"{MEMORY_INSIDE}/{mount.slug}",
                "ro" if mount.read_only else "rw",
            )
            for mount in workspace.memories
        ),
    ]


def _mounted_in(path: str) -> dict[str, Any]:
    return _tmpfs(path, MOUNTED_IN_BYTES, "755")


def _tmpfs(path: str, size_bytes: int, mode: str) -> dict[str, Any]:
    options = [f"size={size_bytes}", f"mode={mode}", "nosuid", "nodev"]
    return {"type": "tmpfs", "source": "tmpfs", "destination": path, "options": options}


def _read_only(workspace: Workspace) -> list[str]:
    remembered = [f"{MEMORY_INSIDE}/{mount.slug}" for mount in workspace.memories if mount.read_only]
    given = [workspace.skills_inside] if workspace.skills_inside else []
    given += [PLUGINS_INSIDE] if workspace.has_plugins else []
    return [UPLOADS, *given, *remembered]


def _objects(workspace: Workspace) -> list[dict[str, Any]]:
    """What git inside reads of the project's history."""
    mounts = []
    for folder, inside in view.object_mounts(workspace).items():
        mounts.append(_bind(folder, inside, "ro"))
        if (folder / "info" / "alternates").exists():
            # It names paths of the host; the view names what they hold.
            mounts.append(_bind(view.no_alternates(workspace), f"{inside}/info/alternates", "ro"))
    return mounts


def _bind(source: Path, destination: str, access: str) -> dict[str, Any]:
    options = [access, "rbind", "nosuid", "nodev"]
    return {"type": "bind", "source": str(source), "destination": destination, "options": options}


def overlays(workspace: Workspace) -> list[dict[str, Any]]:
    """The session's view of its project, which nothing of it is written to."""
    if workspace.project is None:
        return []
    options = [f"upperdir={workspace.upper}", f"workdir={workspace.work}"]
    return [{"source": str(workspace.project), "destination": workspace.project_inside, "options": options}]
