"""Repairs mechanical faults of a small Python project: one small patch after the other, kept only when the tests say so."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from workbench.models.offline.conversation import Done
from workbench.models.offline.failures import Report, report_of
from workbench.models.offline.patches import Patch
from workbench.models.offline.program import TEST_COMMAND, Make, Program, Say, fenced
from workbench.models.offline.suspects import patches, wanted_files
from workbench.text.lines import lines_of

_TRIES: Final = 60
_ROUNDS: Final = 6
_FILES: Final = 12

Testing = Generator[Make | Say, Done, tuple[Report, str]]
Reading = Generator[Make | Say, Done, dict[str, str]]
Trying = Generator[Make | Say, Done, tuple[Report | None, bool]]


def repair() -> Program:
    """Run the tests; while they fail, look for a patch that makes fewer of them fail."""
    report, output = yield from _test()
    if not report.ran_any:
        yield Say(f"I found no tests that could run:\n{fenced(output)}")
        return False
    if report.passed:
        yield Say(f"All tests pass already; I changed nothing.\n{fenced(output)}")
        return True
    yield Say(f"{_failing(report)} I look for a mechanical fault.\n{fenced(output)}")
    sources: dict[str, str] = {}
    kept: list[str] = []
    left = _TRIES
    for _ in range(_ROUNDS):
        sources = yield from _read(report, sources)
        better: Report | None = None
        for path, patch in patches(report, sources)[:left]:
            left -= 1
            better, is_clean = yield from _try(report, path, patch)
            if not is_clean:
                return False
            if better is not None:
                sources[path] = patch.after
                kept.append(f"{path}, line {patch.line}: {patch.what}")
                break
        if better is None:
            break
        report = better
        if report.passed:
            yield Say("All tests pass now. What I changed:\n" + _list(kept))
            return True
    yield Say(_gave_up(report, kept, _TRIES - left))
    return False


def _test() -> Testing:
    result = yield Make("bash", {"command": TEST_COMMAND})
    return report_of(result.text, is_error=result.is_error), result.text


def _read(report: Report, known: dict[str, str]) -> Reading:
    """The sources that the failures point to; a file that cannot be read is left out."""
    listed = yield Make("glob", {"pattern": "**/*.py"})
    paths = [] if listed.is_error else [line for line in lines_of(listed.text) if line.endswith(".py")]
    sources = dict(known)
    tried: set[str] = set()
    while wanted := [path for path in wanted_files(report, paths, sources) if path not in tried]:
        if len(tried) >= _FILES:
            break
        tried.add(wanted[0])
        result = yield Make("read", {"file_path": wanted[0]})
        if not result.is_error:
            sources[wanted[0]] = result.text
    return sources


def _try(report: Report, path: str, patch: Patch) -> Trying:
    """Make one patch and test: the new report if it is better, else None with the patch taken back, if that went well."""
    old, new = patch.edit()
    made = yield Make("edit", {"file_path": path, "old_string": old, "new_string": new})
    if made.is_error:
        return None, True
    after, _ = yield from _test()
    if after.ran_any and (after.passed or after.score < report.score):
        yield Say(f"{path}, line {patch.line}: {patch.what}. That helps: {_failing(after)} I keep it.")
        return after, True
    yield Say(f"{path}, line {patch.line}: {patch.what}. That does not help; I take it back.")
    undone = yield Make("edit", {"file_path": path, "old_string": new, "new_string": old})
    if undone.is_error:
        yield Say(f"I could not take it back ({undone.text}), so I stop; {path} still holds this change.")
    return None, not undone.is_error


def _failing(report: Report) -> str:
    uncollected, failed = report.score
    if report.passed:
        return "all tests pass."
    if uncollected:
        return f"{uncollected} test module{'s' * (uncollected > 1)} cannot be imported."
    return f"{failed} test{'s' * (failed > 1)} fail{'s' * (failed == 1)}."


def _gave_up(report: Report, kept: list[str], tries: int) -> str:
    told = f"I could not repair it. I tried {tries} mechanical patches, each with a test run. At the end: {_failing(report)}"
    if kept:
        return f"{told} These changes helped and are still there:\n{_list(kept)}"
    return f"{told} Every patch was taken back. This fault needs a person, or a language model."


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
