"""Reports of evaluations: a table with candidates side by side, and JUnit's XML for what runs tests. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from workbench.commands.evaluation.running import Result
from workbench.text.display import line

_NAME_WIDTH: Final = 28
_CELL_WIDTH: Final = 26


def table(results: Sequence[Result]) -> list[str]:
    """A row a case and a column a candidate, then what each has passed, cost and taken."""
    cases = list(dict.fromkeys(one.case for one in results))
    labels = list(dict.fromkeys(one.candidate for one in results))
    rows = [_row("", labels)]
    for case in cases:
        cells = [_cell([one for one in results if (one.case, one.candidate) == (case, label)]) for label in labels]
        rows.append(_row(case, cells))
    rows.append(_row("passed", [_rate([one for one in results if one.candidate == label]) for label in labels]))
    rows.append(_row("cost", [_cost([one for one in results if one.candidate == label]) for label in labels]))
    return rows


def junit(results: Sequence[Result]) -> str:
    """One suite a candidate, one test a run of a case."""
    root = ElementTree.Element("testsuites", name="workbench eval")
    for label in dict.fromkeys(one.candidate for one in results):
        own = [one for one in results if one.candidate == label]
        failed = sum(not one.passed for one in own)
        taken = f"{sum(one.seconds for one in own):.3f}"
        suite = ElementTree.SubElement(
            root, "testsuite", name=label, tests=str(len(own)), failures=str(failed), time=taken
        )
        for one in own:
            case = ElementTree.SubElement(suite, "testcase", classname=label, name=one.case, time=f"{one.seconds:.3f}")
            if not one.passed:
                failure = ElementTree.SubElement(case, "failure", message=_writable(one.why.partition("\n")[0]))
                failure.text = _writable(one.why)
            if one.session_id:
                ElementTree.SubElement(case, "system-out").text = f"session {one.session_id}"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{line(name, _NAME_WIDTH):{_NAME_WIDTH}}  {'  '.join(f'{line(one, _CELL_WIDTH):{_CELL_WIDTH}}' for one in cells)}".rstrip()


def _cell(runs: Sequence[Result]) -> str:
    passed = sum(one.passed for one in runs)
    mark = "✓" if passed == len(runs) else "✗"
    many = f" {passed}/{len(runs)}" if len(runs) > 1 else ""
    return f"{mark}{many}  {_cost(runs)}  {sum(one.seconds for one in runs):.0f} s"


def _rate(runs: Sequence[Result]) -> str:
    passed = sum(one.passed for one in runs)
    return f"{passed}/{len(runs)} ({100 * passed / len(runs):.0f} %)"


def _cost(runs: Sequence[Result]) -> str:
    known = [one.cents for one in runs if one.cents is not None]
    return f"${sum(known) / 100:.2f}" if known else "–"


def _writable(text: str) -> str:
    """Without the signs that XML has no way to write."""
    return "".join(
        sign
        for sign in text
        if sign in "\t\n" or (sign >= " " and not 0xD800 <= ord(sign) <= 0xDFFF and sign not in "\ufffe\uffff")
    )
