"""The engine's end of the socket takes every frame as hostile."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sandboxes.runner import frames
from workbench.contracts.values import Call, Heard, ToolOutput, text_outcome, unheard
from workbench.hands.channel import SANDBOX_ENDED, SOCKET_NAME, UNREADABLE, Channel, outcome_of
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.running_output import MOST_CHARACTERS

HELLO = frames.pack({"kind": "hello", "version": frames.PROTOCOL_VERSION, "pid": 1, "posture": {}})


def greet(channel: Channel, greeting: bytes, *handed: socket.socket) -> socket.socket:
    """Connect as this very process, which the channel may have been told to expect."""
    runner = socket.socket(socket.AF_UNIX)
    runner.settimeout(10)
    runner.connect(str(channel.folder / SOCKET_NAME))
    socket.send_fds(runner, [greeting], [one.fileno() for one in handed])
    return runner


async def first_call(speak: Callable[[socket.socket], None], heard: Heard = unheard) -> str:
    """What a call gets when a runner greets properly and then `speak`s."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listener:
        channel = Channel(Path(name) / "channel")
        channel.expect(os.getpid())
        with greet(channel, HELLO, listener) as runner:
            (await channel.hello()).egress.close()
            call = asyncio.create_task(channel.run(Call("call", "bash", {}), heard))
            assert len(await asyncio.to_thread(runner.recv, 1 << 16)) > frames.LENGTH_BYTES
            await asyncio.to_thread(speak, runner)
            async with asyncio.timeout(10):
                outcome = await call
        await channel.close(calls_go_on=False)
        return str(outcome.content[0]["text"])


@pytest.mark.parametrize(
    "said",
    [b"\xff\xff\xff\xff", b"\x00\x00\x00\x01{", b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x0212"],
    ids=["too long", "not JSON", "a list", "a number"],
)
def test_a_broken_frame_ends_the_sandbox_and_its_calls(said: bytes) -> None:
    assert asyncio.run(first_call(lambda runner: runner.sendall(said))) == SANDBOX_ENDED


def test_a_runner_that_goes_away_ends_its_calls() -> None:
    assert asyncio.run(first_call(lambda runner: runner.shutdown(socket.SHUT_RDWR))) == SANDBOX_ENDED


def test_an_outcome_passes_and_one_for_nobody_is_left_alone() -> None:
    def speak(runner: socket.socket) -> None:
        for call_id in ("nobody", "call"):
            outcome = {
                "kind": "outcome",
                "id": call_id,
                "content": [{"type": "text", "text": call_id}],
                "is_error": False,
            }
            runner.sendall(frames.pack(outcome))

    assert asyncio.run(first_call(speak)) == "call"


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "text",
        [{"type": "text"}],
        [{"type": "text", "text": 1}],
        [{"type": "text", "text": "x", "cache_control": {}}],
        [{"type": "tool_use", "id": "x"}],
        [{"type": "image", "source": {"type": "url", "url": "file:///etc/passwd"}}],
    ],
)
def test_blocks_of_another_shape_are_not_let_through(content: object) -> None:
    assert outcome_of({"content": content, "is_error": False}) == text_outcome(UNREADABLE, is_error=True)


def test_another_process_than_the_expected_one_is_not_heard() -> None:
    async def story() -> bytes:
        with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listener:
            channel = Channel(Path(name) / "channel")
            channel.expect(os.getpid() + 1)
            with greet(channel, HELLO, listener) as impostor:
                try:
                    said = await asyncio.to_thread(impostor.recv, 1)
                except ConnectionResetError:
                    said = b""
            await channel.close(calls_go_on=False)
            return said

    assert asyncio.run(story()) == b""


def test_a_greeting_without_a_listener_is_refused() -> None:
    async def story() -> bool:
        with tempfile.TemporaryDirectory() as name, socket.socket() as no_listener:
            channel = Channel(Path(name) / "channel")
            channel.expect(os.getpid())
            with greet(channel, HELLO, no_listener):
                async with asyncio.timeout(10):
                    await channel.ended.wait()
            await channel.close(calls_go_on=False)
            return channel.ended.is_set()

    assert asyncio.run(story())


def test_a_socket_path_that_is_too_long_is_refused_with_the_cure() -> None:
    async def story() -> None:
        with tempfile.TemporaryDirectory() as name:
            Channel(Path(name) / ("x" * 120))

    with pytest.raises(SandboxUnavailable, match="WORKBENCH_HOME"):
        asyncio.run(story())


def heard_during_a_call(*frames_told: dict[str, object]) -> list[ToolOutput]:
    """What a caller hears when a runner tells these frames before the call's outcome."""
    heard: list[ToolOutput] = []

    def speak(runner: socket.socket) -> None:
        outcome = {"kind": "outcome", "id": "call", "content": [{"type": "text", "text": "done"}], "is_error": False}
        runner.sendall(b"".join(frames.pack(frame) for frame in (*frames_told, outcome)))

    assert asyncio.run(first_call(speak, heard.append)) == "done"
    return heard


def test_of_a_flood_of_outputs_a_caller_hears_the_first_and_the_last() -> None:
    flood = [{"kind": "output", "id": "call", "text": f"{number}", "lines_before": number} for number in range(5000)]
    heard = heard_during_a_call(*flood)
    assert [heard[0], heard[-1]] == [ToolOutput("call", "0", 0), ToolOutput("call", "4999", 4999)]
    # A slow machine may take longer than one pause for them.
    assert len(heard) < 100


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"text": 1, "lines_before": 0},
        {"text": "x"},
        {"text": "x", "lines_before": True},
        {"text": "x", "lines_before": -1},
        {"text": "x", "lines_before": 1 << 60},
        {"text": "x", "lines_before": 0, "id": "another"},
        {"text": "x", "lines_before": 0, "id": ["call"]},
    ],
)
def test_an_output_of_another_shape_or_for_nobody_is_left_alone_and_the_call_goes_on(said: dict[str, object]) -> None:
    assert heard_during_a_call({"kind": "output", "id": "call"} | said) == []


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("a\n" * 50_000, ToolOutput("call", "a\n" * (MOST_CHARACTERS // 2 - 1), 7 + 50_001 - MOST_CHARACTERS // 2)),
        ("x" * 50_000, ToolOutput("call", "…" + "x" * MOST_CHARACTERS, 7)),
        ("\ud800", ToolOutput("call", "?", 7)),
    ],
)
def test_of_too_long_an_output_the_last_lines_are_heard(text: str, heard: ToolOutput) -> None:
    assert heard_during_a_call({"kind": "output", "id": "call", "text": text, "lines_before": 7}) == [heard]
