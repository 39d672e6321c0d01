"""What the output of a Python test run says: how much failed, where, and with which error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_FRAME: Final = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?', re.MULTILINE)
_SHORT_FRAME: Final = re.compile(r"^(?P<path>\S+\.py):(?P<line>\d+): in (?P<name>\S+)", re.MULTILINE)
_ERROR: Final = re.compile(
    r"^(?:E\s+)?(?P<kind>[A-Za-z_][\w.]*(?:Error|Exception|Iteration|Exit))(?::[ ]?(?P<message>.*))?$", re.MULTILINE
)
_TRACEBACK: Final = re.compile(r"^\s*Traceback(?: \(most recent call last\))?:$", re.MULTILINE)
_NOT_COLLECTED: Final = re.compile(r"^ImportError: Failed to import test module|ERROR collecting ", re.MULTILINE)
_COUNTS: Final = (
    re.compile(r"\b(\d+) failed\b"),
    re.compile(r"\b(\d+) errors?\b"),
    re.compile(r"\bfailures=(\d+)"),
    re.compile(r"\berrors=(\d+)"),
)
_RAN: Final = re.compile(r"\b[1-9]\d* (?:passed|failed|errors?)\b|^Ran [1-9]\d* tests?\b", re.MULTILINE)
_NOT_OURS: Final = ("/lib/python", "/site-packages/", "/dist-packages/", "<")


@dataclass(frozen=True)
class Frame:
    path: str
    line: int
    function: str


@dataclass(frozen=True)
class Failure:
    """One traceback: the project's own frames, outermost first, and the error."""

    frames: tuple[Frame, ...]
    kind: str
    message: str


@dataclass(frozen=True)
class Report:
    """One test run; one that was cut off ran none. `score` is what a patch must lower: modules that cannot be imported first, then failing tests."""

    passed: bool
    ran_any: bool
    score: tuple[int, int]
    failures: tuple[Failure, ...]


def report_of(output: str, *, is_error: bool) -> Report:
    """Read the output of pytest or unittest; only a run that ended well and ran something has passed."""
    tail = output[-2_000:]
    failed = sum(int(count) for pattern in _COUNTS for count in pattern.findall(tail)[-1:])
    uncollected = len(_NOT_COLLECTED.findall(output))
    ran_any = _RAN.search(tail) is not None
    return Report(
        passed=not is_error and ran_any and failed == 0,
        ran_any=ran_any,
        score=(uncollected, max(failed, 1) if is_error else failed),
        failures=tuple(_failures(output)),
    )


def _failures(output: str) -> list[Failure]:
    starts = [match.end() for match in _TRACEBACK.finditer(output)]
    chunks = [output[start:end] for start, end in pairwise([*starts, len(output)])]
    found = (_failure(chunk) for chunk in chunks)
    return [failure for failure in found if failure is not None]


def _failure(chunk: str) -> Failure | None:
    places = sorted([*_FRAME.finditer(chunk), *_SHORT_FRAME.finditer(chunk)], key=lambda match: match.start())
    if not places:
        return None
    error = _ERROR.search(chunk, places[-1].end())
    frames = [Frame(place["path"], int(place["line"]), place["name"] or "<module>") for place in places]
    ours = tuple(frame for frame in frames if not any(sign in frame.path for sign in _NOT_OURS))
    return Failure(ours, error["kind"] if error else "", (error["message"] or "") if error else "")
