"""Files of other programs' settings: what is hostile or broken is said, without what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.commands.tool_settings import files
from workbench.commands.tool_settings.files import Text, Unreadable
from workbench.commands.tool_settings.plan import Found, Place
from workbench.commands.tool_settings.secrets import arguments_hold_secret, may_hold_secret, prose_holds_secret
from workbench.commands.tool_settings.servers import add_server

CANARY = "canary7Q2x"


def of(text: str) -> Text:
    return Text(Path("settings.json"), text)


def test_only_regular_files_of_a_bounded_length_are_read_and_no_link_leaves_a_project(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside.json"
    project.mkdir()
    outside.write_text(CANARY)
    (project / "link.json").symlink_to(outside)
    (project / "inside.json").symlink_to(project / "real.json")
    (project / "real.json").write_text("\ufeff{}")
    (project / "loop.json").symlink_to(project / "loop.json")
    (project / "folder.json").mkdir()
    os.mkfifo(project / "pipe.json")
    (project / "long.json").write_bytes(b" " * (files.MOST_BYTES + 1))
    (project / "latin.json").write_bytes(b"\xe6")
    for name in ("link", "loop", "folder", "pipe", "long", "latin"):
        with pytest.raises(Unreadable) as refused:
            files.read(project / f"{name}.json", within=project)
        assert CANARY not in str(refused.value)
    assert files.read(project / "none.json", within=project) is None
    inside = files.read(project / "inside.json", within=project)
    assert inside is not None
    assert inside.text == "{}"
    assert files.read(project / "link.json") == Text(project / "link.json", CANARY)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"a": {CANARY}}}',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        "[" * 100_000,
        '{"a": ' * 5_000 + "1" + "}" * 5_000,
        f'["{CANARY}"]',
        f'{{"{CANARY}": /* open',
        "/*" * 400_000,
        '"' * 300_001,
        "",
    ],
)
def test_json_that_cannot_be_used_is_refused_without_its_content(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        files.json_of(of(text))
    assert CANARY not in str(refused.value)


def test_comments_and_commas_before_the_end_are_passed_over_and_text_stays_as_it_is() -> None:
    text = '{ // one\n "a": "// no, /* no */ \\" ,]", /* two\n */ "b": [1, 2, /* x */ ],\n}\n'
    assert files.json_of(of(text)) == {"a": '// no, /* no */ " ,]', "b": [1, 2]}
    assert files.without_comments(text).count("\n") == text.count("\n")


@pytest.mark.parametrize("text", [f"a = {CANARY}", "a = nan", "a = [" * 5_000, f'"{CANARY}" = 1\n"{CANARY}" = 2'])
def test_toml_that_cannot_be_used_is_refused_without_its_content(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        files.toml_of(of(text))
    assert CANARY not in str(refused.value)


def test_the_head_of_an_agent_is_text_whatever_it_holds() -> None:
    head, body = files.front_matter(of("---\nname: yes\ntools:\n  - Read\nn: .nan\n---\n\nDo it.\n---\nmore\n"))
    assert (head, body) == ({"name": "yes", "tools": ["Read"], "n": ".nan"}, "Do it.\n---\nmore")
    lenient, _ = files.front_matter(of('---\nname: a\ndescription: Use it: "now"\n---\nx'))
    assert lenient == {"name": "a", "description": 'Use it: "now'}
    merges = "a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(200))
    assert files.front_matter(of(f"---\n{merges}---\n"))[0]["a"] == {"x": "1"}
    for text in ("", "---\nname: a\n", "name: a", "---\n- a\n---\n", f"---\n{'[' * 10_000}\n---\n"[:40]):
        with pytest.raises(Unreadable):
            files.front_matter(of(text))


@pytest.mark.parametrize(
    "text",
    [
        "curl -H 'Authorization: Bearer abcdef'",
        "deploy --api-key abcd",
        "deploy --token=abcdefgh",
        "PASSWORD=hunter2 make",
        "psql postgres://anna:hunter2@db/shop",
        "https://user@host/mcp",
        "https://host/mcp?api_key=abcdef",
        "https://host/mcp/4f9d8a7b6c5e4d3c2b1a",
        "sk-ant-abcdefgh",
        "ghp_abcdefgh1234",
        "AKIAABCDEFGHIJKL",
    ],
)
def test_what_looks_like_a_secret_is_taken_for_one(text: str) -> None:
    assert may_hold_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "npm run test:*",
        "git push *",
        "gh auth token *",
        "npx -y @modelcontextprotocol/server-everything",
        "https://mcp.example.com/v1/mcp",
        "uvx mcp-server-git --repository /srv/git/shop",
        "python -m pytest tests/test_tokens.py",
    ],
)
def test_what_is_usual_is_not(text: str) -> None:
    assert not may_hold_secret(text)
    assert not prose_holds_secret(text)


def test_an_argument_behind_an_option_that_is_named_like_a_secret_is_one() -> None:
    assert arguments_hold_secret(["npx", "db", "--password", "x"])
    assert not arguments_hold_secret(["npx", "db", "--port", "7"])


@pytest.mark.parametrize(
    "given",
    [
        7,
        {},
        {"command": ""},
        {"command": ["npx"]},
        {"command": "npx", "args": "-y"},
        {"command": "npx", "args": ["-y", 7]},
        {"command": "npx", "args": ["--key", "${KEY}"]},
        {"command": "npx", "args": ["--api-key", CANARY]},
        {"command": "npx", "args": ["x" * 3_000]},
        {"command": "/usr/bin/thing"},
        {"command": "thing", "cwd": "/srv"},
        {"command": "npx", "enabled": False},
        {"command": "npx", "disabled": True},
        {"url": "ftp://example.com"},
        {"url": f"https://u:{CANARY}@example.com"},
        {"url": f"https://example.com/?token={CANARY}"},
        {"url": "https://${HOST}/mcp"},
        {"url": "wss://example.com", "type": "ws"},
    ],
)
def test_a_server_that_cannot_be_taken_is_said_and_shows_nothing_of_itself(given: object) -> None:
    found = Found()
    add_server(found, "shop", given, Place(Path("x.json")))
    assert (len(found.servers), len(found.cannot)) == (0, 1)
    assert CANARY not in str(found)


def test_a_server_is_taken_without_its_secrets_and_with_its_choice_of_tools() -> None:
    found = Found()
    given = {
        "url": "https://example.com/mcp",
        "headers": {"Authorization": f"Bearer {CANARY}"},
        "disabled_tools": ["buy"],
    }
    add_server(found, "my shop", given, Place(Path("x.json")))
    add_server(found, "docs", {"command": "npx", "args": ["-y", "a b"], "env": {"KEY": CANARY}}, Place(Path("x.json")))
    assert [(one.name, one.url, one.only, one.off) for one in found.servers] == [
        ("my_shop", "https://example.com/mcp", None, ("buy",)),
        ("docs", "stdio:npx -y 'a b'", None, ()),
    ]
    told = " ".join(note.what + note.why for note in found.cannot)
    assert all(part in told for part in ("vault add --mcp https://example.com/mcp", "vault add KEY"))
    assert CANARY not in str(found)
