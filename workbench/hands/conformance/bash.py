"""Behaviours of the tool bash on any sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

from sandboxes.runner.running_output import TAIL_BYTES
from sandboxes.runner.shell import NEXT
from workbench.contracts.values import Call, ToolOutput
from workbench.events import text_of
from workbench.hands.conformance.harness import Behaviour, Bench, Unmet, expect, new_call_id


async def failing_command(bench: Bench) -> None:
    """A command that fails is an error with its output and errors, in their order."""
    outcome = await bench.call("bash", command="echo one; echo two >&2; echo three; (exit 3)")
    expect((text_of(outcome.content), outcome.is_error), ("one\ntwo\nthree\n[exit code 3]", True))
    outcome = await bench.call("bash", command="true")
    expect((text_of(outcome.content), outcome.is_error), ("(no output)", False))


async def persistent_shell(bench: Bench) -> None:
    """Folder, variables and functions persist from call to call, until a restart."""
    await bench.bash("mkdir -p deep && cd deep && WORD=kept && say() { echo said $1; }")
    expect(await bench.bash('basename "$PWD"; echo $WORD; say so'), "deep\nkept\nsaid so")
    expect(text_of((await bench.call("bash", restart=True)).content), "bash session restarted")
    expect(await bench.bash("echo ${WORD:-gone}"), "gone")


async def standard_input(bench: Bench) -> None:
    """A command that reads its input gets the end of file, and sees three descriptors and no other."""
    expect(await bench.bash("cat; read line; echo $?"), "1")
    expect(await bench.bash("bash -c 'ls /proc/$$/fd; :'"), "0\n1\n2")


async def long_output(bench: Bench) -> None:
    """Of ten million bytes the last whole lines within 102,400 are told, and where all of them are."""
    said = await bench.bash(f"yes {'x' * 99} | head -c 10000000; echo end")
    head, _, kept = said.partition("\n")
    begin, _, path = head.rstrip("]").rpartition(" ")
    words = "[output truncated: the last 102,303 of 10,000,004 bytes follow; all of them are in"
    expect((begin, kept.endswith("x\nend"), len(kept)), (words, True, 102_303))
    expect(await bench.bash(f"wc -c < {path}; rm {path}"), "10000004")


async def unreadable_output(bench: Bench) -> None:
    """Colours are taken out, bytes that are no UTF-8 are escaped, and of a line that was overwritten the last state is told."""
    expect(await bench.bash(r"printf '\033[31mred\033[0m \377 end\n\n'"), "red \\xff end")
    said = await bench.bash(r"printf '\r1%%\r10%%\r100%%\nx\r\ny\r\n'")
    expect(said, "100%\nx\r\ny\r\n[2 earlier states of overwritten lines left out]")


async def timeout_ends_the_group(bench: Bench) -> None:
    """A call over its time ends with what it wrote and with everything that it started."""
    mark = _mark()
    outcome = await bench.call("bash", command=f"echo begun; (sleep {mark} & sleep {mark})", timeout_ms=500)
    end = f"[the shell and what ran in it were ended; {NEXT}]"
    words = f"bash: bash command timed out after 0.5s\nbegun\n{end}"
    expect((text_of(outcome.content), outcome.is_error), (words, True))
    expect(await bench.bash("echo goes on"), f"{_new_shell('was ended with a call that timed out')}\ngoes on")
    expect(await _alive(bench, mark), "0")


async def daemon(bench: Bench) -> None:
    """A child in the background does not hold its call."""
    mark = _mark()
    expect(await bench.bash(f"(setsid sleep {mark} &) ; sleep {mark} & echo started"), "started")
    await bench.bash(f"pkill -f 'sleep {mark}'")


async def cancelled_call(bench: Bench) -> None:
    """A cancelled call ends inside as well, and the next one works."""
    mark, call_id = _mark(), new_call_id()
    running = asyncio.create_task(bench.call("bash", call_id=call_id, command=f"touch begun.{mark}; sleep {mark}"))
    await _until_exists(bench, f"begun.{mark}")
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    expect(await bench.bash("echo works"), f"{_new_shell('was ended with a call that was cancelled')}\nworks")
    expect(await _alive(bench, mark), "0")


async def unwanted_call(bench: Bench) -> None:
    """A call that runs while its result is written down already is ended inside, and nothing of it is kept."""
    mark, call_id = _mark(), new_call_id()
    command = f"touch begun.{mark}; sleep {mark}"
    running = asyncio.create_task(bench.call("bash", call_id=call_id, command=command))
    await _until_exists(bench, f"begun.{mark}")
    await bench.hands.acknowledge(bench.session, call_id)
    expect((await running).is_error, True)
    expect(await bench.bash("echo works"), f"{_new_shell('was ended with a call that was cancelled')}\nworks")
    expect(await _alive(bench, mark), "0")
    expect(await bench.hands.recover(bench.session, Call(call_id, "bash", {})), None)


async def readable_deaths(bench: Bench) -> None:
    """A missing command, an open quote and a death by signal are errors that can be read."""
    for command, words in (
        ("nosuchcommand", "command not found"),
        ('echo "open', "unexpected EOF"),
        ("bash -c 'kill -SEGV $$'", "Segmentation fault"),
    ):
        outcome = await bench.call("bash", command=command)
        if not outcome.is_error or words not in text_of(outcome.content):
            raise Unmet(f"{command}: {text_of(outcome.content)!r}")
    await bench.refused("bash", "bash: command is required")


async def ended_shell(bench: Bench) -> None:
    """A command that ends the shell gives what it wrote and says so; the next call has a new shell, and says so too."""
    for command, code in (("echo words; exit 3", 3), ("sleep 99 & echo words; exit 3", 3), ("exec echo words", 0)):
        outcome = await bench.call("bash", command=command)
        words = f"words\n[the shell ended with the command (exit code {code}); {NEXT}]"
        expect((text_of(outcome.content), outcome.is_error), (words, code != 0))
        expect(await bench.bash("echo goes on"), f"{_new_shell('ended with an earlier call')}\ngoes on")


async def harmless_settings(bench: Bench) -> None:
    """What one call does to options, descriptors and traps of the shell does not end or silence the next one."""
    for command in (
        "set -eu",
        "set -o posix",
        "exec >silent.txt",
        "exec 2>&-",
        "trap 'true' EXIT ERR TERM",
        "exec </dev/zero",
    ):
        await bench.bash(command)
        outcome = await bench.call("bash", command="false; echo ${UNSET-unset}${UNSET}; (exit 4)")
        expect((text_of(outcome.content), outcome.is_error), ("unset\n[exit code 4]", True))


async def running_output(bench: Bench) -> None:
    """What a command prints is heard while it runs, and all of it before its result; it tells nothing of the call before."""
    heard: asyncio.Queue[ToolOutput] = asyncio.Queue()
    await bench.bash("rm -f go; echo before")
    command = "printf 'one\\n\\033[31mtwo\\033[0m'; until [ -e go ]; do sleep 0.05; done; echo; seq 3 2000"
    call = Call(new_call_id(), "bash", {"command": command})
    running = asyncio.create_task(bench.hands.execute(bench.session, call, heard.put_nowait))
    async with asyncio.timeout(20):
        while (output := await heard.get()).text != "one\ntwo":
            expect(output.text in ("", "one\n"), True)
    expect(output.lines_before, 0)
    await bench.call("write", file_path="go", content="")
    async with asyncio.timeout(20):
        expect((await running).is_error, False)
    while not heard.empty():
        output = heard.get_nowait()
    lines = output.text.split("\n")
    expect((lines[-2:], lines[0]), (["2000", ""], str(output.lines_before + 1)))
    expect(len(output.text.encode()) <= TAIL_BYTES, True)
    await bench.bash("rm go")


async def background_output(bench: Bench) -> None:
    """What a job in the background writes between two calls is told apart from the next call's output."""
    await bench.bash("(until [ -e go ]; do sleep 0.01; done; echo from the job; touch gone) & echo started")
    await bench.call("write", file_path="go", content="")
    await _until_exists(bench, "gone")
    words = "[output of background jobs since the call before]\nfrom the job\n[output of this call]\nmine"
    expect(await bench.bash("wait; rm go gone; echo mine"), words)


