"""Failed calls of a `run`: told to people and programs, and an exit code for those who ask."""

from __future__ import annotations

import json

from tests.line.installation import Installation, installation

FAILS = "run `exit 3`"
BEGINNING = ("run", "-C", "none", "--model", "offline")


def _summary(here: Installation, *words: str) -> tuple[int, dict[str, object]]:
    done = here.say(*BEGINNING, "--json", *words)
    last = json.loads(done.out.splitlines()[-1])
    return done.code, {name: last[name] for name in ("type", "exit_code", "calls", "failed_calls", "last_call_failed")}


def test_a_failed_last_call_is_a_field_and_with_strict_the_exit_code() -> None:
    with installation(offline=True) as here:
        told = {"type": "workbench.run_ended", "calls": 1, "failed_calls": 1, "last_call_failed": True}
        assert _summary(here, FAILS) == (0, told | {"exit_code": 0})
        assert _summary(here, "--strict", FAILS) == (7, told | {"exit_code": 7})
        well = told | {"failed_calls": 0, "last_call_failed": False, "exit_code": 0}
        assert _summary(here, "--strict", "run `true`") == (0, well)
        done = here.say(*BEGINNING, "--strict", FAILS)
        assert (done.code, "its last call failed; 1 of 1 did" in done.err) == (7, True)
