"""Has a model read all own words of people, within the dream's budget; what it proposes is verified without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench import events, pricing
from workbench.contracts.brain import Model, ModelFault, Reply
from workbench.contracts.facts import MODEL_REQUESTED
from workbench.contracts.log import SessionLog
from workbench.contracts.values import Clock, Json
from workbench.engine.dreams.records import NO_USAGE
from workbench.memory.dreaming import asking
from workbench.memory.dreaming.asking import Asked
from workbench.memory.dreaming.candidates import Candidate
from workbench.memory.dreaming.proposals import Line
from workbench.memory.reading.past import Past


@dataclass(frozen=True)
class Done:
    """What the model proposed and the verifier passed, a sentence about it, and what it used; nothing where it was not asked."""

    candidates: tuple[Candidate, ...] = ()
    told: str = ""
    usage: Json | None = None


@dataclass(frozen=True)
class Consolidation:
    """Asks the model of a dream once, in the dream's own session."""

    models: Callable[[str], Model]
    log: SessionLog
    clock: Clock

    def estimate(
        self, model: str, instructions: str | None, past: Past, lines: Sequence[Line]
    ) -> tuple[int, float | None]:
        """Input tokens, and US cents at most; None where no price is known."""
        request = _request(model, instructions, past, lines)
        return (request.tokens, most_cents(model, request.tokens)) if request else (0, 0.0)

    async def proposed(self, dream: Json, past: Past, lines: Sequence[Line]) -> Done:
        """What the model of the dream proposes, if there is one and the budget allows it."""
        model = dream["model"]["id"]
        request = _request(model, dream["instructions"], past, lines)
        if request is None:
            return Done()
        most = most_cents(model, request.tokens)
        if most is not None and most > dream["workbench"]["budget_cents"]:
            return Done(told=f"The model was not asked: it may cost {most:.1f} cents, more than the budget.")
        outcome = await self._asked(dream["session_id"], model, request)
        if not isinstance(outcome, Reply):
            return Done(told=f"The model did not answer ({outcome.message}); what needs no model stands by itself.")
        text = "\n".join(block["text"] for block in outcome.content if block["type"] == "text")
        candidates, refused = asking.answered(text, request)
        told = f"The model proposed {len(candidates) + refused} lines; {refused} were refused, as no person's own sentences say them."
        return Done(tuple(candidates), told, _usage(outcome.usage))

    async def _asked(self, session_id: str, model: str, asked: Asked) -> Reply | ModelFault:
        start = self._event("span.model_request_start")
        body = {"model_request_start_id": start.id, "model": model, "purpose": "dream"}
        fact = MODEL_REQUESTED.made(session_id, self.clock(), body)
        await self.log.append(session_id, [start], facts=[fact])
        outcome: Reply | ModelFault = ModelFault(
            "model_request_failed_error", "it ended without an answer", retry=False
        )
        async for part in self.models(model).reply(asked.request):
            if isinstance(part, Reply | ModelFault):
                outcome = part
        usage = _usage(outcome.usage) if isinstance(outcome, Reply) else NO_USAGE
        end = self._event(
            "span.model_request_end",
            model_request_start_id=start.id,
            model_usage=usage,
            is_error=isinstance(outcome, ModelFault),
        )
        await self.log.append(session_id, [end])
        return outcome

    def _event(self, kind: str, **fields: object) -> events.Event:
        moment = events.timestamp(self.clock())
        return events.parse({"type": kind, "id": events.new_id("sevt"), "processed_at": moment, **fields})


def _request(model: str, instructions: str | None, past: Past, lines: Sequence[Line]) -> Asked | None:
    """None without a model, or where nobody said anything."""
    if model == pricing.OFFLINE_MODEL:
        return None
    return asking.asked(
        past.words, [line.text for line in lines], model, instructions=instructions, changed=past.changed
    )


def _usage(usage: Json) -> Json:
    return {name: value if isinstance(value := usage.get(name), int) and value > 0 else 0 for name in NO_USAGE}


def most_cents(model: str, input_tokens: int) -> float | None:
    """What one request can cost at most in US cents, twice the estimated input allowed for; None where no price is known."""
    usage = {"input_tokens": input_tokens * 2, "output_tokens": asking.MOST_OUTPUT_TOKENS}
    most = pricing.cost(model, usage)
    return None if most is None else float(most * 100)
