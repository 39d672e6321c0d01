"""A transcript, folded from the frames of a session's stream."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tui.fake import ago, call, command_output, output, result, said
from workbench.tui.render.block_renderer import BlockRenderer, chunks
from workbench.tui.state.conversation import Block, Conversation
from workbench.tui.state.shell_runs import ShellRun


def _start(event_id: str) -> dict[str, object]:
    return {"type": "event_start", "event": {"type": "agent.message", "id": event_id}}


def _delta(event_id: str, text: str) -> dict[str, object]:
    return {"type": "event_delta", "event_id": event_id, "delta": {"content": {"text": text}}}


def test_the_finished_message_takes_the_place_of_what_was_streamed() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(_start("m"))
    conversation.take(_delta("m", "Hel"))
    conversation.take(_delta("m", "lo"))
    streamed = conversation.tail
    conversation.take(said("m", "Hello there"), 7)
    assert (streamed, conversation.cursor) == (Block("m", "agent", "Hello"), 7)
    assert not conversation.tail
    assert conversation.blocks == [Block("m", "agent", "Hello there")]


def test_a_repeated_event_changes_nothing() -> None:
    conversation = Conversation("sesn_a")
    for _ in range(2):
        conversation.take(said("u", "go", by="user"))
        conversation.take(call("c", "ls"))
        conversation.take(result("c", "file"))
    assert [(block.kind, block.result) for block in conversation.blocks] == [("user", None), ("call", "file")]


def test_a_message_waits_until_the_agent_takes_it_and_then_stands_where_it_was_taken() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(said("u", "also the tests", by="user", processed_at=None))
    conversation.take(said("m", "working"))
    assert conversation.waiting == {"u": "also the tests"}
    conversation.take(said("u", "also the tests", by="user"))
    assert conversation.waiting == {}
    assert [block.id for block in conversation.blocks] == ["m", "u"]


def test_the_time_of_a_call_begins_with_the_answer_and_not_with_the_question() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(call("c", "make", processed_at=ago(600)))
    answer = {"type": "user.tool_confirmation", "tool_use_id": "c", "result": "allow", "processed_at": ago(60)}
    conversation.take(answer)
    conversation.take(result("c", "ok", processed_at=ago(57)))
    [block] = conversation.blocks
    assert (block.answer, block.seconds) == ("allowed", 3.0)


def test_a_new_connection_does_not_repeat_the_unfinished_text() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(_start("m"))
    conversation.take(_delta("m", "Hel"))
    conversation.reconnected()
    conversation.take(_start("m"))
    conversation.take(_delta("m", "Hello"))
    assert conversation.tail == Block("m", "agent", "Hello")
    conversation.take(said("m", "Hello"))
    assert [block.text for block in conversation.blocks] == ["Hello"]


def test_the_end_of_a_message_whose_beginning_was_not_heard_is_not_shown() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(_delta("m", "lo"))
    assert conversation.tail is None


def test_what_would_steer_the_terminal_is_taken_out() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(said("m", "a\x1b]0;x\x07b"))
    conversation.take(call("c", "\x1b[2J"))
    rows = [row.text for block in conversation.blocks for row in BlockRenderer().rows(block, 40, unfolded=True)]
    assert not any("\x1b" in text or "\x07" in text for text in rows)


def test_a_fence_is_one_chunk_even_with_empty_lines_in_it() -> None:
    assert chunks("a\n\n```py\nx\n\ny\n```\n\nb\n") == ["a", "```py\nx\n\ny\n```", "b"]
    assert chunks("```py\nx\n\ny") == ["```py\nx\n\ny"]


GROWN = (
    "Reading.\n\n- one\n- two\n\n\n1. a\n\n   more of a\n",
    "a\r\n\r\nb\r\n \r\n  ```py\r\nx\r\n\r\ny\r\n```\r\n\r\nend",
    "\n\n# Title\n\n~~~\n\n```\n\n~~~\n\n|a|b|\n|-|-|\n|1|2|\n\n\x0bafter\u2028\n   \n    code\n\n    more\n",
    "no blank line at all " * 40,
)


@pytest.mark.parametrize("text", GROWN)
def test_an_answer_that_grew_a_character_at_a_time_looks_as_if_it_had_come_whole(text: str) -> None:
    grown, width = BlockRenderer(), 24
    for end in range(len(text) + 1):
        block = Block("m", "agent", text[:end])
        rows = grown.rows(block, width, unfolded=False)
        assert [row.text for row in rows] == [row.text for row in BlockRenderer().rows(block, width, unfolded=False)]
        assert len(rows) == len(grown.paragraphs(block, width))


def test_a_finished_answer_that_differs_from_what_was_streamed_is_shown_as_it_is_and_at_each_width() -> None:
    painter, streamed, told = (
        BlockRenderer(),
        "One.\n\nTwo.\n\nThr",
        "One.\n\nThree, and something that needs two rows.",
    )
    painter.rows(Block("m", "agent", streamed), 24, unfolded=False)
    for width in (24, 60, 24):
        block = Block("m", "agent", told)
        assert painter.rows(block, width, unfolded=False) == BlockRenderer().rows(block, width, unfolded=False)


def test_a_folded_call_is_one_row_and_an_unfolded_one_shows_everything() -> None:
    block = Block("c", "call", "bash", call=call("c", "ls -la"), result="one\ntwo", seconds=1.25)
    folded, unfolded = (
        [row.text.rstrip() for row in BlockRenderer().rows(block, 60, unfolded=unfolded)] for unfolded in (False, True)
    )
    assert folded == ["✓ bash  ls -la  1.2 s"]
    assert unfolded == ["✓ bash  ls -la  1.2 s", "    ls -la", "    one", "    two"]


def test_a_running_call_shows_the_end_of_what_it_has_printed_until_its_result_is_there() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(call("c", "make"))
    conversation.take(call("d", "make docs"))
    conversation.take(output("c", "".join(f"line {number}\n" for number in range(9)), 100))
    conversation.take(output("d", "\x1b[2Jdocs"))
    assert conversation.outputs["d"] == "⟨U+001B⟩[2Jdocs"
    block = replace(conversation.blocks[0], output=conversation.outputs["c"])
    folded, unfolded = (
        [row.text.rstrip() for row in BlockRenderer().rows(block, 60, unfolded=unfolded)] for unfolded in (False, True)
    )
    assert folded == ["▶ bash  make", *(f"    line {number}" for number in range(3, 9))]
    assert unfolded == ["▶ bash  make", "    make", *(f"    line {number}" for number in range(9))]
    conversation.take(result("c", "line 8"))
    assert list(conversation.outputs) == ["d"]
    conversation.reconnected()
    assert conversation.outputs == {}


def test_of_an_attempt_that_failed_nothing_stays_to_be_read() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(_start("m"))
    conversation.take(_delta("m", "Hel"))
    conversation.take({"type": "span.model_request_end", "id": "e", "is_error": True})
    assert conversation.tail is None


def test_an_older_page_is_put_before_and_its_calls_get_the_answers_that_came_earlier() -> None:
    conversation = Conversation("sesn_a")
    conversation.begin([result("c", "file"), said("m2", "later")], 9, "older")
    assert conversation.prepend([said("m1", "before"), call("c", "ls")], "") == 2
    assert [(block.id, block.result) for block in conversation.blocks] == [("m1", None), ("c", "file"), ("m2", None)]
    conversation.take(said("m2", "later"), 10)
    assert [block.id for block in conversation.blocks] == ["m1", "c", "m2"]


def _thought(event_id: str, seconds_ago: float) -> dict[str, object]:
    return {"type": "agent.thinking", "id": event_id, "processed_at": ago(seconds_ago)}


def _begins(kind: str, event_id: str) -> dict[str, object]:
    return {"type": "event_start", "event": {"type": kind, "id": event_id}}


def _rows(conversation: Conversation, *, unfolded: bool = False) -> list[str]:
    blocks = [block for block in conversation.blocks if block.kind == "thinking"]
    return [
        row.text.strip()
        for block in blocks
        for row in BlockRenderer().rows(block, 70, unfolded=unfolded)
        if row.text.strip()
    ]


def test_a_thought_is_seen_while_it_goes_on_and_then_folds_to_how_long_it_took() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(said("u", "why", by="user", processed_at=ago(60)))
    conversation.take(_begins("agent.thinking", "t"))
    assert _rows(conversation) == ["~ thinking …"]
    conversation.take(_begins("agent.message", "m"))
    assert _rows(conversation) == ["~ thought"]
    conversation.take(_delta("m", "Be"))
    conversation.take(_thought("t", 56))
    conversation.take(said("m", "Because", processed_at=ago(50)))
    assert _rows(conversation) == ["~ thought for 4s"]
    assert _rows(conversation, unfolded=True) == ["~ thought for 4s (4.0 s) · the API does not tell what"]
    assert [block.id for block in conversation.blocks] == ["u", "t", "m"]


def test_a_thought_of_an_earlier_day_is_as_long_as_it_was_and_a_second_time_changes_nothing() -> None:
    conversation = Conversation("sesn_a")
    for _ in range(2):
        conversation.take(said("u", "why", by="user", processed_at=ago(60)))
        conversation.take(_thought("t1", 50))
        conversation.take(_thought("t2", 47))
    assert _rows(conversation) == ["~ thought for 10s", "~ thought for 3s"]


def test_of_a_thought_that_was_cut_off_nothing_is_claimed_but_that_it_was() -> None:
    for ends in ("idle", "reconnected"):
        conversation = Conversation("sesn_a")
        conversation.take(_begins("agent.thinking", "t"))
        if ends == "idle":
            conversation.take({"type": "session.status_idle", "id": "i", "processed_at": ago(1)})
        else:
            conversation.reconnected()
        assert _rows(conversation) == ["~ thought"]


def test_a_persons_command_shows_what_it_prints_and_all_of_it_when_it_has_ended_whatever_comes_late() -> None:
    conversation = Conversation("sesn_a")
    for text in ("", "one\x1b[2J", ""):
        conversation.take(command_output(text))
    assert conversation.blocks == [Block("sevt_ran", "ran", "make", output="one⟨U+001B⟩[2J")]
    conversation.ran(ShellRun("make", "all of it", id="sevt_ran"))
    ended = [Block("sevt_ran", "ran", "make", result="all of it")]
    assert conversation.blocks == ended
    conversation.take(command_output("late"))
    conversation.take(command_output("", is_over=True))
    assert conversation.blocks == ended


def test_who_only_follows_a_persons_command_keeps_the_end_of_what_it_printed() -> None:
    conversation = Conversation("sesn_a")
    conversation.take(command_output("", is_over=True))
    assert conversation.blocks == []
    conversation.take(command_output("one"))
    assert conversation.running_commands()
    conversation.take(command_output("", is_over=True))
    assert conversation.blocks == [Block("sevt_ran", "ran", "make", output="one", result="one")]
    # The stream may break while one runs, and its end is heard by nobody.
    again = Conversation("sesn_a")
    again.take(command_output("two"))
    again.reconnected()
    assert not again.running_commands()
