"""The offline model's answer to a request: runs the turn's program again over the results so far, and says what is next."""

from __future__ import annotations

from itertools import chain

from workbench.contracts.values import Json
from workbench.models.offline.conversation import Turn, turn_of
from workbench.models.offline.grading import VERDICT, unjudged
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
    texts, call = _next(turn, offered)
    content: list[Json] = [{"type": "text", "text": "\n\n".join(texts)}] if texts else []
    if call is not None:
        content.append({"name": call.name, "input": call.input})
    return message(content, prompt_characters=size, model=request_body.get("model") or MODEL_ID)


def _next(turn: Turn, offered: set[str]) -> tuple[list[str], Make | None]:
    """What to say since the last result, and the call to make; no call when the turn is over."""
    orders = list(chain.from_iterable(instructions(text) for text in turn.said))
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
