"""What commands do to the machine around their sandbox: nothing is left of them, and their output costs no memory."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

from tests.hands.places import Notes, new_session, own_settings, podman_only, real_hands, until
from workbench.contracts.values import Call, Outcome
from workbench.events import new_id, text_of
from workbench.hands.podman.specification import container_name

CALLS = 300
MIB = 1 << 20
LEAVE_ONE = (
    "setsid -f sleep {mark}",
    "( (sleep {mark} > /dev/null 2>&1 &) & )",
    "nohup sleep {mark} > /dev/null 2>&1 &",
    "(trap '' TERM HUP INT; exec sleep {mark}) > /dev/null 2>&1 &",
    "(for _ in $(seq 40); do : & done; wait); setsid bash -c \"trap '' TERM; (exec sleep {mark} &); :\" > /dev/null 2>&1",
)
"""Five ways of a call to leave one process behind."""


def running(words: str) -> int:
    """How many processes on this machine have these words in their command line."""
    found = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                found += words in (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                # It ended since the folder was listed.
                continue
    return found


def most_memory() -> int:
    """The most bytes that this process had in memory since `forget_most_memory`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def forget_most_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@podman_only
def test_of_hundreds_of_calls_that_leave_daemons_nothing_is_left_when_the_session_is_released() -> None:
    async def story() -> tuple[int, int]:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session()
            mark = f"{secrets.randbelow(10**9) + 10**9}"
            for number in range(CALLS):
                command = LEAVE_ONE[number % len(LEAVE_ONE)].format(mark=mark)
                outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))
                assert not outcome.is_error, (command, outcome)
            await until(lambda: running(f"sleep {mark}") == CALLS)
            before = running(container_name(settings, session.id))
            await hands.release(session.id)
            left = running(f"sleep {mark}")
            # Podman's monitor of the container ends after the container, on its own.
            await until(lambda: running(container_name(settings, session.id)) == 0)
            await hands.close()
            return before, left

    before, left = asyncio.run(story())
    assert before > 0
    assert left == 0


@podman_only
def test_a_gigabyte_of_output_costs_the_engine_no_memory_and_its_end_is_kept() -> None:
    async def story() -> tuple[Outcome, int]:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session()
            await hands.provision(session)
            forget_most_memory()
            before = most_memory()
            command = "head -c 1G /dev/zero | tr '\\0' x; echo end"
            async with asyncio.timeout(60):
                outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))
            more = most_memory() - before
            await hands.release_all()
            await hands.close()
            return outcome, more

    outcome, more = asyncio.run(story())
    head, _, kept = text_of(outcome.content).partition("\n")
    told = "[output truncated: the last 102,400 of 1,073,741,828 bytes follow; the first 67,108,864 are in /tmp/tool-results/"
    assert (head.startswith(told), outcome.is_error, len(kept)) == (True, False, 102_400)
    assert kept == f"{'x' * 102_397}end"
    assert more < 32 * MIB
