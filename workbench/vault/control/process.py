"""The engine's end of the vault: starts its process, starts it again when it has died, and says everything anew to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench import start
from workbench.clock import now
from workbench.contracts.values import Json
from workbench.contracts.vault import Grant, NetDecision, NetworkRules, Route, VaultNotice, VaultRefused
from workbench.settings import Settings, make_private
from workbench.vault.control.packets import BrokenPacket, Control, Packet, from_wire, to_wire
from workbench.vault.proxy.broadcast import Broadcast
from workbench.vault.proxy.stand_in import StandInServer

ROUTES_NAME = "routes.sock"
# Never imported: its first statements close the process that runs them.
_PROGRAM = str(Path(__file__).with_name("launch.py"))
START_LIMIT_S = 30.0
PATIENCE_S = (0.0, 0.1, 0.5, 2.0, 5.0)
"""How long each next start waits, where the process dies again and again."""
LOG_READ_BYTES = 64_000
STEADY_S = 10.0
"""A process that has lived this long died of something new."""

_KEPT_VARIABLES = (
    *(
        "HOME",
        "LANG",
        "PATH",
        "USER",
        "LOGNAME",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "CREDENTIALS_DIRECTORY",
    ),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


@dataclass
class OpenWay:
    """What a session's way was given last, and the listener, of which a descriptor is kept here."""

    rules: NetworkRules
    grants: tuple[Grant, ...]
    listener: socket.socket | None = None


@dataclass
class Restatement:
    """What a fresh process must be told so that it goes on where the last one stopped."""

    ways: dict[str, OpenWay] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


class _Ended(Exception):
    """The process died before it answered."""


