"""What became of brought lines: told where a person made something else of them, and of nothing else."""

from __future__ import annotations

import pytest

from workbench.contracts.files import Hunk
from workbench.hands.files.changed_lines import Brought, brought, changed, stands

HUNK = Hunk(
    "id",
    1,
    6,
    1,
    7,
    (
        " import os",
        " ",
        " def total(rows):",
        "-    return 0",
        "+    print(rows)",
        "+    return sum(rows)",
        " ",
        " ",
        " x = 1",
    ),
)
[RUN] = brought(HUNK)
APPLIED = "import os\n\ndef total(rows):\n    print(rows)\n    return sum(rows)\n\n\nx = 1\n"


def test_a_hunk_is_parted_into_its_runs_with_what_stands_around_them() -> None:
    assert (
        Brought(
            ("import os", "", "def total(rows):"),
            ("    print(rows)", "    return sum(rows)"),
            ("", "", "x = 1"),
            ("    return 0",),
        )
        == RUN
    )
    two = Hunk("id", 1, 3, 1, 3, ("-a", "+b", " c", "-d", "+e", "\\ No newline at end of file"))
    assert list(brought(two)) == [Brought((), ("b",), ("c", "e"), ("a",)), Brought(("b", "c"), ("e",), (), ("d",))]
    assert list(brought(Hunk("id", 1, 2, 1, 1, (" a", "-b")))) == []


def test_lines_that_stand_in_their_place_are_known() -> None:
    assert stands(RUN, APPLIED)
    assert stands(RUN, "# new above\n" + APPLIED + "y = 2\n")
    assert not stands(RUN, APPLIED.replace("print", "log"))


@pytest.mark.parametrize(
    ("now", "pairs"),
    [
        (APPLIED.replace("print(rows)", "log.info(rows)"), [("    print(rows)", "    log.info(rows)")]),
        (APPLIED.replace("    print(rows)\n", ""), [("    print(rows)", "")]),
        (
            "import sys\n" + APPLIED.replace("sum(rows)", "fsum(rows)"),
            [("    return sum(rows)", "    return fsum(rows)")],
        ),
        # The line above it is another one as well: the one below is enough only together with one above.
        (APPLIED.replace("import os", "import sys").replace("print", "log"), [("    print(rows)", "    log(rows)")]),
    ],
    ids=["changed", "taken out", "further down", "with other lines"],
)
def test_what_a_person_made_of_brought_lines_is_told_in_both_versions(now: str, pairs: list[tuple[str, str]]) -> None:
    assert changed(RUN, now) == pairs


@pytest.mark.parametrize(
    "now",
    [
        APPLIED,
        APPLIED.replace("x = 1", "x = 2").replace("import os", "import sys"),
        APPLIED.replace("    ", "\t"),
        APPLIED.replace("print(rows)", "print(\n        rows,\n    )"),
        APPLIED.replace("    print(rows)\n    return sum(rows)", "    return 0"),
        APPLIED.replace("    return sum(rows)\n", "    return sum(rows)\n    # a word more\n"),
        "quite another file\n",
        "",
    ],
    ids=["nothing", "other lines", "indented", "wrapped", "put back", "a line added", "another file", "emptied"],
)
def test_of_forms_other_lines_and_what_is_not_found_nothing_is_told(now: str) -> None:
    assert changed(RUN, now) == []


def test_a_new_file_is_looked_at_whole_and_its_rewriting_says_nothing() -> None:
    lines = tuple(f"value_{number} = {number}" for number in range(40))
    whole = Brought((), lines, ())
    assert changed(whole, "\n".join(lines).replace("value_7 = 7", "value_7 = 70")) == [("value_7 = 7", "value_7 = 70")]
    assert changed(whole, "\n".join(f"other_{number}" for number in range(40))) == []
