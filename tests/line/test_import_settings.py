"""Settings of Claude Code and Codex are shown, taken after a yes, taken once, and give away none of their secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import HOSTILE, raw_signs
from tests.line.installation import Installation, installation
from workbench.contracts.values import Json
from workbench.permissions.gate import judge
from workbench.permissions.rules import load

SECRET = "canary7Q2xW9"
"""Part of every secret below."""
CLAUDE: Json = {
    "model": "opus",
    "env": {"SHOP_TOKEN": f"{SECRET}-env"},
    "apiKeyHelper": f"/bin/echo {SECRET}-helper",
    "hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": f"echo {SECRET}-hook"}]}]},
    "permissions": {
        "allow": [
            "Bash(npm run test:*)",
            "Bash(git:*)",
            "Bash(wget:*)",
            f"Bash(curl -H 'Authorization: Bearer {SECRET}')",
            "mcp__tickets__find",
        ],
        "ask": ["Bash(git push:*)"],
        "deny": ["Read(./.env)", "Bash(terraform apply:*)", "Bash(wget * | sh)"],
    },
}
STATE: Json = {
    "oauthAccount": {"token": f"{SECRET}-account"},
    "mcpServers": {
        "tickets": {
            "type": "http",
            "url": "https://tickets.example.com/mcp",
            "headers": {"Authorization": f"Bearer {SECRET}-header", "X-Team": f"{SECRET}-team"},
        },
        "docs": {"command": "npx", "args": ["-y", "@example/docs"], "env": {"DOCS_KEY": f"{SECRET}-docs"}},
        "leaky": {"command": "npx", "args": ["db", "--password", f"{SECRET}-args"]},
        "query": {"type": "http", "url": f"https://example.com/mcp?token={SECRET}-url"},
        "off": {"command": "uvx", "args": ["off"], "disabled": True},
    },
}
CODEX = f"""
model = "gpt-9"
approval_policy = "on-request"
[mcp_servers.search]
url = "https://search.example.com/mcp"
http_headers = {{ "X-Key" = "{SECRET}-codex" }}
enabled_tools = ["find"]
[mcp_servers.sleeping]
command = "npx"
enabled = false
[mcp_servers.sleeping.env]
KEY = "{SECRET}-sleeping"
"""
REVIEWER = """---
name: reviewer
description: Use it after a change: it reviews.
tools: Read, Grep, Bash, WebFetch, Task, mcp__tickets__find
---

Read what changed, and say what is wrong with it.
"""


def _written(folder: Path, **files: Any) -> None:
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_d_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A person's home with a project in it."""
    home, shop = tmp_path / "home", tmp_path / "home" / "shop"
    state = STATE | {"projects": {str(shop): {"disabledMcpServers": ["docs"], "history": [f"{SECRET}-history"]}}}
    _written(
        home,
        _d_claude__settings_d_json=CLAUDE,
        _d_claude_d_json=state,
        _d_claude__agents__reviewer_d_md=REVIEWER,
        _d_claude__skills__pdf__SKILL_d_md="---\nname: pdf\n---\n",
        _d_codex__config_d_toml=CODEX,
        _d_codex__rules__default_d_rules='prefix_rule(pattern=["gh", "pr", "view"], decision="allow")\n',
    )
    _written(
        shop,
        _d_claude__settings_d_json={"permissions": {"allow": ["Bash(./deploy.sh:*)"], "deny": ["Bash(npm publish:*)"]}},
        _d_mcp_d_json={"mcpServers": {"graph": {"command": "npx", "args": ["-y", "@example/graph"]}}},
        AGENTS_d_md="# shop\n",
    )
    return shop


@pytest.fixture
def here(shop: Path) -> Iterator[Installation]:
    with installation(offline=True, HOME=str(shop.parent)) as made:
        yield made


def _permission(here: Installation, agent: Json, tool: str, **given: str) -> str:
    return judge(agent, tool, given, load(here.home / "config" / "permissions.toml")).permission


