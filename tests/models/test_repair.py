"""The offline model mends mechanical faults for real: files in a folder, tests run by a shell."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.models.test_offline import TOOLS, Conversation, called, told
from workbench.contracts.values import Json
from workbench.models.offline.failures import Failure, Frame, report_of

LIMIT = 400


class Folder:
    """A project whose tools are carried out in earnest; `python3` is this Python, with or without pytest."""

    def __init__(self, root: Path, files: dict[str, str], *, has_pytest: bool = False) -> None:
        self.root = root / "project"
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        bin_folder = root / "bin"
        bin_folder.mkdir()
        python = bin_folder / "python3"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} {"" if has_pytest else "-S"} "$@"\n')
        python.chmod(0o755)
        self.environ = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}

    def text(self, name: str) -> str:
        return (self.root / name).read_text()

    def use(self, name: str, given: Json) -> tuple[str, bool]:
        match name:
            case "bash":
                command = ["bash", "-c", given["command"]]
                ran = subprocess.run(
                    command, cwd=self.root, env=self.environ, capture_output=True, text=True, timeout=100, check=False
                )
                return ran.stdout + ran.stderr, ran.returncode != 0
            case "glob":
                return "\n".join(str(path) for path in sorted(self.root.glob(given["pattern"]))), False
            case "read":
                return (self.root / given["file_path"]).read_text(), False
            case _:
                return self._edit(self.root / given["file_path"], given["old_string"], given["new_string"])

    def _edit(self, path: Path, old: str, new: str) -> tuple[str, bool]:
        text = path.read_text()
        if text.count(old) != 1:
            return f"edit: old_string appears {text.count(old)} times in {path} (must be unique)", True
        path.write_text(text.replace(old, new))
        return f"edited {path} (1 replacement(s))", False

    def repair(self, said: str = "Fix the failing tests.") -> tuple[str, int]:
        """The last answer, and how many calls it took."""
        talk = Conversation(said, tools=TOOLS)
        for count in range(LIMIT):
            answer = talk.answer()
            calls = called(answer)
            if not calls:
                return told(answer), count
            text, is_error = self.use(*calls[0])
            talk.give(text, is_error=is_error)
        raise AssertionError("it never ended")


def checked_by(module: str, names: str, *checks: str) -> str:
    """A unittest module with one test a line."""
    methods = "\n".join(f"    def test_{number}(self):\n        {check}\n" for number, check in enumerate(checks))
    return f"import unittest\nfrom {module} import {names}\n\n\nclass Tests(unittest.TestCase):\n{methods}"


FAULTS = {
    "off by one": (
        "def total(n):\n    result = 0\n    for i in range(1, n):\n        result += i\n    return result\n",
        checked_by("calc", "total", "self.assertEqual(total(4), 10)", "self.assertEqual(total(0), 0)"),
        "range(1, n + 1)",
    ),
    "wrong operator": (
        "def area(width, height):\n    return width + height\n",
        checked_by("calc", "area", "self.assertEqual(area(3, 4), 12)"),
        "width * height",
    ),
    "wrong comparison": (
        "def is_adult(age):\n    return age > 18\n",
        checked_by("calc", "is_adult", "self.assertTrue(is_adult(18))", "self.assertFalse(is_adult(17))"),
        "age >= 18",
    ),
    "missing import": (
        "def hypotenuse(a, b):\n    return math.sqrt(a * a + b * b)\n",
        checked_by("calc", "hypotenuse", "self.assertEqual(hypotenuse(3, 4), 5)"),
        "import math",
    ),
    "missing name from a module": (
        "def count(words):\n    found = defaultdict(int)\n    for word in words:\n        found[word] += 1\n    return dict(found)\n",
        checked_by("calc", "count", "self.assertEqual(count(['a', 'a']), {'a': 2})"),
        "from collections import defaultdict",
    ),
    "missing None check": (
        "def shout(text):\n    return text.upper() + '!'\n",
        checked_by("calc", "shout", "self.assertEqual(shout('a'), 'A!')", "self.assertEqual(shout(None), '')"),
        "if text is None:\n        return ''",
    ),
    "wrong name": (
        "def greet(name):\n    return 'Hello ' + nmae\n",
        checked_by("calc", "greet", "self.assertEqual(greet('Ada'), 'Hello Ada')"),
        "'Hello ' + name",
    ),
    "wrong name of a function": (
        "def sum_of_square(numbers):\n    return sum(n * n for n in numbers)\n",
        checked_by("calc", "sum_of_squares", "self.assertEqual(sum_of_squares([1, 2]), 5)"),
        "def sum_of_squares(",
    ),
    "division by nothing": (
        "def average(numbers):\n    return sum(numbers) / len(numbers)\n",
        checked_by("calc", "average", "self.assertEqual(average([1, 3]), 2)", "self.assertEqual(average([]), 0)"),
        "if not numbers:\n        return 0",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_mechanical_fault_is_mended_and_the_tests_say_so(name: str, tmp_path: Path) -> None:
    source, tests, cure = FAULTS[name]
    folder = Folder(tmp_path, {"calc.py": source, "test_calc.py": tests})
    last, _ = folder.repair()
    assert "All tests pass now" in last
    assert cure in folder.text("calc.py")
    assert folder.text("test_calc.py") == textwrap.dedent(tests).lstrip()
    _, failed = folder.use("bash", {"command": "python3 -m unittest discover"})
    assert not failed


def test_two_faults_are_mended_one_after_the_other(tmp_path: Path) -> None:
    source = "def add(a, b):\n    return a - b\n\n\ndef last(items):\n    return items[len(items)]\n"
    tests = checked_by("calc", "add, last", "self.assertEqual(add(2, 3), 5)", "self.assertEqual(last([1, 2]), 2)")
    folder = Folder(tmp_path, {"calc.py": source, "test_calc.py": tests})
    last, _ = folder.repair()
    assert "All tests pass now" in last
    assert "return a + b" in folder.text("calc.py")
    assert "items[len(items) - 1]" in folder.text("calc.py")


def test_a_project_in_a_package_is_mended_with_pytest(tmp_path: Path) -> None:
    files = {
        "src/shop/__init__.py": "",
        "src/shop/cart.py": "def price(items):\n    return sum(items)\n\n\ndef is_free(items):\n    return price(items) > 50\n",
        "tests/test_cart.py": "from shop.cart import is_free\n\n\ndef test_free():\n    assert is_free([25, 25])\n    assert not is_free([49])\n",
        "conftest.py": "import sys\nsys.path.insert(0, 'src')\n",
    }
    folder = Folder(tmp_path, files, has_pytest=True)
    last, _ = folder.repair()
    assert "All tests pass now" in last
    assert ">= 50" in folder.text("src/shop/cart.py")


def test_a_fault_beyond_mechanics_is_admitted_and_leaves_no_trace(tmp_path: Path) -> None:
    source = "def prime(n):\n    return [2, 3, 5][n]\n"
    tests = checked_by("calc", "prime", "self.assertEqual([prime(n) for n in range(6)], [2, 3, 5, 7, 11, 13])")
    folder = Folder(tmp_path, {"calc.py": source, "test_calc.py": tests})
    last, _ = folder.repair()
    assert "could not repair" in last
    assert "Every patch was taken back" in last
    assert folder.text("calc.py") == source


def test_tests_that_pass_are_left_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"calc.py": "x = 1\n", "test_calc.py": checked_by("calc", "x", "self.assertEqual(x, 1)")})
    last, calls = folder.repair()
    assert "All tests pass already" in last
    assert calls == 1


def test_no_tests_are_no_success(tmp_path: Path) -> None:
    last, calls = Folder(tmp_path, {"calc.py": "x = 1\n"}).repair()
    assert "no tests that could run" in last
    assert calls == 1


def test_a_patch_that_cannot_be_taken_back_ends_the_attempt_and_is_named() -> None:
    talk = Conversation("Fix the failing tests.")
    failing = 'Traceback (most recent call last):\n  File "/w/test_a.py", line 5, in test_a\nAssertionError\n\nRan 1 test in 0.1s\n\nFAILED (failures=1)'
    scripted = {
        "bash": (failing, True),
        "glob": ("/w/a.py\n/w/test_a.py", False),
        "read /w/a.py": ("def f():\n    return 1 + 1\n", False),
        "read /w/test_a.py": ("from a import f\n\n\ndef test_a():\n    assert f() == 9\n", False),
    }
    edits = 0
    for _ in range(20):
        answer = talk.answer()
        if not (calls := called(answer)):
            break
        name, given = calls[0]
        edits += name == "edit"
        key = f"read {given['file_path']}" if name == "read" else name
        text, is_error = scripted.get(key, ("gone" if edits > 1 else "edited", edits > 1))
        talk.give(text, is_error=is_error)
    assert edits == 2
    assert "/w/a.py still holds this change" in told(answer)


def test_a_run_that_was_cut_off_is_never_taken_for_a_better_one() -> None:
    report = report_of("....", is_error=True)
    assert (report.passed, report.ran_any) == (False, False)


def test_a_quiet_success_without_a_count_is_no_success() -> None:
    assert not report_of("OK", is_error=False).passed
    assert not report_of("Ran 0 tests in 0.000s\n\nOK", is_error=False).passed
    assert report_of("Ran 2 tests in 0.000s\n\nOK", is_error=False).passed
    assert report_of("..  [100%]\n2 passed in 0.01s", is_error=False).passed


def test_frames_of_the_library_are_not_the_projects() -> None:
    output = textwrap.dedent("""
        Traceback (most recent call last):
          File "/usr/lib/python3.11/unittest/case.py", line 57, in testPartExecutor
            yield
          File "/w/calc.py", line 3, in total
            return x / 0
                   ~~^~~
        ZeroDivisionError: division by zero

        Ran 3 tests in 0.001s

        FAILED (failures=1, errors=1)
    """)
    report = report_of(output, is_error=True)
    assert report.score == (0, 2)
    assert report.failures == (Failure((Frame("/w/calc.py", 3, "total"),), "ZeroDivisionError", "division by zero"),)
