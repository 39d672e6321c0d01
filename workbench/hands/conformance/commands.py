"""Behaviours of a person's own commands, and of files that go in and out, on any sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from sandboxes.runner.commands import MOST_OUTPUT_BYTES, NAME
from sandboxes.runner.transfers import PIECE_BYTES
from workbench.contracts.transfers import Outgoing, TransferRefused
from workbench.contracts.values import Call
from workbench.events import text_of
from workbench.hands.conformance.harness import Behaviour, Bench, Unmet, expect, new_call_id


async def _ran(bench: Bench, command: str | list[str], **given: Any) -> tuple[Any, str, str]:
    """Exit code, output and errors."""
    outcome = await bench.call(NAME, command=command, **given)
    if outcome.is_error:
        raise Unmet(text_of(outcome.content))
    head, output, errors = (str(block["text"]) for block in outcome.content)
    return json.loads(head)["exit_code"], output, errors


async def ended_commands(bench: Bench) -> None:
    """A person's command gives its exit code, output and errors apart, in its folder, with its variables, read by no shell where it is a list."""
    expect(await _ran(bench, "echo out; echo err >&2; exit 3"), (3, "out\n", "err\n"))
    expect(await _ran(bench, ["printf", "%s|", "a b", "$HOME", "\x1b[31m"]), (0, "a b|$HOME|\x1b[31m|", ""))
    expect(await _ran(bench, ["sh", "-c", "kill -TERM $$"]), (143, "", ""))
    await bench.bash("mkdir -p inner")
    expect((await _ran(bench, "pwd | xargs basename; echo $WORD", cwd="inner", env={"WORD": "é"}))[1], "inner\né\n")
    expect(await _ran(bench, ["/etc/passwd"]), (126, "", "/etc/passwd: permission denied\n"))
    expect(await _ran(bench, ["nosuchcommand"]), (127, "", "nosuchcommand: command not found\n"))
    await bench.bash("printf 'a\\0b' > given.bin")
    expect(await _ran(bench, ["wc", "-c"], stdin="given.bin"), (0, "3\n", ""))
    expect((await _ran(bench, "cat; id -u", user=(await bench.bash("id -un"))))[0], 0)


async def refused_commands(bench: Bench) -> None:
    """A person's command in a folder that is not there, or as another user, is refused in words and does not run."""
    await bench.refused(NAME, "cwd: gone: no such directory", command="touch ran", cwd="gone")
    await bench.refused(NAME, "stdin: gone: no such file or directory", command="touch ran", stdin="gone")
    outcome = await bench.call(NAME, command="touch ran", user="nosuchuser")
    expect((outcome.is_error, "cannot become nosuchuser" in text_of(outcome.content)), (True, True))
    expect(await bench.bash("ls ran 2>/dev/null || true"), "(no output)")


async def command_beside_the_agent(bench: Bench) -> None:
    """A person's command waits for no call of the agent's, and leaves folder and variables of its shell as they are."""
    mark = secrets.token_hex(4)
    running = asyncio.create_task(bench.bash(f"until [ -e go.{mark} ]; do sleep 0.05; done; pwd | xargs basename"))
    expect((await _ran(bench, f"cd /; WORD=lost; touch ~-/go.{mark}"))[0], 0)
    expect(await running, await bench.bash("pwd | xargs basename"))
    expect(await bench.bash("echo ${WORD:-unset}"), "unset")


async def timed_commands(bench: Bench) -> None:
    """A person's command that is over its time, or given up, ends with all that it started; what it printed is told."""
    mark = f"{600 + secrets.randbelow(300)}.{secrets.randbelow(10**9)}"
    outcome = await bench.call(NAME, command=f"echo begun; sleep {mark} & sleep {mark}", timeout_s=0.5)
    head = json.loads(str(outcome.content[0]["text"]))
    expect((head["exit_code"], head["timed_out"], outcome.content[1]["text"]), (None, True, "begun\n"))
    call = Call(new_call_id(), NAME, {"command": f"touch begun.{mark}; sleep {mark}"})
    running = asyncio.create_task(bench.hands.execute(bench.session, call))
    await bench.bash(f"until [ -e begun.{mark} ]; do sleep 0.05; done")
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    count = f"pgrep -fc '^sleep {mark}'"
    expect(
        await bench.bash(f"for i in $(seq 100); do [ $({count}) = 0 ] && break; sleep 0.05; done; {count} || true"), "0"
    )


async def command_of_a_dead_engine(bench: Bench) -> None:
    """A person's command ends with the engine that was asked for it, as nobody else waits for its result."""
    if bench.restarted is None:
        raise Unmet("there is no engine to restart here")
    mark = f"{600 + secrets.randbelow(300)}.{secrets.randbelow(10**9)}"
    call = Call(new_call_id(), NAME, {"command": f"touch begun.{mark}; sleep {mark}"})
    running = asyncio.create_task(bench.hands.execute(bench.session, call))
    await bench.bash(f"until [ -e begun.{mark} ]; do sleep 0.05; done")
    later = replace(bench, hands=await bench.restarted())
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    count = f"pgrep -fc '^sleep {mark}'"
    said = await later.bash(f"for i in $(seq 100); do [ $({count}) = 0 ] && break; sleep 0.05; done; {count} || true")
    expect(said, "0")


async def large_command_output(bench: Bench) -> None:
    """Of what a person's command prints the end is told, whatever bytes it has, and how many came before it."""
    outcome = await bench.call(
        NAME, command=f"head -c {3 * MOST_OUTPUT_BYTES} /dev/zero; printf 'end\\377' ; printf x >&2"
    )
    head, output, errors = (str(block["text"]) for block in outcome.content)
    expect(json.loads(head)["stdout_cut_bytes"], 2 * MOST_OUTPUT_BYTES + 4)
    expect((len(output), output[-4:], errors), (MOST_OUTPUT_BYTES, "end\ufffd", "x"))


