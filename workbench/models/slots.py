"""How many requests a server of this machine is given at once."""

from __future__ import annotations

import asyncio
from typing import Final

AT_FIRST: Final = 4


class Slots:
    """As many requests in flight as the server is seen to begin: one that runs a model has a few slots, a gateway to others any number.

    Entered for a request; who is too many waits. Where every place is taken and a request is begun at once, there is one
    place more; where one is left waiting, it is four again.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_FIRST)
        self._more = 0
        self._taken_back = 0

    async def __aenter__(self) -> None:
        await self._places.acquire()

    async def __aexit__(self, *_: object) -> None:
        if self._taken_back:
            self._taken_back -= 1
        else:
            self._places.release()

    @property
    def are_taken(self) -> bool:
        return self._places.locked()

    def begun(self) -> None:
        """The server has begun to answer a request without letting it wait."""
        if self._places.locked():
            self._more += 1
            self._places.release()

    def left_waiting(self) -> None:
        """The server lets a request wait that it was given."""
        self._taken_back += self._more
        self._more = 0
