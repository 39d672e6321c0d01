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
from workbench.contracts.values import Call, text_outcome
from workbench.hands.channel import SANDBOX_ENDED, SOCKET_NAME, UNREADABLE, Channel, outcome_of
from workbench.hands.errors import SandboxUnavailable

HELLO = frames.pack({"kind": "hello", "version": frames.PROTOCOL_VERSION, "pid": 1, "posture": {}})


def greet(channel: Channel, greeting: bytes, *handed: socket.socket) -> socket.socket:
    """Connect as this very process, which the channel may have been told to expect."""
    runner = socket.socket(socket.AF_UNIX)
    runner.settimeout(10)
    runner.connect(str(channel.folder / SOCKET_NAME))
    socket.send_fds(runner, [greeting], [one.fileno() for one in handed])
    return runner


async def first_call(speak: Callable[[socket.socket], None]) -> str:
    """What a call gets when a runner greets properly and then `speak`s."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listener:
        channel = Channel(Path(name) / "channel")
        channel.expect(os.getpid())
        with greet(channel, HELLO, listener) as runner:
            (await channel.hello()).egress.close()
            call = asyncio.create_task(channel.run(Call("call", "bash", {})))
            assert len(await asyncio.to_thread(runner.recv, 1 << 16)) > frames.LENGTH_BYTES
            speak(runner)
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
