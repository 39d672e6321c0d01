"""Where a command hands a secret to the vault itself, so that the engine never has it: both ends of one short exchange."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.contracts.values import Json
from workbench.contracts.vault import VaultRefused, VaultStanding
from workbench.settings import Settings, make_private

if TYPE_CHECKING:
    from workbench.vault.keeping.secret_cache import SecretCache

SOCKET_NAME = "deposit.sock"
MODEL_CREDENTIAL = "model"
"""The credential id of the model's key, which belongs to this installation and to no vault."""
MOST_LINE_BYTES = 1 << 20
WAIT_S = 130.0
START_S = 15.0


class DepositCounter:
    """The vault's end: one line in, one line out, for processes of this user only. Nothing here gives a secret."""

    def __init__(self, folder: Path, holding: SecretCache) -> None:
        self._path = make_private(folder) / SOCKET_NAME
        self._holding = holding
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
        from workbench.vault.proxy.routes import is_own_user

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

    async def _answer(self, line: bytes) -> Json:
        try:
            return await self._done(json.loads(line))
        except VaultRefused as refused:
            return {"refused": str(refused)}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"refused": "this is no deposit"}

    async def _done(self, asked: Json) -> Json:
        match asked:
            case {"secrets": secrets}:
                return {"deposit_id": self._holding.deposits.add(secrets)}
            case {"unlock": passphrase}:
                await self._holding.keeper.unlock(passphrase)
            case {"check": credential_ids}:
                standing = await self._holding.check([str(one) for one in credential_ids])
                return {"standing": vars(standing)}
            case _:
                raise VaultRefused("this is no deposit")
        return {"done": self._holding.keeper.store.name}


def deposit(settings: Settings, secrets: Mapping[str, str]) -> str:
    """Hand these secret fields to the running vault; the id by which the engine can use them once.

    Raises:
        VaultRefused: it does not take them, or does not run. So does everything below.
    """
    return str(_told(settings, {"secrets": dict(secrets)})["deposit_id"])


def unlock(settings: Settings, passphrase: str | None) -> str:
    """Unlock what keeps the secrets, with the vault file's passphrase or by the keyring's own question; its name."""
    return str(_told(settings, {"unlock": passphrase})["done"])


def standing(settings: Settings, credential_ids: Sequence[str] = ()) -> VaultStanding:
    """What keeps the secrets, in which state, and which of these it does not have."""
    told = _told(settings, {"check": list(credential_ids)}, patience_s=0.0)["standing"]
    return VaultStanding(**{**told, "missing": tuple(told["missing"])})


def _told(settings: Settings, question: Json, patience_s: float = START_S) -> Json:
    path = settings.vault_sockets / SOCKET_NAME
    with contextlib.closing(_connected(path, patience_s)) as connection:
        try:
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer: Json = json.loads(answers.readline(MOST_LINE_BYTES) or b"{}")
        except (OSError, ValueError) as error:
            raise VaultRefused(f"the vault did not answer ({error}); try again") from None
    if "refused" in answer:
        raise VaultRefused(answer["refused"])
    if not answer:
        raise VaultRefused("the vault ended while it was asked; try again")
    return answer


def _connected(path: Path, patience_s: float) -> socket.socket:
    """A connection to the vault, which an engine that was just started may still be starting."""
    until = time.monotonic() + patience_s
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(WAIT_S)
        try:
            if path.lstat().st_uid != os.getuid():
                raise VaultRefused(f"{path} belongs to somebody else; nothing was sent")
            connection.connect(str(path))
            return connection
        except OSError as error:
            connection.close()
            if time.monotonic() >= until:
                raise VaultRefused(f"the vault does not run ({error.strerror}); start it with: workbench up") from None
            time.sleep(0.05)
