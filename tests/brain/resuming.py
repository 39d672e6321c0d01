"""What a wake from a checkpoint sees beside what the whole log tells."""

from __future__ import annotations

from tests.trivial.log import TrivialLog
from workbench.brain import compaction, context
from workbench.brain.history import ThreadHistory
from workbench.contracts.values import Json, Session


async def resumed(described: Session, log: TrivialLog, kept: Json | None) -> ThreadHistory:
    return await ThreadHistory.resumed(described.id, described.thread_id, log, log, kept)


async def assert_same(described: Session, log: TrivialLog, one: ThreadHistory) -> None:
    """Whatever the brain asks a history of is what it would be without a checkpoint."""
    whole = await ThreadHistory.opened(described.id, described.thread_id, log, log)
    assert await one.turn() == await whole.turn()
    assert await one.turn() == await whole.turn(), "a second look adds nothing"
    assert context.request(described, one.entries, one.notes, one.past) == context.request(
        described, whole.entries, whole.notes
    )
    assert compaction.standing(one.entries, one.notes, one.past) == compaction.standing(whole.entries, whole.notes)
    assert (one.used(), one.outcome()) == (whole.used(), whole.outcome())
    through = (
        [0, described.copied_through, len(whole.entries) // 2] if one.past.seq == 0 else [described.copied_through]
    )
    assert [one.spent(seq) for seq in through] == [whole.spent(seq) for seq in through]
    assert await one.whole() == await whole.whole()
    assert await one.whole() == await whole.whole()
    names = ("held", "refused", "windows", "no_room", "listed", "parked_until", "summary")
    assert [getattr(one.notes, name) for name in names] == [getattr(whole.notes, name) for name in names]
    open_calls = {call.use.id for call in (await whole.turn()).calls}
    assert one.started & open_calls == whole.started & open_calls
