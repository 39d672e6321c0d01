"""What was allowed for good: written into the file, read again when it changes, taken back without a trace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.brain.stage import TOOLSET, agent
from workbench.contracts.values import Json
from workbench.permissions import gate
from workbench.permissions.rulebook import Rulebook, always_of
from workbench.settings import SettingsError

TODAY = date(2026, 11, 20)
MINE = '# mine\nask = ["bash(git push *)"]\n'
ASKS: Json = {"permission_policy": {"type": "always_ask"}}


def permission(book: Rulebook, command: str, session_id: str = "sesn_a", agent_id: str = "agent_a") -> str:
    described = agent({**TOOLSET, "default_config": ASKS}) | {"id": agent_id}
    return gate.judge(described, "bash", {"command": command}, book.current(), session_id=session_id).permission


def test_what_is_allowed_for_good_no_longer_asks_and_reaches_no_further_than_its_scope(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    assert permission(book, "make test") == "ask"
    book.add(always_of(["bash(make test)"], None, "sesn_a", None), TODAY)
    assert [permission(book, "make test", one) for one in ("sesn_a", "sesn_b")] == ["allow", "ask"]
    book.add(always_of(["bash(make lint *)"], None, None, "agent_b"), TODAY)
    assert [permission(book, "make lint -q", "sesn_c", one) for one in ("agent_a", "agent_b")] == ["ask", "allow"]
    book.add(always_of(["bash(ls)"], None, None, None), TODAY)
    assert permission(book, "ls", "sesn_z", "agent_z") == "allow"


def test_every_part_of_a_command_must_be_allowed(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    book.add(always_of(["bash(make test)"], None, None, None), TODAY)
    assert permission(book, "make test && rm -r build") == "ask"
    assert permission(book, "make test > /etc/passwd") == "ask"
    assert permission(book, "make $TARGET") == "ask"


def test_one_call_exactly_is_allowed_and_no_other(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    command = "for x in 1 2; do\n\techo \"$x\" '\x7f ü 🙂'; done"
    book.add(always_of(None, {"tool": "bash", "input": {"command": command}}, None, None), TODAY)
    assert permission(Rulebook(book.own), command) == "allow"
    assert permission(book, command + " ") == "ask"


def test_a_rule_that_denies_outranks_what_was_allowed_for_good(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    book.add(always_of(["bash(rm *)"], None, None, None), TODAY)
    assert permission(book, "rm -rf /") == "ask"
    assert permission(book, "rm -rf build") == "allow"


def test_taking_a_rule_back_leaves_the_rest_of_the_file_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text(MINE)
    book = Rulebook(file)
    kept = book.add(always_of(["bash(ls)"], None, None, None), TODAY)
    with_one = file.read_text()
    gone = book.add(always_of(["write(/workspace/**)"], None, "sesn_a", None), TODAY)
    assert [one.id for one in book.standing()] == [kept.id, gone.id]
    assert book.remove(gone.id) is not None
    assert file.read_text() == with_one
    assert book.remove(kept.id) is not None
    assert file.read_text() == MINE
    assert book.remove(kept.id) is None


def test_the_same_rule_is_written_once(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    first = book.add(always_of(["bash(ls)"], None, None, None), TODAY)
    assert book.add(always_of(["bash(ls)"], None, None, None), TODAY).id == first.id
    assert len(book.standing()) == 1


def test_a_file_that_a_person_changes_counts_from_the_next_call_on(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    book.own.write_text('[[always]]\nallow = ["bash(make *)"]\n')
    assert permission(book, "make") == "allow"
    book.own.unlink()
    assert permission(book, "make") == "ask"


def test_a_file_that_breaks_while_the_engine_runs_leaves_the_last_good_rules_and_is_said(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    book.add(always_of(["bash(make)"], None, None, None), TODAY)
    book.own.write_text("allow = [\n")
    assert permission(book, "make") == "allow"
    assert str(book.own) in book.trouble
    with pytest.raises(SettingsError, match="mend the file"):
        book.add(always_of(["bash(ls)"], None, None, None), TODAY)
    assert book.own.read_text() == "allow = [\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[always]]\nallow = ["bash(ls)"]\ndeny = ["read"]\n', "stand before the first"),
        ("[[always]]\n", "needs allow"),
        ("[[always]]\nallow = []\n", "allows nothing"),
        ('[[always]]\nallow = ["fly"]\n', "is no rule"),
        ('[[always]]\nallow = ["bash"]\nsession = "a"\nagent = "b"\n', "one session or one agent"),
        ('[[always]]\nallow = ["bash"]\nsession = 3\n', "one session or one agent"),
        ('[[always]]\nexact = "bash ls"\n', "its input as JSON"),
        ('[[always]]\nexact = 3\n', "its input as JSON"),
        ('always = "bash"\n', "two brackets"),
    ],
)  # fmt: skip
def test_a_rule_that_is_none_is_refused_with_what_to_write(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=says):
        Rulebook(file)


def test_what_denies_or_asks_joins_the_lists_and_leaves_the_rest_of_the_file_as_it_is(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    written = f'{MINE}deny = [ # never\n    "bash(shred *)",\n]\n\n# said by me\n[[always]]\nallow = ["bash(ls)"]\n'
    book.own.write_text(written)
    new = book.restrict({"ask": ["bash(make *)", "bash(git push *)"], "deny": ["read(**/.env)", "read(**/.env)"]})
    assert new == {"ask": ["bash(make *)"], "deny": ["read(**/.env)"]}
    assert book.own_entries() == {
        "deny": ["read(**/.env)", "bash(shred *)"],
        "ask": ["bash(make *)", "bash(git push *)"],
        "allow": [],
    }
    text = book.own.read_text()
    assert all(line in text for line in ("# mine", "# never", "# said by me\n[[always]]"))
    assert permission(book, "cat .env") == "deny"
    assert book.restrict({"ask": [], "deny": ["read(**/.env)"]}) == {"ask": [], "deny": []}
    assert book.own.read_text() == text


@pytest.mark.parametrize("text", ["", "# only words", '[[always]]\nallow = ["bash(ls)"]\n', 'ask = ["bash(a)"]'])
def test_a_list_that_is_not_there_is_made_where_the_file_can_have_it(tmp_path: Path, text: str) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    book.own.write_text(text)
    always = book.current().always
    book.restrict({"ask": ["bash(b)"], "deny": ["bash(c)"]})
    assert (book.own_entries()["deny"], book.current().always, book.trouble) == (["bash(c)"], always, "")


def test_a_file_whose_lists_cannot_be_told_from_other_text_is_left_to_its_owner(tmp_path: Path) -> None:
    book = Rulebook(tmp_path / "permissions.toml")
    text = 'ask = ["""bash(echo\ndeny = [)"""]\n'.replace("echo\n", "echo \\\n")
    book.own.write_text(text)
    with pytest.raises(SettingsError):
        book.restrict({"ask": [], "deny": ["bash(c)"]})
    with pytest.raises(SettingsError, match="fly"):
        Rulebook(tmp_path / "other.toml").restrict({"ask": [], "deny": ["fly"]})
    assert book.own.read_text() == text
