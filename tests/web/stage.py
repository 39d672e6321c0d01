"""The web's tools with a real vault: in a process of its own against a site of this machine, or here, with names of a test's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.brain.stage import SESSION_ID, THREAD_ID, TOOLSET, agent, session
from tests.trivial.log import TrivialLog
from tests.vault.origin import Origin
from tests.vault.places import own_place
from tests.vault.stage import Lines, Names
from workbench import events
from workbench.catalog.toolsets import BuiltInToolset
from workbench.catalog.vaults import Vaults
from workbench.contracts.values import Call, Json, Outcome, Session
from workbench.contracts.vault import NetDecision, Vault, Ways
from workbench.engine.web import WebTools
from workbench.engine.web_ways import WebWays
from workbench.extraction.worker_process import WorkerProcesses
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import load
from workbench.vault.control.assembly import Seams, assembled
from workbench.vault.control.client import VaultClient
from workbench.vault.keeping.stores import MemoryStore
from workbench.vault.proxy.addresses import Dialer

WAIT_S = 100.0


@dataclass
class WebStage:
    """The tools, and what a test sees of a call: its text, and whether it is an error."""

    tools: WebTools
    log: TrivialLog
    vaults: Vaults
    told: list[NetDecision]
    session: Session = field(default_factory=lambda: session(agent()))

    def set(self, name: str, **settings: Any) -> None:
        """Give the agent a toolset with these settings of one tool, as the public API would take them."""
        given = {**TOOLSET, "configs": [{"name": name, **settings}]}
        self.session = session(agent(BuiltInToolset.model_validate(given).settled()), vault_ids=self.session.vault_ids)

    async def outcome(self, name: str, **given: Any) -> Outcome:
        return await self.tools.answered(self.session, THREAD_ID, Call(events.new_id("sevt"), name, given))

    async def call(self, name: str, **given: Any) -> tuple[str, bool]:
        outcome = await self.outcome(name, **given)
        return events.text_of(outcome.content), outcome.is_error

    async def named(self, url: str) -> None:
        """The user has said this address."""
        await self.happened({"type": "user.message", "content": [{"type": "text", "text": url}]})

    async def fetch(self, url: str, *, is_named: bool = True, **more: Any) -> tuple[str, bool]:
        """Of an address that the user has named, unless a test is about that."""
        if is_named:
            await self.named(url)
        return await self.call("web_fetch", url=url, **more)

    async def search(self, query: str = "tides") -> tuple[str, bool]:
        return await self.call("web_search", query=query)

    async def key(self, host: str) -> None:
        """Store a key for this host, and give its vault to the session."""
        vault = await self.vaults.create({"display_name": "search"})
        networking: Json = {"type": "limited", "allowed_hosts": [host]}
        auth = {"type": "environment_variable", "secret_name": "KEY", "secret_value": KEY, "networking": networking}
        await self.vaults.create_credential(vault["id"], {"auth": auth})
        self.session = replace(self.session, vault_ids=(vault["id"],))

    async def happened(self, *bodies: Json) -> None:
        """Events of the session's log."""
        made = [events.parse({"id": events.new_id("sevt"), "processed_at": STAMP} | body) for body in bodies]
        await self.log.append(SESSION_ID, made)

    @property
    def decided(self) -> list[tuple[str, int, bool, str]]:
        assert {one.session_id for one in self.told} <= {SESSION_ID}
        return [(one.host, one.port, one.allowed, one.reason) for one in self.told]


KEY = "search-key-canary-0123456789"
STAMP = "2026-10-01T00:00:00Z"


def _made(vault: Vault, ways: Ways, routes: Path, told: list[NetDecision], rules: Path, **options: Any) -> WebStage:
    log = TrivialLog()
    vaults = Vaults(log, vault, events.now)
    tools = WebTools(
        log=log,
        ways=WebWays(ways, vaults, routes, options.pop("private", ())),
        vault=vault,
        extractor=WorkerProcesses(**options.pop("worker", {})),
        gate=lambda: RuledGate(load(rules)),
        **options,
    )
    return WebStage(tools, log, vaults, told)


@contextlib.asynccontextmanager
async def in_a_process(rules: Path = Path("/nonexistent"), **options: Any) -> AsyncIterator[WebStage]:
    """Behind a vault in its own process: what it dials is real."""
    told: list[NetDecision] = []
    with own_place() as settings:
        client = VaultClient(settings)
        await client.start()
        await client.vault.check()
        hearing = asyncio.create_task(_heard(client.ways, told))
        try:
            yield _made(client.vault, client.ways, client.routes_socket, told, rules, **options)
        finally:
            await client.aclose()
            await hearing


async def _heard(ways: Ways, told: list[NetDecision]) -> None:
    async for decision in ways.decisions():
        told += [decision]


@contextlib.asynccontextmanager
async def with_names(
    origin: Origin, answers: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[WebStage, Names]]:
    """Behind a vault in this process, for which every name leads to the test's own server, unless `answers` says otherwise."""
    told: list[NetDecision] = []

    async def tell(decision: NetDecision) -> None:
        await asyncio.sleep(0)
        told.append(decision)

    with own_place() as settings:
        names = Names(answers or {})
        dialer = Dialer(names, Lines(origin), frozenset)
        made = await assembled(
            settings, Seams(store=MemoryStore(), dialer=dialer, trusted=origin.trusting(), tell=tell)
        )
        path = settings.data / "r.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(8)
        await made.ways.routes.listen(listener)
        try:
            yield _made(made.vault, made.ways, path, told, Path("/nonexistent"), **options), names
        finally:
            await made.aclose()


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run one story to its end, within a bound."""

    async def bounded() -> None:
        async with asyncio.timeout(WAIT_S):
            await story()

    asyncio.run(bounded())


def message(text: str) -> Json:
    return {"type": "user.message", "content": [{"type": "text", "text": text}]}


def called(call_id: str, name: str, given: Json) -> Json:
    return {"id": call_id, "type": "agent.tool_use", "name": name, "input": given, "session_thread_id": None} | {
        "evaluated_permission": "allow"
    }


def gave(call_id: str, text: str) -> Json:
    return {
        "type": "agent.tool_result",
        "tool_use_id": call_id,
        "content": [{"type": "text", "text": text}],
        "is_error": False,
    }


def names_of(lines: Sequence[str]) -> list[str]:
    """The paths of requests as a server saw them."""
    return [line.split(" ")[1] for line in lines]
