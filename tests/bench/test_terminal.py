"""The terminal of the benchmark answers as a real one does, and who cannot be measured beside the app is said."""

from __future__ import annotations

import os
import sys

import pytest

from workbench.bench.figure import NotMeasured
from workbench.bench.rival import rival_beside
from workbench.bench.terminal import screen_of

ASKING = "import os, sys, tty; tty.setraw(0); os.write(1, {!r}); os.write(1, repr(os.read(0, 99)).encode())"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (b"\x1b[c", b"\x1b[?62;22c"),
        (b"\x1b[>0c", b"\x1b[>0;276;0c"),
        (b"\x1b[>0q", b"\x1bP>|bench\x1b\\"),
        (b"\x1b[5n", b"\x1b[0n"),
        (b"\x1b[6n", b"\x1b[1;1R"),
        (b"\x1b]11;?\x07", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
        (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
        (b"\x1b[?1$p", b"\x1b[?1;0$y"),
        (b"\x1b[?u", b"\x1b[?0u"),
        (b"\x1b[18t", b"\x1b[8;40;120t"),
        (b"\x1bP+q544e\x1b\\", b"\x1bP0+r\x1b\\"),
    ],
)
def test_what_a_program_asks_its_terminal_is_answered(question: bytes, answer: bytes) -> None:
    with screen_of([sys.executable, "-c", ASKING.format(question)], dict(os.environ)) as screen:
        screen.until(repr(answer))


@pytest.mark.parametrize(
    ("program", "said"), [("/nowhere/claude", "no /nowhere/claude is installed"), ("/bin/false", "does not open here")]
)
def test_a_rival_that_is_not_there_or_does_not_open_is_not_measured(program: str, said: str) -> None:
    with pytest.raises(NotMeasured, match=said), rival_beside(program, 50):
        pass
