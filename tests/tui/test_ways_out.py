"""Every way out of the app is a detach, and an app that nobody touches is silent: in a real terminal, with real signals."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.bench.scripted_engine import session_id
from workbench.bench.terminal import Screen
from workbench.bench.tui import app, scripted

DRAFT = "αβγδ"
WAIT_S = 20
QUIET_S = 2.0


@pytest.fixture(autouse=True)
def hang_ups_are_heard() -> Iterator[None]:
    """Whoever runs these tests in the background has them ignored, and the app would inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def _killed(by: signal.Signals) -> Callable[[Screen], None]:
    return lambda screen: screen.process.send_signal(by)


def _typed(screen: Screen) -> None:
    screen.until("o task 0 · Enter")
    for letter in DRAFT:
        screen.press(letter)
        screen.until(letter)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(_killed(signal.SIGKILL), id="kill -9"),
        pytest.param(_killed(signal.SIGTERM), id="SIGTERM"),
        pytest.param(_killed(signal.SIGHUP), id="SIGHUP"),
        pytest.param(Screen.hang_up, id="its window is closed"),
    ],
)
def test_what_was_typed_is_there_again_after(way: Callable[[Screen], None]) -> None:
    with scripted(sessions=2) as environment:
        with app(environment, "attach", session_id(0)) as screen:
            _typed(screen)
            way(screen)
            screen.process.wait(WAIT_S)
        with app(environment, "attach", session_id(0)) as screen:
            screen.until(DRAFT)


def test_an_app_that_was_suspended_goes_on_where_it_was() -> None:
    with scripted(sessions=2) as environment, app(environment, "attach", session_id(0)) as screen:
        _typed(screen)
        screen.process.send_signal(signal.SIGTSTP)
        _until_state(screen, "T")
        screen.process.send_signal(signal.SIGCONT)
        screen.until(DRAFT)
        screen.press("ω")
        screen.until("ω")


def test_an_app_that_nobody_touches_writes_no_byte() -> None:
    with scripted(sessions=16) as environment, app(environment) as screen:
        screen.until("task 15")
        screen.settle(1.0)
        before = screen.received
        screen.watch(QUIET_S)
        assert screen.received == before


def _until_state(screen: Screen, wanted: str) -> None:
    """Wait until the kernel says that the app is in this state, reading what it writes meanwhile."""
    stat, pause = Path(f"/proc/{screen.process.pid}/stat"), threading.Event()
    for _ in range(WAIT_S * 20):
        if stat.read_text().rpartition(")")[2].split()[0] == wanted:
            return
        screen.read(0.0)
        pause.wait(0.05)
    raise AssertionError(stat.read_text())
