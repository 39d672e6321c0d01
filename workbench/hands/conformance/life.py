"""Behaviours of any sandbox over its life: it outlives its engine, and its end is an end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import replace

from workbench.contracts.values import Call, ToolOutput
from workbench.events import text_of
from workbench.hands.conformance.harness import Behaviour, Bench, Unmet, expect, new_call_id


async def restarted_engine(bench: Bench) -> None:
    """An engine that dies in mid-call finds the call again: what has ended is adopted, what runs is awaited."""
    if bench.restarted is None:
        raise Unmet("there is no engine to restart here")
    ended, running = new_call_id(), new_call_id()
    await bench.call("bash", call_id=ended, command="KEPT=yes; echo first")
    command = "echo before; touch begun; while [ ! -e go ]; do sleep 0.05; done; echo second $KEPT"
    task = asyncio.create_task(bench.call("bash", call_id=running, command=command))
    async with asyncio.timeout(20):
        while "begun" not in text_of((await bench.call("glob", pattern="begun")).content):
            pass
    hands = await bench.restarted()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    later = replace(bench, hands=hands)
    outcome = await hands.recover(bench.session, Call(ended, "bash", {}))
    expect(outcome and text_of(outcome.content), "first")
    heard: asyncio.Queue[ToolOutput] = asyncio.Queue()
    waiting = asyncio.create_task(hands.recover(bench.session, Call(running, "bash", {}), heard.put_nowait))
    async with asyncio.timeout(20):
        expect((await heard.get()).text, "before\n")
    await later.call("write", file_path="go", content="")
    async with asyncio.timeout(20):
        outcome = await waiting
    expect(outcome and text_of(outcome.content), "before\nsecond yes")
    expect(await hands.recover(bench.session, Call(new_call_id(), "bash", {})), None)


async def fresh_sandbox(bench: Bench) -> None:
    """A released sandbox is gone; the next one has the same files, and releasing twice is no error."""
    await bench.bash("echo kept > kept.txt; echo lost > ${TMPDIR:-/tmp}/lost.txt")
    await bench.hands.release(bench.session.id)
    await bench.hands.release(bench.session.id)
    expect(await bench.bash("cat kept.txt; ls ${TMPDIR:-/tmp}/lost.txt 2>/dev/null || true"), "kept")


async def ended_daemons(bench: Bench) -> None:
    """What runs in the background ends with the sandbox, however it detached itself."""
    mark = f"{600 + secrets.randbelow(300)}.{secrets.randbelow(10**9)}"
    await bench.bash(f"(setsid bash -c 'sleep {mark} & sleep {mark}' &) ; sleep {mark} & echo started")
    count = f"pgrep -fc '^sleep {mark}'"
    expect(await bench.bash(f"for i in $(seq 100); do [ $({count}) = 3 ] && break; sleep 0.05; done; {count}"), "3")
    await bench.hands.release(bench.session.id)
    expect(await bench.bash(f"{count} || true"), "0")


async def no_zombies(bench: Bench) -> None:
    """After a hundred orphans no dead process is left."""
    name = f"orphan{secrets.token_hex(4)}"
    await bench.bash(f"cp /bin/true {name}; for i in $(seq 100); do (setsid ./{name} &); done")
    dead = f"ps -eo stat=,comm= | grep -c 'Z.*{name}' || true"
    said = await bench.bash(f"for i in $(seq 100); do [ $({dead}) = 0 ] && break; sleep 0.05; done; {dead}; rm {name}")
    expect(said, "0")


BEHAVIOURS: tuple[Behaviour, ...] = (restarted_engine, fresh_sandbox, ended_daemons, no_zombies)
