"""Has a model read all own words of people, within the dream's budget; what it proposes is verified without it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from workbench import events, model_names, pricing
from workbench.contracts.brain import ModelFault, Models, Reply
from workbench.contracts.facts import MODEL_REQUESTED
from workbench.contracts.log import SessionLog
from workbench.contracts.values import Clock, Json
from workbench.engine.dreams.records import NO_USAGE
from workbench.memory.dreaming import asking
from workbench.memory.dreaming.asking import Asked
from workbench.memory.dreaming.candidates import Candidate
from workbench.memory.dreaming.proposals import Line
from workbench.memory.reading.past import Past, Words
from workbench.text.display import safe
from workbench.text.shortening import shortened

LIMIT_S: Final = 3_000.0
"""For all answers of a dream's model: one of this machine reads some ten tokens a second where it has to."""

_MOST_SHOWN: Final = 0.6
"""The part of a context window, by estimate, that words may fill: the rest is for the answer, and for what was estimated wrongly."""
_MOST_TOLD: Final = 200


@dataclass(frozen=True)
class Done:
    """What the model proposed and the verifier passed, a sentence about it, and what it used; nothing where it was not asked."""

    candidates: tuple[Candidate, ...] = ()
    told: str = ""
    usage: Json | None = None


@dataclass
class _Found:
    """What answers gave so far, and how the model is to be asked."""

    begun: bool
    window: int | None = None
    spent_cents: float = 0.0
    candidates: list[Candidate] = field(default_factory=list)
    refused: int = 0
    asked: int = 0
    usage: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)
    is_over: bool = False

    def take(self, reply: Reply, request: Asked) -> None:
        said = "\n".join(block["text"] for block in reply.content if block["type"] == "text")
        text = asking.BEGUN + said if self.begun else said
        answer = asking.answered(text, request)
        self.candidates += answer.candidates
        self.refused += answer.refused
        self.asked += 1
        self.usage.update(_usage(reply.usage))
        if not answer.is_readable:
            shown = safe(shortened(" ".join(text.split()), _MOST_TOLD))
            self.trouble.append(f"The model's answer held no lines that could be read: {shown}")

    def end(self, trouble: str) -> None:
        """What was found stands, and nothing more is asked."""
        self.trouble.append(trouble)
        self.is_over = True

    def done(self) -> Done:
        told = [
            f"The model proposed {len(self.candidates) + self.refused} lines; {self.refused} were refused, as no person's own sentences say them."
        ]
        if self.asked > 1:
            told.append(f"It was asked in {self.asked} parts, as the words or its answer were too long for one.")
        said = [*(told if self.asked else ()), *dict.fromkeys(self.trouble)]
        usage = {name: self.usage[name] for name in NO_USAGE} if self.asked else None
        return Done(tuple(self.candidates), " ".join(said), usage)


@dataclass(frozen=True)
class Consolidation:
    """Asks the model of a dream, once where its context window holds all words, in the dream's own session."""

    models: Models
    log: SessionLog
    clock: Clock
    limit_s: float = LIMIT_S

    def estimate(
        self, model: str, instructions: str | None, past: Past, lines: Sequence[Line]
    ) -> tuple[int, float | None]:
        """Input tokens, and US cents at most; None where no price is known."""
        request = _request(model, instructions, past, lines)
        return (request.tokens, most_cents(model, request.tokens)) if request else (0, 0.0)

    async def proposed(self, dream: Json, past: Past, lines: Sequence[Line]) -> Done:
        """What the model of the dream proposes, if there is one and the budget allows it.

        Where the words are too long for its context window, or it has not come to the end of its answer, they are asked in halves,
        and halves of those; what was said in different ones is not seen together. What was found before a fault, the end of the budget or of the time stands.
        """
        deadline = asyncio.get_running_loop().time() + self.limit_s
        # What has no name that is known may be small, and is held to the form.
        found = _Found(begun=model_names.claude(dream["model"]["id"]) is None)
        pieces = [past.words]
        while pieces and not found.is_over:
            words, *later = pieces
            pieces = [*await self._read(dream, replace(past, words=words), lines, found, deadline), *later]
        return found.done()

    async def _read(
        self, dream: Json, past: Past, lines: Sequence[Line], found: _Found, deadline: float
    ) -> list[tuple[Words, ...]]:
        """Ask about these words; gives those that are to be asked about instead or again."""
        model, words = dream["model"]["id"], past.words
        halves = [words[: len(words) // 2], words[len(words) // 2 :]] if len(words) > 1 else []
        window = found.window or self.models.window(model)
        request = _request(model, dream["instructions"], past, lines, window, begun=found.begun)
        if request is None:
            return []
        if window and request.tokens > window * _MOST_SHOWN and halves:
            return halves
        most = most_cents(model, request.tokens) or 0.0
        if found.spent_cents + most > dream["workbench"]["budget_cents"]:
            more = " more" if found.asked else ""
            found.end(f"The model was not asked{more}: it may cost {most:.1f} cents, more than the budget.")
            return []
        outcome = await self._asked(dream["session_id"], model, request, deadline)
        again: list[tuple[Words, ...]] = []
        if isinstance(outcome, Reply):
            found.spent_cents += most
            found.take(outcome, request)
            again = halves if outcome.stop_reason == "max_tokens" else []
        elif outcome.context_too_long and halves:
            found.window, again = outcome.window or found.window, halves
        elif found.begun and not outcome.retry:
            found.begun, again = False, [words]
        else:
            found.end(f"The model did not answer ({outcome.message}); what needs no model stands by itself.")
        return again

    async def _asked(self, session_id: str, model: str, asked: Asked, deadline: float) -> Reply | ModelFault:
        start = self._event("span.model_request_start")
        body = {"model_request_start_id": start.id, "model": model, "purpose": "dream"}
        fact = MODEL_REQUESTED.made(session_id, self.clock(), body)
        await self.log.append(session_id, [start], facts=[fact])
        outcome: Reply | ModelFault = ModelFault(
            "model_request_failed_error", "it ended without an answer", retry=False
        )
        try:
            async with asyncio.timeout_at(deadline):
                async for part in self.models.model(model).reply(asked.request):
                    if isinstance(part, Reply | ModelFault):
                        outcome = part
        except TimeoutError:
            outcome = ModelFault("model_request_failed_error", f"it took longer than {self.limit_s:g} s", retry=False)
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


def _request(
    model: str,
    instructions: str | None,
    past: Past,
    lines: Sequence[Line],
    window: int | None = None,
    *,
    begun: bool = False,
) -> Asked | None:
    """None without a model, or where nobody said anything."""
    if model == pricing.OFFLINE_MODEL:
        return None
    return asking.asked(
        past.words,
        [line.text for line in lines],
        model,
        instructions=instructions,
        changed=past.changed,
        window=window,
        begun=begun,
    )


def _usage(usage: Json) -> Json:
    return {name: value if isinstance(value := usage.get(name), int) and value > 0 else 0 for name in NO_USAGE}


def most_cents(model: str, input_tokens: int) -> float | None:
    """What one request can cost at most in US cents, twice the estimated input allowed for; None where no price is known."""
    usage = {"input_tokens": input_tokens * 2, "output_tokens": asking.MOST_OUTPUT_TOKENS}
    most = pricing.cost(model, usage)
    return None if most is None else float(most * 100)
