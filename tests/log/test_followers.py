"""A slow follower stands in nobody's way, costs little, and hears previews late."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from tests.log.making import SESSION, WAIT_S, asked, event, frames, lazy_log, preview, preview_start, run, said
from workbench import events
from workbench.contracts.values import Entry, Fact, Preview, ToolOutput, WorkProgress
from workbench.log import Log, open_log
from workbench.log.previews import percentage


@pytest.mark.parametrize("is_lazy", [False, True], ids=["carried over", "still in the tail"])
def test_a_slow_follower_gets_every_entry_in_order_and_hears_previews_late_and_without_a_gap(
    tmp_path: Path, is_lazy: bool
) -> None:
    async def story() -> None:
        log = await (lazy_log(tmp_path) if is_lazy else open_log(tmp_path))
        slow, quick = log.sessions.follow(SESSION), log.sessions.follow(SESSION)
        written: list[Entry] = []
        quickly: list[Entry] = []
        log.sessions.preview(preview_start())
        for number in range(40):
            log.sessions.preview(preview("y" * 1000))
            written += await log.sessions.append(SESSION, [said(f"{number} " + "x" * 20_000) for _ in range(3)])
            quickly += [frame for frame in await frames(quick, 4 + (not number)) if isinstance(frame, Entry)]
        assert quickly == written
        slowly: list[Entry] = []
        heard = ""
        while len(slowly) < len(written):
            (frame,) = await frames(slow, 1)
            if isinstance(frame, Entry):
                slowly.append(frame)
            elif isinstance(frame.event, events.DeltaEvent):
                heard += frame.event.delta.content.text
        assert slowly == written
        log.sessions.preview(preview("again"))
        while len(heard) < 40_005:
            (late,) = await frames(slow, 1)
            heard += late.event.delta.content.text if isinstance(late.event, events.DeltaEvent) else ""
        assert heard == "y" * 40_000 + "again"
        await log.close()

    run(story())


def test_fifty_followers_that_never_read_cost_less_than_a_mebibyte_each(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        followers = [log.sessions.follow(SESSION, after=0) for _ in range(25)]
        followers += [log.sessions.follow(SESSION) for _ in range(25)]
        log.sessions.preview(preview_start())
        tracemalloc.start()
        for _ in range(100):
            for _ in range(20):
                log.sessions.preview(preview("y" * 1000))
            await log.sessions.append(SESSION, [said("x" * 10_000) for _ in range(5)])
        await log.sessions.read(SESSION, limit=1)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert used / len(followers) < 1 << 20
        await log.close()

    run(story())


def test_a_cancelled_wait_for_the_next_frame_loses_none(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        follower = log.sessions.follow(SESSION, after=0)
        for _ in range(3):
            waiting = asyncio.ensure_future(anext(aiter(follower)))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting], timeout=WAIT_S)
        written = await log.sessions.append(SESSION, [said("here")])
        assert await frames(follower, 1) == written
        await log.close()

    run(story())


def test_a_state_tells_lists_how_far_a_call_says_it_is_and_what_a_session_waits_for(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        use = event("agent.tool_use", name="bash", input={"command": "make"}, evaluated_permission="allow")
        await log.sessions.append(SESSION, [use])
        changes = log.states.changes()
        for printed in ("[ 10%] one\n", "[ 10%] one\n[ 41%] two\nwarning\n"):
            log.sessions.preview(Preview(SESSION, ToolOutput(use.id, printed)))
        percents = [(await asyncio.wait_for(anext(changes), WAIT_S)).percent for _ in range(2)]
        # The first is told at once, and the newest of the others after a moment.
        assert percents == [10, 41]
        waits = WorkProgress("Pulling: 3 of 9 MB, 33%…", events.now())
        log.sessions.preview(Preview(SESSION, waits))
        state = await asyncio.wait_for(anext(changes), WAIT_S)
        assert (state.activity, state.percent, state.progress) == ("bash make", 33, waits)
        await log.sessions.append(SESSION, [event("agent.tool_result", tool_use_id=use.id, content=[])])
        log.sessions.preview(Preview(SESSION, WorkProgress("", events.now())))
        state = log.states.state(SESSION)
        assert (state.percent, state.progress) == (None, None)
        await log.close()

    run(story())


@pytest.mark.parametrize(
    ("printed", "percent"),
    [
        ("", None),
        ("....... [ 41%]\n", 41),
        ("....... [ 41%]\n....", 41),
        ("#######    99.5%", 99),
        ("Receiving objects:  41% (410/1000)", 41),
        ("100% 12%", 12),
        ("250%", None),
        ("12.5.41%", None),
        ("50%\na\nb\nc\n", None),
        ("no % here", None),
    ],
)
def test_a_percentage_is_read_from_the_last_lines_only(printed: str, percent: int | None) -> None:
    assert percentage(printed) == percent


async def flushed(log: Log) -> None:
    """Take out of the inbox what waits, as older versions did where a turn had failed."""
    event_ids = [entry.event.id for entry in log.inbox.queued(SESSION)]
    await log.facts.record(Fact("inbox.flushed", SESSION, events.now(), {"event_ids": event_ids}))


def test_reading_back_gives_what_waits_and_not_what_was_flushed_or_taken(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.inbox.send(SESSION, [asked("flushed")])
        await flushed(log)
        await log.inbox.send(SESSION, [asked("taken")])
        taken = await log.inbox.take(SESSION)
        waits = await log.inbox.send(SESSION, [asked("waits")])
        assert await frames(log.sessions.follow(SESSION, after=0), 2) == [*taken, *waits]
        await log.close()
        log = await open_log(tmp_path)
        follower = log.sessions.follow(SESSION, after=0)
        assert [frame.position for frame in await frames(follower, 2) if isinstance(frame, Entry)] == [
            entry.position for entry in [*taken, *waits]
        ]
        await flushed(log)
        written = await log.sessions.append(SESSION, [said("on")])
        assert await frames(follower, 1) == written
        await log.close()

    run(story())


def test_a_follower_of_an_erased_session_ends_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("x" * 5000) for _ in range(200)])
        behind = log.sessions.follow(SESSION, after=0)
        await log.sessions.erase(SESSION)
        assert [frame.event.type async for frame in behind if isinstance(frame, Entry)] == ["session.deleted"]
        assert [frame async for frame in log.sessions.follow(SESSION, after=0)] == []
        await log.close()

    run(story())


def test_a_session_that_is_saying_something_tells_its_last_words_to_lists(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("before")])
        changes = log.states.changes()
        log.sessions.preview(preview_start())
        log.sessions.preview(preview("One two"))
        assert (await anext(changes)).session_id == SESSION
        assert log.states.state(SESSION).activity == "One two"
        await log.sessions.append(SESSION, [said("One two three", id="sevt_1")])
        assert log.states.state(SESSION).activity is None
        await log.close()

    run(story())


def test_who_wrote_goes_on_before_those_who_listen(tmp_path: Path) -> None:
    async def story() -> None:
        log, order = await open_log(tmp_path), list[str]()
        follower = log.sessions.follow(SESSION)

        async def listen() -> None:
            await anext(follower)
            order.append("heard")

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        [written] = await log.sessions.append(SESSION, [said("one")])
        order.append("wrote")
        assert await log.sessions.read(SESSION) == [written]
        await listening
        assert order == ["wrote", "heard"]
        await log.close()

    run(story())
