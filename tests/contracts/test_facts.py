"""Every fact that the program writes or asks for is declared, and its SQL knows no other."""

from __future__ import annotations

import ast
import functools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import workbench
from tests.parsing import tree_of
from workbench import events
from workbench.contracts import facts, thread_facts
from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.values import Fact

PACKAGE = Path(workbench.__file__).parent
DECLARED_IN = {"contracts/facts.py", "contracts/thread_facts.py"}
MADE_IN = {"contracts/fact_kinds.py"}
READERS = {"brain/past.py", "log/journal/records.py", "log/store/reads.py"}
"""What is on disk is read by whatever name it has."""
START = datetime(2026, 1, 1, tzinfo=UTC)


@functools.cache
def sources() -> dict[str, ast.Module]:
    return {file.relative_to(PACKAGE).as_posix(): tree_of(file.read_text()) for file in sorted(PACKAGE.rglob("*.py"))}


def places(fits: str) -> set[str]:
    """The files in which something of this name is called."""
    return {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == fits
    }


def test_facts_are_made_by_their_declarations_only() -> None:
    assert places("Fact") == READERS | MADE_IN
    assert places("FactKind") == DECLARED_IN


def test_no_other_file_spells_the_name_of_a_fact() -> None:
    spelled = {
        (name, node.value)
        for name, tree in sources().items()
        if name not in DECLARED_IN
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in facts.BY_NAME
    }
    assert spelled == set()


def test_every_declared_fact_is_used() -> None:
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for name, tree in sources().items()
        if name not in DECLARED_IN
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Name))
    }
    declared = {**vars(facts), **vars(thread_facts)}
    constants = {name: value for name, value in declared.items() if isinstance(value, FactKind)}
    assert tuple(constants.values()) == facts.KINDS
    assert constants.keys() <= used


def test_the_sql_asks_for_declared_facts_and_public_events_only() -> None:
    """Names with a point, in quotes: all of them are events or facts."""
    known = facts.BY_NAME.keys() | events.TYPES
    for file in sorted((PACKAGE / "log").rglob("*.sql")):
        statements = re.sub(r"--[^\n]*", "", file.read_text())
        named = set(re.findall(r"'([a-z_]+\.[a-z_]+)'", statements))
        assert named <= known, (file.name, named - known)
        asked = set(re.findall(r"\bname = '([^']+)'", statements))
        asked |= {
            one for group in re.findall(r"\bname IN \(([^)]*)\)", statements) for one in re.findall(r"'([^']+)'", group)
        }
        assert {one for one in asked if "." in one} <= facts.BY_NAME.keys(), (file.name, asked)


def test_views_of_facts_alone_read_declared_fields_only() -> None:
    seen = set()
    for file in sorted((PACKAGE / "log").rglob("*.sql")):
        for view in file.read_text().split(";"):
            if "kept.facts" not in view or "kept.events" in view:
                continue
            named = set(re.findall(r"'([a-z_]+\.[a-z_]+)'", view)) & facts.BY_NAME.keys()
            read = set(re.findall(r"'\$\.([a-z_0-9]+)", view))
            assert read <= {one for name in named for one in facts.BY_NAME[name].fields}, (file.name, named, read)
            seen |= {(name, field) for name in named for field in read}
    assert {("egress.decided", "host"), ("sandbox.ended", "reason"), ("sql.asked", "sql")} <= seen


@pytest.mark.parametrize("kind", facts.KINDS, ids=lambda kind: kind.name)
def test_a_declaration_is_whole(kind: FactKind) -> None:
    assert not kind.about or kind.about in kind.fields
    assert kind.about or not kind.copied_by_fork
    with pytest.raises(ValueError, match=f"{kind.name} has no field surely_not"):
        kind.made(None, START, {"surely_not": 1})


def cloned(second: int) -> Fact:
    return facts.REPOSITORY_CLONED.made("sesn_1", START + timedelta(seconds=second), {"resource_id": f"r{second}"})


def rewound(second: int, to: int | None) -> Fact:
    to_at = None if to is None else events.timestamp(START + timedelta(seconds=to))
    body = {"to": "sevt_x", "to_at": to_at}
    return facts.FILES_REWOUND.made("sesn_1", START + timedelta(seconds=second), body)


def test_a_rewind_undoes_what_came_after_its_moment_and_nothing_that_comes_later() -> None:
    noted = [cloned(1), cloned(5), rewound(6, 3), cloned(7)]
    assert [fact.made_at.second for fact in facts.in_force(noted) if fact.name == "repository.cloned"] == [1, 7]
    assert facts.in_force([cloned(1), rewound(6, None)]) == [rewound(6, None)]


def test_a_rewind_to_after_what_an_earlier_one_undid_brings_it_back() -> None:
    noted = [cloned(1), rewound(4, 0), cloned(5), rewound(6, 2)]
    assert [fact.made_at.second for fact in facts.in_force(noted) if fact.name == "repository.cloned"] == [1]


def test_a_fork_from_before_a_rewind_has_what_was_true_then() -> None:
    noted = [cloned(1), rewound(6, None)]
    assert facts.copied(noted, set(), START + timedelta(seconds=3)) == [cloned(1)]
    assert facts.copied(noted, set(), START + timedelta(seconds=7)) == []


def test_a_rewind_that_an_earlier_version_wrote_undoes_nothing() -> None:
    old = Fact("files.rewound", "sesn_1", START + timedelta(seconds=6), {"to": None})
    assert facts.in_force([cloned(1), old]) == [cloned(1), old]


def test_a_fork_takes_facts_with_their_events_and_what_was_true_of_the_files_then() -> None:
    asked = facts.MODEL_REQUESTED.made("sesn_1", START, {"model_request_start_id": "sevt_1", "model": "m"})
    later = facts.MODEL_REQUESTED.made("sesn_1", START, {"model_request_start_id": "sevt_2", "model": "m"})
    listed = facts.MCP_LISTED.made("sesn_1", START + timedelta(seconds=2), {"server": "s", "tools": []})
    allowed = facts.NETWORK_ALLOWED.made("sesn_1", START, {"host": "h"})
    noted = [asked, later, allowed, cloned(1), listed, cloned(4)]
    assert facts.copied(noted, {"sevt_1"}, START + timedelta(seconds=3)) == [asked, cloned(1), listed]
    assert facts.copied(noted, {"sevt_1"}, None) == [asked]
