"""Run by sshd for each connection of the engine: its line of shell in a container of its own, with one session's folder.

Standard library only, and no import of this package: it starts with each connection, and sshd gives it no environment. What it
starts stands in the file that its argument names; see `worker.place.Orders`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SOCKET = re.compile(r"/tmp/wb-[0-9a-f]{32}\.(sock|out)")
_MOST_HEAD = 64 << 20
_PIECE = 1 << 16
_ENDS_S = 15.0
INSIDE = "/work/.local/share/workbench-machine"
"""Where the files of sessions are inside: the line looks for them in its home folder."""


def main() -> None:
    """Run the line, and end its container when the connection ends."""
    orders = json.loads(Path(sys.argv[1]).read_text())
    line = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    if not line:
        raise SystemExit("this machine works for an engine, and has no shell for people here")
    head = sys.stdin.buffer.readline(_MOST_HEAD)
    said = json.loads(head) if head else {}
    if not orders["podman"]:
        words, name = ["sh", "-c", line], ""
    else:
        name = f"{orders['prefix']}-{secrets.token_hex(6)}"
        mounts = [word for one in _mounts(Path(orders["files"]), said) for word in ("--volume", one)]
        words = [*orders["podman"], "--name", name, *mounts, orders["image"], "sh", "-c", line]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, env=orders["environment"], cwd="/")
    assert child.stdin is not None
    carrying = threading.Thread(target=_carry, args=(head, child.stdin), daemon=True)
    carrying.start()
    threading.Thread(target=_end_late, args=(carrying, child, orders, name), daemon=True).start()
    sys.exit(child.wait())


def _mounts(files: Path, said: dict[str, Any]) -> list[str]:
    """One session's folder, and the sockets through which the engine is reached; nothing where no session is named.

    Raises:
        SystemExit: a name that could lead elsewhere.
    """
    if not said:
        return []
    installation, name = said.get("installation", ""), said.get("name", "")
    if not (_NAME.fullmatch(installation) and _NAME.fullmatch(name)):
        raise SystemExit("this is no session that a worker knows")
    root = files / installation
    if (known := said.get("known")) is not None:
        _sweep(root, set(known))
    own = root / name
    if not own.is_dir() and said.get("collects"):
        raise SystemExit("nothing of this session is here")
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    sockets = [said[one] for one in ("socket", "egress") if one in said]
    if not all(_SOCKET.fullmatch(one) for one in sockets):
        raise SystemExit("these are no sockets of a session")
    return [f"{own}:{INSIDE}/{installation}/{name}:rw,nosuid,nodev", *(f"{one}:{one}:rw" for one in sockets)]


def _sweep(root: Path, known: set[str]) -> None:
    """What sessions left that are deleted where they belong."""
    with contextlib.suppress(FileNotFoundError):
        for one in root.iterdir():
            if one.name not in known:
                shutil.rmtree(one, ignore_errors=True)


def _carry(head: bytes, into: IO[bytes]) -> None:
    with contextlib.suppress(OSError), into:
        into.write(head)
        into.flush()
        while piece := os.read(0, _PIECE):
            into.write(piece)
            into.flush()


def _end_late(carrying: threading.Thread, child: subprocess.Popen[bytes], orders: dict[str, Any], name: str) -> None:
    """What does not end with its input is ended."""
    carrying.join()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_ENDS_S)
        return
    if name:
        remove = [orders["podman"][0], "rm", "--force", "--time", "0", name]
        subprocess.run(remove, env=orders["environment"], cwd="/", check=False, capture_output=True)
    child.kill()


if __name__ == "__main__":
    main()
