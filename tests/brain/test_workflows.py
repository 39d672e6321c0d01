"""Workflow runs: what stands in the log, that a killed run repeats no finished agent, and how each of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.brain.stage import INTERRUPT, SESSION_ID, TOOLSET, agent, message, session
from tests.brain.team import Part, Team, member, play, said_in, system_of
from tests.trivial.model import Answer, calls, says
from workbench import events
from workbench.contracts.brain import ModelFault, ModelRequest
from workbench.contracts.thread_facts import WORKFLOW_ANSWERED
from workbench.contracts.values import Json, Session
from workbench.contracts.workflows import Host, Plan
from workbench.engine.event_writer import EventWriter
from workbench.engine.tasks import SessionTasks
from workbench.engine.teams.workflows import WorkflowRuns
from workbench.workflows import evaluate
from workbench.workflows.language import checked

FORTY = "phase('look')\nresult = parallel([agent(f'part {x}') for x in range(40)])"


class InProcess:
    """Programs without a process of their own."""

    def checked(self, text: str) -> Plan:
        return checked(text)

    async def run(self, plan: Plan, args: Any, host: Host) -> Any:
        return await evaluate.run(plan.text, args, host)


@dataclass
class Planners(Team):
    """A session whose agent starts runs; `runs` is renewed with each process."""

    runs: WorkflowRuns = field(init=False)
    lifetime_s: float = 1000.0

    async def session(self, session_id: str) -> Session | None:
        return self.described if session_id == SESSION_ID else None

    def renew(self) -> None:
        writer = EventWriter(self.log, self.log.clock)
        wake = lambda _, thread_id: self.tasks.wake(SESSION_ID, thread_id)  # noqa: E731 - bound late
        parts: Any = _Parts(self.log)
        records: Any = self
        self.runs = WorkflowRuns(
            parts, records, writer, InProcess(), wake=wake, end=self._end, lifetime_s=self.lifetime_s
        )
        self.brain = replace(self.brain, wake_thread=wake, runs=self.runs)
        self.tasks = SessionTasks(self.brain, give_up=self._given_up)

    def _end(self, session_id: str, thread_id: str) -> None:
        self.tasks.end(session_id, thread_id)

    def is_quiet(self) -> bool:
        return super().is_quiet() and not self.log.state(SESSION_ID).runs

    async def work(self, *bodies: Json, until: Any = None) -> None:
        self.renew()
        async with asyncio.timeout(60), self.tasks:
            self.tasks.recover(self.log, self.log)
            async with self.runs:
                await self._sent(*bodies)
                await self.quiet(until)

    async def lives(self, ticks: int, *bodies: Json) -> None:
        self.renew()
        async with self.tasks:
            self.tasks.recover(self.log, self.log)
            async with self.runs:
                await self._sent(*bodies)
                for _ in range(ticks):
                    await asyncio.sleep(0)

    def workflow(self) -> list[str]:
        return [one.type for one in self.of() if one.type.startswith("workflow_run.")]

    def answered(self) -> list[Json]:
        return [one.body for one in self.log.recorded if one.name == WORKFLOW_ANSWERED.name]


class _Parts:
    def __init__(self, log: Any) -> None:
        self.sessions = self.facts = self.states = self.inbox = log


def planning(
    program: str, parts: dict[str, Part] | None = None, *, planned: Sequence[Json] = (), **fields: Any
) -> Planners:
    enabled = {"type": "enabled", "inline_agents": {"type": "enabled"}, "predefined_agents": list(planned)}
    off = {"type": "disabled"}
    multiagent = {"type": "multiagent_20261001", "advisor": off, "subagents": off, "workflows": enabled}
    described = agent(TOOLSET, multiagent=multiagent) | {"name": "lead", "system": "lead"}

    def leads(request: ModelRequest, _: int) -> Answer:
        text = said_in(request)
        if "was started as" not in text and "Nothing was started" not in text:
            return calls(("start_workflow", {"name": "looking", "program": program, "args": [1, 2]}))
        return says("Ended." if "has ended" in text else "Started.")

    own = {"Carry out the task that you are given, and answer with its result.": lambda r, _: says(f"did {last(r)}")}
    return Planners(session(described), parts={"lead": leads, **own, **(parts or {})}, **fields)


def last(request: ModelRequest) -> str:
    """The prompt of an agent of a run."""
    return str(request.body["messages"][0]["content"][1]["text"]).partition("\n\nWhen you are done")[0]


def test_a_run_stands_in_the_log_as_the_public_order_says() -> None:
    async def story() -> None:
        program = "phase('look')\nfound = parallel([agent(f'part {x}') for x in args])\nphase('sum')\nresult = {'found': found}"
        team = planning(program)
        await team.work(message("go"))
        assert team.workflow() == [
            "workflow_run.created",
            "workflow_run.status_running",
            "workflow_run.phase_started",
            "workflow_run.phase_ended",
            "workflow_run.phase_started",
            "workflow_run.phase_ended",
            "workflow_run.status_ended",
        ]
        types = team.types_of()
        assert types.count("session.status_running") == types.count("session.status_idle") == 1
        assert "agent.thread_message_sent" not in types
        assert "agent.thread_message_received" not in types
        (created, *_) = [one for one in team.of() if one.type == "session.thread_created"]
        assert created.workflow_run_id.startswith("wrun_")  # type: ignore[union-attr]
        child = team.children[0]
        first, *_, end = team.of(child)
        assert first.type == "agent.thread_message_received"
        assert first.from_agent_name is None
        assert end.type == "session.thread_status_terminated"
        read = said_in(team.model.requests[-1])
        assert "has ended: completed" in read
        assert "did part 1" in read
        assert team.threads == ()
        assert team.stop_reasons() == [{"type": "end_turn"}]

    play(story)


@pytest.mark.parametrize("ticks", [60, 150, 250, 350, 450, 600])
def test_a_run_that_is_killed_goes_on_without_repeating_a_finished_agent(ticks: int) -> None:
    async def story() -> None:
        team = planning(FORTY)
        await team.lives(ticks, message("go"))
        done = {one["place"] for one in team.answered()}
        asked = [system_of(one) for one in team.model.requests].count(
            "Carry out the task that you are given, and answer with its result."
        )
        await team.work()
        again = [system_of(one) for one in team.model.requests].count(
            "Carry out the task that you are given, and answer with its result."
        )
        assert len(team.answered()) == len({one["place"] for one in team.answered()}) == 40
        # An agent that had answered, and whose end was not written down, is not asked again either.
        assert 40 - asked <= again - asked <= 40 - len(done)
        assert len(team.children) == 40
        assert team.workflow().count("workflow_run.status_ended") == 1
        assert team.stop_reasons()[-1] == {"type": "end_turn"}

    play(story)


PHASES = "phase('look')\na = parallel([agent(f'part {x}') for x in range(3)])\nphase('sum')\nresult = [a, agent('all')]"


@pytest.mark.parametrize("ticks", range(5, 205, 5))
def test_wherever_the_process_is_killed_each_agent_of_a_run_answers_once_and_the_run_ends_once(ticks: int) -> None:
    async def story() -> None:
        team = planning(PHASES)
        await team.lives(ticks, message("go"))
        await team.lives(max(3, ticks // 2))
        await team.work()
        assert len(team.answered()) == len({one["place"] for one in team.answered()}) == len(team.children) == 4
        kinds = ["created", "status_running", *["phase_started", "phase_ended"] * 2, "status_ended"]
        assert team.workflow() == [f"workflow_run.{kind}" for kind in kinds]
        assert team.stop_reasons()[-1] == {"type": "end_turn"}

    play(story)


def test_an_answer_that_does_not_fit_its_schema_is_asked_for_again_and_then_fails() -> None:
    async def story() -> None:
        schema = "{'type': 'object', 'properties': {'n': {'type': 'integer'}}, 'required': ['n']}"
        program = f"result = [agent('good', schema={schema})['n'], agent('bad', schema={schema}, on_error='skip')]"

        def works(request: ModelRequest, _: int) -> Answer:
            is_again = "does not fit" in said_in(request)
            return says('{"n": 3}' if last(request) == "good" and is_again else "three")

        team = planning(program, {"Carry out the task that you are given, and answer with its result.": works})
        await team.work(message("go"))
        good, bad = team.answered()
        assert (good["value"], good["error"]) == ({"n": 3}, None)
        assert "after 5 corrections" in bad["error"]
        assert "[\n 3,\n null\n]" in said_in(team.model.requests[-1])

    play(story)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os", "line 1: a program imports nothing"),
        ("x = 1\nresult = y", "line 2: there is no variable 'y'"),
        ("while True: pass", "1000000 steps"),
        ("agent('x', agent='nobody')", "there is no agent 'nobody'"),
    ],
)
def test_a_program_that_cannot_end_well_ends_in_its_own_words(program: str, words: str) -> None:
    async def story() -> None:
        team = planning(program)
        await team.work(message("go"))
        assert words in said_in(team.model.requests[-1])
        ended = [events.dump(one) for one in team.of() if one.type == "workflow_run.status_ended"]
        assert [one["result"]["type"] for one in ended] in ([], ["error"])
        assert ("workflow_run.error" in team.workflow()) is bool(ended)

    play(story)


def test_a_failed_agent_fails_the_run_with_its_reason() -> None:
    async def story() -> None:
        fails: Answer = [ModelFault("billing_error", "No credit.", retry=False)]
        team = planning(
            "agent('x')", {"Carry out the task that you are given, and answer with its result.": lambda *_: fails}
        )
        await team.work(message("go"))
        (ended,) = [events.dump(one) for one in team.of() if one.type == "workflow_run.status_ended"]
        assert ended["result"]["error"]["type"] == "program_error"
        assert "No credit." in ended["result"]["error"]["message"]

    play(story)


def test_a_run_is_stopped_by_its_agent_and_not_by_an_interrupt() -> None:
    async def story() -> None:
        begun, never = asyncio.Event(), asyncio.Event()

        def leads(request: ModelRequest, number: int) -> Answer:
            text = said_in(request)
            if "was started as" not in text:
                return calls(("start_workflow", {"name": "x", "program": "agent('x')"}))
            if "stop it" in text and "is stopped" not in text:
                run_id = team.log.state(SESSION_ID).runs[0].run_id
                return calls(("stop_workflow", {"workflow_run_id": run_id}))
            return says("Well.")

        waits: Part = lambda *_: [begun.set, never, *says("late")]  # noqa: E731 - short
        team = planning(
            "", {"lead": leads, "Carry out the task that you are given, and answer with its result.": waits}
        )

        async def acts() -> None:
            await begun.wait()
            await team.quiet(lambda: team.log.state(SESSION_ID).primary == "idle")
            await team.send(INTERRUPT)
            team.tasks.interrupt(SESSION_ID)
            team.tasks.wake(SESSION_ID)
            await team.quiet(lambda: not team.log.queued(SESSION_ID))
            assert team.log.state(SESSION_ID).runs
            await team.send(message("stop it"))
            team.tasks.wake(SESSION_ID)

        async with asyncio.TaskGroup() as group:
            group.create_task(team.work(message("go")))
            group.create_task(acts())
        (ended,) = [events.dump(one) for one in team.of() if one.type == "workflow_run.status_ended"]
        assert ended["result"] == {"type": "stopped"}

    play(story)


def test_a_predefined_agent_runs_with_its_own_configuration_and_a_lifetime_ends_a_run() -> None:
    async def story() -> None:
        never = asyncio.Event()
        tester = member("tester")
        parts: dict[str, Part] = {"tester": lambda _, number: says("tested") if number == 0 else [never, *says("late")]}
        team = planning(
            "agent('a', agent='tester')\nagent('b', agent='tester')", parts, planned=[tester], lifetime_s=0.5
        )
        await team.work(message("go"))
        (ended,) = [events.dump(one) for one in team.of() if one.type == "workflow_run.status_ended"]
        assert ended["result"]["error"]["type"] == "timeout_error"
        assert [one["value"] for one in team.answered()] == ["tested"]

    play(story)
