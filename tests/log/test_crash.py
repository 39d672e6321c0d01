"""A killed writer loses nothing that was acknowledged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.log.making import run
from workbench.contracts.questions import QueryLimits
from workbench.log import open_log

ROOT = Path(__file__).parents[2]


def killed_after(folder: Path, lines: int, prefix: str) -> list[str]:
    """Let a writer run until it has acknowledged so many events, kill it, and give all that it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.log.writing", str(folder), prefix], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        rest = writer.stdout.read()
    # The last line may have been cut short by the kill.
    return [*acknowledged, *rest.splitlines(keepends=True)][: lines + rest.count("\n")]


@pytest.mark.parametrize("lines", [8, 3000])
def test_every_acknowledged_event_is_there_once_and_in_order_after_kill_9(tmp_path: Path, lines: int) -> None:
    acknowledged = killed_after(tmp_path, lines, "first") + killed_after(tmp_path, lines, "second")

    async def story() -> None:
        log = await open_log(tmp_path)
        for number in range(4):
            for session_id in (f"first_{number}", f"second_{number}"):
                entries = await log.sessions.read(session_id)
                assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
                said = [line.split()[2] for line in acknowledged if line.startswith(session_id + " ")]
                assert [entry.event.id for entry in entries][: len(said)] == said
        asked = await log.questions.ask("SELECT count(*), count(DISTINCT position) FROM events", QueryLimits())
        (counted, distinct) = asked.rows[0]
        assert counted == distinct >= len(acknowledged)
        await log.close()

    run(story())
