"""Engine, vault, runners and conmons killed by chance while sessions work, with a ledger of effects in each workspace."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly import processes
from tests.nightly.summary import Summary
from workbench.contracts.values import Json

SESSIONS = 6
STEPS = 4
"""Calls that each message asks for."""
LEDGER = "/mnt/session/outputs/ledger"
WORDS = "work:"
END_S = 300
CHANCES = {"engine": 0.55, "vault": 0.25, "runner": 0.12, "conmon": 0.08}


def _play(request: Json) -> Play:
    """The next step of a session: one line in its ledger, slowly; told apart by how many calls there were."""
    blocks = [block for turn in request["messages"] for block in _blocks(turn)]
    done = sum(block["type"] == "tool_use" for block in blocks)
    wanted = STEPS * sum(block["type"] == "text" and block["text"].startswith(WORDS) for block in blocks)
    if done >= wanted:
        return text("All steps done.")
    return call("bash", {"command": f"echo step {done} >> {LEDGER}; sleep 0.2"})


def _blocks(turn: Json) -> list[Json]:
    content = turn["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


@dataclass
class _Run:
    here: Installation
    chance: random.Random
    chances: Mapping[str, float]
    summary: Summary = field(default_factory=Summary)
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    pause: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        for number in range(SESSIONS):
            words = f"{WORDS} first of {number}"
            self.acknowledged[self.here.run_detached(words)] = [words]

    def kill_one(self, number: int) -> None:
        self.pause.wait(self.chance.uniform(0.0, 1.2))
        victim = self.chance.choices(list(self.chances), list(self.chances.values()))[0]
        engine = processes.engine(self.here)
        if engine is None:
            self.summary.faults.append(f"kill {number}: the engine does not answer")
            self.here.say("up")
            return
        pids = self._pids(victim, engine)
        if victim == "engine":
            self.here.kill_engine()
            if (done := self.here.say("up")).code:
                self.summary.faults.append(f"kill {number}: `up` gave {done.code}: {done.err[-300:]}")
        elif pids:
            processes.kill(self.chance.choice(pids))
        else:
            victim = "nothing"
        self.summary.figures[f"killed {victim}"] += 1

    def _pids(self, victim: str, engine: int) -> list[int]:
        if victim == "vault":
            return processes.vaults(engine)
        conmons = processes.conmons(self.here, self.acknowledged)
        return conmons if victim == "conmon" else processes.runners(conmons)

    def send_one(self, number: int) -> None:
        session_id = self.chance.choice(list(self.acknowledged))
        words = f"{WORDS} message {number}"
        if self.here.say("send", session_id, words).code == 0:
            self.acknowledged[session_id].append(words)
            self.summary.figures["acknowledged"] += 1

    def until_all_rest(self) -> None:
        for _ in range(END_S):
            sessions = {one["id"]: one for one in self.here.json("ps", "--all")}
            if all(sessions[one]["status"] == "idle" for one in self.acknowledged):
                return
            self.pause.wait(1)
        self.summary.faults.append(f"not all sessions rest after {END_S} s")

    def check(self, session_id: str) -> None:
        events, figures = self.here.events(session_id), self.summary.figures
        types = Counter(event["type"] for event in events)
        if len({event["id"] for event in events}) != len(events):
            self._fault(session_id, "an event stands twice")
        said = Counter(_said(event) for event in events if event["type"] == "user.message")
        for words in self.acknowledged[session_id]:
            if said[words] != 1:
                self._fault(session_id, f"{words!r} is there {said[words]} times")
        self._check_calls(session_id, events)
        if events[-1]["type"] != "session.status_idle" or events[-1]["stop_reason"]["type"] != "end_turn":
            self._fault(session_id, f"ends with {events[-1]}")
        figures["retries exhausted"] += sum(
            event["type"] == "session.status_idle" and event["stop_reason"]["type"] == "retries_exhausted"
            for event in events
        )
        figures["calls"] += types["agent.tool_use"]

    def _check_calls(self, session_id: str, events: list[Json]) -> None:
        uses = [event["id"] for event in events if event["type"] == "agent.tool_use"]
        results = Counter(event["tool_use_id"] for event in events if event["type"] == "agent.tool_result")
        if results != Counter(uses):
            self._fault(session_id, f"calls and results do not pair: {len(uses)}, {results.total()}")
        failed = {
            event["tool_use_id"] for event in events if event["type"] == "agent.tool_result" and event.get("is_error")
        }
        outputs = self.here.home / "data" / "sandboxes" / session_id / "session" / "outputs" / "ledger"
        written = Counter(outputs.read_text().splitlines() if outputs.exists() else ())
        if doubled := [line for line, count in written.items() if count > 1]:
            self._fault(session_id, f"effects doubled: {doubled}")
        succeeded = {f"step {place}" for place, use in enumerate(uses) if use not in failed}
        if lost := succeeded - set(written):
            self._fault(session_id, f"told as done and without effect: {sorted(lost)}")
        self.summary.figures["effects"] += written.total()

    def _fault(self, session_id: str, words: str) -> None:
        self.summary.faults.append(f"{session_id}: {words}")


def _said(event: Json) -> str:
    return str(event["content"][0]["text"])


def run(count: int, chance: random.Random, chances: Mapping[str, float] = CHANCES) -> Summary:
    """Kill so many times, each kind of process as often as `chances` says; every session then finishes, and nothing acknowledged is lost or doubled."""
    with installation() as here:
        here.model.otherwise = _play
        doing = _Run(here, chance, chances)
        doing.begin()
        for number in range(count):
            doing.kill_one(number)
            doing.send_one(number)
            if number % 25 == 24:
                sys.stdout.write(f"  {number + 1} kills, {len(doing.summary.faults)} faults\n")
                sys.stdout.flush()
        doing.until_all_rest()
        for session_id in doing.acknowledged:
            doing.check(session_id)
        return doing.summary
