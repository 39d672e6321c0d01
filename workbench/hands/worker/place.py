"""What a worker keeps on its machine: keys, the configuration of its sshd, what that starts, and the files of sessions."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.contracts.values import Progress
from workbench.hands.backend import Limits
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import command, storage
from workbench.hands.podman.attached import attached_words
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.tools_layer import ensure_tools
from workbench.hands.worker import shell
from workbench.settings import Settings, make_private

_SBIN: Final = "/usr/sbin:/usr/local/sbin:/sbin"
_CONFIG: Final = """HostKey {folder}/host
AuthorizedKeysFile {folder}/engine.pub
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitTTY no
PermitTunnel no
X11Forwarding no
AllowAgentForwarding no
AllowTcpForwarding remote
AllowStreamLocalForwarding remote
StreamLocalBindMask 0177
ClientAliveInterval 15
ClientAliveCountMax 4
LogLevel ERROR
ForceCommand {line}
"""


@dataclass(frozen=True)
class Place:
    """Of one name at one engine: a private folder."""

    folder: Path
    sshd: str

    @property
    def socket(self) -> Path:
        """Where connections of the engine come out here."""
        return self.folder / "s"

    @property
    def host_key(self) -> str:
        """By which the engine knows this machine again."""
        return " ".join((self.folder / "host.pub").read_text(encoding="ascii").split()[:2])

    def admit(self, key: str) -> None:
        """Let this key of the engine in, and no other."""
        (self.folder / "engine.pub").write_text(f"restrict,port-forwarding {key}\n", encoding="ascii")

    @property
    def connection_words(self) -> list[str]:
        """What serves one connection, on its input and output."""
        return [self.sshd, "-i", "-e", "-f", str(self.folder / "sshd_config")]


def found_sshd() -> str:
    """Raises: SandboxUnavailable: there is none."""
    found = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", os.defpath), _SBIN]))
    if found is None:
        raise SandboxUnavailable(
            "a worker needs OpenSSH's server program, which listens on no port for it: `sudo apt-get install openssh-server`"
        )
    return found


async def made(settings: Settings, name: str, *, is_bare: bool, progress: Progress) -> Place:
    """The place of a worker of this name, with its image; `is_bare` has commands run as this user, in no container.

    Raises:
        SandboxUnavailable: something is missing here; the text says what mends it.
    """
    place = Place(make_private(settings.data / "worker" / name), found_sshd())
    files = make_private(place.folder / "files")
    orders = {"podman": [], "files": str(files), "environment": dict(os.environ)}
    if not is_bare:
        image = await _image(settings, progress)
        words = attached_words(settings, Limits(), {"app": "workbench-worker", "worker": name})
        orders |= {"podman": words, "image": image, "environment": storage.environment(settings)}
        orders |= {"prefix": f"workbench-worker-{name}"}
    written = place.folder / "orders.json"
    written.touch(mode=0o600)
    written.write_text(json.dumps(orders), encoding="utf-8")
    if not (place.folder / "host").exists():
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(place.folder / "host")]
        await asyncio.to_thread(subprocess.run, key, check=True, timeout=60, stdin=subprocess.DEVNULL)
    (place.folder / "engine.pub").touch(mode=0o600)
    line = " ".join([sys.executable, "-I", "-S", str(Path(shell.__file__)), str(written)])
    (place.folder / "sshd_config").write_text(_CONFIG.format(folder=place.folder, line=line), encoding="utf-8")
    return place


async def _image(settings: Settings, progress: Progress) -> str:
    await command.prepare(settings)
    async with temporary_podman(settings) as podman:
        base = await ensure_image(podman, progress)
        return await ensure_tools(podman, base, progress, progress) if settings.tools else base
