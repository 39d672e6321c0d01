"""The whole engine over a real port, with the trivial log, scripted hands and a scripted model."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anthropic
import httpx2
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.trivial.files import TrivialFiles
from tests.trivial.folders import TrivialFolders
from tests.trivial.hands import ScriptedHands
from tests.trivial.log import TrivialLog
from tests.trivial.model import Answer, ScriptedModel
from tests.trivial.servers import ScriptedServers
from tests.trivial.vault import TrivialVault
from workbench import events
from workbench.api.app import RequestIds, application
from workbench.api.engine_state import EngineState
from workbench.api.guard import Guard
from workbench.api.listener import server_of
from workbench.api.private import Process
from workbench.brain.compaction import Room
from workbench.brain.loop import Brain
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.sessions import SessionRecords
from workbench.catalog.vaults import Vaults
from workbench.contracts.questions import QueryLimits, QueryRefused, QueryResult
from workbench.contracts.values import Json
from workbench.engine.facade import Engine, Rooms
from workbench.engine.network import SessionWays
from workbench.hands.podman.packages import PackagePlaces
from workbench.log import Log, open_log
from workbench.models.endpoints import Endpoints
from workbench.permissions.gate import RuledGate
from workbench.permissions.rulebook import Rulebook

TOKEN = "wb-test-token"
WAIT_S = 20.0


class NoQuestions:
    """A log that cannot be asked."""

    async def ask(self, sql: str, limits: QueryLimits) -> QueryResult:
        raise QueryRefused("this log takes no questions")

    async def export(self, sql: str, limits: QueryLimits) -> bytes:
        raise QueryRefused("this log takes no questions")


@dataclass
class Stage:
    """A served engine and its clients."""

    engine: Engine
    log: TrivialLog
    hands: ScriptedHands
    files: TrivialFiles
    folders: TrivialFolders
    model: ScriptedModel
    vault: TrivialVault
    outlets: SessionWays
    client: anthropic.AsyncAnthropic
    raw: httpx2.AsyncClient
    port: int
    routes: Sequence[Route]
    stopped: list[str] = field(default_factory=list)

    async def agent(self, **fields: Any) -> Any:
        given = {"name": "tester", "model": "claude-opus-5-5", "tools": [{"type": "agent_toolset_20260401"}]} | fields
        return await self.client.beta.agents.create(**given)

    async def session(self, *texts: str, tools: list[Json] | None = None, **fields: Any) -> Any:
        """A new session of a new agent and environment, at work on these messages."""
        agent = await self.agent(**({"tools": tools} if tools is not None else {}))
        environment = await self.client.beta.environments.create(name=events.new_id("env"))
        initial = [{"type": "user.message", "content": [{"type": "text", "text": text}]} for text in texts]
        if initial:
            fields["initial_events"] = initial
        return await self.client.beta.sessions.create(agent=agent.id, environment_id=environment.id, **fields)

    async def say(self, session_id: str, text: str) -> Any:
        message = {"type": "user.message", "content": [{"type": "text", "text": text}]}
        return await self.client.beta.sessions.events.send(session_id, events=[message])  # type: ignore[list-item]

    async def until_idle(
        self, session_id: str, *, then: Awaitable[Any] | None = None, idles: int = 1, **options: Any
    ) -> list[Any]:
        """The events of a stream that is opened now, up to an idle; `then` is done when it is open."""
        seen = []
        async with await self.client.beta.sessions.events.stream(session_id, **options) as stream:
            if then is not None:
                await then
            async for event in stream:
                seen.append(event)
                idles -= event.type == "session.status_idle"
                if not idles:
                    break
        return seen

    async def listed(self, session_id: str, **filters: Any) -> list[Any]:
        return [event async for event in self.client.beta.sessions.events.list(session_id, limit=1000, **filters)]


@contextlib.asynccontextmanager
async def _stage(
    script: Sequence[Answer], hands: ScriptedHands | None, rulebook: Rulebook, folder: Path | None
) -> AsyncIterator[Stage]:
    log, model, hands, files = TrivialLog(), ScriptedModel(list(script)), hands or ScriptedHands(), TrivialFiles()
    folders = TrivialFolders()
    real = await open_log(folder) if folder else None
    kept = _trivial(log) if real is None else _real(real)
    documents, states, facts = kept["documents"], kept["states"], kept["facts"]
    vault = TrivialVault()
    vaults = Vaults(documents, vault, events.now)
    agents, environments = Agents(documents, events.now), Environments(documents, events.now)
    outlets = SessionWays(
        ways=vault,
        facts=facts,
        records=SessionRecords(documents, states, agents, environments, events.now),
        vaults=vaults,
        clock=events.now,
        packages=PackagePlaces,
        routes_socket=Path("/nowhere"),
    )
    rooms = Rooms(
        **kept,
        hands=hands,
        files=files,
        folders=folders,
        servers=ScriptedServers(),
        vault=vault,
        vaults=vaults,
        outlets=outlets,
        brain=lambda records, sessions, working, serving: Brain(
            inbox=kept["inbox"],
            log=sessions,
            facts=kept["facts"],
            states=kept["states"],
            sessions=records,
            hands=working,
            servers=serving,
            models=lambda _: model,
            clock=events.now,
            gate=lambda: RuledGate(rulebook.current()),
        ),
        models=lambda _: model,
        window=Room().window,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    endpoints = Endpoints(None, offline_socket=None, probe=False)
    async with Engine(rooms) as engine:
        stopped: list[str] = []
        app = application(engine, endpoints, _process(stopped), rulebook)
        server = server_of(Guard(app, token=TOKEN, port=port))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        base_url = f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            anthropic.AsyncAnthropic(base_url=base_url, api_key=TOKEN, max_retries=0) as client,
            httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=WAIT_S, trust_env=False) as raw,
        ):
            yield Stage(
                engine, log, hands, files, folders, model, vault, outlets, client, raw, port, _routes(app), stopped
            )
        server.should_exit = True
        await serving
        await endpoints.aclose()
    if real is not None:
        await real.close()


def _routes(app: ASGIApp) -> Sequence[Route]:
    assert isinstance(app, RequestIds)
    assert isinstance(app.inner, Starlette)
    return [route for route in app.inner.routes if isinstance(route, Route)]


def _trivial(log: TrivialLog) -> dict[str, Any]:
    names = ("inbox", "sessions", "facts", "documents", "states", "memories")
    return dict.fromkeys(names, log) | {"questions": NoQuestions()}


def _real(log: Log) -> dict[str, Any]:
    names = ("inbox", "sessions", "facts", "documents", "states", "memories", "questions")
    return {name: getattr(log, name) for name in names}


def _process(stopped: list[str]) -> Process:
    async def status() -> Json:
        return {"pid": 0}

    async def serve(port: int | None) -> Json:
        return {"port": port}

    async def unserve() -> None:
        stopped.append("unserve")

    async def vault() -> Json:
        return {"kind": "memory"}

    async def use_key(deposit: str | None) -> Json:
        return {"endpoint": deposit}

    async def validated(vault_id: str, credential_id: str) -> Json:
        return {"vault_id": vault_id, "credential_id": credential_id}

    stop = lambda ends_sandboxes: stopped.append("stop")  # noqa: E731

    async def sandboxes() -> list[Json]:
        return [{"session_id": "sesn_a", "image": "base", "processes": 1, "cpu_s": 0.5, "memory_bytes": 1}]

    async def engine_state() -> Json:
        return {"model": "offline", "endpoint": None, "source": "offline", "trouble": None}

    return Process(
        status=status,
        sandboxes=sandboxes,
        limits=lambda: {"sandbox": {"processes": 7}},
        log_file=lambda: Path("/nowhere/engine.log"),
        stop=stop,
        serve=serve,
        unserve=unserve,
        vault=vault,
        use_key=use_key,
        validated=validated,
        state=EngineState(engine_state),
    )


def play(
    story: Callable[[Stage], Coroutine[Any, Any, None]],
    *,
    script: Sequence[Answer] = (),
    hands: ScriptedHands | None = None,
    rules: Path = Path("/nonexistent/permissions.toml"),
    folder: Path | None = None,
) -> None:
    """Run one story against a served engine, within a bounded time; on the real log in `folder`, where one is given."""

    async def whole() -> None:
        async with _stage(script, hands, Rulebook(rules), folder) as stage:
            await asyncio.wait_for(story(stage), WAIT_S)

    asyncio.run(whole())
