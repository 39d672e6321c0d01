"""A wake from a checkpoint: it reads what came after the last summary, and sees what the whole log tells."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.brain import resuming
from tests.brain.stage import INTERRUPT, SESSION_ID, Stage, agent, confirm, message, outcome, play, session
from tests.brain.test_compaction import ROOM
from tests.brain.test_machine import LOOKUP, TOOLSET_OF_ALL_KINDS
from tests.trivial.log import TrivialLog
from tests.trivial.model import Answer, calls, says, weighing
from workbench import events
from workbench.brain.past import WHOLE
from workbench.contracts import facts
from workbench.contracts.brain import ModelFault, TextDelta
from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.values import Json

READ: Answer = calls(("read", {"file_path": "a"}))
BUSY: Answer = [TextDelta(0, "Half"), ModelFault("model_overloaded_error", "Busy.", retry=True)]
SUMMARY: Answer = says("The summary.")


async def summed_up(turns: int = 4) -> Stage:
    """A session that was summed up in each of its turns, and has a checkpoint."""
    stage = Stage(room=ROOM)
    for number in range(turns):
        await stage.say(f"Message {number}")
        stage.model.script += [weighing(READ, 900), SUMMARY, says("Done.")]
        await stage.wake()
    assert SESSION_ID in stage.checkpoints.written
    return stage


async def body_of(stage: Stage) -> Json:
    body = await stage.checkpoints.kept(SESSION_ID)
    assert body is not None
    return body


async def assert_ignored(stage: Stage, body: Json | None, log: TrivialLog | None = None) -> None:
    found = await resuming.resumed(stage.described, log or stage.log, body)
    assert found.past is WHOLE
    await resuming.assert_same(stage.described, log or stage.log, found)


def test_a_wake_reads_what_came_after_the_last_summary_and_asks_what_it_would_ask_after_all() -> None:
    async def story() -> None:
        stage = await summed_up()
        found = await resuming.resumed(stage.described, stage.log, await body_of(stage))
        assert found.past.seq > 0.6 * len(stage.log.rows)
        assert len(found.entries) == len(stage.log.rows) - found.past.seq
        assert [fact.name for fact in found.past.noted].count(facts.CONTEXT_COMPACTED.name) == 1
        assert len(found.past.noted) < 8
        await resuming.assert_same(stage.described, stage.log, found)

    play(story)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_long_session_went_through_each_of_its_checkpoints_stands_for_it(seed: int) -> None:
    async def story() -> None:
        chance = Random(seed)
        stage = Stage(session(agent(TOOLSET_OF_ALL_KINDS, LOOKUP)), tries=2, room=ROOM)
        found = set()
        for number in range(40):
            await stage.send(message(f"Message {number}"), *([INTERRUPT] if chance.random() < 0.1 else []))
            asked = calls(*((name, {"n": number}) for name in chance.choices(["bash", "read", "write", "edit"], k=2)))
            again = chance.choice([[], [BUSY], [BUSY, BUSY], [says("Half", stop_reason="max_tokens")]])
            stage.model.script += [*again, weighing(asked, chance.choice([10, 900])), *[says("1 low")] * 2]
            stage.model.script += [says(f"Done {number}") for _ in range(3)]
            await stage.wake()
            for use in stage.bodies("agent.tool_use"):
                if use["evaluated_permission"] == "ask" and use["id"] not in {one[0] for one in stage.results()}:
                    await stage.send(confirm(use["id"], chance.choice(["allow", "deny"])))
            await stage.wake()
            stage.model.script.clear()
            body = await stage.checkpoints.kept(SESSION_ID)
            found.add(body["seq"] if body else 0)
        assert len(found) > 3

    play(story)


def test_a_checkpoint_of_another_build_of_another_session_or_of_nothing_is_ignored() -> None:
    async def story() -> None:
        stage, other = await summed_up(), await summed_up()
        body = await body_of(stage)
        for wrong in (
            None,
            {},
            body | {"build": "another"},
            await body_of(other),
            body | {"seq": body["seq"] - 1},
            body | {"used": {}},
            body | {"noted": None},
            {key: value for key, value in body.items() if key != "last"},
        ):
            await assert_ignored(stage, wrong)

    play(story)


def test_a_checkpoint_that_is_newer_than_the_log_is_ignored_also_when_the_log_has_gone_on_since() -> None:
    async def story() -> None:
        stage = await summed_up()
        body = await body_of(stage)
        # As of a backup: what is lost ends behind the summary, but before what the checkpoint has seen.
        older = TrivialLog(clock=stage.log.clock)
        older.rows = [row for row in stage.log.rows if (row.seq or 0) <= body["seq"] + 1]
        older.noted = [(at, fact) for at, fact in stage.log.noted if at <= older.rows[-1].position]
        await assert_ignored(stage, body, older)
        again = events.SessionUpdated(id=events.new_id("sevt"), type="session.updated", processed_at=stage.log.clock())
        last = older.rows[-1]
        missing = len(stage.log.rows) - len(older.rows)
        older.rows += [
            replace(
                last,
                event=again.model_copy(update={"id": events.new_id("sevt")}),
                seq=(last.seq or 0) + more + 1,
                position=last.position + more + 1,
            )
            for more in range(missing)
        ]
        await assert_ignored(stage, body, older)

    play(story)


@pytest.mark.parametrize("kind", [facts.MODEL_STOPPED, facts.CONTEXT_OVERFLOWED, facts.MODEL_ANSWERED])
def test_a_fact_that_comes_late_and_says_something_of_what_was_summed_up_has_the_log_read_whole(
    kind: FactKind,
) -> None:
    async def story() -> None:
        stage = await summed_up()
        body = {
            "stop_reason": "max_tokens",
            "stop_details": None,
            "ephemeral_1h_input_tokens": 7,
            "model_request_start_id": stage.ids("span.model_request_start")[0],
        }
        told = {name: body[name] for name in kind.fields if name in body}
        await stage.log.record(kind.made(SESSION_ID, stage.log.clock(), told))
        await assert_ignored(stage, await body_of(stage))

    play(story)


def test_a_notice_that_is_hushed_late_has_the_log_read_whole() -> None:
    async def story() -> None:
        stage = Stage(room=ROOM)
        noticed = events.SystemMessage.model_validate(
            {"type": "system.message", "id": events.new_id("sevt"), "content": [{"type": "text", "text": "It ended."}]}
        )
        fact = facts.BACKGROUND_NOTICED.made(
            SESSION_ID, stage.log.clock(), {"event_id": noticed.id, "id": "b1", "taken": 1, "is_last": True}
        )
        await stage.log.send(SESSION_ID, [noticed], facts=[fact])
        stage.model.script += [weighing(READ, 900), SUMMARY, says("Done.")]
        await stage.wake()
        body = await body_of(stage)
        assert body["messages"] == [noticed.id]
        hushed = {"id": "b1", "reason": "asked", "event_id": noticed.id}
        await stage.log.record(facts.BACKGROUND_UNWATCHED.made(SESSION_ID, stage.log.clock(), hushed))
        await assert_ignored(stage, body)

    play(story)


def test_a_session_that_works_on_an_outcome_has_no_checkpoint_as_its_grader_reads_all() -> None:
    async def story() -> None:
        stage = Stage(room=ROOM)
        await stage.send(outcome("- it is blue"))
        stage.model.script += [weighing(READ, 900), SUMMARY, says("Done."), says("1 pass")]
        await stage.wake()
        assert stage.checkpoints.written == {}

    play(story)
