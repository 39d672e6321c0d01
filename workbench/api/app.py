"""Routes of the whole API, one line a noun."""

from __future__ import annotations

from starlette.types import ASGIApp

from workbench.api import (
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
    resources,
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
    vaults,
)
from workbench.api.refusals import with_refusals
from workbench.contracts.process import Process, Serving
from workbench.engine.facade import Engine


def application(engine: Engine, process: Process, serving: Serving) -> ASGIApp:
    """Every route, without any guard: who may call is the server's business."""
    return with_refusals(
        [
            *agents.routes(engine),
            *background.routes(engine, process),
            *changes.routes(engine),
            *commits.routes(engine),
            *console.routes(engine),
            *deployments.routes(engine),
            *dreams.routes(engine),
            *engine_log.routes(process),
            *environments.routes(engine),
            *events.routes(engine),
            *feed.routes(engine),
            *files.routes(engine),
            *groups.routes(engine),
            *hunks.routes(engine),
            *imports.routes(engine),
            *memory_stores.routes(engine),
            *messages.routes(engine.models),
            *model_key.routes(process.vault),
            *network.routes(engine),
            *permissions.routes(engine),
            *plugins.routes(engine),
            *project_skills.routes(engine),
            *recap.routes(engine),
            *resources.routes(engine),
            *search.routes(engine),
            *serve.routes(serving),
            *session_servers.routes(engine),
            *session_settings.routes(engine),
            *sessions.routes(engine),
            *skills.routes(engine),
            *skill_versions.routes(engine),
            *sql.routes(engine),
            *status.routes(process, serving),
            *threads.routes(engine),
            *vaults.routes(engine, process.vault),
        ]
    )
