"""A server that an agent started in the background, over the life of its session: engines come and go, archive ends it."""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import call, text
from workbench import settings
from workbench.client.paths import own
from workbench.client.sync import Client
from workbench.commands.surface import short
from workbench.hands import sandbox_record

ASKED = "curl -s localhost:3000/mark.txt"


def _by_a_person(here: Installation, session_id: str, command: str | None = None) -> Any:
    """What a person's own command prints, or what runs in the background."""

    engine = Client(settings.load(here.environment).engine_socket)
    if command is None:
        return engine.get(own(session_id, "background"))["data"]
    return engine.post(own(session_id, "command"), {"command": command})["output"]


def _running(mark: str) -> list[str]:
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in one.read_text(errors="replace"):
                found.append(one.parent.name)
        except OSError:
            continue
    return found


@podman_only
def test_a_server_in_the_background_answers_the_next_call_and_its_person_outlives_the_engine_and_ends_with_archive() -> (
    None
):
    mark = f"served{secrets.token_hex(8)}"
    served = f"mkdir {mark} && echo {mark} > {mark}/mark.txt && python3 -u -m http.server 3000 -d {mark}"
    script = [
        call("background", {"action": "start", "command": served, "wait_s": 30}),
        call("bash", {"command": f"curl -s --retry 20 --retry-connrefused --retry-delay 1 {ASKED[8:]}"}),
        text("It serves."),
        call("background", {"action": "read", "id": "bg_1", "after": 0}),
        call("background", {"action": "start", "command": "echo again"}),
        text("It still does."),
        call("background", {"action": "read", "id": "bg_1"}),
        text("It is gone."),
    ]
    with installation(script) as here:
        project = here.home / "project"
        project.mkdir()
        here.told("run", "-C", str(project), "serve")
        [session_id] = [one["id"] for one in here.json("ps")]
        assert _results(here, session_id)[1] == mark
        assert _by_a_person(here, session_id, ASKED) == mark
        assert "1 in the background: mkdir served" in here.say("peek", session_id).err
        assert f"{short(session_id)}: 1 in the background: mkdir served" in here.told("status")
        [everywhere] = here.json("status")["background"]
        assert (everywhere["session_id"], everywhere["id"], everywhere["state"]) == (session_id, "bg_1", "running")
        for stop in (lambda: here.told("down"), here.kill_engine):
            stop()
            here.told("up")
            [listed] = _by_a_person(here, session_id)
            assert (listed["id"], listed["state"], listed["command"]) == ("bg_1", "running", served)
            assert "GET /mark.txt" in listed["last_line"]
            assert _by_a_person(here, session_id, ASKED) == mark
        here.told("send", session_id, "look", "--watch")
        _, _, read, again = _results(here, session_id)
        assert "bg_1 is running" in read
        assert read.count("GET /mark.txt") == 4
        assert again.startswith("[bg_2 ")
        assert _running(mark)
        assert "this ends 1 in the background: mkdir served" in here.say("apply", "-y", session_id).err
        assert not _running(mark)
        assert here.json("status")["background"] == []
        here.told("send", session_id, "look", "--watch")
        ended = f"background: bg_1 ({served}) ended with its sandbox, and what it had printed is gone with it."
        assert _results(here, session_id)[-1].startswith(ended)
        asked = (
            "select input->>'action' as action from tool_calls where tool = 'background' and not is_error order by seq"
        )
        assert [one["action"] for one in here.json("sql", asked)] == ["start", "read", "start"]


@podman_only
def test_archive_leaves_no_process_of_the_background() -> None:
    mark = f"kept{secrets.token_hex(8)}"
    script = [
        call("background", {"action": "start", "command": f"trap '' TERM; : {mark}; sleep 601 & wait"}),
        text("."),
    ]
    with installation(script) as here:
        here.told("run", "-C", "none", "serve")
        [session_id] = [one["id"] for one in here.json("ps")]
        assert _running(mark)
        here.told("archive", session_id)
        assert not _running(mark)
        assert _by_a_person(here, session_id) == []


def _results(here: Installation, session_id: str) -> list[str]:
    return [one["content"][0]["text"] for one in here.events(session_id) if one["type"] == "agent.tool_result"]


def _watch(pattern: str, **more: object) -> dict[str, Any]:
    return call("background", {"action": "watch", "id": "bg_1", "pattern": pattern, **more})


