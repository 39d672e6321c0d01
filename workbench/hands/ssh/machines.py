"""The machines that the user of this installation has named: a file of theirs, which no client of the API writes."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from workbench.hands.ssh import dial
from workbench.settings import Settings, make_private

FILE_NAME: Final = "machines.json"
WORKER_ALIAS: Final = "worker"
"""Under which ssh looks for the key of a worker, each in a file of its own."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TARGET: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@:%\[\]-]{0,254}")


class WrongMachine(Exception):
    """A machine that cannot be, or that is not there; the text says what is wrong."""


@dataclass(frozen=True)
class Machine:
    """Where `ssh` goes: `target` as on its command line, a port, a key and a configuration file where they are not the usual ones."""

    name: str
    target: str
    port: int | None = None
    identity: str | None = None
    config: str | None = None
    labels: tuple[str, ...] = ()
    """What it is good for, in words of its owner's: environments ask for machines by them."""
    worker: str | None = None
    """The socket at which a worker that has come by itself is reached; empty while it is not connected."""
    keys: str | None = None
    """The folder with the key that opens a worker, and with its own."""
    confines: bool = False
    """Whether it runs each session in a container, which is read back before anything runs."""

    @property
    def is_away(self) -> bool:
        """Whether it is a worker that is not connected now."""
        return self.worker is not None and not (self.worker and Path(self.worker).is_socket())

    @property
    def shown_target(self) -> str:
        """Where it is, for people."""
        return self.target if self.worker is None else "a worker, away" if self.is_away else "a worker"

    @property
    def command(self) -> list[str]:
        """`ssh` up to the target: it asks nothing, and ends when the other end is silent for a minute."""
        options = ["BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15", "ServerAliveCountMax=4"]
        words = [
            "ssh",
            *(["-F", os.path.expanduser(self.config)] if self.config else []),
            "-T",
            *(word for one in options for word in ("-o", one)),
        ]
        words += self._way_to_worker() if self.worker is not None else []
        words += ["-p", str(self.port)] if self.port else []
        words += ["-i", os.path.expanduser(self.identity)] if self.identity else []
        return words

    def _way_to_worker(self) -> list[str]:
        program = [sys.executable, "-I", "-S", str(Path(dial.__file__)), self.worker or "/nowhere"]
        options = {
            "ProxyCommand": shlex.join(program).replace("%", "%%"),
            "ProxyUseFdpass": "yes",
            "HostKeyAlias": WORKER_ALIAS,
            "UserKnownHostsFile": f"{self.keys}/known",
            "StrictHostKeyChecking": "yes",
            "IdentityFile": f"{self.keys}/key",
            "IdentitiesOnly": "yes",
        }
        return ["-F", "none", *(word for name, one in options.items() for word in ("-o", f"{name}={one}"))]


def known(settings: Settings) -> dict[str, Machine]:
    """All of them by name.

    Raises:
        WrongMachine: the file cannot be read.
    """
    file = settings.config / FILE_NAME
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {name: checked(_read(name, one)) for name, one in said.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise WrongMachine(f"{file}: {error}; mend the file or remove it") from None


def named(settings: Settings, name: str) -> Machine:
    """Raises: WrongMachine: there is none of this name."""
    machines = known(settings)
    if name not in machines:
        there = ", ".join(machines) or "none; `workbench machines add NAME user@host` adds one"
        raise WrongMachine(f"there is no machine {name!r} here; there are: {there}")
    return machines[name]


def add(settings: Settings, machine: Machine) -> None:
    """Raises: WrongMachine: it is there already, or cannot be."""
    machines = known(settings)
    if machine.name in machines:
        raise WrongMachine(f"there is a machine {machine.name!r} already; remove it first")
    put(settings, machine)


def put(settings: Settings, machine: Machine) -> None:
    """Name it, or change the one of this name.

    Raises:
        WrongMachine: it cannot be.
    """
    _write(settings, {**known(settings), machine.name: checked(machine)})


def remove(settings: Settings, name: str) -> Machine:
    """Raises: WrongMachine: there is none of this name."""
    machine = named(settings, name)
    _write(settings, {other: one for other, one in known(settings).items() if other != name})
    return machine


def _read(name: str, said: dict[str, Any]) -> Machine:
    return Machine(name, **{**said, "labels": tuple(said.get("labels", ()))})


def checked(machine: Machine) -> Machine:
    """Raises: WrongMachine: it cannot be; the text says what is wrong."""
    if not _NAME.fullmatch(machine.name):
        raise WrongMachine(f"{machine.name!r} is no name: letters, digits, dots, hyphens and underscores")
    if not isinstance(machine.target, str) or not _TARGET.fullmatch(machine.target):
        raise WrongMachine(f"{machine.target!r} is no target of ssh, as user@host or a name of your ~/.ssh/config")
    port = machine.port
    if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536):
        raise WrongMachine(f"{port!r} is no port")
    if wrong := [one for one in machine.labels if not isinstance(one, str) or not _NAME.fullmatch(one)]:
        raise WrongMachine(f"{wrong[0]!r} is no label: letters, digits, dots, hyphens and underscores")
    if not all(isinstance(one, str | None) for one in (machine.identity, machine.config, machine.worker, machine.keys)):
        raise WrongMachine("identity, config, worker and keys: must be paths of files")
    return machine


def _write(settings: Settings, machines: dict[str, Machine]) -> None:
    content = {name: {k: v for k, v in asdict(one).items() if k != "name"} for name, one in machines.items()}
    file: Path = make_private(settings.config) / FILE_NAME
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    beside.chmod(0o600)
    beside.replace(file)
