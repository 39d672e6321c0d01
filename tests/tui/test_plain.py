"""The plain mode's transcript, line by line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

from tests.tui.fake import NOW, FakeEngine, ago, blocked, call, said, state
from workbench.client.stream import Frame
from workbench.client.sync import Client
from workbench.tui.plain import Plain
from workbench.tui.state.task_line import Task


class _Blocking:
    """The trivial engine for a caller that waits."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def get(self, path: str, query: Any = ()) -> dict[str, Any]:
        if path.endswith("/state"):
            return self._engine.states[path.split("/")[4]]
        return asyncio.run(self._engine.get(path, query))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answered = asyncio.run(self._engine.post(path, body))
        self._engine.tell(state(path.split("/")[3]))
        return answered

    def stream(self, path: str) -> Iterator[Frame]:
        self._engine._there()
        yield from (Frame("session.state", body, None) for body in self._engine.states.values())
        yield Frame("feed.live", {}, None)


def _lines(engine: FakeEngine, *answers: str, folder: str | None = None) -> list[str]:
    given, lines = iter(answers), list[str]()

    def read(question: str) -> str:
        answer = next(given, None)
        if answer == "^C":
            raise KeyboardInterrupt
        engine.away = answer == "its engine goes"
        if answer is None:
            raise EOFError
        lines.append(question + answer)
        return answer

    def begin(task: Task) -> str:
        return engine.begin(task)

    Plain(cast("Client", _Blocking(engine)), begin, lambda: NOW, read, lines.append, folder).run()
    return lines


def test_a_call_is_heard_whole_and_allowed_by_its_number() -> None:
    asking = [said("u", "tidy up", by="user"), said("m", "I need to delete it."), call("c", "rm old\nls")]
    engine = FakeEngine(
        state("sesn_calm", created_at=ago(10)), blocked("sesn_asks", "c", last_text="x"), events={"sesn_asks": asking}
    )
    assert _lines(engine, "1", "1", "b", "q") == [
        "workbench, plain mode. Leaving stops nothing.",
        "Sessions: 2. Needing you: 1.",
        "1. waiting: asks, coder, offline, $0.12, 1m ago. x",
        "2. idle: calm, coder, offline, $0.12, 1m ago. All done.",
        "Number opens, n new task, Enter refreshes, q leaves: 1",
        "you: tidy up",
        "agent: I need to delete it.",
        "tool: bash rm old",
        "status: waiting for you",
        "Approval needed: bash",
        "  rm old",
        "  ls",
        "Risk: changes a database",
        "Where: in the sandbox, network: off",
        "Asked because the agent coder asks before every use of bash (permission policy always_ask)",
        "Always allowing would add the rule: bash(make test)",
        "1 allow, 2 deny, 3 deny and say why, 4 always allow in this session, b goes back: 1",
        "allowed",
        "status: idle",
        "Text sends, ! runs a command, Enter refreshes, i interrupts, b goes back: b",
        "Sessions: 2. Needing you: 0.",
        "1. idle: calm, coder, offline, $0.12, 1m ago. All done.",
        "2. idle: asks, coder, offline, $0.12, 1m ago. All done.",
        "Number opens, n new task, Enter refreshes, q leaves: q",
        "left; sessions go on",
    ]
    assert engine.posted[0][1]["result"] == "allow"


def test_a_choice_that_is_not_there_changes_nothing_and_the_end_of_input_leaves() -> None:
    lines = _lines(FakeEngine(), "7", "n", "@nobody")
    assert lines[-5:] == [
        "Task, or ! and a command: @nobody",
        "Error: say what to do; @agent, @environment and -C DIR may come before it",
        "Sessions: 0. Needing you: 0.",
        "",
        "left; sessions go on",
    ]
    assert "Error: 7 is none of the choices" in lines


def test_new_tasks_work_on_the_project_until_another_folder_is_named() -> None:
    engine = FakeEngine(state("sesn_new"))
    lines = _lines(engine, "n", "go", "b", "n", "-C none again", "b", "n", "and again", folder="/srv/shop")
    assert [task.folder for task in engine.begun] == ["/srv/shop", None, None]
    assert lines.count("in /srv/shop (-C DIR for another, -C none for an empty folder)") == 2


def test_allowing_for_good_writes_the_rule_that_was_read_out() -> None:
    engine = FakeEngine(blocked("sesn_asks", "c"), events={"sesn_asks": [call("c", "make test")]})
    _lines(engine, "1", "4", "b", "q")
    assert engine.told == [("/workbench/v1/rules", {"allow": ["bash(make test)"], "session": "sesn_asks"})]
    assert engine.posted[0][1]["result"] == "allow"


def test_a_command_in_a_new_session_is_read_out_and_told_to_the_agent_with_the_next_message() -> None:
    engine = FakeEngine(state("sesn_new"), events={"sesn_new": []})
    lines = _lines(engine, "n", "!make test", "!", "look", "b", "q")
    assert [line for line in lines if line.startswith(("you ran", "  "))] == ["you ran: make test", "  two", "  lines"]
    assert "Error: say what to run behind the !, as in !make test" in lines
    assert engine.begun == [Task("", command="make test")]
    [(_, message)] = engine.posted
    text = "I ran `make test` in your sandbox. It printed:\n```\ntwo\nlines\n```\n\nlook"
    assert message["content"][0]["text"] == text


def test_an_engine_that_goes_is_said_and_looked_for_again_and_an_interrupt_leaves() -> None:
    lines = _lines(FakeEngine(state("sesn_a")), "its engine goes", "", "^C")
    assert lines[-6:] == [
        "Error: the engine does not answer. `workbench up` starts the engine.",
        "Enter tries again, q leaves: ",
        "Sessions: 1. Needing you: 0.",
        "1. idle: a, coder, offline, $0.12, 1m ago. All done.",
        "",
        "left; sessions go on",
    ]
