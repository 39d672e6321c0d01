"""Copies of sessions in which their work is graded: made of a checkpoint, with a sandbox of their own, removed after each evaluation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from workbench import events
from workbench.contracts.files import Files, FilesRefused
from workbench.contracts.forks import Evidence, Fork, ForkRefused, fork_id
from workbench.contracts.hands import Hands
from workbench.contracts.values import Call, Json, Outcome, Session
from workbench.contracts.vault import Vault
from workbench.engine.memory_mounts import Mounts
from workbench.engine.rooms import HandsSide
from workbench.engine.wrappers.mounted import MountedHands
from workbench.engine.wrappers.placed import PlacedHands
from workbench.engine.wrappers.redacted import without_secrets

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class SandboxFork:
    """See `contracts.forks.Fork`."""

    hands: Hands
    session: Session
    evidence: Evidence

    async def execute(self, call: Call) -> Outcome:
        ready = await self.hands.provision(self.session)
        if ready.is_error:
            raise ForkRefused(events.text_of(ready.content))
        outcome = await self.hands.execute(self.session, call)
        await self.hands.acknowledge(self.session, call.id)
        return outcome


@dataclass(frozen=True)
class SandboxForks:
    """`hands` take secrets out of results, and do nothing else around a call."""

    hands: Hands
    files: Files
    vault: Vault

    @contextlib.asynccontextmanager
    async def fork(self, session: Session, seq: int) -> AsyncIterator[Fork]:
        """See `contracts.forks.Forks`; a session has one copy at most, and one that was left is removed."""
        if session.is_self_hosted:
            raise ForkRefused(
                "The files of the session are with the workers of its environment and cannot be looked at here."
            )
        copy = copy_of(session)
        await self._remove(copy.id)
        try:
            evidence = await self._copied(session, seq, copy)
            yield SandboxFork(self.hands, copy, evidence)
        except asyncio.CancelledError:
            # The engine ends, and its hands may have let go already: the next one removes it.
            raise
        except BaseException:
            await self._remove(copy.id)
            raise
        await self._remove(copy.id)

    async def remove_left(self) -> None:
        """Remove the copies that an earlier engine has left."""
        for session_id in await self.files.forks():
            logger.info("the copy %s was left by an earlier engine, and is removed", session_id)
            await self._remove(session_id)

    async def _copied(self, session: Session, seq: int, copy: Session) -> Evidence:
        try:
            await self.files.checkpoint(session, seq)
            evidence = await self.files.evidence(session, seq)
            await self.files.restore(session, seq, copy)
        except FilesRefused as refused:
            raise ForkRefused(f"The files of the session cannot be copied: {refused}") from None
        return await self._without_secrets(session, replace(evidence, diff=await self._diff(session)))

    async def _diff(self, session: Session) -> str:
        """What the session changed in its project; nothing where it has none, or one without an overlay."""
        try:
            return (await self.files.diff(session)).text
        except FilesRefused:
            return ""

    async def _without_secrets(self, session: Session, evidence: Evidence) -> Evidence:
        """No model reads what a tool's result would not show it."""
        if not session.vault_ids:
            return evidence
        texts = [evidence.diff, *(one.text or "" for one in evidence.outputs)]
        blocks = tuple({"type": "text", "text": text} for text in texts)
        cleaned = await without_secrets(self.vault, session, Outcome(blocks))
        diff, *outputs = [block["text"] for block in cleaned.content] if not cleaned.is_error else [""] * len(texts)
        told = zip(evidence.outputs, outputs, strict=True)
        kept = tuple(replace(one, text=None if one.text is None or cleaned.is_error else text) for one, text in told)
        return replace(evidence, diff=diff, outputs=kept)

    async def _remove(self, session_id: str) -> None:
        await self.hands.release(session_id)
        try:
            await self.files.erase(session_id)
        except FilesRefused as left:
            # It is only space, and the next one of this session is made over it or refused.
            logger.warning("%s", left)


def copy_of(session: Session) -> Session:
    """The same session on the copy's files: what it remembers can only be read, and what was cloned is there."""
    stores = tuple(store | {"access": "read_only"} for store in session.memories)
    return replace(session, id=fork_id(session.id), repositories=(), memories=stores)


def forks_of(side: HandsSide, redacted: Hands, mounts: Mounts, vault: Vault) -> SandboxForks:
    """`redacted` are the hands without secrets in their results."""
    placed = PlacedHands(redacted, side.shared, side.skill_folders, _log_only)
    return SandboxForks(MountedHands(placed, mounts), side.files, vault)


async def _log_only(session_id: str, error: Json) -> None:
    logger.warning("%s: %s", session_id, error["message"])
