"""Behaviours of commands in the background: begun, read by parts, typed into, stopped, and gone with the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from dataclasses import replace
from typing import Any

from workbench.contracts.values import Call
from workbench.events import text_of
from workbench.hands.conformance.harness import Behaviour, Bench, Unmet, expect, new_call_id

_HEAD = re.compile(r"\[(bg_\d+) (is running|has ended \((.+?)\))")
WAIT_S = 20


async def _ask(bench: Bench, action: str, **given: Any) -> tuple[str, str, str]:
    """The id, how it stands, and what it printed."""
    said = text_of((await bench.call("background", action=action, **given)).content)
    head, _, rest = said.partition("\n")
    found = _HEAD.match(head)
    if found is None:
        raise Unmet(f"found {said[:400]!r}, wanted a line that says how a command stands")
    return found[1], found[3] or "running", rest


async def _until(bench: Bench, name: str, end: str) -> tuple[str, str]:
    """How it stands once it has printed this, and what it printed; each look waits for news by itself."""
    async with asyncio.timeout(WAIT_S):
        while not (found := await _ask(bench, "read", id=name, wait_s=0.2))[2].endswith(end):
            pass
    return found[1], found[2]


async def _listed(bench: Bench) -> dict[str, tuple[str, str]]:
    """State and last line by id."""
    content = (await bench.call("background", action="list")).content
    told = [str(block["text"]).partition("\n") for block in content if str(block["text"]).startswith("{")]
    return {one["id"]: (one["state"], line) for one, line in ((json.loads(head), line) for head, _, line in told)}


async def spoken_with(bench: Bench) -> None:
    """A command in the background runs beside the shell, is typed into, read by parts, listed and stopped."""
    name, stands, _ = await _ask(bench, "start", command="echo ready; while read x; do echo got $x; done; sleep 600")
    expect(stands, "running")
    await _ask(bench, "write", id=name, text="one\ntwo\n")
    expect(await _until(bench, name, "got two"), ("running", "ready\ngot one\ngot two"))
    expect(await _ask(bench, "read", id=name, after=len("ready\n")), (name, "running", "got one\ngot two"))
    expect(await bench.bash("echo beside"), "beside")
    expect((await _listed(bench))[name], ("running", "got two"))
    expect((await _ask(bench, "stop", id=name))[1], "killed by SIGTERM")
    expect((await _listed(bench))[name], ("ended", "got two"))


async def waited_for(bench: Bench) -> None:
    """A read waits for what comes next, however late it is, and says how the command ended."""
    command = "while [ ! -e go.bg ]; do sleep 0.05; done; printf late; exit 3"
    name, _, _ = await _ask(bench, "start", command=command, wait_s=0)
    waiting = asyncio.create_task(_ask(bench, "read", id=name, after=0, wait_s=WAIT_S))
    await bench.bash("touch go.bg")
    expect((await waiting)[2], "late")
    expect(await _ask(bench, "read", id=name, after=len("late"), wait_s=WAIT_S), (name, "exit code 3", "late"))
    await bench.bash("rm go.bg")


async def dead_at_once(bench: Bench) -> None:
    """A command that cannot run says so in the result of its start, and what is no command is refused."""
    outcome = await bench.call("background", action="start", command="nosuch.program --serve", wait_s=WAIT_S)
    expect(outcome.is_error, True)
    said = text_of(outcome.content)
    expect(("has ended (exit code 127)" in said, "not found" in said), (True, True))
    await bench.refused("background", "background: start needs command, a text without NUL", action="start")
    outcome = await bench.call("background", action="read", id="bg_none")
    expect((outcome.is_error, "there is no bg_none" in text_of(outcome.content)), (True, True))


async def odd_output(bench: Bench) -> None:
    """Bytes that are no text are escaped, a line without an end is told, and of a flood the end is at hand."""
    _, _, said = await _ask(bench, "start", command=r"printf 'a\xff\x00b'; exit", wait_s=WAIT_S)
    expect(said, "a\\xff\x00b")
    # Its last line says that the flood is over.
    name, _, _ = await _ask(bench, "start", command="seq 1000000; echo flooded", wait_s=0)
    _, flood = await _until(bench, name, "\nflooded")
    expect(flood.split("\n")[-2], "1000000")
    if len(flood) > 64 << 10:
        raise Unmet(f"a read told {len(flood)} characters at once")


async def left_alone(bench: Bench) -> None:
    """Neither a new shell nor a call that is cancelled nor an engine's end stops a command in the background."""
    name, _, _ = await _ask(bench, "start", command="echo begun; sleep 600", wait_s=WAIT_S)
    waiting = asyncio.create_task(bench.call("background", action="read", id=name, wait_s=600))
    await bench.call("bash", restart=True)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    if bench.restarted is None:
        raise Unmet("there is no engine to restart here")
    hands = await bench.restarted()
    found = await hands.inspect(bench.session, Call(new_call_id(), "background", {"action": "list"}))
    later = replace(bench, hands=hands)
    expect(found is not None, True)
    expect((await _listed(later))[name], ("running", "begun"))
    await _ask(later, "stop", id=name)


async def ended_with_its_sandbox(bench: Bench) -> None:
    """A command in the background ends with the sandbox, with all that it started; without a sandbox none is asked."""
    mark = f"{600 + secrets.randbelow(300)}.{secrets.randbelow(10**9)}"
    command = f"trap '' TERM; sleep {mark} & (setsid sleep {mark} &); echo begun; wait"
    await _ask(bench, "start", command=command, wait_s=WAIT_S)
    count = f"pgrep -fc '^sleep {mark}'"
    expect(await bench.bash(f"for i in $(seq 100); do [ $({count}) = 2 ] && break; sleep 0.05; done; {count}"), "2")
    await bench.hands.release(bench.session.id)
    expect(await bench.hands.inspect(bench.session, Call(new_call_id(), "background", {"action": "list"})), None)
    expect(await bench.bash(f"{count} || true"), "0")
    expect(await _listed(bench), {})


BEHAVIOURS: tuple[Behaviour, ...] = (
    spoken_with,
    waited_for,
    dead_at_once,
    odd_output,
    left_alone,
    ended_with_its_sandbox,
)
