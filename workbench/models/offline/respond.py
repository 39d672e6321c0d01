"""The offline model's answer to a request: runs the turn's program again over the results so far, and says what is next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from workbench.contracts.values import Json
from workbench.models.offline.conversation import Turn, turn_of
from workbench.models.offline.delegating import CREATE, told, value_in, waiting, with_roster
from workbench.models.offline.grading import VERDICT, unjudged
from workbench.models.offline.heard import without_schema
from workbench.models.offline.instructions import instructions
from workbench.models.offline.program import Make, Program, Say, program
from workbench.models.offline.repair import repair
from workbench.models.offline.wire import MODEL_ID, message

LOST = "The calls of this turn are not the ones that I would make, so I cannot tell where I am. I stop here."


def reply(request_body: Json) -> Json:
    """A Messages API message; a pure function of the request but for its fresh ids."""
    offered = {tool["name"] for tool in request_body.get("tools") or ()}
    size = sum(len(str(part)) for part in request_body["messages"])
    if VERDICT in offered:
        verdict = {"name": VERDICT, "input": unjudged(request_body["messages"])}
        return message([verdict], prompt_characters=size, model=request_body.get("model") or MODEL_ID)
    turn = turn_of(request_body["messages"])
    texts, call = _next(turn, list(request_body.get("tools") or ()))
    content: list[Json] = [{"type": "text", "text": "\n\n".join(texts)}] if texts else []
    if call is not None:
        content.append({"name": call.name, "input": call.input})
    return message(content, prompt_characters=size, model=request_body.get("model") or MODEL_ID)


def _next(turn: Turn, tools: Sequence[Json]) -> tuple[list[str], Make | None]:
    """What to say since the last result, and the call to make; no call when the turn is over."""
    parts = [without_schema(text) for text in turn.said]
    texts, call = _carried_out([text for text, _ in parts], turn, tools)
    if call is not None:
        return texts, call
    if any(is_json for _, is_json in parts) and (value := value_in(turn.all_done)) is not None:
        # An agent of a run: a program reads its last words.
        return [value], None
    is_about_others = bool(turn.heard) or any(one.name == CREATE for one in turn.done)
    stands = waiting(turn.all_heard, turn.all_done) if is_about_others else ""
    return [*texts, *told(turn.heard), *([stands] if stands else [])], None


def _carried_out(said: Sequence[str], turn: Turn, tools: Sequence[Json]) -> tuple[list[str], Make | None]:
    if not said and turn.heard:
        return [], None
    offered = {tool["name"] for tool in tools}
    orders = with_roster(list(chain.from_iterable(instructions(text) for text in said)), tools)
    running: Program = program(orders, repair)
    results = list(turn.done)
    texts: list[str] = []
    step = next(running, None)
    while step is not None:
        if isinstance(step, Say):
            texts.append(step.text)
            step = next(running, None)
            continue
        if not results:
            if step.name in offered:
                return texts, step
            return [*texts, f"This needs the tool “{step.name}”, which this agent does not have. I stop here."], None
        result, texts = results.pop(0), []
        if (result.name, result.input) != (step.name, step.input):
            return [LOST], None
        try:
            step = running.send(result)
        except StopIteration:
            step = None
    return texts or ["Done."], None
