"""What brings a folder and a store to say the same, from what both said when they last agreed: pure.

The rules are those of the public worker (managed agents: 5.5): what changed on one side goes to the other; what changed on
both is the store's; what the store removed and the folder changed is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """What is to be done with one path."""

    PULL = "the folder gets what the store says"
    PUSH = "the store gets what the folder says"
    AGREE = "both say the same already"


@dataclass(frozen=True)
class Task:
    """One path: its hash in the folder and in the store, None where it is not there.

    `is_lost` says that an edit of the folder gives way to one of the store.
    """

    path: str
    step: Step
    local: str | None
    remote: str | None
    is_lost: bool = False


def tasks(
    agreed: Mapping[str, str], local: Mapping[str, str], remote: Mapping[str, str], *, read_only: bool = False
) -> list[Task]:
    """What is to be done, path by path, where the three differ; hashes by path."""
    found = []
    for path in sorted({*agreed, *local, *remote}):
        was, here, there = agreed.get(path), local.get(path), remote.get(path)
        if here == there:
            if was != here:
                found.append(Task(path, Step.AGREE, here, there))
        elif read_only or here == was:
            found.append(Task(path, Step.PULL, here, there))
        elif there == was or (there is None and here is not None):
            found.append(Task(path, Step.PUSH, here, there))
        else:
            # Changed on both sides, or removed here and changed there.
            found.append(Task(path, Step.PULL, here, there, is_lost=here is not None))
    return found
