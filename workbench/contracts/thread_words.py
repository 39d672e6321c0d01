"""Events of other threads and of workflow runs in words for people: who said what to whom, and how far a run is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workbench.text.display import content_text

Json = dict[str, Any]

TYPES: Final = (
    "session.thread_created",
    "agent.thread_message_sent",
    "agent.thread_message_received",
    "session.thread_status_idle",
    "workflow_run.created",
    "workflow_run.phase_started",
    "workflow_run.status_ended",
)
COORDINATOR: Final = "the coordinator"
_FAILED: Final = {"retries_exhausted": "gave up after an error", "refusal": "the model refused"}


@dataclass(frozen=True)
class Told:
    """What an event says: in a line, and whole where there is more."""

    head: str
    text: str = ""
    failed: bool = False

    @property
    def line(self) -> str:
        """The head with the beginning of the text."""
        first = self.text.strip().partition("\n")[0]
        return f"{self.head}: {first}" if first else self.head


class ThreadWords:
    """Knows the names of threads and runs from the events before: `told` of all of them in their order."""

    def __init__(self) -> None:
        self._agents: dict[str, str] = {}
        self._runs: dict[str, str] = {}
        self._phases: dict[str, str] = {}

    def agent(self, thread_id: str) -> str:
        """What a thread's agent is called; the end of its id where its beginning was not told."""
        return self._agents.get(thread_id) or thread_id[-6:]

    def told(self, event: Json) -> Told | None:  # noqa: PLR0911 - one return a kind
        """None for what needs no line of its own."""
        match event["type"]:
            case "session.thread_created":
                self._agents[event["session_thread_id"]] = event["agent_name"]
            case "agent.thread_message_sent":
                to = event.get("to_agent_name") or COORDINATOR
                return Told(f"→ {to}", content_text(event["content"]))
            case "agent.thread_message_received" if event.get("processed_at"):
                by = event.get("from_agent_name") or COORDINATOR
                return Told(f"← {by}", content_text(event["content"]))
            case "session.thread_status_idle":
                name = self._agents.get(event["session_thread_id"])
                if (why := _FAILED.get(event["stop_reason"]["type"])) and name:
                    return Told(f"{name} {why}", failed=True)
            case "workflow_run.created":
                self._runs[event["workflow_run_id"]] = event["name"]
                self._phases |= {one["id"]: one["name"] for one in event["phases"]}
                phases = ", ".join(one["name"] for one in event["phases"])
                return Told(f"run {event['name']} was started", f"phases: {phases}" if phases else "")
            case "workflow_run.phase_started":
                phase_id = event["workflow_run_phase_id"]
                return Told(f"{self._run(event)}: phase {self._phases.get(phase_id, phase_id[-6:])}")
            case "workflow_run.status_ended":
                return self._ended(event)
        return None

    def _run(self, event: Json) -> str:
        run_id = event["workflow_run_id"]
        return f"run {self._runs.get(run_id, run_id[-6:])}"

    def _ended(self, event: Json) -> Told:
        result = event["result"]
        if result["type"] == "error":
            return Told(f"{self._run(event)} failed", result["error"]["message"], failed=True)
        return Told(f"{self._run(event)} {'has ended' if result['type'] == 'completed' else 'was stopped'}")
