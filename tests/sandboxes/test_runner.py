"""The runner's parts that no container is needed for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandboxes.runner import frames
from sandboxes.runner.children import Children
from sandboxes.runner.ledger import CANCELLED, Ledger
from sandboxes.runner.outcomes import Outcome, text
from sandboxes.runner.paths import Places
from sandboxes.runner.running_output import Show
from sandboxes.runner.search import Grep
from sandboxes.runner.tools import Tools

ROOT = Path(__file__).parents[2]


def test_the_runner_imports_nothing_but_the_standard_library() -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import sandboxes.runner.main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    foreign = {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names - {"sandboxes"}
    assert {name for name in foreign if not name.startswith("_")} == set()


def test_a_tool_that_breaks_is_an_outcome_and_other_calls_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    async def tool(name: str, given: Mapping[str, Any], show: Show, _: str) -> Outcome:
        if name == "broken":
            raise KeyError("surprise")
        if name == "slow":
            await asyncio.Event().wait()
        return text(f"{name} ran")

    async def story() -> list[frames.Frame]:
        told: asyncio.Queue[frames.Frame] = asyncio.Queue()
        ledger = Ledger(tool, told.put_nowait, told.put_nowait)
        for call_id in ("broken", "fine", "slow"):
            ledger.take({"kind": "run", "id": call_id, "name": call_id, "input": {}})
        async with asyncio.timeout(10):
            first = [await told.get(), await told.get()]
            ledger.take({"kind": "cancel", "id": "slow"})
            ledger.take({"kind": "recover", "id": "never heard of"})
            return sorted([*first, await told.get(), await told.get()], key=lambda frame: str(frame["id"]))

    frames_told = asyncio.run(story())
    said = [(frame["id"], frame.get("content", [{}])[0].get("text"), frame.get("is_error")) for frame in frames_told]
    assert said == [
        ("broken", "broken: the tool itself failed: KeyError: 'surprise'", True),
        ("fine", "fine ran", False),
        ("never heard of", None, None),
        ("slow", CANCELLED, True),
    ]
    assert "KeyError" in capsys.readouterr().err


def test_a_ripgrep_that_a_tool_could_have_written_is_never_run(tmp_path: Path) -> None:
    program = tmp_path / "rg"
    program.write_text("#!/bin/sh\necho caught\n")
    program.chmod(0o755)
    places, path = Places(tmp_path), f"{tmp_path}:{os.defpath}"

    async def story() -> str:
        (tmp_path / "a.txt").write_text("needle\n")
        return str((await Grep(Children(), {"PATH": path}).run(places, {"pattern": "needle"})).content[0]["text"])

    assert asyncio.run(story()) == f"{tmp_path}/a.txt:1:needle"


def test_orphans_are_buried_and_no_exit_code_of_a_call_is_lost(tmp_path: Path) -> None:
    async def story() -> list[int]:
        children = Children()
        codes = []
        for code in (0, 3, 7):
            child = children.start(
                ["/bin/sh", "-c", f"exit {code}"],
                folder=tmp_path,
                environment={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            async with asyncio.timeout(10):
                while not child.ended.done():
                    children.bury()
                    await asyncio.sleep(0)
            codes.append(child.ended.result())
        return codes

    assert asyncio.run(story()) == [0, 3, 7]


def test_a_frame_comes_back_as_it_was_and_a_too_long_one_is_refused() -> None:
    async def story(sent: bytes) -> frames.Frame | None:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        return await frames.read(reader)

    frame = {"kind": "run", "text": "ünï\ud800"}
    assert asyncio.run(story(frames.pack(frame))) == {"kind": "run", "text": "ünï?"}
    assert asyncio.run(story(b"\0\0\0\x09{")) is None
    with pytest.raises(frames.BrokenFrame):
        asyncio.run(story(b"\xff\xff\xff\xff"))


def test_each_thread_has_a_shell_of_its_own_and_none_waits_for_anothers(tmp_path: Path) -> None:
    async def story() -> list[str]:
        children = Children()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, children.bury)
        tools = Tools(children, Places(tmp_path), {"PATH": os.defpath})
        waits = {"command": "X=1; until [ -e go ]; do sleep 0.05; done; echo $X"}
        waiting = asyncio.ensure_future(tools.run("bash", waits))
        other = await tools.run("bash", {"command": "touch go; echo ${X:-unset}"}, thread="sthr_child")
        said = [str((await waiting).content[0]["text"]), str(other.content[0]["text"])]
        tools.close()
        return said

    assert asyncio.run(asyncio.wait_for(story(), 30)) == ["1", "unset"]


def test_an_agent_does_not_write_over_what_another_has_changed_since_it_read_it(tmp_path: Path) -> None:
    async def story() -> None:
        tools = Tools(Children(), Places(tmp_path), {"PATH": os.defpath})

        async def call(name: str, thread: str, **given: str) -> tuple[str, bool]:
            outcome = await tools.run(name, {"file_path": str(tmp_path / "a.txt"), **given}, thread=thread)
            return str(outcome.content[0]["text"]), outcome.is_error

        assert (await call("write", "one", content="first\n"))[1] is False
        assert (await call("read", "two"))[0] == "first\n"
        assert (await call("write", "two", content="second\n"))[1] is False
        refused, is_error = await call("write", "one", content="mine\n")
        assert is_error
        assert "was changed since you read it" in refused
        told, is_error = await call("edit", "one", old_string="second", new_string="both")
        assert not is_error
        assert "had been changed since" in told
        assert (await call("write", "one", content="mine\n"))[1] is False
        assert (await call("read", "two"))[0] == "mine\n"
        assert (await call("write", "two", content="ours\n"))[1] is False
        tools.close()

    asyncio.run(story())
