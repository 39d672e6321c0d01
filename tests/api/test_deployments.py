"""/v1/deployments and their runs: what is checked, what a run begins with, and that each due instant begins one session at most."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.catalog.deployments import Deployments
from workbench.catalog.schedules import due
from workbench.contracts.values import Document, Json
from workbench.engine.automation.deployment_changes import DeploymentChanges
from workbench.engine.automation.deployments import LONGEST_LOOK_S, DeploymentRuns
from workbench.events import new_id, timestamp

GO: Any = {"type": "user.message", "content": [{"type": "text", "text": "go"}]}
NIGHTLY: Any = {"type": "cron", "expression": "0 3 * * *", "timezone": "Europe/Berlin"}


async def deployed(stage: Stage, **fields: Any) -> Any:
    agent = await stage.agent()
    environment = await stage.client.beta.environments.create(name=new_id("env"))
    given: Any = {
        "name": "nightly",
        "agent": agent.id,
        "environment_id": environment.id,
        "initial_events": [GO],
    } | fields
    return await stage.client.beta.deployments.create(**given)


def test_a_deployment_lives_as_the_public_guide_shows() -> None:
    async def story(stage: Stage) -> None:
        beta = stage.client.beta
        made = await deployed(stage, schedule=NIGHTLY)
        assert (made.status, made.agent.version, len(made.schedule.upcoming_runs_at)) == ("active", 1, 5)
        run = await beta.deployments.run(made.id)
        assert run.trigger_context.type == "manual"
        assert run.session_id is not None
        session = await beta.sessions.retrieve(run.session_id)
        assert (session.deployment_id, session.title) == (made.id, "nightly")
        assert [one.id async for one in beta.sessions.list(deployment_id=made.id)] == [session.id]
        assert [one.id async for one in beta.deployment_runs.list(deployment_id=made.id)] == [run.id]
        assert (await beta.deployment_runs.retrieve(run.id)).session_id == session.id
        paused = await beta.deployments.pause(made.id)
        assert (paused.status, paused.paused_reason.type) == ("paused", "manual")  # type: ignore[union-attr]
        assert (await beta.deployments.run(made.id)).session_id is not None
        assert (await beta.deployments.unpause(made.id)).status == "active"
        changed = await beta.deployments.update(made.id, name="weekly", schedule=None)
        assert (changed.name, changed.schedule) == ("weekly", None)
        archived = await beta.deployments.archive(made.id)
        assert archived.archived_at is not None
        assert [one async for one in beta.deployments.list()] == []
        assert [one.id async for one in beta.deployments.list(include_archived=True)] == [made.id]
        with pytest.raises(anthropic.BadRequestError, match="archived"):
            await beta.deployments.run(made.id)

    play(story)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"initial_events": []}, "initial_events"),
        (
            {"initial_events": [{"type": "system.message", "content": [{"type": "text", "text": "x"}]}]},
            "starts nothing",
        ),
        ({"initial_events": [{"type": "user.interrupt"}]}, "initial_events.0"),
        ({"agent": "agent_nothing"}, "agent_nothing"),
        ({"environment_id": "env_nothing"}, "env_nothing"),
        ({"vault_ids": ["vlt_nothing"]}, "vlt_nothing"),
        ({"schedule": NIGHTLY | {"expression": "0 0 30 2 *"}}, "day-of-month"),
        ({"schedule": NIGHTLY | {"expression": "0 0 31 4 *"}}, "never comes"),
        ({"schedule": NIGHTLY | {"expression": "@daily"}}, "five fields"),
        ({"schedule": NIGHTLY | {"expression": "0 0 L * *"}}, "'L'"),
        ({"schedule": NIGHTLY | {"expression": "0 0 * * mon#1"}}, "day-of-week"),
        ({"schedule": NIGHTLY | {"timezone": "Berlin"}}, "IANA"),
        ({"schedule": NIGHTLY | {"timezone": "Europe/Nowhere"}}, "IANA"),
        ({"schedule": NIGHTLY | {"timezone": "Europe"}}, "IANA"),
        ({"schedule": NIGHTLY | {"timezone": "../../etc/passwd"}}, "IANA"),
        ({"metadata": {"workbench.overlap": "pile"}}, "parallel or skip"),
    ],
)
def test_what_cannot_run_is_refused_when_it_is_made(fields: Json, word: str) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.APIStatusError, match=word):
            await deployed(stage, **fields)

    play(story)


def test_a_run_whose_environment_is_gone_fails_in_words_and_pauses_a_schedule() -> None:
    async def story(stage: Stage) -> None:
        made = await deployed(stage, schedule=NIGHTLY | {"expression": "* * * * *"})
        await stage.client.beta.environments.archive(made.environment_id)
        failed = await stage.client.beta.deployments.run(made.id)
        assert failed.session_id is None
        assert failed.error.type == "environment_archived_error"  # type: ignore[union-attr]
        assert (await stage.client.beta.deployments.retrieve(made.id)).status == "active"
        stage.engine.deployments = _at(stage, timedelta(minutes=1))
        await stage.engine.deployments.look()
        paused = await stage.client.beta.deployments.retrieve(made.id)
        assert paused.paused_reason.error.type == "environment_archived_error"  # type: ignore[union-attr]
        runs = [one async for one in stage.client.beta.deployment_runs.list(trigger_type="schedule", has_error=True)]
        assert len(runs) == 1

    play(story)


def test_a_schedule_whose_folder_is_gone_or_whose_group_has_nothing_left_is_paused_with_the_reason(
    tmp_path: Path,
) -> None:
    async def story(stage: Stage) -> None:
        folder = tmp_path / "shop"
        folder.mkdir()
        every_minute = NIGHTLY | {"expression": "* * * * *"}
        gone = await deployed(stage, schedule=every_minute, metadata={"workbench.project": str(folder)})
        spent = await deployed(stage, schedule=every_minute, metadata={"workbench.group": "night"})
        folder.rmdir()
        budget = {"type": "limit", "max_list_cost": {"amount": "5", "currency": "USD"}}
        await stage.engine.log.documents.put(Document("group", "night", 1, {"budget": budget, "deleted_cents": 5}))
        await _at(stage, timedelta(minutes=1)).look()
        found = {one["id"]: one for one in (await stage.raw.get("/workbench/v1/deployments")).json()["data"]}
        assert {one["status"] for one in found.values()} == {"paused"}
        assert str(folder) in found[gone.id]["workbench"]["paused_words"]
        assert "workbench budget --group night" in found[spent.id]["workbench"]["paused_words"]
        assert found[spent.id]["workbench"]["last_run"]["session_id"] is None
        await stage.client.beta.deployments.unpause(gone.id)
        [again] = [
            one for one in (await stage.raw.get("/workbench/v1/deployments")).json()["data"] if one["id"] == gone.id
        ]
        assert again["workbench"]["paused_words"] == ""

    play(story)


def test_archiving_an_agent_archives_its_deployments_without_a_run() -> None:
    async def story(stage: Stage) -> None:
        made = await deployed(stage, schedule=NIGHTLY)
        await stage.client.beta.agents.archive(made.agent.id)
        assert (await stage.client.beta.deployments.retrieve(made.id)).archived_at is not None
        assert [one async for one in stage.client.beta.deployment_runs.list()] == []

    play(story)


def repository(token: str, name: str = "b") -> Json:
    return {"type": "github_repository", "url": f"https://github.com/a/{name}", "authorization_token": token}


def test_a_repositorys_token_is_in_the_vault_alone_and_goes_with_the_last_that_has_it() -> None:
    async def story(stage: Stage) -> None:
        made = await deployed(stage, resources=[repository("token-one-12345")])
        assert [one.to_dict() for one in made.resources] == [
            {"type": "github_repository", "url": "https://github.com/a/b"}
        ]
        [(token_id, kept)] = stage.vault.kept.items()
        assert kept == {"token": "token-one-12345"}
        run = await stage.client.beta.deployments.run(made.id)
        assert run.session_id is not None
        session = await stage.client.beta.sessions.retrieve(run.session_id)
        assert [one.to_dict()["id"] for one in session.resources] == [token_id]
        assert "token-one-12345" not in json.dumps([one.body for one in stage.log.documents.values()])
        described = await stage.engine.records.session(session.id)
        assert described is not None
        assert [one["workbench"]["prefix"] for one in described.repositories] != [None]
        # A client cannot name what is kept for somebody else.
        stolen = {
            "type": "github_repository",
            "url": "https://github.com/a/c",
            "workbench_kept": {"id": token_id, "prefix": "g"},
        }
        other = await deployed(stage, resources=[stolen])
        own = await stage.client.beta.deployments.run(other.id)
        assert own.session_id is not None
        [theirs] = (await stage.client.beta.sessions.retrieve(own.session_id)).resources
        assert theirs.to_dict()["id"] != token_id

        changed: Any = [repository("token-two-12345", "d")]
        await stage.client.beta.deployments.update(made.id, resources=changed)
        assert sorted(one["token"] for one in stage.vault.kept.values()) == ["token-one-12345", "token-two-12345"]
        await stage.client.beta.sessions.delete(session.id)
        assert [one["token"] for one in stage.vault.kept.values()] == ["token-two-12345"]
        with pytest.raises(anthropic.BadRequestError):
            await stage.client.beta.deployments.update(made.id, resources=[repository("token-three-12345")], name="")  # type: ignore[list-item]
        assert [one["token"] for one in stage.vault.kept.values()] == ["token-two-12345"]
        await stage.client.beta.deployments.archive(made.id)
        assert stage.vault.kept == {}

    play(story)


def _at(stage: Stage, later: timedelta) -> DeploymentRuns:
    """The runs of a clock that is ahead."""
    now = stage.engine.clock
    return _runs(stage, lambda: now() + later)


def _runs(stage: Stage, clock: Any) -> DeploymentRuns:
    engine = stage.engine
    known = Deployments(engine.log.documents, engine.agents, engine.environments, clock)
    return DeploymentRuns(
        log=engine.log,
        deployments=known,
        changes=DeploymentChanges(known, engine.resources.tokens, engine.log.documents),
        create_session=engine.sessions.create_deployed,
        clock=clock,
        changing=engine.deployments.changing,
        outbox=engine.webhooks,
    )


def test_after_a_sleep_the_last_due_run_comes_late_and_the_others_are_told_as_missed() -> None:
    async def story(stage: Stage) -> None:
        made = await deployed(stage, schedule=NIGHTLY | {"expression": "0 * * * *"})
        await _at(stage, timedelta(hours=5)).look()
        runs = [one async for one in stage.client.beta.deployment_runs.list(deployment_id=made.id)]
        assert len(runs) == 1
        missed = (await stage.raw.get(f"/workbench/v1/deployments/{made.id}/missed")).json()["data"]
        assert len(missed) in (4, 5)
        assert "slept" in missed[0]["reason"]
        await _at(stage, timedelta(hours=5)).look()
        assert len([one async for one in stage.client.beta.deployment_runs.list(deployment_id=made.id)]) == 1
        last = (await stage.client.beta.deployments.retrieve(made.id)).schedule
        assert last is not None
        assert last.last_run_at == runs[0].trigger_context.scheduled_at  # type: ignore[union-attr]

    play(story)


def test_a_schedule_of_every_minute_runs_once_a_minute_through_a_restart_of_the_engine(tmp_path: Path) -> None:
    made: list[Any] = []

    async def first_minute(stage: Stage) -> None:
        made.append(await deployed(stage, schedule=NIGHTLY | {"expression": "* * * * *"}))
        await _at(stage, timedelta(minutes=1)).look()

    async def second_minute(stage: Stage) -> None:
        for _ in range(2):
            await _at(stage, timedelta(minutes=1)).look()
        await _at(stage, timedelta(minutes=2)).look()
        runs = [one async for one in stage.client.beta.deployment_runs.list(deployment_id=made[0].id)]
        due_at = [one.trigger_context.scheduled_at for one in runs]  # type: ignore[union-attr]
        assert len(due_at) == len(set(due_at)) == len({one.session_id for one in runs})
        assert len(due_at) in (2, 3)
        assert {later - earlier for later, earlier in pairwise(due_at)} == {timedelta(minutes=1)}

    play(first_minute, folder=tmp_path)
    play(second_minute, folder=tmp_path)


def test_a_schedule_that_is_set_a_moment_before_its_instant_begins_then_and_not_at_the_next_look() -> None:
    async def story(stage: Stage) -> None:
        moment, has_looked = datetime(2026, 11, 30, 6, 40, 59, 950000, tzinfo=UTC), asyncio.Event()

        def clock() -> datetime:
            has_looked.set()
            return moment

        agent, environment = await stage.agent(), await stage.client.beta.environments.create(name="minutely")
        runs = _runs(stage, clock)
        begun = asyncio.Event()
        create = runs.create_session

        async def created(body: Json, deployment_id: str, beside: Any) -> Json:
            begun.set()
            return await create(body, deployment_id, beside)

        keeping = asyncio.create_task(replace(runs, create_session=created).keep())
        await has_looked.wait()
        minutely = {"name": "minutely", "schedule": NIGHTLY | {"expression": "* * * * *"}, "initial_events": [GO]}
        await runs.changes.create(minutely | {"agent": agent.id, "environment_id": environment.id})
        moment += timedelta(seconds=0.1)
        try:
            await asyncio.wait_for(begun.wait(), LONGEST_LOOK_S / 3)
        finally:
            keeping.cancel()

    play(story)


@dataclass
class Crashes:
    """Makes a session of nothing but its records, and dies at every n-th step: before, or after its write."""

    documents: Any
    every: int
    steps: int = 0
    made: int = 0

    def _step(self) -> None:
        self.steps += 1
        if self.steps % self.every == 0:
            raise asyncio.CancelledError

    async def create(self, body: Json, deployment_id: str, beside: Any) -> Json:
        self._step()
        session_id = new_id("sesn")
        for document in beside(session_id):
            await self.documents.put(document)
        self.made += 1
        self._step()
        return {"id": session_id}


@pytest.mark.parametrize(
    "place", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]
)
def test_over_changes_of_the_clock_and_crashes_no_due_run_is_lost_doubled_or_silent(place: str) -> None:
    async def story(stage: Stage) -> None:
        schedule = {"type": "cron", "expression": "30 2,14 * * *", "timezone": place}
        made = await deployed(stage, schedule=schedule)
        clock = [datetime(2026, 2, 1, tzinfo=UTC)]
        crashes = Crashes(stage.engine.log.documents, 7)
        runs = _runs(stage, lambda: clock[0])
        object.__setattr__(runs, "create_session", crashes.create)
        record = await runs.deployments.get(made.id)
        private = record["workbench"] | {"considered_at": timestamp(clock[0])}
        await runs.deployments.put(record | {"workbench": private})
        end = clock[0] + timedelta(days=80)
        hours = 0
        while clock[0] < end:
            # Most looks come in time; now and then the machine sleeps for a day and a half.
            hours += 1
            clock[0] += timedelta(hours=36 if hours % 90 == 0 else 3)
            try:
                await runs.look()
            except asyncio.CancelledError:
                continue
        await runs.look()
        known = [one for one in await runs._records() if one["deployment_id"] == made.id]
        instants = sorted(one["trigger_context"]["scheduled_at"] for one in known)
        expected = [timestamp(one) for one in due(schedule, datetime(2026, 2, 1, tzinfo=UTC), clock[0])]
        assert instants == expected
        assert crashes.made == len([one for one in known if "missed" not in one])
        assert all(one.get("missed") or one["session_id"] for one in known)

    play(story)


def test_an_hour_that_is_skipped_never_fires_and_one_that_is_repeated_fires_twice() -> None:
    def at(place: str, expression: str, first: datetime, days: int) -> list[datetime]:
        return due({"expression": expression, "timezone": place}, first, first + timedelta(days=days))

    spring, autumn = datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 10, 30, 12, tzinfo=UTC)
    assert len(at("Europe/Berlin", "30 2 * * *", spring, 1)) == 0
    assert [one.hour for one in at("Europe/Berlin", "30 2 * * *", autumn, 1)] == [0, 1]
    half = at("Australia/Lord_Howe", "45 1 * * *", datetime(2027, 4, 3, tzinfo=UTC), 1)
    assert [later - earlier for earlier, later in pairwise(half)] == [timedelta(minutes=30)]
    every = at("Europe/Berlin", "*/15 * * * *", autumn, 1)
    assert {later - earlier for earlier, later in pairwise(every)} == {timedelta(minutes=15)}
    assert all(one.astimezone(ZoneInfo("Europe/Berlin")).minute % 15 == 0 for one in every)


def test_a_run_begins_beside_its_record_or_not_at_all() -> None:
    async def story(stage: Stage) -> None:
        made = await deployed(stage)
        run = await stage.client.beta.deployments.run(made.id)
        documents: list[Document] = await stage.engine.log.documents.newest("deployment_run")
        assert [one.body["session_id"] for one in documents] == [run.session_id]

    play(story)


def test_a_run_waits_in_the_queue_for_the_session_of_the_one_before_and_is_told_then() -> None:
    async def story(stage: Stage) -> None:
        organization: Any = stage.client.beta.organization
        kinds = ["deployment_run.started", "deployment_run.succeeded", "deployment_run.failed"]
        hook = await organization.webhooks.create(url="https://hooks.example.com/in", enabled_events=kinds)
        schedule, queue = NIGHTLY | {"expression": "* * * * *"}, {"workbench.overlap": "queue"}
        one = await deployed(stage, schedule=schedule, metadata=queue, initial_events=[GO])

        def at(minutes: int) -> DeploymentRuns:
            # Of its own minutes: where one ends meanwhile, another instant is due.
            moment = one.created_at.replace(second=30) + timedelta(minutes=minutes)
            return _runs(stage, lambda: moment)

        await at(1).look()
        [first] = await at(1).all()
        while not stage.hands.calls:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
        for minutes in (2, 3):
            await at(minutes).look()
        later = at(3)
        assert len(await later.all()) == 1
        [about] = await later.overview()
        assert about["workbench"]["queued_since"] is not None
        interrupt: Any = [{"type": "user.interrupt"}]
        await stage.until_idle(
            first["session_id"], then=stage.client.beta.sessions.events.send(first["session_id"], events=interrupt)
        )
        await later.look()
        assert len(await later.all()) == 2
        [missed] = await later.missed(one.id)
        assert "took its place" in missed["reason"]
        await later.tell_again()
        told = [one["data"]["type"] for one in await stage.engine.webhooks.deliveries(hook.id)]
        assert sorted(told) == ["deployment_run.started"] * 2 + ["deployment_run.succeeded"] * 2

    play(
        story,
        script=[calls(("bash", {"command": "wait"})), says("Done.")],
        hands=ScriptedHands(gates={"bash": asyncio.Event()}),
    )
