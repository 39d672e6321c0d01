"""How much a program may do and hold: counted as it goes, before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workbench.contracts.workflows import MOST_BYTES, MOST_STEPS

MOST_CALLS_DEEP: Final = 50
_MOST_BITS: Final = 4096


class Overrun(Exception):
    """A bound is reached; nothing in the program can catch it."""


@dataclass
class Bounds:
    """What one program has used."""

    steps: int = 0
    held: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Overrun(f"it took more than {MOST_STEPS} steps, as an endless loop does")

    def hold(self, size: int) -> None:
        """Before something of so many bytes is made; what is thrown away still counts."""
        self.held += size
        if self.held > MOST_BYTES:
            raise Overrun(f"it made more than {MOST_BYTES} bytes")

    def made(self, value: Any) -> Any:
        """Count a value that was made."""
        match value:
            case bool() | None:
                pass
            case int():
                if value.bit_length() > _MOST_BITS:
                    raise Overrun(f"it made a number of more than {_MOST_BITS} bits")
            case str():
                self.hold(len(value))
            case list() | tuple() | set() | dict():
                self.hold(16 + 8 * len(value))
        return value
