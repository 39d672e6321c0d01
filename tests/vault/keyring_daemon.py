"""A real Secret Service for one test: gnome-keyring under a bus of its own, in a home of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

WAIT_S = 20.0
PASSWORD = "throwaway"
PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon", "dbus-send")
BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"""

needs_keyring = pytest.mark.skipif(
    not all(shutil.which(program) for program in PROGRAMS), reason="gnome-keyring and dbus-x11 are not installed"
)


@dataclass(frozen=True)
class Daemon:
    """`environment` leads programs to it."""

    environment: Mapping[str, str]

    def lock(self) -> None:
        """Lock every collection, as a screen lock may."""
        self._send("org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login")

    def _send(self, method: str, *arguments: str) -> None:
        subprocess.run(
            [
                "dbus-send",
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
                "/org/freedesktop/secrets",
                method,
                *arguments,
            ],
            env=dict(self.environment),
            check=True,
            capture_output=True,
            timeout=WAIT_S,
        )


@contextlib.contextmanager
def keyring_daemon() -> Iterator[Daemon]:
    """Unlocked, with an empty login keyring; bus and daemon end with the test."""
    with tempfile.TemporaryDirectory(prefix="kr") as folder, contextlib.ExitStack() as undo:
        home = Path(folder)
        bus = home / "bus"
        configuration = home / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(path=bus))
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = kept | {
            "HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}",
        }
        undo.enter_context(_running(["dbus-daemon", "--nofork", f"--config-file={configuration}"], environment))
        _until(bus.exists)
        daemon = _running(
            ["gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"], environment, PASSWORD
        )
        undo.enter_context(daemon)
        _until(lambda: _owns_its_name(environment))
        yield Daemon(environment)


@contextlib.contextmanager
def _running(command: list[str], environment: Mapping[str, str], fed: str = "") -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=dict(environment), stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as process:
        assert process.stdin is not None
        process.stdin.write(fed.encode())
        process.stdin.close()
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _owns_its_name(environment: Mapping[str, str]) -> bool:
    asked = subprocess.run(
        [
            *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"),
            *("org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"),
        ],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    return "boolean true" in asked.stdout


def _until(holds: object) -> None:
    assert callable(holds)
    until = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < until, "the daemon did not begin in time"
        time.sleep(0.02)
