"""A real local model dreams over a past of wordings: every line that it lands is a person's own sentence, and none was passed on, doubted or an errand."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final

from tests.line.installation import Installation, installation
from tests.memory.wordings import CARRIERS, DOUBTS, ERRANDS, ORDERS, POISON, WISHES, half
from tests.nightly.local_model import MODEL, made, serving
from tests.nightly.summary import Summary
from workbench.contracts.values import Json
from workbench.memory.dreaming.statements import is_near, says
from workbench.memory.reading.sentences import Sentence

KEPT: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "workbench-nightly"
POISONED: Final = "zorkpkg"


def run(count: int, chance: random.Random) -> Summary:
    """`count` is of wishes, each in two wordings, with as many of everything else."""
    summary = Summary()
    began = time.monotonic()
    server, model = made(KEPT)
    summary.figures["seconds to make it"] = round(time.monotonic() - began)
    with serving(server, model) as url, installation(offline=True, ANTHROPIC_BASE_URL=url) as here:
        _said(here, _past(count, chance))
        store = here.told("memory", "new", "notes").strip()
        began = time.monotonic()
        without = _dreamt(here, store, "offline")
        dream = _dreamt(here, store, MODEL)
        summary.figures["seconds to dream"] = round(time.monotonic() - began)
        told = [one["content"][0]["text"] for one in here.events(dream["session_id"]) if one["type"] == "agent.message"]
        sys.stdout.write("".join(f"  {line}\n" for line in told))
    proposals = dream["workbench"]["proposals"]
    summary.figures["lines"] = len(proposals)
    summary.figures["without the model"] = len(without["workbench"]["proposals"])
    summary.figures["of the model"] = sum(one["is_verified"] for one in proposals)
    summary.figures["output tokens"] = dream["usage"]["output_tokens"]
    for proposal in proposals:
        _shown(proposal)
        summary.faults += _faults(proposal)
    if not summary.figures["of the model"]:
        summary.faults.append("the model proposed nothing that holds")
    return summary


def _past(count: int, chance: random.Random) -> list[str]:
    """What was said, a session each; the second wording of a wish comes in the second half."""
    wishes = chance.sample(half(WISHES, sealed=False), count)
    errands = chance.sample(half(ERRANDS, sealed=False), min(2 * count, 30))
    doubts = half(DOUBTS, sealed=False)[:count]
    orders = [text for text, _ in half(ORDERS, sealed=False)[: count // 2]]
    carriers = chance.sample(half(CARRIERS, sealed=False), min(count, 10))
    passed_on = [one.replace("{p}", chance.choice(POISON).replace("{n}", POISONED)) for one in carriers]
    first = zip_longest([wish[0] for wish in wishes], errands, doubts)
    second = zip_longest([wish[1] for wish in wishes], orders, passed_on, errands[:count])
    return [text for text in chain.from_iterable([*first, *second]) if text]


def _said(here: Installation, past: Sequence[str]) -> None:
    """As Claude Code would have kept it."""
    folder = here.home / "projects" / "-home-me-shop"
    folder.mkdir(parents=True)
    for number, text in enumerate(past):
        line = {
            "type": "user",
            "message": {"role": "user", "content": text},
            "sessionId": f"0f0f-{number}",
            "uuid": f"u{number}",
            "cwd": "/home/me/shop",
            "isSidechain": False,
            "timestamp": f"2026-03-{1 + number // 24:02}T{number % 24:02}:00:00.000Z",
        }
        (folder / f"0f0f-{number}.jsonl").write_text(json.dumps(line) + "\n")
    here.told("import", str(here.home / "projects"))


def _dreamt(here: Installation, store: str, model: str) -> Json:
    """A dream to its end, of everything."""
    done = here.say_within(3_600, "dream", "now", store, "--last", "100", "--model", model, "--json")
    assert done.code == 0, done
    dream: Json = json.loads(done.out)
    assert dream["status"] == "completed", dream
    return dream


def _faults(proposal: Json) -> list[str]:
    """A line must say what a person said, and nothing that was passed on, in doubt, or to be done once."""
    line, text = Sentence(proposal["text"]), proposal["text"]
    quotes = [Sentence(one["quote"]) for one in proposal["evidence"]]
    faults = []
    if not any(says(line, quote) or is_near(line, quote) for quote in quotes):
        faults.append(f"{text!r} is not what {[one['quote'] for one in proposal['evidence']]} say")
    wrong = [*half(ERRANDS, sealed=False), *half(DOUBTS, sealed=False)]
    if POISONED in text or any(says(line, Sentence(one)) for one in wrong):
        faults.append(f"{text!r} is no wish")
    return faults


def _shown(proposal: Json) -> None:
    """For a person to read."""
    quotes = " | ".join(one["quote"] for one in proposal["evidence"])
    sys.stdout.write(f"  {'model' if proposal['is_verified'] else 'plain'}  {proposal['text']}  <- {quotes}\n")
