"""Sessions with agents of their own and a workflow run, as the engine tells of them."""

from __future__ import annotations

from typing import Any

from tests.tui.fake import FakeEngine, ago, call, result, said, state

Json = dict[str, Any]

LEAD = "sesn_ship-it"
RUN = "sesn_look-at-all"
TESTER, CODER, WRITER = "sthr_tester", "sthr_coder", "sthr_writer"
ASKED = call("c7", "rm -rf build")


def thread(thread_id: str, name: str, **fields: Any) -> Json:
    """A child thread as the feed tells of it."""
    usual: Json = {
        "id": thread_id,
        "agent_name": name,
        "status": "idle",
        "stop_reason": "end_turn",
        "waiting_for": [],
        "activity": None,
        "last_text": None,
        "last_error": None,
        "running_since": None,
        "active_seconds": 42.0,
        "workflow_run_id": None,
    }
    return usual | fields


def public(thread_id: str, name: str, cents: int, **fields: Any) -> Json:
    """A child thread as the public list has it."""
    usual: Json = {
        "id": thread_id,
        "parent_thread_id": "sthr_primary",
        "agent": {"name": name},
        "status": "idle",
        "stats": {"active_seconds": 42.0},
        "usage": {"list_cost": {"amount": str(cents)}},
        "own_cents": cents,
        "workflow_run_id": None,
        "archived_at": None,
        "created_at": ago(300),
    }
    return usual | fields


def message(event_id: str, text: str, **fields: Any) -> Json:
    kind = "sent" if "to_session_thread_id" in fields else "received"
    content = [{"type": "text", "text": text}]
    return {
        "type": f"agent.thread_message_{kind}",
        "id": event_id,
        "content": content,
        "processed_at": ago(50),
        **fields,
    }


def created(thread_id: str, name: str) -> Json:
    kind = "session.thread_created"
    return {
        "type": kind,
        "id": f"made_{name}",
        "session_thread_id": thread_id,
        "agent_name": name,
        "processed_at": ago(55),
    }


TASK = "Run the tests of this project.\nSay which of them fail, and why."
REPORT = "Two of 48 tests fail:\n\n- `test_total`: off by one\n- `test_change`: the sign is wrong"


def team() -> FakeEngine:
    """A coordinator with three agents, one of which asks; and a session with a run in its second phase."""
    threads = [
        thread(TESTER, "tester", waiting_for=["c7"], stop_reason="requires_action", last_text="I clean up first."),
        thread(CODER, "coder", status="running", running_since=ago(12), activity="bash pytest -q tests/till"),
        thread(WRITER, "writer", last_text=REPORT),
    ]
    agents = [
        thread(
            f"sthr_p{number}",
            f"agent {number}",
            status="running",
            running_since=ago(5),
            activity="asks the model",
            workflow_run_id="wrun_1",
        )
        for number in range(1, 13)
    ]
    phases = ["look", "check", "sum"]
    run = {"id": "wrun_1", "name": "looking", "phase": "check", "phases": phases, "agents": 40, "done": 17}
    lead = [
        said("u1", "Make the till ready for the fair.", by="user"),
        created(TESTER, "tester"),
        message("t1", TASK, to_session_thread_id=TESTER, to_agent_name="tester"),
        created(WRITER, "writer"),
        message("t2", "Write the notes.", to_session_thread_id=WRITER, to_agent_name="writer"),
        said("a1", "Three agents are at work; I wait for their reports."),
        message("t3", REPORT, from_session_thread_id=WRITER, from_agent_name="writer"),
        ASKED | {"session_thread_id": TESTER},
    ]
    own = [
        message("t1", TASK, from_session_thread_id="sthr_primary"),
        call("c6", "ls", evaluated_permission="allow"),
        result("c6", "build\ntill.py"),
        said("b1", "There is an old `build`; I clean up first."),
        ASKED,
    ]
    asks = {"stop_reason": {"type": "requires_action", "event_ids": ["c7"]}, "waiting_for": ["c7"]}
    engine = FakeEngine(
        state(
            LEAD,
            status="running",
            primary_status="idle",
            threads=threads,
            created_at=ago(100),
            last_event_at=ago(20),
            **asks,
        ),
        state(
            RUN,
            status="running",
            primary_status="idle",
            threads=agents,
            runs=[run | {"started_at": ago(400)}],
            created_at=ago(200),
        ),
        events={LEAD: lead, RUN: [said("u2", "Look at every file.", by="user")], TESTER: own},
    )
    listed = [public(TESTER, "tester", 31), public(CODER, "coder", 4), public(WRITER, "writer", 112)]
    ended = [public(f"sthr_e{n}", f"agent {n}", 2, workflow_run_id="wrun_1", archived_at=ago(9)) for n in (20, 21)]
    whole = {
        "id": "wrun_1",
        "name": "looking",
        "description": None,
        "phases": [
            {"name": "look", "status": "done"},
            {"name": "check", "status": "running"},
            {"name": "sum", "status": "waiting"},
        ],
        "agents": 40,
        "done": 17,
        "failed": 2,
        "errors": ["agent 4: the model refused", "agent 9: its answer did not fit the schema"],
        "list_cost": {"amount": "212"},
        "started_at": ago(400),
        "ended_at": None,
        "result": None,
        "value": None,
    }
    engine.answers = {
        f"/v1/sessions/{LEAD}/threads": {"data": listed, "next_page": None},
        f"/v1/sessions/{RUN}/threads": {"data": ended, "next_page": None},
        f"/workbench/v1/sessions/{LEAD}/workflow_runs": {"data": []},
        f"/workbench/v1/sessions/{RUN}/workflow_runs": {"data": [whole]},
    }
    return engine
