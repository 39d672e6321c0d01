"""Methods of data classes are compiled when they are first called, and do what those of Python's own do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from workbench import start

CLASSES = """
import dataclasses, json, sys
sys.path.append(sys.argv[1])
if sys.argv[2] == "late":
    from workbench.light import late_methods
    late_methods.late()
    late_methods.late()

@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int = 2
    tags: list = dataclasses.field(default_factory=list, compare=False, repr=False)

@dataclasses.dataclass(frozen=True, kw_only=True)
class Named(Point):
    name: str = "n"

@dataclasses.dataclass(order=True)
class Count:
    value: int
    double: int = dataclasses.field(init=False)
    extra: dataclasses.InitVar[int] = 0

    def __post_init__(self, extra):
        self.double = self.value * 2 + extra

@dataclasses.dataclass(slots=True, frozen=True)
class Small:
    a: int = 1

class Below(Point):
    pass

def said(act):
    try:
        return repr(act())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

one = Point(1)
print(json.dumps([
    said(lambda: one), said(lambda: Point(1) == one), said(lambda: Point(2) == one), said(lambda: one == 3),
    said(lambda: hash(one) == hash(Point(1))), said(lambda: setattr(one, "x", 3)), said(lambda: setattr(one, "z", 3)),
    said(lambda: delattr(one, "x")), said(lambda: Point()), said(lambda: Point(1, z=2)), said(lambda: Below(4, 5)),
    said(lambda: Below(4) == Below(4)), said(lambda: Named(x=1, name="m")), said(lambda: Named(1)), said(lambda: Count(2, extra=1)),
    said(lambda: sorted([Count(2), Count(1)])), said(lambda: hash(Count(1))), said(lambda: Small() == Small(1)),
    said(lambda: setattr(Small(), "a", 2)), said(lambda: dataclasses.replace(one, x=9)), said(lambda: dataclasses.asdict(one)),
    said(lambda: Point.__match_args__), said(lambda: Point(1).tags is Point(1).tags), said(lambda: Point.__init__.__qualname__),
    said(lambda: Point.__eq__.__qualname__), said(lambda: Point.__hash__.__qualname__), said(lambda: Small.__init__.__qualname__),
]))
print(Point.__init__.__code__.co_varnames)
"""


def _told(how: str) -> list[str]:
    command = [sys.executable, "-I", "-c", CLASSES, str(start.ROOT), how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_a_late_method_does_what_pythons_own_does_also_for_heirs_and_errors() -> None:
    late, own = _told("late"), _told("own")
    assert json.loads(late[0]) == json.loads(own[0])
    assert late[1] == own[1], "after its first call a method is the one that Python would have written"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python compiles a class at once from 3.13 on")
def test_a_method_is_compiled_by_its_first_call() -> None:
    program = (
        CLASSES.partition("one = Point(1)")[0]
        + "print(Point.__init__.__code__.co_name, Point.__eq__.__code__.co_name)\n"
    )
    program += "Point(1)\nprint(Point.__init__.__code__.co_name, Point.__eq__.__code__.co_name)\n"
    command = [sys.executable, "-I", "-c", program, str(start.ROOT), "late"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["method method", "__init__ method"]