async def broken_pipe(bench: Bench) -> None:
    """A pipe that is closed early ends its writer without a word."""
    expect(await bench.bash("yes | head -1"), "y")


async def parallel_calls(bench: Bench) -> None:
    """Eight calls at once do not mix their outputs."""
    commands = [f"for i in 1 2 3 4 5; do echo {number}; done" for number in range(8)]
    said = await asyncio.gather(*(bench.bash(command) for command in commands))
    expect(said, ["\n".join([str(number)] * 5) for number in range(8)])


def _new_shell(how: str) -> str:
    return f"[this is a new shell: the one before {how}, and its folder, variables and jobs are gone]"


def _mark() -> str:
    """A number of seconds that nobody else sleeps."""
    return f"{600 + secrets.randbelow(300)}.{secrets.randbelow(10**9)}"


async def _alive(bench: Bench, mark: str) -> str:
    """How many such processes are left, when those that are ending have had their time."""
    count = f"pgrep -fc '^sleep {mark}'"
    return await bench.bash(f"for i in $(seq 100); do [ $({count}) = 0 ] && break; sleep 0.05; done; {count} || true")


async def _until_exists(bench: Bench, name: str) -> None:
    """Ask a tool that does not wait for the shell, again and again."""
    async with asyncio.timeout(20):
        while name not in text_of((await bench.call("glob", pattern=name)).content):
            pass


BEHAVIOURS: tuple[Behaviour, ...] = (
    failing_command,
    persistent_shell,
    standard_input,
    long_output,
    unreadable_output,
    timeout_ends_the_group,
    daemon,
    cancelled_call,
    unwanted_call,
    readable_deaths,
    ended_shell,
    harmless_settings,
    running_output,
    background_output,
    broken_pipe,
    parallel_calls,
)
