"""What sandboxes take: the processes of a container and all below them, and nothing of the others."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from workbench.hands.measuring import measured
from workbench.hands.sandbox_record import SandboxRecord, start_ticks

TWO = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"


def test_without_sandboxes_nothing_is_measured(tmp_path: Path) -> None:
    assert measured(tmp_path / "none") == []


def test_a_sandbox_is_all_that_runs_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "sesn_a"
    folder.mkdir()
    pause = threading.Event()
    with subprocess.Popen([sys.executable, "-c", TWO], stdin=subprocess.PIPE, start_new_session=True) as process:
        SandboxRecord("sesn_a", "c", "an image", "/", process.pid, start_ticks(process.pid)).save(folder)
        for _ in range(200):
            [one] = measured(tmp_path)
            if one["processes"] == 2:
                break
            pause.wait(0.02)
        assert process.stdin is not None
        process.stdin.close()
    assert (one["session_id"], one["image"], one["processes"]) == ("sesn_a", "an image", 2)
    assert one["memory_bytes"] > 1_000_000
    assert measured(tmp_path) == []
