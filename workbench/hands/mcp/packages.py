"""What package runners fetched for MCP servers, kept between sessions: a copy for each, which no session writes to."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sandboxes.runner.fetched_programs import without_npx
from workbench.contracts.servers import STDIO, server_command
from workbench.contracts.values import Json, Session
from workbench.settings import Settings, make_private

FOLDER: Final = "servers"
"""Below /mnt/session inside."""
FETCHED: Final = ("npm", "uv")
"""Of what is there: what `npx` and `uvx` fetched, and not what servers put beside."""
GIVEN: Final = "server-packages.json"
"""In the session's folder, where no sandbox sees it: the commands whose packages were given to it."""
GOOD_FOR_S: Final = 7 * 24 * 3600.0
MOST_KEPT: Final = 20
MOST_BYTES: Final = 1 << 30


class ServerPackages:
    """Kept by the server's exact command and the packages of the environment, whose Node and Python they were made for.

    Only what a session without an agent fetched is kept: an agent could put anything there, and the next session would run it.
    """

    def __init__(self, settings: Settings) -> None:
        self._sandboxes = settings.sandboxes
        self._kept = settings.data / "server-packages"

    def giving(self, session: Session) -> Callable[[], None]:
        """What copies what is kept for the session's servers to where its first sandbox finds it; it takes some time.

        That sandbox may start meanwhile and make empty folders there. No server and nothing of an agent may run before it is done.
        """
        here = self._place(session.id)
        has_place = here.exists() or here.is_symlink()
        return (lambda: None) if has_place else partial(self._give, session, here)

    def _give(self, session: Session, here: Path) -> None:
        new = here.parent.parent / ".servers-new"
        try:
            given = list(self._fresh(session))
            for _, kept in given:
                shutil.copytree(kept, new, symlinks=True, dirs_exist_ok=True)
            for folder in new.iterdir() if given else ():
                make_private(here)
                folder.rename(here / folder.name)
            if given:
                (self._sandboxes / session.id / GIVEN).write_text(json.dumps([list(command) for command, _ in given]))
        except OSError:
            # Servers then fetch themselves.
            pass
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def offline(self, session_id: str, command: Sequence[str]) -> tuple[str, ...]:
        """The command as it starts: `uvx` asks its index about every package that it has, unless it is told not to."""
        if command[0] not in ("uv", "uvx"):
            return tuple(command)
        try:
            given = json.loads((self._sandboxes / session_id / GIVEN).read_text())
        except (OSError, ValueError):
            given = []
        return ("env", "UV_OFFLINE=1", *command) if list(command) in given else tuple(command)

    def _place(self, session_id: str) -> Path:
        return self._sandboxes / session_id / "session" / FOLDER

    def keep(self, session: Session, server: Json) -> int:
        """Keep what this session fetched for its server; how many bytes that are. Its sandbox must have ended.

        Raises:
            OSError: it cannot be read or written, or is more than what is kept.
        """
        here = self._place(session.id)
        # A server may have put a link to anywhere in the place of each; copies take links as links.
        own = [] if here.is_symlink() else [here / name for name in FETCHED]
        found = [one for one in own if one.is_dir() and not one.is_symlink()]
        size = sum(_bytes_in(one) for one in found)
        if not size:
            return 0
        if size > MOST_BYTES:
            raise OSError(f"{size >> 20} MB are more than the {MOST_BYTES >> 20} MB that are kept for a server")
        make_private(self._kept)
        place = self._kept / _key(session, server["url"])
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=self._kept))
        try:
            for one in found:
                shutil.copytree(one, new / one.name, symlinks=True)
            command = server_command(server["url"]) or ()
            if without_npx(command, new / "npm", Path(os.devnull)) != list(command):
                # Its program lies there: what npm would make it of again is not copied for each session.
                shutil.rmtree(new / "npm" / "_cacache", ignore_errors=True)
            shutil.rmtree(place, ignore_errors=True)
            new.rename(place)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        place.touch()
        self._drop_oldest()
        return size

    def _fresh(self, session: Session) -> Iterator[tuple[tuple[str, ...], Path]]:
        for server in programs_of(session):
            place = self._kept / _key(session, server["url"])
            command = server_command(server["url"])
            if command and place.is_dir() and time.time() - place.stat().st_mtime < GOOD_FOR_S:
                yield command, place

    def _drop_oldest(self) -> None:
        kept = sorted(self._kept.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        for one in kept[MOST_KEPT:]:
            shutil.rmtree(one, ignore_errors=True)


def programs_of(session: Session) -> list[Json]:
    """The MCP servers of a session's agent, and the agent itself where it is a program of its sandbox: as a server is named."""
    own = [] if session.acp is None else [{"name": session.acp.name, "url": STDIO + shlex.join(session.acp.command)}]
    return [*(session.agent.get("mcp_servers") or ()), *own]


def _bytes_in(folder: Path) -> int:
    return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(folder) for name in names)


def _key(session: Session, url: str) -> str:
    packages = session.environment.get("packages")
    told = [session.backend, session.image, session.containerfile, packages, url]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
