"""Files through the whole installation: the command, the engine, and what an agent in a real container reads and leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import call, text

MIB = 1 << 20
LARGE_BYTES = 300 * MIB
MOST_GROWTH_BYTES = 64 * MIB
"""Generous: the allocator of the engine keeps some of what passed."""


def _ran(here: Installation, *words: str) -> str:
    session_id = here.run_detached(*words)
    here.told("logs", "-f", session_id)
    return session_id


@podman_only
def test_a_file_goes_into_the_sandbox_read_only_and_what_the_agent_made_of_it_comes_out() -> None:
    uploads = "/mnt/session/uploads"
    steps = (
        f"wc -c < {uploads}/data.csv > /mnt/session/outputs/size.txt",
        f"touch {uploads}/x; echo more >> {uploads}/data.csv; rm {uploads}/data.csv; chmod 777 {uploads}; mv {uploads} /tmp",
        "cd /mnt/session/outputs && ln -s /etc/passwd link && mkfifo pipe && mkdir deep && echo deep > deep/size.txt",
    )
    script = [*(call("bash", {"command": command}) for command in steps), text("Done."), text("Again.")]
    with installation(script) as here:
        (here.home / "data.csv").write_text("a,b\n")
        session_id = _ran(here, "--file", str(here.home / "data.csv"), "count it")
        listed = here.json("files", "list", "--session", session_id)
        assert [(one["kind"], one["place"], one["filename"]) for one in listed] == [
            ("output", "/mnt/session/outputs/deep/size.txt", "size.txt"),
            ("output", "/mnt/session/outputs/size.txt", "size.txt"),
            ("upload", f"{uploads}/data.csv", "data.csv"),
        ]
        assert [one["id"] for one in here.json("files", "list")] == [one["id"] for one in listed]
        asked = "select filename, path, size_bytes, downloadable from files where session_id is not null order by path, filename"
        assert [tuple(row.values()) for row in here.json("sql", asked)] == [
            ("size.txt", "deep/size.txt", 5, True),
            ("size.txt", "size.txt", 2, True),
            ("data.csv", None, 4, False),
        ]
        assert here.told("files", "get", listed[1]["id"], "-") == "4\n"
        assert here.told("files", "get", "data.csv", "-") == "a,b\n"
        refused = here.say("files", "get", "data.csv")
        assert (refused.code, "is there already" in refused.err) == (2, True)
        one_of_two = here.say("files", "get", "size.txt")
        assert (one_of_two.code, "2 files are called size.txt" in one_of_two.err) == (0, True)
        assert here.told("files", "get", listed[0]["id"], "out.txt").strip() == "out.txt"
        assert (here.home / "out.txt").read_text() == "deep\n"
        events = here.events(session_id)
        [tried] = [one for one in events if one["type"] == "agent.tool_result" and "data.csv" in json.dumps(one)]
        assert json.dumps(tried).count("Read-only file system") + json.dumps(tried).count("busy") >= 4
        [told] = [one["error"]["message"] for one in events if one["type"] == "session.error"]
        assert told == "Not everything in /mnt/session/outputs was kept as a file. link, pipe: is no regular file."
        here.kill_engine()
        here.told("send", session_id, "go on")
        here.told("logs", "-f", session_id)
        assert len(here.json("files", "list", "--session", session_id)) == 3
        here.told("rm", "-y", session_id)
        assert here.json("files", "list") == []
        assert [one for one in (here.home / "data" / "contents").rglob("*") if one.is_file()] == []


@pytest.mark.long
@podman_only
def test_a_large_file_costs_the_engine_little_memory_in_both_directions() -> None:
    script = [call("bash", {"command": f"truncate -s {LARGE_BYTES} /mnt/session/outputs/large"}), text("Done.")]
    with installation(script) as here:
        session_id = _ran(here, "make it")
        before = _most_resident_bytes(here)
        with (here.home / "sparse").open("wb") as sparse:
            sparse.truncate(LARGE_BYTES)
        [uploaded] = here.json("files", "upload", "sparse")
        assert uploaded["size_bytes"] == LARGE_BYTES
        [output] = here.json("files", "list", "--session", session_id)
        here.told("files", "get", output["id"], "back")
        assert (here.home / "back").stat().st_size == LARGE_BYTES
        assert _most_resident_bytes(here) - before < MOST_GROWTH_BYTES
        # Both hold the same bytes, and these are there once.
        assert len([one for one in (here.home / "data" / "contents").iterdir() if one.is_file()]) == 1


def _most_resident_bytes(here: Installation) -> int:
    status = Path(f"/proc/{here.json('status')['pid']}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_what_cannot_be_done_with_files_is_said_in_a_sentence() -> None:
    with installation() as here:
        for words, said in (
            (("files", "upload", "nothing"), "nothing is not a file"),
            (("files", "upload", "."), ". is not a file"),
            (("files", "get", "file_gone"), "there is no file 'file_gone'"),
            (("run", "--file", "nothing:a", "x"), "nothing is not a file"),
        ):
            done = here.say(*words)
            assert (done.code, said in done.err) == (2, True), done
        (here.home / "a.txt").write_text("a")
        assert here.say("files", "upload", "a.txt", "--expires", "0").code == 2
        refused = here.say("run", "--detach", "--file", "a.txt:../../x", "look")
        assert (refused.code, "must name a file below" in refused.err) == (2, True)
        assert here.json("files", "list") == []


@pytest.mark.parametrize("mount", ["", ":other/name.txt"])
def test_a_file_for_one_session_is_nobody_elses(mount: str) -> None:
    with installation([text("Seen.")]) as here:
        (here.home / "a.txt").write_text("a")
        session_id = _ran(here, "--file", f"a.txt{mount}", "look")
        [file] = here.json("files", "list")
        assert file["scope"] == {"type": "session", "id": session_id}
        [mounted] = here.json("files", "list", "--session", session_id)
        assert mounted["place"] == f"/mnt/session/uploads/{mount.removeprefix(':') or 'a.txt'}"