def test_settings_are_taken_after_a_yes_and_only_once(here: Installation, shop: Path) -> None:
    asked = here.say("import", "--settings", str(shop))
    assert (asked.code, "[y/N]" in asked.out, "input has ended" in asked.err) == (2, True, True)
    assert here.json("import", "--settings", str(shop), "--dry-run")["taken"] is False
    assert here.json("agents", "list") == []
    assert not (here.home / "config" / "permissions.toml").exists()
    taken = here.json("import", "--settings", str(shop), "--yes")
    assert (taken["taken"], [one["action"] for one in taken["agents"]]) == (True, ["create"] * 3)
    before = (here.home / "config" / "permissions.toml").read_text()
    again = here.say("import", "--settings", str(shop), "--yes")
    assert "nothing is new" in again.err
    assert again.out.count("(here already)") == len(taken["rules"]) + 4
    assert (here.home / "config" / "permissions.toml").read_text() == before
    assert {one["version"] for one in here.json("agents", "list")} == {1}
    agents = {one["name"]: one for one in here.json("agents", "list")}
    assert {name: [one["name"] for one in agent["mcp_servers"]] for name, agent in agents.items()} == {
        "imported": ["tickets", "docs", "search"],
        "reviewer": ["tickets"],
        "imported-shop": ["graph", "tickets", "search"],
    }
    own = agents["imported-shop"]
    assert _permission(here, own, "bash", command="npm run test unit") == "allow"
    assert _permission(here, own, "bash", command="git status") == "ask"
    assert _permission(here, own, "bash", command="./deploy.sh") == "ask"
    assert _permission(here, own, "bash", command="npm publish") == "deny"
    assert _permission(here, own, "read", file_path="/workspace/shop/.env") == "deny"
    assert _permission(here, own, "read", file_path="/workspace/shop/a.py") == "allow"
    assert _permission(here, own, "write", file_path="/workspace/shop/a.py") == "ask"
    assert here.say("run", "--detach", "--agent", "imported-shop", "-C", "none", "hello").code == 2
    assert here.run_detached("--agent", "imported-shop", "--environment", "imported", "-C", "none", "hello")
    search = next(one for one in own["tools"] if one.get("mcp_server_name") == "search")
    assert (search["default_config"]["enabled"], [one["name"] for one in search["configs"]]) == (False, ["find"])
    builtin = next(one for one in agents["reviewer"]["tools"] if "mcp_server_name" not in one)
    assert {one["name"] for one in builtin["configs"]} == {"read", "grep", "bash"}


def test_nothing_is_dropped_in_silence_and_each_has_its_place(here: Installation, shop: Path) -> None:
    plan = here.json("import", "--settings", str(shop), "--dry-run")
    cannot = {one["what"]: one for one in plan["cannot"]}
    for what in (
        "hook PreToolUse",
        "variable SHOP_TOKEN",
        "apiKeyHelper",
        "skill pdf",
        "allow Bash(git:*)",
        "allow Bash(wget:*)",
        "deny Bash(wget * | sh)",
        "allow Bash(…)",
        "allow Bash(./deploy.sh:*)",
        "MCP server leaky",
        "MCP server query",
        "MCP server off",
        "MCP server sleeping",
        "MCP server tickets: header Authorization",
        "MCP server docs: variable DOCS_KEY",
        "agent reviewer: tools Task",
    ):
        assert cannot[what]["why"], what
    assert (
        "vault add --mcp https://tickets.example.com/mcp" in cannot["MCP server tickets: header Authorization"]["why"]
    )
    text = (shop.parent / ".claude" / "settings.json").read_text().split("\n")
    for rule in plan["rules"]:
        if rule["place"].startswith("~/.claude/settings.json:"):
            assert rule["said"] in text[int(rule["place"].rpartition(":")[2]) - 1]
    wider = here.json("import", "--settings", str(shop), "--dry-run", "--project-rules")
    allowed = {one["name"]: one["allow"] for one in wider["agents"]}
    assert "bash(./deploy.sh *)" in allowed["imported-shop"]
    assert "bash(./deploy.sh *)" not in allowed["imported"]


