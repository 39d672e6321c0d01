"""A place to try a sandbox's behaviour: one session on some hands, and short ways to call its tools."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.contracts.hands import Hands
from workbench.contracts.transfers import Transfers
from workbench.contracts.values import Call, Outcome, Session
from workbench.events import text_of

CALL_LIMIT_S = 60.0


class Unmet(Exception):
    """A behaviour is not as promised; the text says what was found instead."""


@dataclass(frozen=True)
class Bench:
    """`session` has `project` as its project; `restarted` stands for an engine that died and came back."""

    hands: Hands
    session: Session
    project: Path
    transfers: Transfers
    restarted: Callable[[], Awaitable[Hands]] | None = None

    async def call(self, tool: str, *, call_id: str | None = None, **given: Any) -> Outcome:
        """One call of a tool, bounded."""
        call = Call(call_id or new_call_id(), tool, given)
        async with asyncio.timeout(CALL_LIMIT_S):
            return await self.hands.execute(self.session, call)

    async def bash(self, command: str, **more: Any) -> str:
        """The output of a command, whether it failed or not."""
        return text_of((await self.call("bash", command=command, **more)).content)

    async def refused(self, tool: str, words: str, **given: Any) -> None:
        """Expect an error of exactly these words.

        Raises:
            Unmet: it is another one, or none.
        """
        outcome = await self.call(tool, **given)
        expect(text_of(outcome.content), words)
        expect(outcome.is_error, True)


def new_call_id() -> str:
    return f"sevt_check{secrets.token_hex(8)}"


def expect(found: object, wanted: object) -> None:
    """Compare whole things.

    Raises:
        Unmet: they differ.
    """
    if found != wanted:
        raise Unmet(f"found {_short(found)}, wanted {_short(wanted)}")


def _short(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 400 else f"{words[:400]}…"


Behaviour = Callable[[Bench], Awaitable[None]]
"""Raises Unmet where it is not met; its docstring is the sentence that a person reads."""
