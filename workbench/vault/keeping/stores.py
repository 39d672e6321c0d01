"""Where secrets rest: the promise of a store, the one in memory, and the thread on which a store's blocking calls run."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from workbench.contracts.vault import VaultRefused

T = TypeVar("T")

LOCK_POLL_S = 1.0


class Locked(Exception):
    """The store is locked, and the person who was asked to unlock it has not."""


class StoreFailed(Exception):
    """The store does not do what it is asked; the text says why, and never a value."""


class Store(Protocol):
    """Named texts. Calls block; each may raise `Locked` or `StoreFailed`. `kind` is keyring, file or memory."""

    kind: str
    name: str

    def read(self, name: str) -> str | None: ...

    def write(self, name: str, value: str) -> None: ...

    def delete(self, name: str) -> None:
        """No error when there is nothing."""

    def is_locked(self) -> bool:
        """Whether it is locked now; opens no prompt."""

    def unlock(self, passphrase: str | None) -> None:
        """Have it unlocked: by asking its owner, or with a passphrase where the store has one."""


class MemoryStore:
    """Keeps secrets as long as this process lives, where nothing better is there."""

    kind = "memory"
    name = "the memory of this process: secrets are gone when the engine ends"

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def read(self, name: str) -> str | None:
        return self._kept.get(name)

    def write(self, name: str, value: str) -> None:
        self._kept[name] = value

    def delete(self, name: str) -> None:
        self._kept.pop(name, None)

    def is_locked(self) -> bool:
        return False

    def unlock(self, passphrase: str | None) -> None:
        if passphrase is not None:
            raise StoreFailed("there is no vault file to unlock; `workbench vault file` makes one")


class Keeper:
    """A store on a thread of its own. Its owner is asked once to unlock it, and then waited for without asking again."""

    def __init__(self, store: Store, notice: Callable[[str, str], None], wait_s: float) -> None:
        self.store = store
        self._notice = notice
        self._wait_s = wait_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._unlocking: asyncio.Task[None] | None = None
        self._was_asked = False
        self._opened = asyncio.Event()

    @property
    def is_lasting(self) -> bool:
        return self.store.kind != "memory"

    async def read(self, name: str) -> str | None:
        return await self._done(functools.partial(self.store.read, name))

    async def write(self, name: str, value: str) -> None:
        await self._done(functools.partial(self.store.write, name, value))

    async def delete(self, name: str) -> None:
        await self._done(functools.partial(self.store.delete, name))

    async def is_locked(self) -> bool:
        """Whether it is locked now; opens no prompt.

        Raises:
            VaultRefused: it does not answer.
        """
        try:
            return await self._on_thread(self.store.is_locked)
        except StoreFailed as error:
            raise VaultRefused(str(error)) from None

    async def unlock(self, passphrase: str | None) -> None:
        """Unlock now, at a person's word.

        Raises:
            VaultRefused: it stays locked.
        """
        try:
            await self._on_thread(functools.partial(self.store.unlock, passphrase))
        except (Locked, StoreFailed) as error:
            raise VaultRefused(str(error)) from None
        self._told_unlocked()

    async def _done(self, act: Callable[[], T]) -> T:
        try:
            if await self._on_thread(self.store.is_locked):
                await self._unlocked()
            return await self._on_thread(act)
        except (Locked, StoreFailed) as error:
            raise VaultRefused(str(error)) from None

    async def _on_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    async def _unlocked(self) -> None:
        """Wait until the store is open; all who need it wait for one question.

        Raises:
            Locked: it was not unlocked in time.
        """
        if self._unlocking is None or self._unlocking.done():
            self._unlocking = asyncio.create_task(self._wait_for_owner())
        try:
            async with asyncio.timeout(self._wait_s):
                await asyncio.shield(self._unlocking)
        except TimeoutError:
            raise Locked(f"{self.store.name} is locked; unlock it (workbench vault unlock) and try again") from None

    async def _wait_for_owner(self) -> None:
        if not self._was_asked:
            self._was_asked = True
            self._notice("locked", f"{self.store.name} is locked: unlock it, or run `workbench vault unlock`")
            # Asked once; where that does not unlock it, it is only looked at from here on.
            with contextlib.suppress(Locked, StoreFailed):
                await self._on_thread(functools.partial(self.store.unlock, None))
        while await self._on_thread(self.store.is_locked):
            self._opened.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOCK_POLL_S):
                    await self._opened.wait()
        self._told_unlocked()

    def _told_unlocked(self) -> None:
        self._opened.set()
        if self._was_asked:
            self._was_asked = False
            self._notice("unlocked", f"{self.store.name} is open again")

    def close(self) -> None:
        if self._unlocking is not None:
            self._unlocking.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
