"""What a running call prints, and what a session waits for, as lines of a transcript."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandboxes.runner import screen
from tests.pictures import picture
from workbench.commands import peek
from workbench.commands.printed_lines import PrintedLines
from workbench.commands.transcript import Transcript

CALL = {"type": "agent.tool_use", "id": "c", "name": "bash", "input": {"command": "make"}}
MOMENT = {"processed_at": "2026-01-01T00:00:00Z"}


def _output(text: str, lines_before: int = 0) -> dict[str, Any]:
    return {"type": "engine.tool_output", "tool_use_id": "c", "text": text, "lines_before": lines_before}


def _result(text: str, *, is_error: bool) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return {"type": "agent.tool_result", "tool_use_id": "c", "content": content, "is_error": is_error, **MOMENT}


def _progress(text: str) -> dict[str, Any]:
    return {"type": "engine.progress", "text": text, "since": MOMENT["processed_at"]}


def _shown(capsys: pytest.CaptureFixture[str], *events: dict[str, Any]) -> list[str]:
    transcript = Transcript()
    for event in events:
        transcript.show(event)
    return capsys.readouterr().out.splitlines()


def test_a_picture_is_a_line_with_its_name_its_kind_and_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    data = base64.b64encode(picture(40, 30)).decode()
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    said = {"type": "text", "text": "see /home/a/shot.png"}
    message = {"type": "user.message", "id": "u", "content": [said, image], **MOMENT}
    read = CALL | {"name": "read", "input": {"file_path": "out/plot.png"}}
    seen = _result("", is_error=False) | {"content": [image]}
    transcript = Transcript(users=True)
    for event in (message, read | MOMENT, seen):
        transcript.show(event)
    size = f"{len(picture(40, 30))} B"
    assert capsys.readouterr().out.splitlines() == [
        "› see /home/a/shot.png",
        f"▣ shot.png · PNG · 40x30 · {size}",
        "→ read out/plot.png",
        f"  ▣ plot.png · PNG · 40x30 · {size}",
    ]


def test_each_line_is_printed_once_as_it_is_whole_and_not_again_with_the_result(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outputs = [_output(text) for text in ("", "o", "one\n", "one\ntw", "one\ntwo\n\nthr", "one\ntwo\n\nthree\r\nlast")]
    told = _shown(capsys, CALL | MOMENT, *outputs, _result("one\ntwo\n\nthree\nlast", is_error=True))
    assert told == ["→ bash make", "  one", "  two", "  ", "  three", "  last", "  ✗"]


def test_what_the_stream_skipped_is_counted_and_a_result_says_what_was_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _shown(
        capsys,
        CALL | MOMENT,
        _output("a\nb\n", 1_000),
        _output("b\nc\n", 1_001),
        _output("z\n", 1_009),
        _result("z\n[exit code 2]", is_error=True),
    )
    assert told == ["→ bash make", "  … 1,000 lines", "  a", "  b", "  c", "  … 6 lines", "  z", "  ✗ [exit code 2]"]


def test_text_that_a_program_prints_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    told = _shown(capsys, CALL | MOMENT, _output("\x1b[2Jgone\n\x9b31m\n"))
    assert told == ["→ bash make", "  ⟨U+001B⟩[2Jgone", "  ⟨U+009B⟩31m"]


def test_in_a_pipe_progress_is_one_line_however_often_it_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    pulling = ("Pulling x …", "Pulling x: 1.5 of 9 MB …", "Pulling x: 3 of 9 MB, almost there …", "")
    building = ("Building, step 1 of 12…", "Building, step 2 of 12: RUN make…")
    assert _shown(capsys, *map(_progress, (*pulling, *building))) == ["Pulling x …", "Building, step 1 of 12…"]


def test_on_a_terminal_progress_is_one_line_that_changes_and_goes_on_below_it(tmp_path: Path) -> None:
    texts = ("Pulling: 1.5 of 9 MB…", "Pulling: 3 of 9 MB…", "", "Building, step 1 of 12…", "\x1b[2JBuilding\n2…")
    events = [*map(_progress, texts), CALL | MOMENT, _progress("Waits…")]
    program = tmp_path / "shows.py"
    program.write_text(
        "import json, sys\nfrom workbench.commands.transcript import Transcript\ntranscript = Transcript()\n"
        "for event in json.loads(sys.argv[1]):\n    transcript.show(event)\ntranscript.end()\n"
    )
    ours, theirs = pty.openpty()
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "PATH": os.environ["PATH"]}
    command = [sys.executable, str(program), json.dumps(events)]
    subprocess.run(command, stdout=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    told = b""
    # A terminal whose other side is closed gives an error, where a pipe gives its end.
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 1 << 16):
            told += piece
    os.close(ours)
    lines = [line.rstrip("\r") for line in screen.shown(told.decode(), counts=False).splitlines()]
    assert lines == ["⟨U+001B⟩[2JBuilding 2…", "→ bash make", "Waits…"]


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_lines_come_once_each_however_the_end_of_an_output_moves_over_them(step: int) -> None:
    lines = [f"line {number}" for number in range(40)]
    printed, given = PrintedLines(), list[str]()
    for end in range(0, 41, step):
        begin = max(0, end - 9)
        given += printed.take("".join(f"{line}\n" for line in lines[begin:end]) + "begun", begin)
    assert given == lines[: len(given)]
    assert len(given) == 40 - 40 % step
    assert list(printed.end()) == ["begun"]


def test_what_a_peek_asks_for_tells_a_call_that_waited_from_one_that_took_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def at(second: int) -> dict[str, str]:
        return {"processed_at": f"2026-01-01T00:00:{second:02}Z"}

    waited: list[dict[str, Any]] = [
        CALL | at(0),
        {"type": "user.tool_confirmation", "tool_use_id": "c", "result": "allow"} | at(50),
    ]
    mcp = {"type": "agent.mcp_tool_use", "id": "m", "name": "look", "input": {}}
    failed = {"type": "agent.mcp_tool_result", "mcp_tool_use_id": "m", "is_error": True}
    happened: list[dict[str, Any]] = [
        *waited,
        _result("", is_error=False) | at(51),
        mcp | at(51),
        failed | {"content": [{"type": "text", "text": "no such host"}]} | at(52),
    ]
    assert _shown(capsys, *(event for event in happened if event["type"] in peek.KINDS)) == [
        "→ bash make",
        "  ✓ 1.0 s",
        "→ look {}",
        "  ✗ no such host",
    ]


def test_the_end_of_a_quick_commands_output_is_told_and_why_a_quick_call_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _shown(capsys, CALL | MOMENT, _result("hello\nworld\n", is_error=False))
    assert told == ["→ bash make", "  hello", "  world"]
    many = "".join(f"{number}\n" for number in range(8))
    told = _shown(capsys, CALL | MOMENT, _result(many, is_error=False))
    assert told == ["→ bash make", "  … 3 lines", "  3", "  4", "  5", "  6", "  7"]
    told = _shown(capsys, CALL | MOMENT, _result("cat: no such file\n[exit code 1]", is_error=True))
    assert told == ["→ bash make", "  cat: no such file", "  ✗ [exit code 1]"]
    assert _shown(capsys, CALL | MOMENT, _result("", is_error=False)) == ["→ bash make"]
    read = CALL | {"name": "read", "input": {"file_path": "a.py"}} | MOMENT
    assert _shown(capsys, read, _result("one\ntwo\n", is_error=False)) == ["→ read a.py"]
