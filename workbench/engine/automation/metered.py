"""Whether this machine's network is metered, as NetworkManager tells it over D-Bus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WORDS: Final = "this machine's network is metered; goes on in another one…"
UNKNOWN: Final = "nights.on_metered: NetworkManager does not say whether this machine's network is metered ({why}); nothing is paused for it"
LOOK_S: Final = 30.0
_ASK_S: Final = 5.0
_NAME: Final = "org.freedesktop.NetworkManager"
_PATH: Final = "/org/freedesktop/NetworkManager"
_ASKED: Final = (
    ("busctl", "--system", "get-property", _NAME, _PATH, _NAME, "Metered"),
    (
        *("gdbus", "call", "--system", "--dest", _NAME, "--object-path", _PATH),
        *("--method", "org.freedesktop.DBus.Properties.Get", _NAME, "Metered"),
    ),
)
"""Programs that ask for the property, the first that is there is taken: `u 1`, or `(<uint32 1>,)`."""
_METERED: Final = {"1": True, "3": True, "2": False, "4": False}
"""Of its values (1 yes, 2 no, 3 and 4 guessed); 0 is unknown."""

logger = logging.getLogger("workbench.engine")


@dataclass
class MeteredNetwork:
    """Looks from time to time; `held` is why nothing is asked now, `trouble` why that cannot be known."""

    asked: Sequence[Sequence[str]] = _ASKED
    trouble: str = ""
    _is_metered: bool = False

    def held(self) -> str | None:
        return WORDS if self._is_metered else None

    async def keep(self) -> None:
        """Look again and again, until this is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Ask once; what cannot be known pauses nothing, and is said."""
        program = next((one for one in self.asked if shutil.which(one[0])), None)
        said = await _said(program) if program else ""
        found = re.search(r"\b(?:u|uint32) (\d)\b", said)
        known = _METERED.get(found[1]) if found else None
        why = (
            "it does not know"
            if found
            else "it does not answer"
            if program
            else "neither busctl nor gdbus is installed"
        )
        trouble = UNKNOWN.format(why=why) if known is None else ""
        if trouble and trouble != self.trouble:
            logger.warning("%s", trouble)
        self.trouble, self._is_metered = trouble, bool(known)


async def _said(program: Sequence[str]) -> str:
    """What the program prints; nothing where it fails or takes too long."""
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*program, stdin=null, stdout=asyncio.subprocess.PIPE, stderr=null)
    try:
        async with asyncio.timeout(_ASK_S):
            said, _ = await process.communicate()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return ""
    return said.decode(errors="replace") if process.returncode == 0 else ""
