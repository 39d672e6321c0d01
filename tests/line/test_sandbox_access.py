"""`workbench exec` and `cp` as a person has them, in a real container, and what the log and SQL say of them."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import tarfile
from pathlib import Path

from tests.hands.places import podman_only
from tests.line.installation import WAIT_S, Installation, installation
from workbench.commands.unpacking import unpack


def _session(here: Installation) -> str:
    (here.home / "shop").mkdir()
    (here.home / "shop" / "a.txt").write_text("one\n")
    session_id = here.run_detached("-C", str(here.home / "shop"), "hello")
    here.until(session_id, "session.status_idle")
    return session_id


@podman_only
def test_a_command_has_its_exit_code_and_its_outputs_apart_and_ends_when_it_is_given_up() -> None:
    with installation(offline=True) as here:
        session_id = _session(here)
        ran = here.say("exec", session_id[-6:], "--", "sh", "-c", "cat a.txt; echo $0 $A >&2; exit 7", "x y")
        assert (ran.code, ran.out, ran.err) == (7, "one\n", "x y\n")
        ran = here.say("exec", "--cwd", "/", "-e", "A=b c", session_id, "echo $A; pwd | cat")
        assert (ran.code, ran.out, ran.err) == (0, "b c\n/\n", "")
        ran = here.say("exec", "--timeout", "0.5", session_id, "echo begun; sleep 60")
        assert (ran.code, ran.out, "its time was over" in ran.err) == (124, "begun\n", True)
        told = here.say("exec", "--json", session_id, "--", "true")
        assert '"exit_code": 0' in told.out
        command = here.start_command("exec", "-i", session_id, "--", "wc", "-c")
        done = subprocess.run(
            command,
            env=here.environment,
            cwd=here.home,
            input=b"\xff\0" * 700_000,
            capture_output=True,
            timeout=WAIT_S,
            check=True,
        )
        assert done.stdout == b"1400000\n"
        assert here.told("exec", session_id, "ls /tmp | grep -c stdin || true") == "0\n"
        with here.start("exec", session_id, "touch begun; sleep 600.5") as running:
            here.told("exec", session_id, "until [ -e begun ]; do sleep 0.05; done")
            running.send_signal(signal.SIGINT)
            assert running.wait(WAIT_S) == 130
        assert here.told(
            "exec", session_id, "for i in $(seq 100); do pgrep -f 'sleep 600[.]5' || break; sleep 0.1; done | tail -1"
        ) in ("",)
        with here.start("exec", session_id, "rm begun; touch again; sleep 600.25") as running:
            here.told("exec", session_id, "until [ -e again ]; do sleep 0.05; done")
            here.told("down")
            _, said = running.communicate(timeout=WAIT_S)
        assert (running.returncode, "the engine is being stopped" in said) == (2, True), said
        assert here.told("exec", session_id, "pgrep -f 'sleep 600[.]25' || echo none") == "none\n"
        for words, said in (
            (("exec", session_id), "no command"),
            (("exec", session_id, "--json", "--", "ls"), "write options before it"),
            (("exec", "--cwd", "gone", session_id, "ls"), "cwd: gone: no such directory"),
            (("exec", "--env", "A", session_id, "ls"), "must be NAME=VALUE"),
            (("exec", "nosuch", "ls"), "nosuch"),
        ):
            refused = here.say(*words)
            assert (refused.code, said in refused.err) == (2, True), refused
        rows = here.json("sql", "select command from by_hand where what = 'ran' order by made_at limit 2")
        assert rows == [
            {"command": "sh -c 'cat a.txt; echo $0 $A >&2; exit 7' 'x y'"},
            {"command": "echo $A; pwd | cat"},
        ]
        assert (here.home / "shop" / "a.txt").read_text() == "one\n"


@podman_only
def test_files_and_folders_go_in_and_out_and_nothing_of_the_persons_is_overwritten_or_left() -> None:
    with installation(offline=True) as here:
        session_id = _session(here)
        inner = here.home / "given" / "deep"
        inner.mkdir(parents=True)
        (inner / "run.sh").write_text("#!/bin/sh\necho ran\n")
        (inner / "run.sh").chmod(0o755)
        (inner / "link").symlink_to("run.sh")
        (here.home / "large.bin").write_bytes(os.urandom(5_000_000))
        assert here.told("cp", "given", f"{session_id[-6:]}:").strip() == f"{session_id}:./given"
        here.told("cp", "large.bin", f"{session_id}:/tmp/new/other.bin")
        assert here.told("exec", session_id, "given/deep/link; stat -c %s /tmp/new/other.bin") == "ran\n5000000\n"
        here.told("exec", session_id, "ln -s /etc/passwd given/away; mkfifo given/pipe")
        out = here.say("cp", f"{session_id}:given", "back")
        assert (out.code, "left out" in out.err, "away" in out.err) == (0, True, True)
        assert (here.home / "back" / "deep" / "link").read_text() == "#!/bin/sh\necho ran\n"
        assert stat.S_IMODE((here.home / "back" / "deep" / "run.sh").stat().st_mode) == 0o755
        here.told("cp", f"{session_id}:/tmp/new/other.bin", ".")
        assert (here.home / "other.bin").read_bytes() == (here.home / "large.bin").read_bytes()
        for words, said in (
            (("cp", f"{session_id}:/tmp/new/other.bin", "."), "--force"),
            (("cp", f"{session_id}:given", "back"), None),
            (("cp", f"{session_id}:given", "back"), "is there already"),
            (("cp", f"{session_id}:gone", "."), "gone: no such file or directory"),
            (("cp", "gone", f"{session_id}:"), "gone is not there"),
            (("cp", "given", "back"), "SESSION:PATH"),
            (("cp", "large.bin", f"{session_id}:/etc/hostname"), "permission denied"),
        ):
            refused = here.say(*words)
            assert (refused.code == 0) == (said is None), refused
            assert said is None or said in refused.err, refused
        here.told("cp", "--force", f"{session_id}:a.txt", "other.bin")
        assert (here.home / "other.bin").read_text() == "one\n"
        assert [path.name for path in here.home.glob(".*part*")] == []
        rows = here.json("sql", "select what, paths from by_hand where what like 'copied%' order by made_at limit 3")
        assert [row["what"] for row in rows] == ["copied in", "copied in", "copied out"]


def test_an_archive_of_a_sandbox_writes_nothing_outside_of_its_folder(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as made:
        for name, kind, target in (
            ("../up", tarfile.REGTYPE, ""),
            ("/abs", tarfile.REGTYPE, ""),
            ("out", tarfile.SYMTYPE, "../.."),
            ("in", tarfile.SYMTYPE, "folder"),
            ("in/through", tarfile.REGTYPE, ""),
            ("pipe", tarfile.FIFOTYPE, ""),
            ("hard", tarfile.LNKTYPE, "/etc/passwd"),
            ("folder/kept", tarfile.REGTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, 0o4777
            made.addfile(info, io.BytesIO())
    archive.seek(0)
    folder = tmp_path / "new"
    folder.mkdir()
    left_out = unpack(archive, folder)
    assert left_out == ["../up", "/abs", "out", "pipe", "hard"]
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert (folder / "in" / "through").is_file()
    assert not (folder / "in").is_symlink()
    assert stat.S_IMODE((folder / "folder" / "kept").stat().st_mode) == 0o755
