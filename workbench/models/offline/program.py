"""What the offline model does for each instruction: programs that say things, make calls and read their results."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contracts.values import Json
from workbench.models.offline.conversation import Done
from workbench.models.offline.instructions import (
    Instruction,
    ListFiles,
    Missed,
    Read,
    Replace,
    Run,
    RunTests,
    Search,
    StartAgent,
    StartRun,
    Unclear,
    Write,
)

HONESTY: Final = "I am the offline model: a set of fixed rules, not a language model."
ABILITIES: Final = (
    "I carry out explicit instructions: ```sh blocks, “run `…`”, “read FILE”, “write … to FILE”, “replace X with Y in FILE”,"
    " “list files”, “search for X”, “run the tests”, “start agent NAME: TASK”, a ```program block for a workflow run, and “fix the failing tests” for small mechanical faults in Python."
    " For anything else, set a model endpoint."
)
_SHOWN: Final = 4_000


@dataclass(frozen=True)
class Make:
    """A call to make; its result is sent back."""

    name: str
    input: Json


@dataclass(frozen=True)
class Say:
    text: str


Program = Generator[Make | Say, Done, bool]
"""Yields what to do next and gets a call's result; what it gets after a Say means nothing. True: it did what it should."""


def program(orders: Sequence[Instruction], repair: Callable[[], Program]) -> Program:
    """All instructions in order, ending at the first that fails."""
    yield Say(HONESTY)
    clear = [order for order in orders if not isinstance(order, Unclear)]
    unclear = [order.text for order in orders if isinstance(order, Unclear)]
    if not clear:
        yield Say(ABILITIES)
        return False
    if unclear:
        yield Say("No rule of mine fits these words, so I leave them aside: " + " · ".join(unclear))
    for number, order in enumerate(clear, 1):
        succeeded = yield from _perform(order, repair)
        if not succeeded:
            if left := len(clear) - number:
                yield Say(f"I stop here; {left} further instruction{'s' * (left > 1)} not begun.")
            return False
    return True


def _perform(order: Instruction, repair: Callable[[], Program]) -> Program:
    made: tuple[str, Json, str]
    match order:
        case Run(command):
            made = "bash", {"command": command}, f"`{command}`" if "\n" not in command else "The commands"
        case Read(path):
            made = "read", {"file_path": path}, f"Reading {path}"
        case Write(path, content):
            made = "write", {"file_path": path, "content": content}, f"Writing {path}"
        case Replace(path, old, new):
            body: Json = {"file_path": path, "old_string": old, "new_string": new, "replace_all": True}
            made = "edit", body, f"Editing {path}"
        case ListFiles(folder):
            made = "glob", {"pattern": "**/*", "path": folder}, "Listing files"
        case Search(pattern, place):
            made = "grep", {"pattern": pattern, "path": place}, f"Searching for `{pattern}`"
        case RunTests():
            made = "bash", {"command": TEST_COMMAND}, "The test run"
        case StartAgent() | StartRun():
            return _begin(order)
        case Missed(criteria):
            return _missed(criteria)
        case _:
            return repair()
    return _one(*made)


TEST_COMMAND: Final = """\
# the project's tests, with pytest where it is there
libraries=/tmp/.byte-code-of-libraries
[ -d $libraries ] || (cd / && timeout 60 python3 -I -X pycache_prefix=$libraries -m pytest --version >/dev/null 2>&1)
export PYTHONDONTWRITEBYTECODE=1 PYTHONPYCACHEPREFIX=$libraries
timeout 60 python3 -c '
import sys
try: import pytest
except Exception: sys.exit(77)
sys.exit(pytest.main(["-q", "--tb=native", "-p", "no:cacheprovider"]))'
ended=$?
if [ $ended != 77 ]; then (exit $ended)
elif [ -d tests ] && [ ! -f tests/__init__.py ]; then timeout 60 python3 -m unittest discover -s tests
else timeout 60 python3 -m unittest discover
fi"""
"""Runs a Python project's tests. Byte code of the project is kept nowhere: Python tells a changed file by second and size, and would take
an edit within the same second for none. That of libraries is written once, by a Python that sees nothing of the project: to compile
pytest anew was two thirds of the demo. One Python sees whether there is a pytest, and runs it. A patch may make a loop endless, hence the limit."""


def _missed(criteria: str) -> Program:
    yield Say(f"The goal is not reached. What failed last:\n{criteria}")
    return True


def _begin(order: StartAgent | StartRun) -> Program:
    """Start others; they tell by themselves when they are done."""
    match order:
        case StartRun(name, text):
            result = yield Make("start_workflow", {"name": name, "program": text})
        case StartAgent(name, task, ""):
            result = yield Make("create_agent", {"agent": name, "message": task})
        case StartAgent(name, task, system):
            defined: Json = {"name": name, "description": "Does one task.", "system": system}
            result = yield Make("create_agent", {**defined, "message": task})
    yield Say(result.text)
    return not result.is_error


def _one(name: str, body: Json, what: str) -> Program:
    result = yield Make(name, body)
    yield Say(f"{what} {'failed' if result.is_error else 'gave'}:\n{fenced(result.text)}")
    return not result.is_error


def fenced(text: str) -> str:
    shown = text if len(text) <= _SHOWN else text[: _SHOWN // 2] + "\n… (cut here) …\n" + text[-_SHOWN // 2 :]
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}\n{shown}\n{fence}"
