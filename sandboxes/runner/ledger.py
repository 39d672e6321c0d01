"""Which calls have run: each at most once, its outcome kept under its id until the engine has written it down."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandboxes.runner.frames import Frame
from sandboxes.runner.outcomes import Outcome, text
from sandboxes.runner.running_output import Show, Tail

CANCELLED = "The call was cancelled before it ended; what it had done so far stays done."


class Ledger:
    """Takes `run`, `recover`, `cancel` and `forget`; tells `outcome` and `unknown`, and `output` while a call runs, where that is asked for."""

    def __init__(
        self,
        run: Callable[[str, Mapping[str, Any], Show, str], Awaitable[Outcome]],
        tell: Callable[[Frame], None],
        offer: Callable[[Frame], None],
    ) -> None:
        """`offer` tells what may be lost, as a newer one takes its place."""
        self._run = run
        self._tell = tell
        self._offer = offer
        self._tails: dict[str, Frame] = {}
        """The last output of each running call."""
        self._watched: set[str] = set()
        self._running: dict[str, asyncio.Future[Outcome]] = {}
        self._kept: dict[str, Frame] = {}
        self._unwanted: set[str] = set()

    def take(self, frame: Frame) -> None:
        """One frame of the engine; an unknown kind is left alone, so that a newer engine may say more."""
        call_id = str(frame.get("id"))
        kind = frame.get("kind")
        if kind == "run":
            self._start(call_id, str(frame.get("name")), frame.get("input") or {}, str(frame.get("thread") or ""))
            self._watch(call_id, frame)
        elif kind == "recover":
            self._recover(call_id)
            self._watch(call_id, frame)
        elif kind == "cancel" and call_id in self._running:
            self._running[call_id].cancel()
        elif kind == "forget":
            self._forget(call_id)

    def _start(self, call_id: str, name: str, given: Mapping[str, Any], thread: str) -> None:
        if call_id in self._kept:
            self._tell(self._kept[call_id])
        elif call_id not in self._running:
            task = asyncio.ensure_future(self._run(name, given, lambda tail: self._show(call_id, tail), thread))
            self._running[call_id] = task
            task.add_done_callback(lambda ended: self._keep(call_id, name, ended))

    def _show(self, call_id: str, tail: Tail) -> None:
        frame = {"kind": "output", "id": call_id, "text": tail.text, "lines_before": tail.lines_before}
        self._tails[call_id] = frame
        if call_id in self._watched:
            self._offer(frame)

    def _watch(self, call_id: str, frame: Frame) -> None:
        """Tell the output of a running call from now on, and what an earlier engine has heard of it."""
        if frame.get("output") is True and call_id in self._running:
            self._watched.add(call_id)
            if call_id in self._tails:
                self._offer(self._tails[call_id])

    def _recover(self, call_id: str) -> None:
        if call_id in self._kept:
            self._tell(self._kept[call_id])
        elif call_id not in self._running:
            self._tell({"kind": "unknown", "id": call_id})

    def _forget(self, call_id: str) -> None:
        """Its result is written down: an outcome is dropped, and a call that still runs is ended."""
        self._kept.pop(call_id, None)
        if call_id in self._running:
            self._unwanted.add(call_id)
            self._running[call_id].cancel()

    def _keep(self, call_id: str, name: str, ended: asyncio.Future[Outcome]) -> None:
        del self._running[call_id]
        self._tails.pop(call_id, None)
        self._watched.discard(call_id)
        if ended.cancelled():
            outcome = text(CANCELLED, is_error=True)
        elif (surprise := ended.exception()) is not None:
            traceback.print_exception(type(surprise), surprise, surprise.__traceback__)
            outcome = text(f"{name}: the tool itself failed: {type(surprise).__name__}: {surprise}", is_error=True)
        else:
            outcome = ended.result()
        frame = {"kind": "outcome", "id": call_id, "content": list(outcome.content), "is_error": outcome.is_error}
        if call_id in self._unwanted:
            self._unwanted.discard(call_id)
        else:
            self._kept[call_id] = frame
        self._tell(frame)
