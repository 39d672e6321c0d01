"""Secrets of a session are taken out of its tools' results, before log or model see them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome
from workbench.contracts.vault import Vault, VaultRefused
from workbench.engine.wrappers.base import WrappedHands

UNCHECKED = text_outcome(
    "The call has ended, and its result is withheld: the vault, which looks for secrets in it, does not answer. What the call"
    " did stays done.",
    is_error=True,
)


@dataclass(frozen=True)
class RedactedHands(WrappedHands):
    """A host that echoes a secret is cleaned by the vault on its way in; this is for what comes by any other way."""

    vault: Vault

    async def execute(self, session: Session, call: Call) -> Outcome:
        return await without_secrets(self.vault, session, await self.hands.execute(session, call))

    async def recover(self, session: Session, call: Call) -> Outcome | None:
        outcome = await self.hands.recover(session, call)
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
