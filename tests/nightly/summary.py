"""What a long run saw: its figures, and each fault with what is needed to look at it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Summary:
    """`figures` are printed in one line; a run with `faults` has failed."""

    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
