"""Commands in the background without a container: parts of the output, bounds, and what is refused."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sandboxes.runner.background import MOST_ENDED, MOST_RUNNING, Background
from sandboxes.runner.background_command import PART_BYTES, TAIL_LIMIT_BYTES, UNREAD_LIMIT_BYTES
from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import ToolError

WAIT_S = 20

Ask = Callable[..., Awaitable[str]]


def play(folder: Path, story: Callable[[Ask], Awaitable[None]]) -> None:
    async def bounded() -> None:
        children = Children()
        background = Background(children, folder, {**os.environ, "TMPDIR": str(folder)})

        async def ask(action: str, **given: Any) -> str:
            # What can be told at once is told without a turn of the loop.
            await asyncio.sleep(0)
            outcome = await background.run({"action": action, **given})
            return "\n".join(block["text"] for block in outcome.content)

        try:
            async with asyncio.timeout(WAIT_S * 3):
                await story(ask)
        finally:
            background.close()
            await children.end_all()

    asyncio.run(bounded())


async def until_ended(ask: Ask, name: str) -> None:
    after = 0
    while " is running" in (said := await ask("read", id=name, after=after, wait_s=WAIT_S)):
        after = int(said.partition("after=")[2].partition("]")[0])


def test_parts_are_whole_lines_and_together_the_whole_output(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="seq 20000")
        await until_ended(ask, "bg_1")
        after, parts = 0, []
        while True:
            head, _, rest = (await ask("read", id="bg_1", after=after)).partition("\n")
            note, _, text = rest.partition("\n") if rest.startswith("[") else ("", "", rest)
            assert len(text) <= PART_BYTES
            parts.append(text)
            if not note:
                break
            after = int(head.partition("after=")[2].partition("]")[0])
        assert len(parts) > 2
        assert "\n".join(parts).split("\n") == [str(number) for number in range(1, 20001)]

    play(tmp_path, story)


def test_a_begun_line_is_told_again_from_its_beginning(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        said = await ask("start", command="echo first; printf 'name? '; read x; echo hello $x", wait_s=WAIT_S)
        while not said.endswith("name? "):
            said = await ask("read", id="bg_1", wait_s=0.1)
        after = len("first\nname? ")
        await ask("write", id="bg_1", text="Ada\n")
        await until_ended(ask, "bg_1")
        assert (await ask("read", id="bg_1", after=after)).endswith("]\nname? hello Ada")

    play(tmp_path, story)


def test_of_a_flood_memory_and_file_keep_so_much_and_what_is_gone_is_said(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="yes 0123456789 | head -c 30000000")
        await until_ended(ask, "bg_1")
        said = await ask("read", id="bg_1", after=0)
        assert f"[of the bytes before {30_000_000 - TAIL_LIMIT_BYTES}, the first 16,777,216 are in {tmp_path}" in said
        [kept] = (tmp_path / "tool-results").iterdir()
        assert kept.stat().st_size == 16 << 20

    play(tmp_path, story)


def test_so_many_run_at_once_and_the_oldest_that_ended_are_forgotten(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        for _ in range(MOST_RUNNING):
            await ask("start", command="sleep 600", wait_s=0)
        with pytest.raises(ToolError, match="16 commands are running, which is the most; stop one first"):
            await ask("start", command="true")
        await ask("stop", id="bg_1")
        for _ in range(MOST_ENDED + 1):
            await ask("start", command="true", wait_s=WAIT_S)
        with pytest.raises(ToolError, match="there is no bg_1 in this sandbox; it has bg_2, "):
            await ask("read", id="bg_1")

    play(tmp_path, story)


def test_input_has_a_bound_and_an_end(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="sleep 600", wait_s=0)
        await ask("write", id="bg_1", text="x" * (UNREAD_LIMIT_BYTES - 1), wait_s=0)
        with pytest.raises(ToolError, match="bg_1 does not read its input"):
            await ask("write", id="bg_1", text="x" * UNREAD_LIMIT_BYTES)
        await ask("start", command="wc -c")
        await ask("write", id="bg_2", text="four", end_input=True)
        await until_ended(ask, "bg_2")
        assert (await ask("read", id="bg_2")).endswith("]\n4")
        with pytest.raises(ToolError, match="bg_2 has ended"):
            await ask("write", id="bg_2", text="more")

    play(tmp_path, story)


def test_what_ignores_the_request_to_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="trap '' TERM; sleep 601 & echo begun; wait; sleep 602", wait_s=WAIT_S)
        assert "has ended (killed by SIGKILL)" in await ask("stop", id="bg_1")

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"action": "restart"}, "action must be start, read, write, stop, watch or list"),
        ({"action": ["start"]}, "action must be start, read, write, stop, watch or list"),
        ({"action": "start"}, "start needs command"),
        ({"action": "start", "command": "a\x00b"}, "start needs command, a text without NUL"),
        ({"action": "start", "command": "x" * 200_000}, "the command cannot be started: .*too long"),
        ({"action": "start", "command": "\udbff"}, "the command cannot be started: "),
        ({"action": "start", "command": "true", "wait_s": 601}, "wait_s must be a number of seconds up to 600"),
        ({"action": "start", "command": "true", "wait_s": float("nan")}, "wait_s must be a number"),
        ({"action": "read"}, "there is no command without an id"),
        ({"action": "read", "id": {"bg": 1}}, "in this sandbox; it has bg_1"),
        ({"action": "read", "id": "bg_1", "after": -1}, "after must be a whole number of bytes"),
        ({"action": "read", "id": "bg_1", "after": 10**9}, "bg_1 has printed 3 bytes, not 1000000000"),
        ({"action": "write", "id": "bg_1"}, "write needs text, or end_input"),
    ],
)
def test_bad_input_is_refused_with_what_is_wrong_and_changes_nothing(
    tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="echo hi; sleep 600", wait_s=WAIT_S)
        with pytest.raises(ToolError, match=words):
            await ask(**given)
        assert (await ask("list")).count('"state": "running"') == 1

    play(tmp_path, story)


async def matches(ask: Ask, taken: int = 0) -> tuple[dict[str, Any], list[str]]:
    head, *lines = (await ask("matches", id="bg_1", taken=taken, wait_s=WAIT_S)).split("\n")
    return json.loads(head), lines


async def all_matches(ask: Ask, taken: int) -> tuple[dict[str, Any], list[str]]:
    """What it says once the command has ended and its last line was looked at."""
    while (told := await matches(ask, taken))[0]["exit_code"] is None:
        pass
    return told


def test_a_watch_sees_each_line_that_matches_once_the_last_without_an_end_too(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        command = r"echo ready early; while read x; do printf '\033[32mready\033[0m %s\n' $x; done; printf 'not ready'"
        await ask("start", command=command, wait_s=WAIT_S)
        await ask("watch", id="bg_1", pattern="^ready|not")
        await ask("write", id="bg_1", text="one\n")
        assert await matches(ask) == ({"matched": 1, "exit_code": None, "broken": None}, ["ready one"])
        await ask("write", id="bg_1", end_input=True)
        told = await all_matches(ask, 1)
        assert told == ({"matched": 2, "exit_code": 0, "broken": None}, ["not ready"])
        await ask("watch", id="bg_1", pattern="early", after=0)
        assert (await matches(ask))[1] == ["ready early"]

    play(tmp_path, story)


def test_of_too_many_matches_the_first_and_the_last_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="read x; seq 1000")
        await ask("watch", id="bg_1", pattern="[0-9]")
        await ask("write", id="bg_1", text="\n")
        told = await all_matches(ask, 0)
        assert (told[0]["matched"], told[1]) == (1000, ["1", "2", "3", "4", "5", "996", "997", "998", "999", "1000"])

    play(tmp_path, story)


def test_a_pattern_that_takes_too_long_ends_its_watch_and_nothing_else(tmp_path: Path) -> None:
    async def story(ask: Ask) -> None:
        await ask("start", command="read x; echo " + "a" * 60 + "; sleep 600")
        await ask("watch", id="bg_1", pattern="(a|a)*$b")
        with pytest.raises(ToolError, match=r"no regular expression that can be used: .*unterminated"):
            await ask("watch", id="bg_1", pattern="(")
        await ask("watch", id="bg_1", pattern="(a|aa)+b")
        await ask("write", id="bg_1", text="\n")
        head, lines = await matches(ask)
        assert (head["broken"], lines) == ("the pattern takes too long on a line of the output", [])
        assert " is running" in await ask("read", id="bg_1")
        await ask("watch", id="bg_1", deadline_s=0)
        with pytest.raises(ToolError, match="bg_1 is not watched"):
            await ask("matches", id="bg_1", taken=0)

    play(tmp_path, story)
