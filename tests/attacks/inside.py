"""A real sandbox whose way out is the real proxy; only the names and the server beyond are the test's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.hands.places import Notes, new_session, own_settings, real_hands
from tests.vault.origin import Origin, Seen, ok
from tests.vault.stage import LIMITED, SECRET, Lines, Names, grant
from workbench.contracts.values import Call, Session
from workbench.contracts.vault import Grant, NetDecision, NetworkRules, Ways
from workbench.events import new_id, text_of
from workbench.hands.sandboxes import Sandboxes
from workbench.settings import Settings
from workbench.vault.control.assembly import Assembly, Seams, assembled
from workbench.vault.keeping.stores import MemoryStore
from workbench.vault.proxy.addresses import Dialer

T = TypeVar("T")
WAIT_S = 110.0


@dataclass(frozen=True)
class OneGrant:
    """Outlets of a session with one credential, under the variable TOKEN."""

    ways: Ways
    rules: NetworkRules
    grant: Grant

    async def variables(self, session: Session) -> Mapping[str, str]:
        return {"TOKEN": self.grant.placeholder}

    async def open(self, session_id: str, listener: socket.socket) -> None:
        await self.ways.open(session_id, self.rules, [self.grant], listener)

    async def close(self, session_id: str) -> None:
        await self.ways.close(session_id)


@dataclass(frozen=True)
class Inside:
    """`run` gives what a command inside prints, errors too."""

    settings: Settings
    hands: Sandboxes
    session: Session
    grant: Grant
    origin: Origin
    lines: Lines
    names: Names
    decisions: list[NetDecision]
    loop: asyncio.AbstractEventLoop

    def run(self, command: str) -> str:
        """What a command prints, without what is told of its exit code."""
        call = Call(new_id("sevt"), "bash", {"command": command})
        outcome = self.do(self.hands.execute(self.session, call))
        printed, _, told = text_of(outcome.content).rpartition("\n")
        return printed if told.startswith("[exit code ") else text_of(outcome.content)

    def python(self, program: str) -> str:
        return self.run(f"python3 - 2>&1 <<'PROGRAM'\n{program}\nPROGRAM")

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)


@contextlib.contextmanager
def inside(rules: NetworkRules = LIMITED, environment: Mapping[str, str] | None = None) -> Iterator[Inside]:
    """One sandbox for as many commands as a test likes; `environment` is the host's while it starts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin(settings: Settings) -> tuple[Inside, Assembly]:
        origin = await Origin(_echo).__aenter__()
        names, lines = Names(), Lines(origin)
        decisions: list[NetDecision] = []

        async def tell(decision: NetDecision) -> None:
            await asyncio.sleep(0)
            decisions.append(decision)

        dialer = Dialer(names, lines, frozenset)
        seams = Seams(store=MemoryStore(), dialer=dialer, trusted=origin.trusting(), tell=tell)
        vault = await assembled(settings, seams)
        await vault.vault.put("vcrd_1", {"value": SECRET}, {})
        mine = grant()
        hands = real_hands(settings, Notes(), outlets=OneGrant(vault.ways, rules, mine))
        session = new_session()
        return Inside(settings, hands, session, mine, origin, lines, names, decisions, loop), vault

    async def end(made: Inside, vault: Assembly) -> None:
        await made.hands.release_all()
        await made.hands.close()
        await vault.aclose()
        await made.origin.__aexit__()
        for _ in range(5):
            await asyncio.sleep(0)

    with own_settings() as settings, _environ(environment or {}):
        made, vault = asyncio.run_coroutine_threadsafe(begin(settings), loop).result(WAIT_S)
        try:
            yield made
        finally:
            asyncio.run_coroutine_threadsafe(end(made, vault), loop).result(WAIT_S)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(WAIT_S)
            loop.close()


def _echo(seen: Seen) -> bytes:
    """The origin tells whether it got the secret, and echoes it."""
    got = seen.header("authorization") or ""
    verdict = "in" if SECRET in got else "out"
    return ok(f"{verdict} {got}".encode())


@contextlib.contextmanager
def _environ(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
