"""Rules of Claude Code and Codex in this program's words: never wider where they allow, never narrower where they deny."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.commands.tool_settings import codex_rules
from workbench.commands.tool_settings.claude_rules import Scope, Translation, coarse, translated
from workbench.commands.tool_settings.files import Text, Unreadable
from workbench.commands.tool_settings.overlaps import is_rule, overlapping
from workbench.commands.tool_settings.plan import Found
from workbench.permissions.rulebook import always_of
from workbench.permissions.rules import Rules, parsed

HOME, SHOP = Path("/home/anna"), Path("/home/anna/code/shop")
OF_PROJECT, OF_HOME = Scope(SHOP, SHOP, HOME), Scope(HOME / ".claude", SHOP, HOME)


def denying(entries: tuple[str, ...]) -> Rules:
    return Rules(parsed(Path("x"), f"deny = {list(entries)}").layers)


@pytest.mark.parametrize(
    ("said", "entries"),
    [
        ("Bash(npm run test:*)", ["bash(npm run test *)"]),
        ("Bash(npm run test *)", ["bash(npm run test *)"]),
        ("Bash(npm run build)", ["bash(npm run build)"]),
        ("Bash(npm run test*)", ["bash(npm run test* *)"]),
        ("Bash(git * main)", ["bash(git ?* * main)"]),
        ("Bash(ls file[1].txt)", ["bash(ls file[[]1].txt)"]),
        ("Bash(echo 'a b')", ["bash(echo 'a b')"]),
        ("mcp__shop", ["mcp__shop__*"]),
        ("mcp__shop__get_*", ["mcp__shop__get_*"]),
        ("Bash", []),
        ("Bash(*)", []),
        ("Bash(:*)", []),
        ("Bash(make && git push)", []),
        ("Bash(echo $HOME)", []),
        ("Bash(echo 'open)", []),
        ('Bash(git commit -m "*")', []),
        ("Bash(echo 'a b' *)", ["bash(echo 'a b' *)"]),
        ("mcp__*", []),
        ("Edit", []),
        ("Edit(src/**)", []),
        ("Write(src/**)", []),
        ("Read(**)", []),
        ("WebFetch(domain:example.com)", ["web_fetch(domain:example.com)"]),
        ("WebFetch(domain:*.example.com)", ["web_fetch(domain:*.example.com)"]),
        ("WebFetch(domain:a b)", []),
        ("WebSearch", ["web_search"]),
        ("Agent(Explore)", []),
        ("PowerShell(ls)", []),
        ("Bash(unclosed", []),
        ("", []),
    ],
)
def test_what_is_allowed_there_is_allowed_here_where_it_can_be_said_or_is_explained(
    said: str, entries: list[str]
) -> None:
    made = translated(said, "allow", OF_PROJECT)
    assert list(made.entries) == entries
    assert (made.kind == "taken") == bool(entries) == (not made.why)


@pytest.mark.parametrize(
    ("said", "scope", "entries"),
    [
        ("Read(.env)", OF_PROJECT, ["read(**/.env)", "read(**/.env/**)"]),
        ("Read(./.env)", OF_HOME, ["read(**/.env)", "read(**/.env/**)"]),
        ("Read(./secrets/**)", OF_PROJECT, ["read(**/secrets/**)"]),
        ("Read(**/*.pem)", OF_PROJECT, ["read(**/*.pem)", "read(**/*.pem/**)"]),
        ("Read(secrets/)", OF_PROJECT, ["read(**/secrets/**)"]),
        ("Read(/config/keys.json)", OF_PROJECT, ["read(**/config/keys.json)", "read(**/config/keys.json/**)"]),
        ("Read(/config/keys.json)", OF_HOME, []),
        ("Read(//home/anna/code/shop/keys/**)", OF_HOME, ["read(**/keys/**)"]),
        ("Read(~/code/**)", OF_HOME, ["read"]),
        ("Read(~/**/*.key)", OF_HOME, ["read(**/*.key)", "read(**/*.key/**)"]),
        ("Read(~/c*/shop/keys)", OF_HOME, ["read(**/keys)", "read(**/keys/**)"]),
        ("Read(~/**/code/**)", OF_HOME, ["read"]),
        ("Read(~/**/shop/keys/*.pem)", OF_HOME, ["read(**/*.pem)", "read(**/*.pem/**)"]),
        ("Read(~/**/keys/**)", OF_HOME, ["read(**/keys/**)"]),
        ("Read(~/code/shop)", OF_HOME, ["read"]),
        ("Read(//**)", OF_HOME, ["read"]),
        ("Read(~/code/*.txt)", OF_HOME, []),
        ("Read(~/music/**/x)", OF_HOME, []),
        ("Read(~/code/shop/keys/)", OF_HOME, ["read(**/keys/**)"]),
        ("Read(~/.ssh/**)", OF_HOME, []),
        ("Read(//etc/**)", OF_HOME, []),
        ("Read(../other/**)", OF_PROJECT, []),
        ("Read(!keep)", OF_PROJECT, []),
        ("Read(id_[rd]sa)", OF_PROJECT, ["read(**/id_?sa)", "read(**/id_?sa/**)"]),
        ("Read", OF_PROJECT, ["read"]),
        ("Edit(*.lock)", OF_PROJECT, ["write(**/*.lock)", "write(**/*.lock/**)"]),
        ("Write(a/b)", OF_PROJECT, ["write(**/a/b)", "write(**/a/b/**)"]),
        ("Bash", OF_PROJECT, ["bash"]),
        ("Bash(curl *)", OF_PROJECT, ["bash(curl *)"]),
        ("Bash(git push*)", OF_PROJECT, ["bash(git push* *)"]),
        ("Bash(git * --force)", OF_PROJECT, ["bash(git * --force)"]),
        ("mcp__*", OF_PROJECT, ["mcp__*__*"]),
        ("Glob(src/**)", OF_PROJECT, []),
        ("WebFetch", OF_PROJECT, ["web_fetch"]),
        (
            "WebFetch(domain:example.com)",
            OF_PROJECT,
            ["web_fetch(domain:example.com)", "web_fetch(domain:*.example.com)"],
        ),
        ("WebSearch", OF_PROJECT, ["web_search"]),
        ("Bash(curl x | sh)", OF_PROJECT, []),
    ],
)
def test_what_is_denied_there_is_denied_here_at_least_as_wide_or_it_is_said(
    said: str, scope: Scope, entries: list[str]
) -> None:
    made = translated(said, "deny", scope)
    assert list(made.entries) == entries
    assert made.kind == "taken" if entries else (made.kind == "cannot" and made.why)
    assert all(map(is_rule, entries))


@pytest.mark.parametrize(
    ("said", "call", "expected"),
    [
        ("Read(./.env)", ("read", {"file_path": "/workspace/shop/.env"}), "deny"),
        ("Read(./.env)", ("read", {"file_path": "/workspace/shop/deep/.env"}), "deny"),
        ("Read(./.env)", ("grep", {"pattern": "x", "path": ".env"}), "deny"),
        ("Read(./.env)", ("bash", {"command": "cat .env"}), "deny"),
        ("Read(./.env)", ("read", {"file_path": "/workspace/shop/.env.example"}), None),
        ("Edit(/ci/**)", ("edit", {"file_path": "/workspace/shop/ci/x.yml"}), "deny"),
        ("Edit(/ci/**)", ("write", {"file_path": "/workspace/shop/ci/x.yml"}), "deny"),
        ("Edit(/ci/**)", ("bash", {"command": "echo x > /workspace/shop/ci/x.yml"}), "deny"),
        ("Edit(/ci/**)", ("read", {"file_path": "/workspace/shop/ci/x.yml"}), None),
        ("mcp__shop", ("mcp__shop__buy", {}), "deny"),
        ("mcp__shop", ("mcp__shopping__buy", {}), None),
    ],
)
def test_a_rule_that_was_taken_stops_the_calls_that_it_stopped_there(
    said: str, call: tuple[str, dict[str, str]], expected: str | None
) -> None:
    assert denying(translated(said, "deny", OF_PROJECT).entries).decision(*call) == expected


WORDS = st.lists(st.sampled_from(["git", "push", "test", "tests", "-f", "a", "main"]), min_size=1, max_size=5)
PATTERNS = st.lists(
    st.sampled_from(["git", "push", "test", "test*", "*st", "t*t", "-f", "*", "main"]), min_size=1, max_size=4
)


def _fits_there(pattern: str, command: str) -> bool:
    """As its documentation says: a `*` is any text, and one alone at the end, behind a blank, may be nothing."""
    if pattern.endswith(" *") and pattern.count("*") == 1:
        return re.fullmatch(re.escape(pattern[:-2]) + "( .*)?", command) is not None
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), command) is not None


@given(PATTERNS, WORDS)
def test_no_command_is_allowed_here_that_was_not_there_and_none_passes_that_was_denied(
    pattern: list[str], words: list[str]
) -> None:
    text, command = " ".join(pattern), " ".join(words)
    fits = _fits_there(text, command)
    allowed = translated(f"Bash({text})", "allow", OF_PROJECT)
    if allowed.entries and always_of(allowed.entries, None, None, None).fits("bash", {"command": command}):
        assert fits, allowed
    denied = translated(f"Bash({text})", "deny", OF_PROJECT)
    if fits and denied.kind == "taken":
        assert denying(denied.entries).decision("bash", {"command": command}) == "deny", denied


@pytest.mark.parametrize(
    ("allowed", "asked", "overlap"),
    [
        ("bash(git *)", "bash(git push *)", True),
        ("bash(git status *)", "bash(git push *)", False),
        ("bash(git push* *)", "bash(git push --force *)", True),
        ("bash(npm test)", "bash", True),
        ("mcp__shop__*", "mcp__shop__buy", True),
        ("mcp__shop__get_*", "mcp__shop__buy", False),
        ("mcp__shop__buy", "bash", False),
        ("bash(ls [*])", "bash(ls a)", False),
    ],
)
def test_what_would_go_over_a_question_is_found(allowed: str, asked: str, overlap: bool) -> None:
    assert bool(overlapping(allowed, [asked])) is overlap


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("Bash(curl * | sh)", "bash(curl *)"),
        ("Bash(curl:* x)", "bash(curl *)"),
        ("Bash(cur*)", "bash"),
        ("Bash($X)", "bash"),
        ("Bash", "bash"),
        ("mcp__a.b__c", "mcp__*"),
        ("Read(../x)", None),
    ],
)
def test_what_cannot_be_denied_is_not_allowed_in_part(said: str, entry: str | None) -> None:
    assert coarse(said) == entry


def test_rules_of_codex_are_read_as_data(tmp_path: Path) -> None:
    text = (
        'prefix_rule(pattern=["gh", ["pr", "issue"], "view"])\n'
        'prefix_rule(pattern=["rm", "*"], decision="forbidden", justification="no")\n'
        'prefix_rule(pattern=["make"], decision="prompt")\n'
        'prefix_rule(pattern=[__import__("os").name], decision="allow")\n'
        'prefix_rule(pattern=[], decision="allow")\n'
        'prefix_rule(pattern=["curl", "--token=hunter2hunter2"], decision="allow")\n'
        "open('/tmp/x')\n"
    )
    found = Found()
    codex_rules.add_rules(found, Text(tmp_path / "default.rules", text), takes_allows=True)
    assert [(rule.decision, rule.entries) for rule in found.rules] == [
        ("allow", ("bash(gh pr view *)", "bash(gh issue view *)")),
        ("deny", ("bash(rm [*] *)",)),
        ("ask", ("bash(make *)",)),
    ]
    assert [note.place.line for note in found.cannot] == [4, 5, 6, 7]
    assert "hunter2" not in str(found)
    assert found.unsaid == ["bash"]
    for odd in ("prefix_rule(", "(" * 5_000, "-" * 100_000 + "1", "\0"):
        with pytest.raises(Unreadable):
            codex_rules.add_rules(Found(), Text(tmp_path / "x.rules", odd), takes_allows=True)
    assert isinstance(translated("x" * 100_000, "deny", OF_PROJECT), Translation)
