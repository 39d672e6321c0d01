"""The commands that a rubric names, run in a copy of the session's files before anybody's opinion is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.brain.interruption import unless
from workbench.contracts.forks import Fork
from workbench.contracts.rubrics import Check, Criterion
from workbench.contracts.tools import BASH
from workbench.contracts.values import Call, Outcome
from workbench.events import new_id, text_of
from workbench.text.shortening import shortened

MOST_OUTPUT: Final = 4_000
_MOST_GAP: Final = 1_500
_MOST_LINE: Final = 200
_LATE: Final = "it was not run: the commands of this rubric took longer than {seconds:.0f} s together"


@dataclass(frozen=True)
class Ran:
    """What the commands showed: `broken` has the gap of each criterion that failed, `told` what each command printed."""

    broken: Mapping[int, str]
    told: Mapping[str, str]


async def checked(
    fork: Fork, criteria: Sequence[Criterion], interrupted: asyncio.Event, *, command_s: float, all_s: float
) -> Ran | None:
    """Run each command once, one after the other; None when it was interrupted.

    Raises:
        ForkRefused: there is no sandbox to run them in.
    """
    until = time.monotonic() + all_s
    outcomes: dict[Check, Outcome | None] = {}
    for check in dict.fromkeys(check for one in criteria for check in one.checks):
        left = min(command_s, until - time.monotonic())
        if left <= 0:
            outcomes[check] = None
            continue
        call = Call(new_id("sevt"), BASH.name, {"command": check.shell(), "timeout_ms": max(1, int(left * 1000))})
        outcome = await unless(interrupted, fork.execute(call))
        if outcome is None:
            return None
        outcomes[check] = outcome
    told = {check.words: _printed(outcome, all_s) for check, outcome in outcomes.items()}
    broken: dict[int, str] = {}
    for one in criteria:
        gaps = [_gap(check, outcomes[check], all_s) for check in one.checks]
        if said := "\n".join(filter(None, gaps)):
            broken[one.number] = said
    return Ran(broken, told)


def _gap(check: Check, outcome: Outcome | None, all_s: float) -> str:
    if outcome is not None and not outcome.is_error:
        return ""
    wanted = "failed, as it should" if check.code is None else f"ended with {check.code}"
    printed = _printed(outcome, all_s)
    *_, last = [one for one in printed.splitlines() if one.strip() and not one.startswith("[")] or [printed]
    head = f"`{check.command}` has not {wanted}: {shortened(last.strip(), _MOST_LINE)}"
    return f"{head}\n{shortened(printed, _MOST_GAP)}" if "\n" in printed.strip() else head


def _printed(outcome: Outcome | None, all_s: float) -> str:
    if outcome is None:
        return _LATE.format(seconds=all_s)
    # The check's own shell ends with 1, whatever the command did.
    text = text_of(outcome.content).strip().removesuffix("[exit code 1]").strip()
    return f"…{text[-MOST_OUTPUT:]}" if len(text) > MOST_OUTPUT else text or "(nothing)"
