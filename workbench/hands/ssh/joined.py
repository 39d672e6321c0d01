"""Machines that have come by themselves: a worker's socket, the key that opens it, and the key by which it is known again."""

from __future__ import annotations

import contextlib
import getpass
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from workbench.hands.ssh import machines
from workbench.hands.ssh.machines import Machine, WrongMachine
from workbench.settings import Settings, make_private

_SOCKET: Final = re.compile(r"/tmp/wb-[0-9a-f]{32}\.sock")
_HOST_KEY: Final = re.compile(r"ssh-ed25519 [A-Za-z0-9+/=]{40,120}")
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")


def join(settings: Settings, said: dict[str, Any]) -> tuple[Machine, str]:
    """The machine that a worker says it is, named in the file from now on, and the public key that opens it.

    Raises:
        WrongMachine: it cannot be; or another machine has its name.
    """
    name, host_key = str(said.get("name", "")), str(said.get("host_key", ""))
    user, path = str(said.get("user", "")), str(said.get("socket", ""))
    if not (_HOST_KEY.fullmatch(host_key) and _SOCKET.fullmatch(path) and _USER.fullmatch(user)):
        raise WrongMachine("this is no worker of this version")
    folder = settings.data / "workers" / name
    machine = Machine(
        name,
        f"{user}@worker",
        labels=tuple(said.get("labels", ())),
        worker=path,
        keys=str(folder),
        confines=said.get("confines") is True,
    )
    machines.checked(machine)
    before = machines.known(settings).get(name)
    if before is not None and before.worker is None:
        raise WrongMachine(f"there is a machine {name!r} here already; give the worker another --name")
    known = folder / "known"
    if before is not None and known.exists() and known.read_text().split(maxsplit=1)[1].strip() != host_key:
        raise WrongMachine(
            f"another worker is {name!r} here; give this one another --name, or `workbench machines remove {name}` here first"
        )
    make_private(folder)
    known.write_text(f"{machines.WORKER_ALIAS} {host_key}\n")
    if not (folder / "key").exists():
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "workbench", "-f", str(folder / "key")]
        subprocess.run(key, check=True, timeout=60, stdin=subprocess.DEVNULL)
    machines.put(settings, machine)
    return machine, (folder / "key.pub").read_text().strip()


def is_there(settings: Settings, machine: Machine) -> bool:
    """Whether this is still how the machine of its name is reached."""
    with contextlib.suppress(WrongMachine):
        return machines.known(settings).get(machine.name) == machine
    return True


def leave(settings: Settings, machine: Machine) -> None:
    """Its connection has ended; the machine stays named, as files of sessions are there."""
    Path(machine.worker or "").unlink(missing_ok=True)
    with contextlib.suppress(WrongMachine):
        if machines.known(settings).get(machine.name) == machine:
            machines.put(settings, replace(machine, worker=""))


def forget(settings: Settings, machine: Machine) -> None:
    """Its keys go with its name."""
    if machine.worker is not None:
        shutil.rmtree(settings.data / "workers" / machine.name, ignore_errors=True)


def own_user() -> str:
    """As whom a worker here is to be logged in to."""
    return getpass.getuser()
