"""Where a log rests, and its copy under new ids."""

from __future__ import annotations

from typing import Any

from workbench import events
from workbench.contracts.values import Entry
from workbench.engine import history

SESSION, OTHER = "sesn_01AAAAAAAAAAAAAAAAAAAAAA", "sesn_01BBBBBBBBBBBBBBBBBBBBBB"
TEXT: Any = [{"type": "text", "text": "hello"}]
END: Any = {"stop_reason": {"type": "end_turn"}}


def entries(*described: tuple[str, dict[str, Any]]) -> list[Entry]:
    found = []
    for seq, (kind, fields) in enumerate(described, start=1):
        moment = events.timestamp(events.now())
        body = {"type": kind, "id": f"sevt_{seq}", "processed_at": moment} | fields
        found.append(Entry(seq, SESSION, seq, events.parse(body)))
    return found


def turn(**stop: Any) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("user.message", {"content": TEXT}),
        ("session.status_running", {}),
        ("agent.tool_use", {"name": "bash", "input": {"command": "sevt_1"}, "evaluated_permission": "allow"}),
        ("session.status_idle", stop or END),
    ]


def test_a_log_rests_before_and_after_each_turn_and_not_in_it() -> None:
    log = entries(*turn(), ("session.updated", {"title": "t"}), *turn())
    assert history.rests(log) == [0, 4, 5, 9]
    assert [history.last_rest(log, seq) for seq in (3, 4, 8, 9)] == [0, 4, 5, 9]


def test_a_session_that_waits_for_an_answer_does_not_rest() -> None:
    waiting = {"stop_reason": {"type": "requires_action", "event_ids": ["sevt_7"]}}
    assert history.rests(entries(*turn(), *turn(**waiting))) == [0, 4]


def test_an_archived_session_rested_last_before_its_end() -> None:
    assert history.rests(entries(*turn(), ("session.status_terminated", {}))) == [0, 4]


def test_before_the_last_turn_is_after_what_was_told_between_two_turns() -> None:
    note = ("system.message", {"content": TEXT})
    assert history.before_last_turn(entries(*turn(), note, *turn(), note)) == 5
    assert history.before_last_turn(entries(*turn())) == 0
    assert history.before_last_turn(entries(note)) is None
    assert history.before_last_turn([]) is None


def test_a_copy_has_new_ids_that_refer_to_each_other_and_nobodys_words_are_changed() -> None:
    waiting = {"stop_reason": {"type": "requires_action", "event_ids": ["sevt_3"]}}
    log = entries(*turn(**waiting))
    ids = history.renewed_ids(log, SESSION, OTHER)
    copied = [events.dump(history.renewed(entry.event, ids)) for entry in log]
    assert copied[3]["stop_reason"]["event_ids"] == [copied[2]["id"]]
    assert copied[2]["input"] == {"command": "sevt_1"}
    assert not {event["id"] for event in copied} & {entry.event.id for entry in log}
    moments = [events.dump(entry.event)["processed_at"] for entry in log]
    assert [event["processed_at"] for event in copied] == moments
