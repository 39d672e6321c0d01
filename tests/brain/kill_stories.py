"""The lives that a program is stopped in: what the model answers, by the request alone, and what a person does, once each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.brain.invariants import asks_for_a_judgement, asks_for_a_summary, asks_for_a_verdict
from tests.brain.stage import INTERRUPT, TOOLSET, agent, asking, judging, message, outcome, session
from tests.trivial.log import TrivialLog
from tests.trivial.model import Answer, answers, calls, says, weighing
from workbench.brain.compaction import Room
from workbench.brain.context import CONTINUE, SUMMED_UP
from workbench.brain.oversized_results import MOST_CHARACTERS
from workbench.contracts.brain import ModelFault, ModelRequest, TextDelta
from workbench.contracts.values import Call, Json, Session

MID_TEXT, MID_CALL, ASKED = "the model speaks", "a call runs", "a person is asked"
LOOKUP: Json = {"type": "custom", "name": "lookup", "description": "", "input_schema": {"type": "object"}}
FAULT: Answer = [TextDelta(0, "Half "), ModelFault("model_overloaded_error", "Busy.", retry=True)]


def _echoed(call: Call) -> str:
    return f"{call.name} did {call.input}"


@dataclass(frozen=True)
class Story:
    """`meanwhile` is what a person sends at which moment, the first time that it comes; who is asked answers by `verdicts`.

    It begins with the `outcome`, or with a message.
    """

    answer: Callable[[ModelRequest, TrivialLog], Answer]
    described: Session = field(default_factory=session)
    meanwhile: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    gives: Callable[[Call], str] = _echoed
    room: Room = field(default_factory=Room)
    outcome: Json | None = None


def has_results(request: ModelRequest) -> bool:
    return any(block["type"] == "tool_result" for block in request.body["messages"][-1]["content"])


def last_text(request: ModelRequest) -> str:
    return str(request.body["messages"][-1]["content"][-1].get("text"))


def then_done(first: Answer) -> Callable[[ModelRequest, TrivialLog], Answer]:
    """Calls, and a last word when their results are there."""
    return lambda request, _: says("All is done.") if has_results(request) else first


def _compacting(request: ModelRequest, _: TrivialLog) -> Answer:
    if asks_for_a_summary(request):
        return says("The file was made.")
    if request.body["messages"][0]["content"][0]["text"].startswith(SUMMED_UP[:40]):
        return says("All is done.")
    return weighing(calls(("bash", {"command": "make"})), 900)


def _judged(request: ModelRequest, log: TrivialLog) -> Answer:
    return (
        says("1 low")
        if asks_for_a_judgement(request)
        else then_done(calls(("bash", {"command": "make"})))(request, log)
    )


def _faltering(_: ModelRequest, log: TrivialLog) -> Answer:
    return says("Here I am.") if any(row.event.type == "session.error" for row in log.rows) else FAULT


def _graded(request: ModelRequest, log: TrivialLog) -> Answer:
    if not asks_for_a_verdict(request):
        work = "Round." if "it is square" in str(request.body["messages"][-1]) else "Blue."
        return says(work)
    gap = "" if "verdict of the round before" in str(request.body["messages"][0]) else "it is square"
    criteria = [{"number": 2, "passed": not gap, "gap": gap}]
    result = "needs_revision" if gap else "satisfied"
    return calls(("submit_verdict", {"result": result, "criteria": criteria, "explanation": "I looked."}))


TWO_CALLS = calls(
    ("bash", {"command": "make"}), ("write", {"file_path": "a"}), ("read", {"file_path": "b"}), text="Now."
)
ONE_CALL = calls(("bash", {"command": "make"}))
STORIES = {
    "a plain answer": Story(lambda *_: says("Four, I think.", thinks=True)),
    "calls beside each other": Story(then_done(TWO_CALLS)),
    "an allowed call and a denied one": Story(
        then_done(calls(("bash", {"command": "make"}), ("bash", {"command": "rm"}))),
        session(agent(asking("bash"))),
        verdicts={"make": "allow", "rm": "deny"},
    ),
    "a client's own tool": Story(then_done(calls(("lookup", {}))), session(agent(TOOLSET, LOOKUP))),
    "an interrupted answer": Story(
        lambda request, _: says("Next.") if last_text(request) == "Then" else says("A long story."),
        meanwhile={MID_TEXT: (message("Then"), INTERRUPT)},
    ),
    "an interrupted call": Story(then_done(TWO_CALLS), meanwhile={MID_CALL: (message("Then"), INTERRUPT)}),
    "an interrupted question": Story(
        then_done(ONE_CALL), session(agent(asking("bash"))), meanwhile={ASKED: (INTERRUPT, message("Then"))}
    ),
    "a fault that passes": Story(_faltering),
    "a fault that stays": Story(lambda *_: FAULT, meanwhile={MID_TEXT: (message("Then"),)}),
    "a message in mid-turn": Story(then_done(ONE_CALL), meanwhile={MID_CALL: (message("And quickly"),)}),
    "a judged call": Story(_judged, session(agent(judging("bash")))),
    "a long conversation": Story(_compacting, room=Room(window_tokens=1000)),
    "a long result": Story(then_done(ONE_CALL), gives=lambda _: "x" * (MOST_CHARACTERS + 1)),
    "a tool that is not there": Story(then_done(calls(("nothing", {})))),
    "an outcome in two rounds": Story(_graded, outcome=outcome("- `make test` passes\n- it is round")),
    "a refused answer": Story(
        lambda *_: answers(
            [{"type": "text", "text": "No, I"}], stop_reason="refusal", stop_details={"category": "cyber"}
        )
    ),
    "an answer in two parts": Story(
        lambda request, _: (
            says("Part two.") if last_text(request) == CONTINUE else says("Part one", stop_reason="max_tokens")
        )
    ),
    "an answer without an end": Story(lambda *_: says("And on", stop_reason="max_tokens")),
}
