"""Which bash lines can be taken apart surely, and into what."""

from __future__ import annotations

import pytest

from workbench.permissions.shell import Plain, plain_commands


def words(command: str) -> list[list[str]] | None:
    found = plain_commands(command)
    return None if found is None else [list(one.words) for one in found]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls -la", [["ls", "-la"]]),
        ("  ls\t-la  # all of it", [["ls", "-la"]]),
        ("git status; ls && pwd || id", [["git", "status"], ["ls"], ["pwd"], ["id"]]),
        ("ls | wc -l & pwd\nid\n", [["ls"], ["wc", "-l"], ["pwd"], ["id"]]),
        ("(cd a; ls) | cat", [["cd", "a"], ["ls"], ["cat"]]),
        ("ls &&\n pwd", [["ls"], ["pwd"]]),
        ("grep 'a; $(rm -rf /) `x`' b", [["grep", "a; $(rm -rf /) `x`", "b"]]),
        ('echo "a \\"b\\" \\$c; d"', [["echo", 'a "b" $c; d']]),
        ("e'ch'o a\\ b", [["echo", "a b"]]),
        ("ls \\\n-l", [["ls", "-l"]]),
        ("r\\\nm x", [["rm", "x"]]),
        ("cat src/*.py", [["cat", "src/*.py"]]),
        ("echo a#b", [["echo", "a#b"]]),
        ("ls 2>&1 | cat", [["ls"], ["cat"]]),
        ("'if' x", [["if", "x"]]),
        ("echo ''", [["echo", ""]]),
    ],
)
def test_a_line_is_all_its_commands(command: str, expected: list[list[str]]) -> None:
    assert words(command) == expected


def test_redirections_are_told_apart() -> None:
    assert plain_commands("sort < a > b 2>> c &> d") == (Plain(("sort",), ("a",), ("b", "c", "d")),)
    assert plain_commands("echo 2 >x") == (Plain(("echo", "2"), (), ("x",)),)
    assert plain_commands("echo a >& out") == (Plain(("echo", "a"), (), ("out",)),)
    assert plain_commands("ls >'a b'|cat") == (Plain(("ls",), (), ("a b",)), Plain(("cat",)))


@pytest.mark.parametrize(
    "command",
    [
        "echo $HOME",
        'echo "$HOME"',
        "echo $(rm -rf /)",
        'echo "$(rm -rf /)"',
        "echo `rm -rf /`",
        'echo "`rm -rf /`"',
        "cat <(rm x)",
        "ls {a,b}",
        "ls *",
        "cat ~/.ssh/id",
        "cat [a-z]",
        "PATH=/tmp ls",
        "x+=1 ls",
        "a[0]=1 ls",
        "cat << END\nrm x\nEND",
        "cat <<< x",
        "ls > a*",
        "ls > $x",
        "ls >",
        "ls > ;",
        "> file",
        "f() { rm x; }",
        "f () (rm x)",
        "if true; then rm x; fi",
        "for x in a; do rm a; done",
        "! ls",
        "[[ a ]]",
        "{ rm x; }",
        "time rm x",
        "ls &&",
        "ls && ; rm",
        "; ls",
        "ls ;; rm",
        "(ls",
        "ls)",
        "(ls) rm",
        "(ls) > /etc/passwd",
        "ls (rm)",
        "()",
        "echo 'open",
        'echo "open',
        "ls \\",
        "ls \x00rm",
        "ls\rrm",
        "",
        "# nothing",
        "ls " + "x" * 20_000,
    ],
)
def test_what_is_not_sure_is_nothing(command: str) -> None:
    assert plain_commands(command) is None