def _notices(here: Installation, session_id: str) -> list[str]:
    return [one["content"][0]["text"] for one in here.events(session_id) if one["type"] == "system.message"]


def _until_told(here: Installation, session_id: str, count: int) -> list[str]:
    """Wait until the agent has answered so many messages of its watches."""
    here.until(session_id, "session.status_idle", count + 1)
    return _notices(here, session_id)


ECHOED = "mkfifo in; while :; do cat in; done"
ECHOES = call("background", {"action": "start", "command": ECHOED})


@pytest.mark.long
@podman_only
def test_lines_that_match_wake_the_session_at_a_bounded_pace_over_a_killed_engine_and_never_after_an_interrupt() -> (
    None
):
    script = [ECHOES, _watch("ready|error"), text("I wait."), text("Ready."), text("Errors."), text("Hello.")]
    with installation(script) as here:
        here.told("run", "-C", "none", "serve")
        [session_id] = [one["id"] for one in here.json("ps")]
        _by_a_person(here, session_id, "echo 'ready on 3000' > in; echo nothing > in")
        [first] = _until_told(here, session_id, 1)
        assert "\nready on 3000\n</output-" in first
        assert first.endswith("The watch goes on.")
        here.kill_engine()
        here.told("up")
        _by_a_person(here, session_id, "for n in $(seq 500); do echo error $n; done > in")
        assert "error 1\n" in _until_told(here, session_id, 2)[1]
        assert "⚙ bg_1: ready on 3000" in here.told("logs", session_id)
        here.told("interrupt", session_id)
        _by_a_person(here, session_id, "echo error again > in")
        here.told("send", session_id, "are you there?", "--watch")
        # A second of five hundred matches is one message, or two where it fell on the edge of one.
        assert "error again" not in "".join(_notices(here, session_id))
        assert len(_notices(here, session_id)) in (2, 3)


@pytest.mark.long
@podman_only
def test_a_watch_that_finds_nothing_says_so_at_its_deadline_and_at_the_end_of_its_command_and_a_wrong_one_is_refused() -> (
    None
):
    script = [
        ECHOES,
        _watch("(unclosed"),
        _watch("never", deadline_s=1),
        text("I wait."),
        text("Nothing."),
        call("background", {"action": "start", "command": "read x; exit 3"}),
        call("background", {"action": "watch", "id": "bg_2", "pattern": "never"}),
        call("background", {"action": "write", "id": "bg_2", "text": "\n"}),
        text("I wait."),
        text("It failed."),
    ]
    with installation(script) as here:
        here.told("run", "-C", "none", "serve")
        [session_id] = [one["id"] for one in here.json("ps")]
        [first] = _until_told(here, session_id, 1)
        assert first.endswith("nothing matched until its deadline; the watch is over.")
        refused = _results(here, session_id)[1]
        assert refused.startswith("background: pattern is no regular expression that can be used: missing )")
        here.told("send", session_id, "again", "--watch")
        # Within the turn or behind it, as it comes.
        here.until(session_id, "system.message", 2)
        assert _notices(here, session_id)[1].endswith(
            "bg_2 ended (exit code 3) without a line that matches; the watch is over."
        )


@podman_only
def test_the_end_of_a_watched_commands_sandbox_is_told_once_and_wakes_the_session_once() -> None:
    script = [
        ECHOES,
        _watch("ready"),
        text("I wait."),
        text("It is gone."),
        call("background", {"action": "read", "id": "bg_1"}),
        text("Gone for good."),
    ]
    with installation(script) as here:
        here.told("run", "-C", "none", "serve")
        [session_id] = [one["id"] for one in here.json("ps")]
        [sandbox] = sandbox_record.all_in(settings.load(here.environment).sandboxes)
        os.kill(sandbox.pid, signal.SIGKILL)
        [first] = _until_told(here, session_id, 1)
        assert first.endswith("bg_1 ended with its sandbox; the watch is over.")
        assert here.json("status")["background"] == []
        here.kill_engine()
        here.told("up")
        here.told("send", session_id, "and now?", "--watch")
        assert _notices(here, session_id) == [first]
        assert f"bg_1 ({ECHOED}) ended with its sandbox" in _results(here, session_id)[-1]
