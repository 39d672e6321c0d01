"""What a running command prints is told by whole lines and characters, bounded, and only to who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandboxes.runner.frames import Frame
from sandboxes.runner.kept_output import TAIL_LIMIT_BYTES, KeptOutput
from sandboxes.runner.ledger import Ledger
from sandboxes.runner.outcomes import Outcome, text
from sandboxes.runner.running_output import TAIL_BYTES, WINDOW_BYTES, Show, Tail, tail_of

MARK = b"\n__WORKBENCH_0123_DONE__"


def tail(written: bytes, folder: Path = Path("/nowhere")) -> Tail:
    kept = KeptOutput(folder)
    kept.tail += written
    return tail_of(kept, MARK)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", Tail("", 0)),
        (b"one\ntwo", Tail("one\ntwo", 0)),
        (b"one\n", Tail("one\n", 0)),
        (b"one\n" + MARK, Tail("one\n", 0)),
        (b"one\n" + MARK[:9], Tail("one\n", 0)),
        (b"one" + MARK + b"12", Tail("one", 0)),
        ("ü".encode() + b"\xc3", Tail("ü", 0)),
        (b"\xff", Tail("\\xff", 0)),
        (b"\x1b[31mred\x1b[0m\x1b[3", Tail("red", 0)),
        (b"10%\r20%\r\x1b[K30%", Tail("30%", 0)),
        (b"x" * 5000, Tail("…" + "x" * TAIL_BYTES, 0)),
        (b"first\n" + b"x" * 5000, Tail("…" + "x" * TAIL_BYTES, 1)),
        (b"x" * 5000 + b"\nlast", Tail("last", 1)),
        (b"0%\r" * WINDOW_BYTES + b"99%", Tail("99%", 0)),
    ],
)
def test_a_tail_is_what_a_terminal_would_show_at_its_end(written: bytes, told: Tail) -> None:
    assert tail(written) == told


def test_lines_are_counted_from_the_first_one_of_the_command_however_long_it_runs(tmp_path: Path) -> None:
    kept = KeptOutput(tmp_path)
    for number in range(200_000):
        kept.tail += b"line %d\n" % number
        if number % 1000 == 0:
            kept.shorten(0)
            lines = tail_of(kept, MARK)
            assert lines.text.startswith(f"line {lines.lines_before}\n")
            assert lines.text.endswith(f"line {number}\n")
            assert len(lines.text) <= TAIL_BYTES
    assert kept.passed_bytes > TAIL_LIMIT_BYTES
    kept.close()


def test_only_who_asks_is_told_and_who_comes_back_hears_what_was_printed_so_far() -> None:
    shown: dict[str, Show] = {}

    async def tool(name: str, given: Mapping[str, Any], show: Show, _: str) -> Outcome:
        shown[name] = show
        await asyncio.Event().wait()
        return text("never")

    async def story() -> list[Frame]:
        told: list[Frame] = []
        ledger = Ledger(tool, lambda frame: None, told.append)
        ledger.take({"kind": "run", "id": "asked", "name": "asked", "input": {}, "output": True})
        ledger.take({"kind": "run", "id": "silent", "name": "silent", "input": {}})
        await asyncio.sleep(0)
        shown["asked"](Tail("heard", 0))
        shown["silent"](Tail("kept", 7))
        ledger.take({"kind": "recover", "id": "silent", "output": True})
        ledger.take({"kind": "recover", "id": "unknown", "output": True})
        for call_id in ("asked", "silent"):
            ledger.take({"kind": "forget", "id": call_id})
        return told

    assert asyncio.run(story()) == [
        {"kind": "output", "id": "asked", "text": "heard", "lines_before": 0},
        {"kind": "output", "id": "silent", "text": "kept", "lines_before": 7},
    ]
