"""Secrets of a session are taken out of its tools' results and running output, before log, model or person see them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from workbench.contracts.values import Call, Heard, Json, Outcome, Session, ToolOutput, text_outcome, unheard
from workbench.contracts.vault import Vault, VaultRefused
from workbench.engine.wrappers.base import WrappedHands

UNCHECKED = text_outcome(
    "The call has ended, and its result is withheld: the vault, which looks for secrets in it, does not answer. What the call"
    " did stays done.",
    is_error=True,
)


_CUT = "…"
"""Begins an output whose first line is not whole."""


@dataclass(frozen=True)
class RedactedHands(WrappedHands):
    """A host that echoes a secret is cleaned by the vault on its way in; this is for what comes by any other way."""

    vault: Vault

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        async with _without_secrets(self.vault, session, heard) as hear:
            outcome = await self.hands.execute(session, call, hear)
        return await without_secrets(self.vault, session, outcome)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        async with _without_secrets(self.vault, session, heard) as hear:
            outcome = await self.hands.recover(session, call, hear)
        return None if outcome is None else await without_secrets(self.vault, session, outcome)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        outcome = await self.hands.inspect(session, call)
        return None if outcome is None else await without_secrets(self.vault, session, outcome)


async def without_secrets(vault: Vault, session: Session, outcome: Outcome) -> Outcome:
    """The outcome with the session's secrets taken out of its text; withheld where the vault cannot look."""
    if not session.vault_ids:
        return outcome
    try:
        blocks = await asyncio.gather(*(_clean(vault, session.id, block) for block in outcome.content))
    except VaultRefused:
        return UNCHECKED
    return replace(outcome, content=tuple(blocks))


async def _clean(vault: Vault, session_id: str, block: Json) -> Json:
    if block["type"] != "text":
        return block
    cleaned = await vault.redact(session_id, block["text"].encode())
    return {**block, "text": cleaned.decode(errors="replace")}


@contextlib.asynccontextmanager
async def _without_secrets(vault: Vault, session: Session, heard: Heard) -> AsyncIterator[Heard]:
    """What to tell a call's output to, so that `heard` gets it without secrets; the last of it when this is left."""
    if not session.vault_ids or heard is unheard:
        yield heard
        return
    cleaned = _CleanedOutput(vault, session.id, heard)
    passing = asyncio.create_task(cleaned.pass_on())
    try:
        yield cleaned.hear
    finally:
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)
    await cleaned.tell(goes_on=False)


class _CleanedOutput:
    """One call's output on its way; while the vault looks at it, only the newest waits."""

    def __init__(self, vault: Vault, session_id: str, heard: Heard) -> None:
        self._vault = vault
        self._session_id = session_id
        self._heard = heard
        self._newest: ToolOutput | None = None
        self._told: ToolOutput | None = None
        self._came = asyncio.Event()

    def hear(self, output: ToolOutput) -> None:
        self._newest = output
        self._came.set()

    async def pass_on(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            await self.tell(goes_on=True)

    async def tell(self, *, goes_on: bool) -> None:
        """Pass the newest on; what the vault cannot look at is left out."""
        if self._newest is None:
            return
        output = self._newest
        with contextlib.suppress(VaultRefused):
            text = await self._clean(output.text, goes_on=goes_on)
            if (cleaned := replace(output, text=text)) != self._told:
                self._told = cleaned
                self._heard(cleaned)

    async def _clean(self, text: str, *, goes_on: bool) -> str:
        """No secret has a line end in it: a text that begins with a line begins with none of one."""
        is_cut = text.startswith(_CUT)
        given = text.removeprefix(_CUT) if is_cut else f"\n{text}"
        cleaned = await self._vault.redact(self._session_id, given.encode(), is_piece=goes_on or is_cut)
        return f"{_CUT if is_cut else ''}{cleaned.decode(errors='replace').removeprefix('' if is_cut else chr(10))}"
