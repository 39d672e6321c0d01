"""Rubrics: what is a criterion of its own, and what a command decides."""

from __future__ import annotations

import subprocess

import pytest

from workbench.contracts.rubrics import MOST_CRITERIA, THE_REST, Check, criteria_of

DECIDED = {
    "the tests of this project pass: `python -m pytest -q` exits 0": [Check("python -m pytest -q")],
    "`a` exits 0 and `b c` fails.": [Check("a"), Check("b c", None)],
    "The exit code of `z` is 3": [Check("z", 3)],
    "Check that `npm test` succeeds": [Check("npm test")],
    "All tests pass (`make` returns exit code 0)": [Check("make")],
    "`./run.sh` exits with code 2": [Check("./run.sh", 2)],
    "`x y` exits non-zero": [Check("x y", None)],
}
LEFT_TO_A_GRADER = {
    "`pytest` passes without warnings": [Check("pytest")],
    "`make test` passes, and the README says how": [Check("make test")],
    "The README is short and `make test` passes": [Check("make test")],
    "`add(1, 2)` returns 3": [],
    "`f(2)` fails": [],
    "`test_login` passes": [],
    "The program `add 1 2` returns 3 as its output": [],
    "It is blue.": [],
}


@pytest.mark.parametrize(("text", "checks"), DECIDED.items())
def test_a_criterion_that_says_nothing_but_what_commands_show_is_decided_by_them(
    text: str, checks: list[Check]
) -> None:
    (criterion,) = criteria_of(text)
    assert (list(criterion.checks), criterion.is_decided) == (checks, True)


@pytest.mark.parametrize(("text", "checks"), LEFT_TO_A_GRADER.items())
def test_what_says_more_than_a_command_shows_is_left_to_a_grader_with_the_command_as_evidence(
    text: str, checks: list[Check]
) -> None:
    (criterion,) = criteria_of(text)
    assert (list(criterion.checks), criterion.is_decided) == (checks, False)


def test_the_items_of_lists_are_criteria_and_so_is_a_command_beside_them() -> None:
    rubric = """# Rubric
Everything counts.

## Look
- [ ] it is blue
  also at night
  - and below
* it is round

1. it rolls

```
- no criterion
```

In the end `make test` passes.
"""
    assert [(one.number, one.text) for one in criteria_of(rubric)] == [
        (1, "it is blue also at night and below"),
        (2, "it is round"),
        (3, "it rolls"),
        (4, "In the end `make test` passes."),
    ]


def test_without_a_list_paragraphs_are_criteria_and_there_is_always_one() -> None:
    assert [one.text for one in criteria_of("# Ball\nIt is\nblue.\n\nIt is round.")] == ["It is blue.", "It is round."]
    assert [one.text for one in criteria_of("# Ball")] == ["# Ball"]


def test_the_criteria_are_bounded_and_the_last_stands_for_the_rest() -> None:
    found = criteria_of("\n".join(f"- point {number}" for number in range(1000)))
    assert len(found) == MOST_CRITERIA
    assert found[-1].text.startswith(THE_REST)


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        (Check("exit 0"), True),
        (Check("exit 1"), False),
        (Check("exit 3", 3), True),
        (Check("true", 3), False),
        (Check("exit 1", None), True),
        (Check("no-such-command-anywhere", None), False),
        (Check("echo 'it''s' \"$HOME\" && exit 0"), True),
    ],
)
def test_a_check_is_one_command_that_succeeds_where_it_holds(check: Check, *, holds: bool) -> None:
    ran = subprocess.run(["bash", "-c", check.shell()], capture_output=True, check=False)
    assert (ran.returncode == 0) is holds
