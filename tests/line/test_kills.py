"""The engine killed again and again at random while sessions work, with a ledger of effects outside of it."""

from __future__ import annotations

import random
import threading
from collections import Counter

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly import kills
from workbench.contracts.values import Json

SESSIONS = 4
STEPS = 6
KILLS = 3
VAULT_KILLS = 4
LEDGER = "/mnt/session/outputs/ledger"


def _play(request: Json) -> Play:
    """The next step of a session: one line in its ledger, slowly; told apart by how many calls there were."""
    done = sum(block["type"] == "tool_use" for turn in request["messages"] for block in _blocks(turn))
    if done == STEPS:
        return text("All steps done.")
    return call("bash", {"command": f"echo step {done} >> {LEDGER}; sleep 0.4"})


def _blocks(turn: Json) -> list[Json]:
    content = turn["content"]
    return [] if isinstance(content, str) else content


@podman_only
def test_no_effect_is_doubled_and_no_result_is_lost_however_often_the_engine_is_killed() -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    with installation() as here:
        here.model.otherwise = _play
        sessions = [here.run_detached(f"work {number}") for number in range(SESSIONS)]
        pause = threading.Event()
        for _ in range(KILLS):
            pause.wait(chance.uniform(0.0, 1.5))
            here.kill_engine()
            here.told("up")
        for session_id in sessions:
            assert here.say("logs", "-f", session_id).code == 0, seed
            _check(here, session_id, seed)


@podman_only
def test_a_vault_that_is_killed_again_and_again_ends_no_session_and_loses_no_message() -> None:
    seed = random.randrange(1 << 32)
    summary = kills.run(VAULT_KILLS, random.Random(seed), {"vault": 1.0})
    assert summary.faults == [], seed
    assert summary.figures["retries exhausted"] == 0, seed
    assert summary.figures["acknowledged"] == VAULT_KILLS, seed


def _check(here: Installation, session_id: str, seed: int) -> None:
    events = here.events(session_id)
    assert len({event["id"] for event in events}) == len(events), seed
    uses = [event["id"] for event in events if event["type"] == "agent.tool_use"]
    results = {event["tool_use_id"]: event for event in events if event["type"] == "agent.tool_result"}
    assert len(uses) == STEPS, seed
    assert Counter(event["type"] for event in events)["agent.tool_result"] == len(results) == STEPS, seed
    written = (
        (here.home / "data" / "sandboxes" / session_id / "session" / "outputs" / "ledger").read_text().splitlines()
    )
    assert len(set(written)) == len(written), (seed, written)
    succeeded = {f"step {place}" for place, use in enumerate(uses) if not results[use].get("is_error")}
    assert succeeded <= set(written), (seed, written)
    assert events[-1]["stop_reason"] == {"type": "end_turn"}, seed
