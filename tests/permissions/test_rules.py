"""The rules that ship, and those that people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.permissions.rules import Decision, load
from workbench.settings import SettingsError

SHIPPED = load(None)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls -la src", "allow"),
        ("cd /workspace/shop && git status --short | head -5", "allow"),
        ("cat a.txt > /dev/null 2>&1", "allow"),
        ("echo hi > /workspace/shop/notes.txt", "allow"),
        ("echo hi > /tmp/notes.txt", "allow"),
        ("git log --oneline -5", "allow"),
        ("find . -name '*.py' | wc -l", "allow"),
        ("make", None),
        ("ls && make", None),
        ("make && git push", "ask"),
        ("ls $(make)", None),
        ("echo hi > notes.txt", None),
        ("echo hi > /workspace/../etc/passwd", None),
        ("echo hi > /etc/passwd", None),
        ("echo hi > /workspace/shop/.git/config", "ask"),
        ("cat < /workspace/a", "allow"),
        ("cat < a", None),
        ("find . -name x -delete", "ask"),
        ("find . -exec rm {} +", None),
        ("find . -exec rm x ';'", "ask"),
        ("sort a -ob", "ask"),
        ("sort --output=b a", "ask"),
        ("git diff --output=x", "ask"),
        ("git diff --outp=x", "ask"),
        ("git -c core.pager=x log", None),
        ("rg --pre sh x", "ask"),
        ("test -v 'a[$(id)]'", None),
        ("git push origin main", "ask"),
        ("ls; rm -rf /", "deny"),
        ("rm -rf --no-preserve-root /", "deny"),
        ("rm -rf '/*'", "deny"),
        ("rm -rf /tmp/x", None),
        ("sudo ls", None),
        ("xargs rm", None),
        ("env ls", None),
    ],
)
def test_the_shipped_rules_allow_what_reads_and_nothing_unsure(command: str, expected: Decision | None) -> None:
    assert SHIPPED.decision("bash", {"command": command}) == expected


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        ("read", {"file_path": "/etc/passwd"}, "allow"),
        ("glob", {"pattern": "**/*"}, "allow"),
        ("write", {"file_path": "src/a.py", "content": ""}, "allow"),
        ("write", {"file_path": "./src//a.py", "content": ""}, "allow"),
        ("edit", {"file_path": "/tmp/a"}, "allow"),
        ("write", {"file_path": "../a"}, None),
        ("write", {"file_path": "/mnt/a"}, None),
        ("write", {"file_path": "/workspaces/a"}, None),
        ("write", {"file_path": ".git/hooks/pre-commit"}, "ask"),
        ("write", {"file_path": "/workspace/shop/.github/workflows/ci.yml"}, "ask"),
        ("write", {}, None),
        ("bash", {"restart": True}, None),
        ("bash", {"command": 7}, None),
    ],
)
def test_file_tools_are_matched_on_their_path(tool: str, given: dict[str, object], expected: Decision | None) -> None:
    assert SHIPPED.decision(tool, given) == expected


def test_a_persons_own_rules_come_before_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text(
        'allow = ["bash(make test *)", "bash(git push)"]\nask = ["bash(ls *)"]\ndeny = ["write(**/*.lock)"]\n'
    )
    rules = load(file)
    found = [rules.decision("bash", {"command": command}) for command in ("make test -j2", "git push", "ls", "pwd")]
    assert found == ["allow", "allow", "ask", "allow"]
    assert rules.decision("write", {"file_path": "a/b.lock"}) == "deny"
    assert load(tmp_path / "none.toml") == SHIPPED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("allow = 3", "allow must be a list"),
        ("alow = []", "'alow' is not known"),
        ('allow = ["Bash(ls)"]', "'Bash(ls)' is no rule; write a tool"),
        ("allow = [3]", "3 is no rule"),
        ('ask = ["bash(echo \'a)"]', "close what you opened"),
        ('deny = ["write(src/**)"]', "a path begins with /"),
        ("allow = [", "mend the file or remove it"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_cure(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text(content)
    with pytest.raises(SettingsError) as refused:
        load(file)
    assert str(refused.value).startswith(str(file))
    assert words in str(refused.value)
