"""Where a command hands a secret to the vault itself, so that the engine never has it: both ends of one short exchange."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.contracts import VaultRefused
from workbench.settings import Settings, make_private

if TYPE_CHECKING:
    from workbench.vault.holding import Deposits
    from workbench.vault.stores import Keeper

SOCKET_NAME = "deposit.sock"
MOST_LINE_BYTES = 1 << 20
WAIT_S = 130.0


class DepositCounter:
    """The vault's end: one line in, one line out, for processes of this user only. Nothing here gives a secret."""

    def __init__(self, folder: Path, deposits: Deposits, keeper: Keeper) -> None:
        self._path = make_private(folder) / SOCKET_NAME
        self._deposits = deposits
        self._keeper = keeper
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=MOST_LINE_BYTES)
        self._path.chmod(0o600)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Late: the command's end of this file does not need it, and answers sooner without.
        from workbench.vault.routes import is_own_user

        try:
            if is_own_user(writer.get_extra_info("socket")):
                answer = await self._answer(await reader.readline())
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            # Gone, or a line that is longer than any secret: nothing was taken.
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, str]:
        try:
            asked: dict[str, Any] = json.loads(line)
            if "unlock" in asked:
                await self._keeper.unlock(asked["unlock"])
                return {"unlocked": self._keeper.store.name}
            return {"deposit_id": self._deposits.add(asked["secrets"])}
        except VaultRefused as refused:
            return {"refused": str(refused)}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"refused": "this is no deposit"}


def deposit(settings: Settings, secrets: Mapping[str, str]) -> str:
    """Hand these secret fields to the running vault; the id by which the engine can use them once.

    Raises:
        VaultRefused: it does not take them, or does not run.
    """
    return _told(settings, {"secrets": dict(secrets)})["deposit_id"]


def unlock(settings: Settings, passphrase: str | None) -> str:
    """Unlock what keeps the secrets, with the vault file's passphrase or by the keyring's own question; its name.

    Raises:
        VaultRefused: it stays locked, or the vault does not run.
    """
    return _told(settings, {"unlock": passphrase})["unlocked"]


def _told(settings: Settings, question: Mapping[str, Any]) -> dict[str, str]:
    path = settings.vault_sockets / SOCKET_NAME
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(WAIT_S)
        try:
            if path.lstat().st_uid != os.getuid():
                raise VaultRefused(f"{path} belongs to somebody else; nothing was sent")
            connection.connect(str(path))
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer: dict[str, str] = json.loads(answers.readline(MOST_LINE_BYTES) or b"{}")
        except (OSError, ValueError) as error:
            raise VaultRefused(f"the vault does not answer ({error}); start it with: workbench up") from None
    if "refused" in answer:
        raise VaultRefused(answer["refused"])
    return answer
