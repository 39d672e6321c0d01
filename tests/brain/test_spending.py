"""What a session has used is counted from what its thread has read, and read once."""

from __future__ import annotations

from typing import Any

from tests.log.making import run
from tests.trivial.log import TrivialLog
from workbench import events
from workbench.brain.history import ThreadHistory
from workbench.brain.spending import Spending
from workbench.contracts.values import Entry, Session
from workbench.events import new_id, primary_thread_id

USED = {"input_tokens": 3, "output_tokens": 4, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


class ReadOnce(TrivialLog):
    """A log that counts how often it is read."""

    reads = 0

    async def read(self, *args: Any, **named: Any) -> list[Entry]:
        self.reads += 1
        return await super().read(*args, **named)


def test_the_usage_of_a_thread_that_has_read_its_log_reads_it_no_second_time() -> None:
    async def story() -> None:
        log, session_id = ReadOnce(), new_id("sesn")
        session = Session(session_id, primary_thread_id(session_id), {}, {}, None, events.now())
        stamp = {"processed_at": events.timestamp(events.now())}
        start = events.parse({"type": "span.model_request_start", "id": new_id("sevt"), **stamp})
        end = {"type": "span.model_request_end", "id": new_id("sevt"), "is_error": False, "model_usage": USED, **stamp}
        await log.append(session_id, [start, events.parse(end | {"model_request_start_id": start.id})])
        history = await ThreadHistory.opened(session_id, session.thread_id, log, log)
        await history.turn()
        assert log.reads == 1
        usage = await Spending(log, log, _NoGroup()).usage(session, history, 0.0)
        assert (usage["input_tokens"], usage["output_tokens"]) == (3, 4)
        assert log.reads == 1

    run(story())


class _NoGroup:
    async def session(self, session_id: str) -> Session | None:
        return None

    async def group(self, name: str) -> Any:
        raise AssertionError(name)
