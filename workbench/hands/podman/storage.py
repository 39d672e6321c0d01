"""The workbench's own Podman storage: images, containers, locks and run-time state apart from the user's, given to every call by the environment.

A user's Podman keeps whatever driver and images it has, and no file of it is read or written but its engine settings
(which program runs containers, where helpers lie) and its logins to registries.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from workbench.contracts.values import Json
from workbench.settings import Settings, make_private

_PASSED_ON: Final = (
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
)
_TAKEN_OVER: Final = ("runtime", "runtimes", "conmon_path", "helper_binaries_dir", "runtime_supports_nocgroups")
"""Of the user's own [engine] settings: where Podman's helpers lie, which is a fact of the machine."""
MOST_RUN_FOLDER: Final = 26
"""Podman refuses a run root of 50 characters, and `/wb-…/containers` comes to it."""
_PLAIN: Final = re.compile(r"[\w/.+-]+", re.ASCII)


def environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What makes Podman use the workbench's storage; its folders and files are made where they are missing or differ."""
    root, run = make_private(settings.containers), make_private(run_folder(settings, environ))
    storage, engine = root / "storage.conf", root / "containers.conf"
    # A rootless Podman takes the second name from the file that the environment names, and the first from its own.
    places = {"graphroot": str(root / "storage"), "rootless_storage_path": str(root / "storage")}
    _write(storage, {"storage": {"driver": "overlay", **places, "runroot": str(run / "containers")}})
    _write(engine, {"engine": _engine(environ)})
    found = {name: environ[name] for name in _PASSED_ON if name in environ}
    found |= {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(engine), "XDG_RUNTIME_DIR": str(run)}
    return found | _of_the_session(run, environ)


def of_the_user(environ: Mapping[str, str]) -> dict[str, str]:
    """What makes Podman use the user's own storage, and nothing that a container could inherit."""
    known = (*_PASSED_ON, "XDG_RUNTIME_DIR", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF")
    return {name: environ[name] for name in known if name in environ}


def run_folder(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Where Podman keeps what a reboot clears: a folder of its own for each storage, as short as Podman needs it."""
    key = hashlib.sha256(str(settings.containers).encode()).hexdigest()[:8]
    for base in (environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}"):
        # Podman's addresses are URLs: no blank, no # and no % stands in them.
        if base and os.access(base, os.W_OK) and _PLAIN.fullmatch(base) and len(base) <= MOST_RUN_FOLDER:
            return Path(base) / f"wb-{key}"
    return Path("/tmp") / f"wb-{os.getuid()}-{key}"


def service_socket(settings: Settings) -> Path:
    """Where the Podman service of this engine listens."""
    return run_folder(settings) / f"{hashlib.sha256(str(settings.runtime).encode()).hexdigest()[:8]}.sock"


def temporary_socket(settings: Settings) -> Path:
    """Where a Podman service listens that lives for one piece of work."""
    return run_folder(settings) / f"{uuid.uuid4().hex[:8]}.sock"


def _of_the_session(run: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What Podman looks for in the user's run-time folder, which is not the one that it is given: the bus, systemd, logins."""
    found: dict[str, str] = {}
    own = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    for name in ("bus", "systemd"):
        if (own / name).exists() and not (run / name).is_symlink():
            (run / name).symlink_to(own / name)
    if (own / "bus").exists() and "DBUS_SESSION_BUS_ADDRESS" not in environ:
        found["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={own / 'bus'}"
    logins = Path(environ.get("REGISTRY_AUTH_FILE") or own / "containers" / "auth.json")
    if logins.exists():
        found["REGISTRY_AUTH_FILE"] = str(logins)
    _point(run / "containers" / "auth.json", logins if logins.exists() else None)
    return found


def _point(link: Path, target: Path | None) -> None:
    """Let a service find the logins where it looks for them: the variable that names their file is for the command alone."""
    pointed = link.readlink() if link.is_symlink() else None
    if target is None and pointed is not None:
        link.unlink(missing_ok=True)
    if target is not None and pointed != target:
        make_private(link.parent)
        new = _beside(link)
        new.symlink_to(target)
        new.replace(link)


def _beside(file: Path) -> Path:
    """A name that no other process or thread writes to."""
    return file.with_suffix(f".{uuid.uuid4().hex[:8]}")


def _engine(environ: Mapping[str, str]) -> Json:
    # Two storages of one user would share one table of locks in memory, and each frees all of it after a reboot.
    chosen: Json = {"lock_type": "file"}
    for file in _engine_files(environ):
        chosen |= {name: value for name, value in _table(file).items() if name in _TAKEN_OVER}
    if not Path("/run/systemd/system").is_dir():
        chosen |= {"cgroup_manager": "cgroupfs", "events_logger": "file", "exit_command_delay": 10}
    return chosen


def _engine_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that Podman reads by itself, the strongest last."""
    if named := environ.get("CONTAINERS_CONF"):
        return [Path(named)]
    own = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "containers"
    files = [Path("/usr/share/containers/containers.conf")]
    for folder in (Path("/etc/containers"), own):
        files += [folder / "containers.conf", *sorted((folder / "containers.conf.d").glob("*.conf"))]
    return files


def _table(file: Path) -> Json:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("engine", {})
    except (OSError, ValueError):
        # Podman itself would say so, and the user's own calls do.
        return {}
    return table if isinstance(table, dict) else {}


def _write(file: Path, tables: Mapping[str, Json]) -> None:
    lines: list[str] = []
    for name, values in tables.items():
        plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in plain.items())]
        for key in values.keys() - plain.keys():
            lines += [
                f"[{name}.{key}]",
                *(f"{json.dumps(one)} = {json.dumps(value)}" for one, value in values[key].items()),
            ]
    text = "\n".join(lines) + "\n"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        new = _beside(file)
        new.write_text(text, encoding="utf-8")
        new.replace(file)
