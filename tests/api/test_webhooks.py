"""Webhooks: endpoints as the SDK has them, deliveries that it unwraps, and an outbox that loses and doubles nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types.beta.beta_webhook_event_data import BetaWebhookEventData

from tests.api.stage import Stage, play
from tests.trivial.model import says
from workbench.catalog.webhooks import NEVER, TYPES
from workbench.contracts.values import Document, Json
from workbench.contracts.web import Posted
from workbench.engine.automation.webhooks import CURSOR, Webhooks

URL = "https://hooks.example.com/in"


@dataclass
class Receiver:
    """What is posted, and what it is answered: a status, or a refusal."""

    answers: list[Posted] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, url: str, headers: dict[str, str], content: bytes) -> Posted:
        self.got.append((url, headers, content))
        return self.answers.pop(0) if self.answers else Posted(204)

    def bodies(self) -> list[Json]:
        return [json.loads(content) for _, _, content in self.got]


def received(stage: Stage, *answers: Posted) -> Receiver:
    receiver = Receiver(list(answers))
    stage.engine.webhooks.post = receiver
    return receiver


async def endpoint(stage: Stage, *kinds: str) -> Any:
    organization: Any = stage.client.beta.organization
    return await organization.webhooks.create(url=URL, enabled_events=list(kinds))


async def caught_up(stage: Stage, receiver: Receiver, count: int) -> None:
    while len(receiver.got) < count:  # noqa: ASYNC110 - the receiver is no event
        await asyncio.sleep(0.01)


def test_endpoints_live_as_the_sdk_has_them_and_their_secret_is_told_once() -> None:
    async def story(stage: Stage) -> None:
        organization: Any = stage.client.beta.organization
        made = await endpoint(stage, "session.status_idled")
        assert made.signing_secret.startswith("whsec_")
        assert (made.state, made.disabled_reason, made.enabled_events) == ("enabled", "", ["session.status_idled"])
        again = await organization.webhooks.retrieve(made.id)
        assert not hasattr(again, "signing_secret")
        changed = await organization.webhooks.update(made.id, name="mine", enabled_events=[])
        assert (changed.name, changed.enabled_events) == ("mine", ["session.status_idled"])
        assert [one.id async for one in organization.webhooks.list()] == [made.id]
        renewed = await organization.webhooks.regenerate_signing_secret(made.id)
        assert renewed.signing_secret != made.signing_secret
        assert (await organization.webhooks.delete(made.id)).type == "webhook_endpoint_deleted"
        with pytest.raises(anthropic.NotFoundError):
            await organization.webhooks.retrieve(made.id)

    play(story)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"url": "http://hooks.example.com"}, "https"),
        ({"url": "https://user:pass@hooks.example.com"}, "password"),
        ({"url": "ftp://hooks.example.com"}, "https"),
        ({"enabled_events": ["session.flew"]}, "is no event type"),
        ({"enabled_events": []}, "enabled_events"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(fields: Json, word: str) -> None:
    async def story(stage: Stage) -> None:
        organization: Any = stage.client.beta.organization
        given: Any = {"url": URL, "enabled_events": ["session.created"]} | fields
        with pytest.raises(anthropic.BadRequestError, match=word):
            await organization.webhooks.create(**given)

    play(story)


def test_an_endpoint_may_name_every_public_type_and_those_that_never_come_here_too() -> None:
    [union, *_] = get_args(BetaWebhookEventData)
    public = {get_args(one.model_fields["type"].annotation)[0] for one in get_args(union)}
    assert public == TYPES | NEVER
    assert not TYPES & NEVER

    async def story(stage: Stage) -> None:
        body = {"url": URL, "enabled_events": sorted(public)}
        made = await stage.raw.post("/v1/organizations/webhooks", json=body)
        assert (made.status_code, made.json()["enabled_events"]) == (200, sorted(public))

    play(story)


def test_what_is_delivered_is_unwrapped_by_the_sdk_and_a_forgery_is_not() -> None:
    async def story(stage: Stage) -> None:
        receiver = received(stage)
        made = await endpoint(stage, "session.created", "session.status_idled", "agent.created")
        session = await stage.session("go")
        await caught_up(stage, receiver, 3)
        kinds = {one["data"]["type"] for one in receiver.bodies()}
        assert kinds == {"session.created", "session.status_idled", "agent.created"}
        for _, headers, content in receiver.got:
            event = stage.client.beta.webhooks.unwrap(content.decode(), headers=headers, key=made.signing_secret)
            assert event.id == headers["webhook-id"]
        (idled,) = [one for one in receiver.bodies() if one["data"]["type"] == "session.status_idled"]
        assert idled["data"]["id"] == session.id
        forged = {**receiver.got[0][1], "webhook-signature": "v1,AAAA"}
        with pytest.raises(Exception, match="signature"):
            stage.client.beta.webhooks.unwrap(receiver.got[0][2].decode(), headers=forged, key=made.signing_secret)

    play(story, script=[says("Done.")])


@dataclass
class Later:
    """A clock that is put on."""

    now: Any
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        moment: datetime = self.now() + self.ahead
        return moment


def outbox(stage: Stage, receiver: Receiver) -> tuple[Webhooks, Later]:
    """The outbox alone, which only a test has deliver."""
    later = Later(stage.engine.clock)
    known = stage.engine.webhooks
    endpoints = replace(known.endpoints, clock=later)
    return Webhooks(log=known.log, endpoints=endpoints, vault=known.vault, post=receiver, clock=later), later


async def _never(url: str, headers: dict[str, str], content: bytes) -> Posted:
    raise asyncio.CancelledError


def test_a_delivery_is_tried_three_times_under_one_id_and_then_given_up_visibly() -> None:
    async def story(stage: Stage) -> None:
        made = await endpoint(stage, "agent.created")
        receiver = Receiver([Posted(500), Posted(None, "ConnectError"), Posted(503)])
        hooks, later = outbox(stage, receiver)
        stage.engine.webhooks.post = _never
        await hooks.tell("agent.created", "agent_1", of="one")
        await hooks.deliver_due()
        for _ in range(4):
            later.ahead += timedelta(seconds=121)
            await hooks.deliver_due()
        assert len(receiver.got) == 3
        assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
        assert len({headers["webhook-timestamp"] for _, headers, _ in receiver.got}) == 3
        (one,) = await hooks.deliveries(made.id)
        assert (one["state"], one["attempts"], one["error"]) == ("failed", 3, "it answered 503")

    play(story)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Posted(302), "redirect"),
        (Posted(None, "private_address", is_refused=True), "invalid address"),
    ],
)
def test_a_redirect_and_an_address_that_may_not_be_disable_an_endpoint_at_once(answer: Posted, reason: str) -> None:
    async def story(stage: Stage) -> None:
        made = await endpoint(stage, "agent.created")
        hooks, _ = outbox(stage, Receiver([answer]))
        await hooks.tell("agent.created", "agent_1")
        await hooks.deliver_due()
        organization: Any = stage.client.beta.organization
        disabled = await organization.webhooks.retrieve(made.id)
        assert disabled.state == "disabled"
        assert reason in disabled.disabled_reason
        await hooks.tell("agent.created", "agent_2")
        assert len(await hooks.deliveries(made.id)) == 1
        enabled = await organization.webhooks.update(made.id, state="enabled")
        assert (enabled.state, enabled.disabled_reason) == ("enabled", "")

    play(story)


def test_what_is_told_twice_after_a_crash_is_delivered_once() -> None:
    async def story(stage: Stage) -> None:
        made = await endpoint(stage, "session.created", "session.status_run_started", "session.status_idled")
        session = await stage.session("go")
        await stage.until_idle(session.id) if session.status == "running" else None
        receiver = Receiver()
        hooks, _ = outbox(stage, receiver)
        for _ in range(3):
            # A crash before the cursor was written: all of it is told again.
            await hooks.log.documents.remove("webhook_cursor", session.id)
            await hooks._follow_one(session.id)
        told = [one["data"]["type"] for one in await hooks.deliveries(made.id)]
        assert sorted(told) == ["session.created", "session.status_idled", "session.status_run_started"]

    play(story, script=[says("Done.")])


def test_only_what_happens_after_an_endpoint_was_made_is_told_to_it() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        while (await stage.client.beta.sessions.retrieve(session.id)).status != "idle":  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
        receiver = received(stage)
        made = await endpoint(stage, "session.created", "session.status_idled", "session.deleted")
        await stage.client.beta.sessions.delete(session.id)
        await caught_up(stage, receiver, 1)
        assert [one["data"]["type"] for one in receiver.bodies()] == ["session.deleted"]
        assert len(await stage.engine.webhooks.deliveries(made.id)) == 1

    play(story, script=[says("Done.")])


def test_the_place_in_a_log_is_written_down_only_behind_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(stage: Stage) -> None:
        receiver = received(stage)
        await endpoint(stage, "session.status_idled")
        session = await stage.session()
        documents = stage.engine.log.documents
        put, written = documents.put, list[int]()

        async def counted(document: Document) -> None:
            if document.kind == CURSOR:
                written.append(document.body["seq"])
            await put(document)

        monkeypatch.setattr(documents, "put", counted)
        await stage.until_idle(session.id, then=stage.say(session.id, "go"))
        await caught_up(stage, receiver, 1)
        entries = await stage.engine.log.sessions.read(session.id)
        while stage.engine.webhooks._read.get(session.id) != entries[-1].seq:  # noqa: ASYNC110 - a look is no event
            await asyncio.sleep(0.01)
        told = [one for one in entries if one.event.type in {"session.status_running", "session.status_idle"}]
        assert 1 <= len(written) <= len(told) + 1 < len(entries)

    play(story, script=[says("Done.")])


def test_a_session_that_was_given_something_is_pending_once_a_turn() -> None:
    async def story(stage: Stage) -> None:
        made = await endpoint(stage, "session.pending", "session.status_run_started")
        session = await stage.session()
        for _ in range(2):
            await stage.until_idle(session.id, then=stage.say(session.id, "go"))
        receiver = Receiver()
        hooks, _ = outbox(stage, receiver)
        for _ in range(2):
            await hooks.log.documents.remove("webhook_cursor", session.id)
            hooks._read.clear()
            await hooks._follow_one(session.id)
        told = [one["data"]["type"] for one in await hooks.deliveries(made.id)]
        assert sorted(told) == ["session.pending"] * 2 + ["session.status_run_started"] * 2

    play(story, script=[says("Done."), says("Done.")])
