"""What starts by itself and what is told to others, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.catalog.agents import Agents
from workbench.catalog.deployments import Deployments
from workbench.catalog.environments import Environments
from workbench.catalog.triggers import Triggers
from workbench.catalog.webhooks import WebhookEndpoints
from workbench.contracts.log import Documents, Log
from workbench.contracts.values import Clock
from workbench.contracts.vault import Vault
from workbench.engine.automation.deployment_changes import DeploymentChanges
from workbench.engine.automation.deployments import DeploymentRuns
from workbench.engine.automation.told_documents import ToldDocuments
from workbench.engine.automation.triggers.deliveries import Deliveries
from workbench.engine.automation.triggers.receiver import Receiver
from workbench.engine.automation.triggers.service import TriggerService
from workbench.engine.automation.triggers.session_ends import SessionEnds
from workbench.engine.automation.triggers.watching import Watchers
from workbench.engine.automation.webhooks import Webhooks, no_post
from workbench.engine.own_writes import OwnWrites
from workbench.engine.rooms import WebSide
from workbench.engine.sessions import SessionLifecycle


def webhooks_of(log: Log, vault: Vault, web: WebSide | None, clock: Clock) -> Webhooks:
    """Endpoints, and the outbox that reaches them."""
    endpoints = WebhookEndpoints(log.documents, vault, clock)
    post = web.ways.post if web else no_post
    return Webhooks(log=log, endpoints=endpoints, vault=vault, post=post, clock=clock)


def documents_of(log: Log, webhooks: Webhooks, clock: Clock) -> ToldDocuments:
    """The log's documents, with their changes told."""
    return ToldDocuments(log.documents, webhooks, clock)


def deployments_of(
    log: Log,
    documents: Documents,
    agents: Agents,
    environments: Environments,
    sessions: SessionLifecycle,
    changing: Callable[[str], asyncio.Lock],
) -> DeploymentRuns:
    """Deployments and their runs."""
    clock = sessions.writer.clock
    known = Deployments(documents, agents, environments, clock)
    return DeploymentRuns(
        log=log,
        deployments=known,
        changes=DeploymentChanges(known, sessions.resources.tokens, log.documents),
        create_session=sessions.create_deployed,
        clock=clock,
        changing=changing,
        outbox=sessions.webhooks,
    )


def triggers_of(
    runs: DeploymentRuns, sessions: SessionLifecycle, writes: OwnWrites, vault: Vault, clock: Clock
) -> TriggerService:
    """Triggers, their deliveries, and what watches for them."""
    log = sessions.log
    records = Triggers(log.documents, runs.deployments, vault, clock)
    deliveries = Deliveries(log=log, triggers=records, runs=runs, sessions=sessions, files=sessions.files, clock=clock)
    return TriggerService(
        records=records,
        deliveries=deliveries,
        watchers=Watchers(log=log, triggers=records, deliveries=deliveries, writes=writes),
        receiver=Receiver(deliveries=deliveries, vault=vault, clock=clock),
        ends=SessionEnds(log, deliveries),
    )
