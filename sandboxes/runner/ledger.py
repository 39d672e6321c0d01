"""Which calls have run: each at most once, its outcome kept under its id until the engine has written it down."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandboxes.runner.frames import Frame
from sandboxes.runner.outcomes import Outcome, text

CANCELLED = "The call was cancelled before it ended; what it had done so far stays done."


class Ledger:
    """Takes `run`, `recover`, `cancel` and `forget`; tells `outcome` and `unknown`."""

    def __init__(
        self, run: Callable[[str, Mapping[str, Any]], Awaitable[Outcome]], tell: Callable[[Frame], None]
    ) -> None:
        self._run = run
        self._tell = tell
        self._running: dict[str, asyncio.Future[Outcome]] = {}
        self._kept: dict[str, Frame] = {}
        self._unwanted: set[str] = set()

    def take(self, frame: Frame) -> None:
        """One frame of the engine; an unknown kind is left alone, so that a newer engine may say more."""
        call_id = str(frame.get("id"))
        kind = frame.get("kind")
        if kind == "run":
            self._start(call_id, str(frame.get("name")), frame.get("input") or {})
        elif kind == "recover":
            self._recover(call_id)
        elif kind == "cancel" and call_id in self._running:
            self._running[call_id].cancel()
        elif kind == "forget":
            self._forget(call_id)

    def _start(self, call_id: str, name: str, given: Mapping[str, Any]) -> None:
        if call_id in self._kept:
            self._tell(self._kept[call_id])
        elif call_id not in self._running:
            task = asyncio.ensure_future(self._run(name, given))
            self._running[call_id] = task
            task.add_done_callback(lambda ended: self._keep(call_id, name, ended))

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
