"""A limit that does not pass in a moment: the session says until when, and goes on by itself only where its owner said so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.brain.stage import INTERRUPT, Stage, play
from tests.trivial.model import says
from workbench.contracts.brain import ModelFault
from workbench.contracts.facts import MODEL_PARKED
from workbench.contracts.values import WorkProgress
from workbench.engine.automation.power import WORDS, on_battery

LIMITED = ModelFault("model_rate_limited_error", "The endpoint limits the rate.", retry=True, retry_after_s=5400.0)


def night(*script: object, resumes: bool = True) -> Stage:
    stage = Stage(script=list(script))  # type: ignore[arg-type]

    async def sleeps(seconds: float) -> None:
        stage.pauses.append(seconds)
        clock = stage.log.clock
        clock.moment += timedelta(seconds=seconds)  # type: ignore[attr-defined]

    patience = replace(stage.brain.patience, resumes=resumes, sleep=sleeps)
    stage.brain = replace(stage.brain, patience=patience)
    return stage


def test_a_session_is_parked_until_its_limit_has_passed_and_goes_on_by_itself() -> None:
    async def story() -> None:
        stage = night([LIMITED], says("Done."))
        heard = []
        stage.log.preview = lambda one: heard.append(one.event)  # type: ignore[method-assign, assignment]
        await stage.say("go")
        await stage.wake()
        assert sum(stage.pauses) >= 5399
        assert max(stage.pauses) <= 30
        [told] = [one for one in heard if isinstance(one, WorkProgress) and one.text]
        assert told.text.startswith("goes on at ")
        assert told.until is not None
        assert told.until - told.since > timedelta(seconds=5399)
        assert stage.types.count("session.status_rescheduled") == 1
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_parked_session_waits_on_after_a_restart() -> None:
    async def story() -> None:
        stage = night([LIMITED], says("Done."))
        stage.brain = replace(
            stage.brain,
            patience=replace(stage.brain.patience, sleep=lambda _: asyncio.Event().wait()),  # type: ignore[arg-type, return-value]
        )
        await stage.say("go")
        waking = asyncio.create_task(stage.wake())
        await stage.until("session.status_rescheduled")
        while not [one for one in stage.log.recorded if one.name == MODEL_PARKED.name]:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0)
        await stage.crash(waking)
        again = night(says("Done."))
        stage.brain = replace(again.brain, inbox=stage.log, log=stage.log, facts=stage.log, states=stage.log)

        async def sleeps(seconds: float) -> None:
            stage.pauses.append(seconds)
            stage.log.clock.moment += timedelta(seconds=seconds)  # type: ignore[attr-defined]

        patience = replace(again.brain.patience, sleep=sleeps)
        stage.brain = replace(stage.brain, patience=patience, clock=stage.log.clock)
        await stage.wake()
        assert sum(stage.pauses) > 5000
        assert len(again.model.requests) == 1
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_without_its_owners_word_it_stops_and_says_when_the_limit_has_passed() -> None:
    async def story() -> None:
        stage = night([LIMITED], resumes=False)
        await stage.say("go")
        await stage.wake()
        assert stage.pauses == []
        (error,) = stage.bodies("session.error")
        assert "The limit passes at" in error["error"]["message"]
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]

    play(story)


def test_an_interrupt_ends_the_wait() -> None:
    async def story() -> None:
        stage = night([LIMITED])

        async def stops(seconds: float) -> None:
            await stage.send(INTERRUPT)

        stage.brain = replace(stage.brain, patience=replace(stage.brain.patience, sleep=stops))
        await stage.say("go")
        await stage.wake()
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_hours_of_overload_are_waited_for_in_pieces_and_not_for_ever() -> None:
    async def story() -> None:
        overloaded = ModelFault("model_overloaded_error", "Overloaded.", retry=True)
        stage = night()
        stage.model.otherwise = lambda _: [overloaded]
        stage.brain = replace(stage.brain, patience=replace(stage.brain.patience, parks=5))
        await stage.say("go")
        await stage.wake()
        patience = stage.brain.patience
        assert len(stage.model.requests) == patience.tries + patience.parks
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]

    play(story)


def test_on_its_battery_a_machine_asks_nothing_where_its_owner_said_so(tmp_path: Path) -> None:
    def supply(name: str, **files: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        for file, text in files.items():
            (tmp_path / name / file).write_text(text + "\n")

    assert on_battery(tmp_path / "nothing") is None
    supply("AC", type="Mains", online="0")
    supply("BAT0", type="Battery", status="Discharging")
    assert on_battery(tmp_path) == WORDS
    supply("AC", online="1")
    assert on_battery(tmp_path) is None

    async def story() -> None:
        held = [WORDS, WORDS]
        stage = night(says("Done."))
        stage.brain = replace(stage.brain, held=lambda _: held.pop() if held else None)
        await stage.say("go")
        await stage.wake()
        assert len(stage.pauses) == 2
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)
