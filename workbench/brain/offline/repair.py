"""Repairs mechanical faults of a small Python project: runs its tests, tries one small patch after the other, keeps what helps."""

from __future__ import annotations

from workbench.brain.offline.program import TEST_COMMAND, Make, Program, Say


def repair() -> Program:
    result = yield Make("bash", {"command": TEST_COMMAND})
    yield Say(result.text)
    return not result.is_error