def test_no_secret_is_shown_or_copied_anywhere(here: Installation, shop: Path) -> None:
    said = [
        here.say("import", "--settings", str(shop), *more) for more in (["--dry-run"], ["--yes"], ["--yes", "--json"])
    ]
    assert [done.code for done in said] == [0, 0, 0]
    assert SECRET not in "".join(done.out + done.err for done in said)
    here.told("down")
    kept = [file for file in here.home.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert kept == []


def test_a_change_there_is_shown_as_a_difference_and_becomes_a_new_version(here: Installation, shop: Path) -> None:
    here.told("import", "--settings", str(shop), "--yes")
    reviewer = shop.parent / ".claude" / "agents" / "reviewer.md"
    reviewer.write_text(reviewer.read_text().replace("what is wrong", "what is good"))
    settings = shop.parent / ".claude" / "settings.json"
    settings.write_text(settings.read_text().replace("Bash(git:*)", "Bash(make:*)"))
    (shop / ".mcp.json").unlink()
    shown = here.told("import", "--settings", str(shop), "--yes")
    assert "+ Read what changed, and say what is good with it." in shown
    assert "mcp_servers - " in shown
    versions = {one["name"]: one["version"] for one in here.json("agents", "list")}
    assert versions == {"imported": 1, "reviewer": 2, "imported-shop": 2}
    rules = here.json("rules", "ls")
    assert len(rules) == 3
    assert all("bash(make *)" in one["allow"] for one in rules)


def test_somebody_elses_agent_and_a_broken_file_of_rules_stay_as_they_are(here: Installation, shop: Path) -> None:
    mine = here.home / "reviewer.yaml"
    mine.write_text("name: reviewer\nmodel: offline\nsystem: Mine.\n")
    here.told("agents", "apply", "-f", str(mine))
    plan = here.json("import", "--settings", str(shop), "--yes")
    assert "agent reviewer" in {one["what"] for one in plan["cannot"]}
    assert next(one for one in here.json("agents", "list") if one["name"] == "reviewer")["system"] == "Mine."
    (here.home / "config" / "permissions.toml").write_text("deny = [")
    assert here.say("import", "--settings", str(shop), "--yes").code == 2
    assert (here.home / "config" / "permissions.toml").read_text() == "deny = ["


def test_hostile_files_are_said_and_steer_nothing(here: Installation, shop: Path) -> None:
    _written(
        shop.parent,
        _d_claude__settings_d_json="{" * 9_000,
        _d_claude_d_json='{"mcpServers": NaN}',
        _d_codex__config_d_toml="= 1",
    )
    odd: Json = {
        HOSTILE: 1,
        "permissions": {"deny": [f"Bash({HOSTILE})", f"Read({HOSTILE})"], "allow": [HOSTILE, 7], HOSTILE: 1},
    }
    _written(shop, _d_claude__settings_d_json=odd, _d_mcp_d_json={"mcpServers": {HOSTILE: {"command": HOSTILE}}})
    (shop / ".claude" / "settings.local.json").symlink_to("/etc/passwd")
    (shop / ".claude" / "agents").mkdir()
    (shop / ".claude" / "agents" / "x.md").write_text(f"---\nname: '{HOSTILE[:20]}'\n---\nx")
    done = here.say("import", "--settings", str(shop), "--yes")
    assert done.code in (0, 2)
    assert raw_signs(done.out + done.err) == []
    assert "root:" not in done.out + done.err
    assert done.out.count("cannot: the file") == 4


def test_the_word_says_what_goes_together(here: Installation, shop: Path) -> None:
    for words in (
        ["--dry-run", "x"],
        ["x", "--settings", "y"],
        ["--settings", str(shop), "--json"],
        ["--settings", "/nowhere"],
    ):
        assert here.say("import", *words).code == 2, words
    assert here.say("import", "--settings", str(here.home), "--dry-run").code == 0
