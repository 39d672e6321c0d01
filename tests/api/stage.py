"""The whole engine over a real port, with the trivial log, scripted hands and a scripted model."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import tempfile
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
from tests.trivial.repositories import TrivialRepositories
from tests.trivial.servers import ScriptedServers
from tests.trivial.transfers import TrivialTransfers
from tests.trivial.vault import TrivialVault
from workbench import events
from workbench.api.app import application
from workbench.api.guard import Guard
from workbench.api.listener import server_of
from workbench.api.permits import OfAgent
from workbench.api.refusals import RequestIds
from workbench.api.worker_permits import OfWorker
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.sessions import SessionRecords
from workbench.catalog.vaults import Vaults
from workbench.contracts.brain import Forwarded, Model, ModelFault
from workbench.contracts.log import Checkpoints, Documents, Facts, Inbox, Log, NoCheckpoints, SessionLog, States
from workbench.contracts.memory import MemoryVersions
from workbench.contracts.questions import QueryLimits, QueryRefused, QueryResult, Questions
from workbench.contracts.search import Found, Search, SearchRefused
from workbench.contracts.values import Json
from workbench.engine.engine_log import tail
from workbench.engine.engine_state import EngineState
from workbench.engine.facade import Engine
from workbench.engine.network import SessionNetwork
from workbench.engine.rooms import BrainSide, HandsSide, VaultSide
from workbench.hands.files import instruction_files
from workbench.hands.files.contents import StoredContents
from workbench.hands.files.shared_folders import SharedFoldersOnDisk
from workbench.hands.files.skill_folders import SkillFoldersOnDisk
from workbench.hands.files.skill_sources import SkillSourcesOnDisk
from workbench.hands.package_places import PackagePlaces
from workbench.log import open_log
from workbench.models.endpoints import Endpoints
from workbench.permissions.rulebook import Rulebook
from workbench.settings import Settings

TOKEN = "wb-test-token"
WAIT_S = 60.0
PLAIN_HTTP = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Without the system's roots, which take 60 ms to read for each client."""


class NoQuestions:
    """A log that cannot be asked."""

    async def ask(self, sql: str, limits: QueryLimits) -> QueryResult:
        raise QueryRefused("this log takes no questions")

    async def export(self, sql: str, limits: QueryLimits) -> bytes:
        raise QueryRefused("this log takes no questions")


class NoSearch:
    """A log that cannot be searched."""

    async def find(self, question: str, *, limit: int = 20) -> Found:
        raise SearchRefused("this log cannot be searched")


@dataclass(frozen=True)
class LogParts:
    """A trivial log by its parts."""

    inbox: Inbox
    sessions: SessionLog
    facts: Facts
    states: States
    checkpoints: Checkpoints
    documents: Documents
    memories: MemoryVersions
    questions: Questions
    search: Search

    @staticmethod
    def of(log: TrivialLog) -> LogParts:
        return LogParts(log, log, log, log, NoCheckpoints(), log, log, NoQuestions(), NoSearch())


@dataclass(frozen=True)
class StagedModels:
    """One scripted model under every id, in the list of an engine without an endpoint."""

    scripted: ScriptedModel
    endpoints: Endpoints

    def model(self, model_id: str) -> Model:
        return self.scripted

    def window(self, model_id: str) -> int | None:
        return None

    async def models(self) -> list[Json]:
        return await self.endpoints.models()

    async def forward(self, body: Json, betas: str) -> Forwarded | ModelFault:
        return await self.endpoints.forward(body, betas)


@dataclass
class StagedProcess:
    """A process, its port and its vault, of which nothing is real; `stopped` says what was asked for."""

    stopped: list[str] = field(default_factory=list)
    port: int | None = None

    @property
    def vault(self) -> StagedProcess:
        return self

    async def status(self) -> Json:
        return {"pid": 0}

    async def sandboxes(self) -> list[Json]:
        return [{"session_id": "sesn_a", "image": "base", "processes": 1, "cpu_s": 0.5, "memory_bytes": 1}]

    def limits(self) -> Json:
        return {"sandbox": {"processes": 7}}

    async def log_tail(self, after: int | None) -> Json:
        return tail(Path("/nowhere/engine.log"), after)

    def stop(self, *, ends_sandboxes: bool) -> None:
        self.stopped.append("stop")

    async def open(self, port: int | None) -> Json:
        return {"port": port}

    async def forget(self) -> None:
        self.stopped.append("unserve")

    async def standing(self) -> Json:
        return {"kind": "memory"}

    async def use_key(self, deposit_id: str | None) -> Json:
        return {"endpoint": deposit_id}

    async def validated(self, vault_id: str, credential_id: str) -> Json:
        return {"vault_id": vault_id, "credential_id": credential_id}