class VaultProcess:
    """One vault at a time. `call` waits for it to be ready, and asks again when it dies with the question."""

    def __init__(self, settings: Settings, key: int | None = None) -> None:
        self._settings = settings
        self._key = key
        self.said = Restatement()
        self.decided: Broadcast[NetDecision] = Broadcast()
        self.noticed: Broadcast[VaultNotice] = Broadcast()
        self.pid: int | None = None
        self.failure: str | None = None
        """Why no vault starts here, and what to do; None while one runs or is about to."""
        self._control: Control | None = None
        # Set while questions have an answer at once: of a vault that is ready, or that none starts.
        self._settled = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Packet]] = {}
        self._count = 0
        self._living: asyncio.Task[None] | None = None
        self._stand_in = StandInServer()
        self._listener: socket.socket | None = None

    @property
    def routes_socket(self) -> Path:
        """Where the engine's HTTP clients connect; the name of a route is the host."""
        return self._settings.vault_sockets / ROUTES_NAME

    @property
    def _log_file(self) -> Path:
        return self._settings.data / "vault.log"

    async def start(self) -> None:
        """Begin; what is asked before it is ready waits, and so does a connection to the routes."""
        # Bound here, so that it is the same one over every restart and connections wait in it.
        make_private(self._settings.vault_sockets)
        self.routes_socket.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(str(self.routes_socket))
        finally:
            os.umask(before)
        listener.listen(128)
        self._listener = listener
        self._living = asyncio.create_task(self._live())

    async def aclose(self) -> None:
        """End the process by closing its control socket."""
        if self._living is not None:
            self._living.cancel()
            await asyncio.gather(self._living, return_exceptions=True)
        await self._stand_in.close()
        if self._listener is not None:
            self._listener.close()
            self.routes_socket.unlink(missing_ok=True)
        for way in self.said.ways.values():
            if way.listener is not None:
                way.listener.close()
        self.said = Restatement()
        self.decided.end()
        self.noticed.end()

    # ── one process after another ────────────────────────────────────────────────────────────────────────────────────

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            since = loop.time()
            log_bytes = _size(self._log_file)
            try:
                why, was_ready = await self._one_life()
                if why == "by itself" and not was_ready:
                    await self._fail(_last_line(self._log_file, log_bytes))
            except OSError as error:
                why = "it could not be started"
                await self._fail(f"{why}: {error.strerror}")
            if self.failure is None:
                words = f"the vault ended ({why}) and is started again; sandboxes wait for their network"
                self._notice("restarted", words)
            deaths = 0 if loop.time() - since > STEADY_S else deaths + 1
            await asyncio.sleep(PATIENCE_S[min(deaths, len(PATIENCE_S) - 1)])

    async def _fail(self, why: str) -> None:
        """No request waits for a vault that ends before it answers, until a later one answers; said once for each reason."""
        broken = "ModuleNotFoundError" in why or "ImportError" in why
        cure = "install the workbench again" if broken else f"{self._log_file} says more"
        failure = f"the vault does not start ({why}): no model and no network until it does; {cure}"
        if failure != self.failure:
            self._notice("failed", failure)
            await self._stand_in.close()
            waiting = [self._listener, *(way.listener for way in self.said.ways.values())]
            for listener in filter(None, waiting):
                await self._stand_in.serve(listener, failure)
        self.failure = failure
        self._settled.set()

    async def stand_in(self, listener: socket.socket) -> None:
        """Answer on one more listener while no vault starts."""
        if self.failure is not None:
            await self._stand_in.serve(listener, self.failure)

    async def _one_life(self) -> tuple[str, bool]:
        """How the process ended, and whether it answered before that."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.ExitStack() as undo:
            undo.enter_context(theirs)
            self._control = Control(ours)
            undo.callback(self._control.close)
            process = await self._spawned(theirs)
            theirs.close()
            self.pid = process.pid
            greeting = asyncio.create_task(self._greet())
            try:
                await self._hear()
                why = "killed" if await self._over(process) < 0 else "by itself"
                return why, self._settled.is_set() and self.failure is None
            finally:
                if self.failure is None:
                    self._settled.clear()
                greeting.cancel()
                await asyncio.gather(greeting, return_exceptions=True)
                self._fail_all()
                self._control.close()
                await self._over(process)

    async def _over(self, process: asyncio.subprocess.Process) -> int:
        """Its exit code; the process ends at the end of its control socket, or is ended."""
        self._control_closed()
        try:
            async with asyncio.timeout(START_LIMIT_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()

    def _control_closed(self) -> None:
        if self._control is not None:
            self._control.close()

    async def _spawned(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        handed = [theirs.fileno(), *([self._key] if self._key is not None else [])]
        paths = os.pathsep.join(start.import_paths())
        with self._log_file.open("ab") as said:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", _PROGRAM, ",".join(map(str, handed)), paths),
                pass_fds=handed,
                env=_environment(os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                cwd="/",
            )

    async def _greet(self) -> None:
        """Say everything to a fresh process; then others may ask.

        The routes' socket is served once all of them are known: what is asked there meanwhile waits, and never hears of a
        route that it is not there.
        """
        assert self._listener is not None
        settings = to_wire(replace(self._settings, endpoint=None))
        await self._ask({"do": "begin", "settings": settings})
        for route in list(self.said.routes.values()):
            with contextlib.suppress(VaultRefused):
                await self._ask({"do": "route", "route": to_wire(route)})
        await self._ask({"do": "serve"}, descriptors=(self._listener.fileno(),))
        for session_id, way in list(self.said.ways.items()):
            with contextlib.suppress(VaultRefused):
                await self._ask(open_head(session_id, way), descriptors=_descriptors(way))
        if self.failure is not None:
            self.failure = None
            await self._stand_in.close()
            self._notice("recovered", "the vault runs now")
        self._settled.set()

    async def _hear(self) -> None:
        assert self._control is not None
        while (packet := await self._received(self._control)) is not None:
            match packet.head.get("tell"):
                case "decision":
                    self.decided.tell(from_wire(NetDecision, packet.head["value"]))
                case "notice":
                    self.noticed.tell(from_wire(VaultNotice, packet.head["value"]))
                case _:
                    waiting = self._waiting.pop(packet.head["id"], None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(packet)

    async def _received(self, control: Control) -> Packet | None:
        try:
            return await control.receive()
        except (BrokenPacket, OSError):
            return None

    def _fail_all(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_Ended())
        self._waiting.clear()

    def _notice(self, kind: str, words: str) -> None:
        self.noticed.tell(VaultNotice(kind, now(), words))

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def call(
        self, head: Json, *, blob: bytes = b"", descriptors: Sequence[int] = (), again: bool = True
    ) -> Packet:
        """Ask and have the answer; `again` says that asking twice does no harm.

        Raises:
            VaultRefused: it does not do that, or does not start.
        """
        for _ in range(len(PATIENCE_S)):
            try:
                async with asyncio.timeout(START_LIMIT_S):
                    await self._settled.wait()
            except TimeoutError:
                raise VaultRefused(f"the vault does not start; {self._log_file} says why") from None
            if self.failure is not None:
                raise VaultRefused(self.failure)
            try:
                return await self._ask(head, blob=blob, descriptors=descriptors)
            except _Ended:
                if not again:
                    break
        raise VaultRefused("the vault ended while it was asked; try again")

    async def _ask(self, head: Json, *, blob: bytes = b"", descriptors: Sequence[int] = ()) -> Packet:
        control = self._control
        assert control is not None
        self._count += 1
        number = self._count
        waiting: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            await control.send(Packet({**head, "id": number}, blob, tuple(descriptors)))
            packet = await waiting
        except OSError:
            raise _Ended from None
        finally:
            self._waiting.pop(number, None)
        if "refused" in packet.head:
            raise VaultRefused(packet.head["refused"])
        return packet


def open_head(session_id: str, way: OpenWay) -> Json:
    """The question that opens a way."""
    grants = [to_wire(grant) for grant in way.grants]
    return {"do": "open", "session_id": session_id, "rules": to_wire(way.rules), "grants": grants}


def _descriptors(way: OpenWay) -> tuple[int, ...]:
    return () if way.listener is None else (way.listener.fileno(),)


def _environment(whole: os._Environ[str]) -> dict[str, str]:
    """No key, no proxy and nothing of Python's: only what finds the keyring and this machine's roots."""
    kept = {name: whole[name] for name in _KEPT_VARIABLES if name in whole}
    bus = Path(kept.get("XDG_RUNTIME_DIR", "/nonexistent")) / "bus"
    if "DBUS_SESSION_BUS_ADDRESS" not in kept and bus.exists():
        kept["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
    return kept


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _last_line(file: Path, after: int) -> str:
    """The last line that a process wrote since the file had `after` bytes."""
    with file.open("rb") as said:
        said.seek(after)
        lines = said.read(LOG_READ_BYTES).decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
