"""Routes of the whole API, one line a noun."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Final

from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp

from workbench.api import (
    agent_templates,
    agents,
    background,
    changes,
    commits,
    console,
    deployments,
    dreams,
    engine_log,
    environments,
    events,
    feed,
    files,
    groups,
    hosted,
    hunks,
    imports,
    memory_stores,
    messages,
    model_key,
    network,
    permissions,
    plugins,
    project_skills,
    recap,
    replays,
    resources,
    sandbox_access,
    search,
    serve,
    session_servers,
    session_settings,
    sessions,
    skill_versions,
    skills,
    sql,
    status,
    threads,
    tokens,
    triggers,
    vaults,
    webhooks,
    work,
)
from workbench.api.permits import OfAgent
from workbench.api.receiver import NOT_RECEIVING
from workbench.api.refusals import with_refusals
from workbench.api.worker_permits import OfWorker
from workbench.contracts.process import Process, Receiving, Serving
from workbench.engine.facade import Engine

_OF_ENGINE: Final[tuple[Callable[[Engine], list[Route]], ...]] = (
    agent_templates.routes,
    agents.routes,
    changes.routes,
    commits.routes,
    console.routes,
    deployments.routes,
    dreams.routes,
    environments.routes,
    events.routes,
    feed.routes,
    files.routes,
    groups.routes,
    hosted.routes,
    hunks.routes,
    imports.routes,
    memory_stores.routes,
    network.routes,
    permissions.routes,
    plugins.routes,
    project_skills.routes,
    recap.routes,
    replays.routes,
    resources.routes,
    sandbox_access.routes,
    search.routes,
    session_servers.routes,
    session_settings.routes,
    sessions.routes,
    skills.routes,
    skill_versions.routes,
    sql.routes,
    threads.routes,
    tokens.routes,
    webhooks.routes,
    work.routes,
)


def application(engine: Engine, process: Process, serving: Serving, receiving: Receiving = NOT_RECEIVING) -> ASGIApp:
    """Every route, without any guard: who may call is the server's business."""
    routed = with_refusals(
        [
            *chain.from_iterable(routes(engine) for routes in _OF_ENGINE),
            *background.routes(engine, process),
            *engine_log.routes(process),
            *messages.routes(engine.models),
            *model_key.routes(process.vault),
            *serve.routes(serving),
            *status.routes(process, serving),
            *triggers.routes(engine, receiving),
            *vaults.routes(engine, process.vault),
        ],
        [Middleware(hosted.OfHosted, hosted=engine.hosted)],
    )

    async def agent_of(session_id: str) -> str | None:
        session = await engine.records.session(session_id)
        return str(session.agent["id"]) if session else None

    return OfWorker(OfAgent(routed, agent_of), engine.work_permits.reaches)