@dataclass
class Stage:
    """A served engine and its clients; what files hold, and the folders that sandboxes share, are on the disk where `settings` say."""

    engine: Engine
    log: TrivialLog
    hands: ScriptedHands
    files: TrivialFiles
    repositories: TrivialRepositories
    folders: TrivialFolders
    settings: Settings
    servers: ScriptedServers
    model: ScriptedModel
    vault: TrivialVault
    network: SessionNetwork
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
    script: Sequence[Answer], hands: ScriptedHands | None, rulebook: Rulebook, folder: Path | None, home: Path
) -> AsyncIterator[Stage]:
    log, model, hands, files = TrivialLog(), ScriptedModel(list(script)), hands or ScriptedHands(), TrivialFiles()
    folders, servers = TrivialFolders(), ScriptedServers()
    settings = Settings(home / "data", home / "config", home / "run", home / "state")
    contents = StoredContents(settings)
    real = await open_log(folder) if folder else None
    kept: Log = LogParts.of(log) if real is None else real
    vault = TrivialVault()
    vaults = Vaults(kept.documents, vault, events.now)
    agents, environments = Agents(kept.documents, events.now), Environments(kept.documents, events.now)
    network = SessionNetwork(
        ways=vault,
        facts=kept.facts,
        records=SessionRecords(kept.documents, kept.states, agents, environments, events.now),
        vaults=vaults,
        clock=events.now,
        packages=PackagePlaces,
        routes_socket=Path("/nowhere"),
    )
    endpoints = Endpoints(None, offline_socket=None, probe=False)
    repositories = TrivialRepositories()
    working = Engine(
        log=kept,
        hands=HandsSide(
            hands,
            files,
            files,
            folders,
            servers,
            repositories,
            contents,
            SharedFoldersOnDisk(settings, contents, lambda _: True),
            SkillFoldersOnDisk(settings, contents),
            TrivialTransfers(),
            instructions=instruction_files.read,
            skill_sources=SkillSourcesOnDisk(contents, home / "home", home / "sandboxes"),
        ),
        vault=VaultSide(vault, vaults, network),
        brain=BrainSide(StagedModels(model, endpoints), rulebook),
        state=EngineState(_engine_state),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    async with working as engine:
        process = StagedProcess()
        app = application(engine, process, process)
        server = server_of(Guard(app, token=TOKEN, port=port, permits=engine.work_permits.permit))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        base_url = f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            anthropic.AsyncAnthropic(
                base_url=base_url,
                api_key=TOKEN,
                max_retries=0,
                http_client=anthropic.DefaultAsyncHttpxClient(base_url=base_url, verify=PLAIN_HTTP),
            ) as client,
            httpx2.AsyncClient(
                base_url=base_url, headers=headers, timeout=WAIT_S, trust_env=False, verify=PLAIN_HTTP
            ) as raw,
        ):
            yield Stage(
                engine=engine,
                log=log,
                hands=hands,
                files=files,
                repositories=repositories,
                folders=folders,
                settings=settings,
                servers=servers,
                model=model,
                vault=vault,
                network=network,
                client=client,
                raw=raw,
                port=port,
                routes=_routes(app),
                stopped=process.stopped,
            )
        server.should_exit = True
        await serving
        await endpoints.aclose()
    if real is not None:
        await real.close()


def _routes(app: ASGIApp) -> Sequence[Route]:
    assert isinstance(app, OfWorker)
    assert isinstance(app.inner, OfAgent)
    assert isinstance(app.inner.inner, RequestIds)
    assert isinstance(app.inner.inner.inner, Starlette)
    return [route for route in app.inner.inner.inner.routes if isinstance(route, Route)]


async def _engine_state() -> Json:
    return {"model": "offline", "endpoint": None, "source": "offline", "trouble": None}


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
        with tempfile.TemporaryDirectory(prefix="workbench-stage-") as home:
            async with _stage(script, hands, Rulebook(rules), folder, Path(home)) as stage:
                await asyncio.wait_for(story(stage), WAIT_S)

    asyncio.run(whole())
