"""The vault's process: does what the engine asks over the control socket, and ends, with all it holds, when that ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from workbench.contracts.values import Json
from workbench.contracts.vault import Grant, NetDecision, NetworkRules, Route, VaultRefused
from workbench.settings import Settings
from workbench.vault.control.assembly import Assembly, Seams, assembled
from workbench.vault.control.deposits import MODEL_CREDENTIAL, DepositCounter
from workbench.vault.control.packets import Control, Packet, all_from_wire, from_wire, to_wire
from workbench.vault.keeping.secrets import MOST_BYTES


class Program:
    """One life of the process, from the engine's first packet to the end of the pair."""

    def __init__(self, control: Control, key: int | None) -> None:
        self._control = control
        self._key = key
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        first = await self._control.receive()
        if first is None or first.head.get("do") != "begin":
            return
        settings = from_wire(Settings, first.head["settings"])
        assembly = await assembled(settings, Seams(tell=self._tell))
        if self._key is not None and (key := _read_key(self._key)):
            try:
                assembly.secrets.adopt(MODEL_CREDENTIAL, key)
            except VaultRefused as refused:
                sys.stderr.write(f"the model's key is not used: {refused}\n")
        counter = DepositCounter(settings.vault_sockets, assembly.vault)
        await counter.open()
        self._hold(self._tell_notices(assembly))
        self._hold(assembly.ways.tidy())
        await self._control.send(Packet({"id": first.head["id"], "gives": None}))
        gc.freeze()
        try:
            while (packet := await self._control.receive()) is not None:
                self._hold(self._answer(assembly, packet))
        finally:
            for task in self._tasks:
                task.cancel()
            await counter.close()
            await assembly.aclose()

    def _hold(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, decision: NetDecision) -> None:
        await self._control.send(Packet({"tell": "decision", "value": to_wire(decision)}))

    async def _tell_notices(self, assembly: Assembly) -> None:
        async for notice in assembly.ways.notices():
            await self._control.send(Packet({"tell": "notice", "value": to_wire(notice)}))

    async def _answer(self, assembly: Assembly, packet: Packet) -> None:
        answer: Json = {"id": packet.head["id"]}
        blob = b""
        try:
            gives = await WORDS[packet.head["do"]](assembly, packet)
            if isinstance(gives, bytes):
                blob = gives
            else:
                answer["gives"] = gives
        except VaultRefused as refused:
            answer["refused"] = str(refused)
        except Exception as surprise:
            # Its text could hold a value: only its kind and its place are told.
            _log_surprise(surprise)
            answer["refused"] = f"the vault failed ({type(surprise).__name__}); its log says where"
        finally:
            for descriptor in packet.descriptors:
                os.close(descriptor)
        with contextlib.suppress(OSError):
            await self._control.send(Packet(answer, blob))


async def _open(assembly: Assembly, packet: Packet) -> None:
    head = packet.head
    rules = from_wire(NetworkRules, head["rules"])
    grants = all_from_wire(Grant, head["grants"])
    listener = socket.socket(fileno=os.dup(packet.descriptors[0])) if packet.descriptors else None
    with listener or contextlib.nullcontext():
        await assembly.ways.open(head["session_id"], rules, grants, listener)


async def _close(assembly: Assembly, packet: Packet) -> None:
    await assembly.ways.close(packet.head["session_id"])


async def _route(assembly: Assembly, packet: Packet) -> None:
    await assembly.ways.route(from_wire(Route, packet.head["route"]))


async def _serve(assembly: Assembly, packet: Packet) -> None:
    await assembly.ways.routes.listen(socket.socket(fileno=os.dup(packet.descriptors[0])))


async def _forget(assembly: Assembly, packet: Packet) -> None:
    await assembly.ways.forget(packet.head["name"])


async def _put(assembly: Assembly, packet: Packet) -> Json:
    head = packet.head
    return to_wire(await assembly.vault.put(head["credential_id"], head["secrets"], head["settings"]))


async def _adopt(assembly: Assembly, packet: Packet) -> Json:
    head = packet.head
    return to_wire(await assembly.vault.adopt(head["credential_id"], head["deposit_id"], head["settings"]))


async def _remove(assembly: Assembly, packet: Packet) -> None:
    await assembly.vault.remove(packet.head["credential_id"])


async def _refresh(assembly: Assembly, packet: Packet) -> Json:
    return to_wire(await assembly.vault.refresh(packet.head["credential_id"]))


async def _code(assembly: Assembly, packet: Packet) -> Json:
    return {"code": await assembly.vault.code(packet.head["credential_id"], packet.blob)}


async def _is_same(assembly: Assembly, packet: Packet) -> Json:
    return {"is_same": await assembly.vault.is_same(packet.head["credential_id"], packet.head["given"])}


async def _redact(assembly: Assembly, packet: Packet) -> bytes:
    return await assembly.vault.redact(packet.head["session_id"], packet.blob, is_piece=packet.head["is_piece"])


async def _check(assembly: Assembly, packet: Packet) -> Json:
    return to_wire(await assembly.vault.check(packet.head["credential_ids"]))


WORDS: dict[str, Callable[[Assembly, Packet], Awaitable[Json | bytes | None]]] = {
    "open": _open,
    "close": _close,
    "route": _route,
    "serve": _serve,
    "forget": _forget,
    "put": _put,
    "adopt": _adopt,
    "remove": _remove,
    "refresh": _refresh,
    "code": _code,
    "is_same": _is_same,
    "redact": _redact,
    "check": _check,
}
"""Everything that the engine can ask for. None of it gives a secret."""


def _read_key(descriptor: int) -> str:
    """The model's key, which the engine passes on unread: from the beginning where that can be read again, else to the end."""
    try:
        raw = os.pread(descriptor, MOST_BYTES, 0)
    except OSError:
        raw = b"".join(iter(lambda: os.read(descriptor, MOST_BYTES), b""))
    return raw.decode("utf-8", errors="replace").strip()


def _log_surprise(surprise: BaseException | None) -> None:
    place = surprise.__traceback__ if surprise else None
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "nowhere"
    sys.stderr.write(f"{type(surprise).__name__} at {where}\n")
    sys.stderr.flush()


def main(control: int, key: int | None = None) -> None:
    """Run until the engine's end of the pair is closed."""
    # Each sandbox may have some hundred connections, and each of them one beyond.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # The terminal's Ctrl-C is for the program in front of it; the engine ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: _log_surprise(context.get("exception")))
        await Program(Control(socket.socket(fileno=control)), key).run()

    asyncio.run(run())