async def daemon_of_a_command(bench: Bench) -> None:
    """What a person's command leaves in the background holds up nothing, goes on, and may go on printing."""
    mark = secrets.token_hex(4)
    loop = f"(until [ -e go.{mark} ]; do sleep 0.05; done; seq 100000; touch ended.{mark}) &"
    expect(await _ran(bench, f"{loop} echo started"), (0, "started\n", ""))
    await bench.bash(f"touch go.{mark}; for i in $(seq 200); do [ -e ended.{mark} ] && break; sleep 0.05; done")
    expect(await bench.bash(f"ls ended.{mark}"), f"ended.{mark}")


async def _pieces(*given: bytes) -> AsyncIterator[bytes]:
    for one in given:
        yield one


async def _cut_off() -> AsyncIterator[bytes]:
    yield b"x" * 3 * PIECE_BYTES
    raise ConnectionError


async def _read(outgoing: Outgoing) -> bytes:
    return b"".join([piece async for piece in outgoing.pieces])


async def files_in_and_out(bench: Bench) -> None:
    """A file goes in and comes out byte for byte, whatever its size and name; one that is there keeps its mode, one that is refused its content."""
    transfers, session = bench.transfers, bench.session
    large = secrets.token_bytes(1 << 10) * (3 << 10) + b"end"
    assert len(large) > PIECE_BYTES
    for name, data in (("a b/c\n'é.bin", large), ("empty", b""), ("$HOME `x`", b"\xff\0")):
        await transfers.put_in(session, name, _pieces(data[:5], data[5:]), as_archive=False)
        outgoing = await transfers.take_out(session, name, as_archive=False)
        expect((outgoing.size_bytes, await _read(outgoing) == data), (len(data), True))
    await transfers.put_in(session, "tool.sh", _pieces(b"#!/bin/sh\necho ran"), as_archive=False, mode=0o755)
    await transfers.put_in(session, "tool.sh", _pieces(b"#!/bin/sh\necho again"), as_archive=False)
    expect(await bench.bash("./tool.sh; chmod a-w tool.sh"), "again")
    expect((await transfers.look(session, "tool.sh")), {"kind": "file", "size_bytes": 20, "mode": 0o555})
    await _is_refused(bench, "not_permitted", "tool.sh", data=b"x")
    with contextlib.suppress(ConnectionError):
        await transfers.put_in(session, "empty", _cut_off(), as_archive=False)
    left = "ls -A | grep -c '^[.]empty'"
    expect(
        await bench.bash(f"for i in $(seq 100); do {left} || break; sleep 0.05; done | tail -1; wc -c < empty"), "0\n0"
    )
    expect(await bench.bash("./tool.sh; ls -A | grep -c '^[.]tool' || true"), "again\n0")


async def refused_files(bench: Bench) -> None:
    """What is not there, may not be read, is a folder or a pipe is refused with a word for programs, never a wait."""
    await bench.bash("mkdir -p folder; mkfifo -m 600 pipe; echo x > closed; chmod 0 closed; echo x > plain")
    for kind, path in (
        ("not_found", "gone"),
        ("not_found", "plain/inner"),
        ("not_permitted", "closed"),
        ("is_a_directory", "folder"),
        ("not_a_file", "pipe"),
    ):
        await _is_refused(bench, kind, path)
    await _is_refused(bench, "is_a_directory", "folder", data=b"x")
    await _is_refused(bench, "not_a_file", "pipe", data=b"x")
    await _is_refused(bench, "not_a_directory", "plain", as_archive=True)
    await _is_refused(bench, "not_an_archive", "folder", data=b"x" * 600, as_archive=True)
    await bench.bash("rm -f pipe closed")


async def _is_refused(
    bench: Bench, kind: str, path: str, *, data: bytes | None = None, as_archive: bool = False
) -> None:
    try:
        if data is None:
            outgoing = await bench.transfers.take_out(bench.session, path, as_archive=as_archive)
            await outgoing.pieces.aclose()
        else:
            await bench.transfers.put_in(bench.session, path, _pieces(data), as_archive=as_archive)
    except TransferRefused as refused:
        expect((refused.kind, str(refused).startswith(f"{path}: ")), (kind, True))
        return
    raise Unmet(f"{path} was not refused as {kind}")


async def folders_in_and_out(bench: Bench) -> None:
    """A folder comes out as an archive and goes in again as it was: modes, links, empty folders; pipes are left out."""
    await bench.bash(
        "mkdir -p from/empty from/deep; echo a > from/deep/a; ln from/deep/a from/hard; ln -s deep/a from/soft;"
        " ln -s /etc/passwd from/away; printf '#!/bin/sh\\necho ran' > from/run; chmod 755 from/run; mkfifo from/pipe"
    )
    archive = await _read(await bench.transfers.take_out(bench.session, "from", as_archive=True))
    await bench.transfers.put_in(bench.session, "to/there", _pieces(archive), as_archive=True)
    await bench.transfers.put_in(bench.session, "to/there", _pieces(archive), as_archive=True)
    expect(await bench.bash("rm from/pipe; diff -r --no-dereference from to/there && to/there/run"), "ran")
    expect(await bench.bash("readlink to/there/away; stat -c %a to/there/run"), "/etc/passwd\n755")


BEHAVIOURS: tuple[Behaviour, ...] = (
    ended_commands,
    refused_commands,
    command_beside_the_agent,
    timed_commands,
    command_of_a_dead_engine,
    large_command_output,
    daemon_of_a_command,
    files_in_and_out,
    refused_files,
    folders_in_and_out,
)
