"""An ssh server of this user's own on a free port, which lets this user in by a key made for it."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from workbench.hands.ssh.machines import Machine

SSHD: Final = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin:/bin")
sshd_only = pytest.mark.skipif(SSHD is None or shutil.which("ssh") is None, reason="needs an ssh server and client")
_CONFIG: Final = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/pid
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
"""


@contextlib.contextmanager
def ssh_server() -> Iterator[Machine]:
    """The machine `here`, as long as the block lasts."""
    with running_sshd("here") as (_, config):
        yield Machine("here", "here", config=str(config))


@contextlib.contextmanager
def running_sshd(host: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Its process, and the configuration with which an ssh reaches it under this name."""
    assert SSHD is not None
    with tempfile.TemporaryDirectory(prefix="wbssh") as name:
        folder = Path(name)
        for key in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
            subprocess.run(command, check=True, timeout=30)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
        host_key = " ".join((folder / "host.pub").read_text().split()[:2])
        (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}\n")
        (folder / "ssh_config").write_text(
            f"Host {host}\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {folder}/user\n  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known\n"
        )
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL)
        try:
            _until_open(port)
            yield server, folder / "ssh_config"
        finally:
            server.terminate()
            server.wait()


def _until_open(port: int) -> None:
    pause = threading.Event()
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        pause.wait(0.05)
    raise AssertionError("the ssh server does not listen")
