"""Homes that other agents made themselves, run against scripted servers: taken in, with the totals of their own counters."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.line.installation import Installation, installation, served
from tests.messages_server import Play, call, text
from tests.nightly.in_home import WAIT_S, ran
from tests.nightly.newer_python import environment
from tests.nightly.other_pasts import VIBE, gemini, opencode, qwen, vibe
from tests.nightly.responses_server import responses
from tests.nightly.summary import Summary
from workbench.contracts.values import Json

PACKAGES: Final = (
    "@openai/codex@0.171.0",
    "@anthropic-ai/claude-code@2.1.197",
    "opencode-ai@1.18.33",
    "@google/gemini-cli@0.61.0",
    "@qwen-code/qwen-code@0.24.4",
    VIBE,
)
"""Of npm, but for the last, which is of PyPI."""
MODEL: Final = "claude-sonnet-4-5"
ASKED: Final = "Look around, and remember: use just"
CORNER: Final = "Look into the corner"
COMMANDS: Final = (("echo hello", False), ("exit 3", True))
"""What each is told to run, and whether it fails."""
_USAGE: Final[Json] = {
    "input_tokens": 400,
    "cache_read_input_tokens": 600,
    "cache_creation_input_tokens": 100,
    "cache_creation": {"ephemeral_5m_input_tokens": 40, "ephemeral_1h_input_tokens": 60},
    "output_tokens": 50,
}
_CONFIG: Final = """model = "gpt-5-codex"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "{url}"
wire_api = "responses"
"""
_TOKENS: Final = (
    "sum(input_tokens)::int, sum(cache_read_tokens)::int, sum(cache_creation_tokens)::int, sum(output_tokens)::int"
)
_TOTALS: Final = f"""SELECT s.title, m.model, count(*) AS requests, {_TOKENS.replace("sum(", "sum(m.")}, round(sum(m.usd), 6) AS usd
FROM model_requests AS m JOIN sessions AS s USING (session_id) GROUP BY ALL ORDER BY m.model"""
_CALLS: Final = "SELECT json_extract_string(input, '$.command') AS command, json_extract_string(input, '$.cmd') AS cmd, is_error FROM tool_calls"


def run(count: int, chance: random.Random) -> Summary:
    """`count` is of tools."""
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix="pasts") as name:
        folder = Path(name)
        home, project = folder / "home", folder / "shop"
        home.mkdir()
        project.mkdir()
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), *PACKAGES[:-1]]
        subprocess.run(npm, check=True, timeout=WAIT_S)
        claude_code = folder / "node_modules" / "@anthropic-ai" / "claude-code"
        # npm may run no scripts of packages: this one puts the program in its place.
        subprocess.run(["node", "install.cjs"], cwd=claude_code, check=True, timeout=WAIT_S)
        programs = folder / "node_modules" / ".bin"
        wanted = [_codex(programs, home, project), _claude_code(programs, home, project)]
        commands = [command for command, _ in COMMANDS]
        wanted += [make(programs, home, project, ASKED, commands) for make in (opencode, gemini, qwen)]
        of_vibe = environment(folder / "vibe", [VIBE], newer=True).parent
        wanted.append(vibe(of_vibe, home, project, ASKED, commands))
        with installation(offline=True, HOME=str(home)) as here:
            here.told("import", "--all")
            again = here.json("import", "--all")
            _compare(here, wanted, summary)
    if again["taken"] or again["continued"] or any(file["taken"] for file in again["files"]):
        summary.faults.append(f"a second import took something: {again}")
    summary.figures["tools"] = len(wanted)
    return summary


def _compare(here: Installation, wanted: list[Json], summary: Summary) -> None:
    found = [list(row.values()) for row in here.json("sql", _TOTALS)]
    for one in wanted:
        rows = [row for row in found if row[1] == one["model"]]
        if not rows or rows[0][2:7] != [one["requests"], *one["tokens"]]:
            summary.faults.append(f"{one['model']}: {found} in the log, by its own counters {one}")
        elif one["usd"] is not None and abs(rows[0][7] - one["usd"]) > 1e-6:
            summary.faults.append(f"{one['model']}: {rows[0][7]} USD in the log, {one['usd']} by itself")
        summary.figures[f"tokens of {one['model']}"] = sum(one["tokens"])
    calls = sorted(
        (row["command"] or row["cmd"], row["is_error"])
        for row in here.json("sql", _CALLS)
        if row["command"] or row["cmd"]
    )
    if calls != sorted(COMMANDS * len(wanted)):
        summary.faults.append(f"the commands are {calls}")
    said = [
        row["text"] for row in here.json("sql", "SELECT text FROM messages WHERE sender = 'user' AND thread_id IS NULL")
    ]
    if sorted(said) != sorted(one["said"] for one in wanted):
        summary.faults.append(f"people's words are {said}")


# ── Codex ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _codex(programs: Path, home: Path, project: Path) -> Json:
    calls = [
        {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": "exec_command"}
        | {"arguments": json.dumps({"cmd": command})}
        for number, (command, _) in enumerate(COMMANDS)
    ]
    end = {"type": "output_text", "text": "Done with it.", "annotations": []}
    answer: Json = {"type": "message", "id": "msg_1", "role": "assistant", "content": [end]}
    (home / ".codex").mkdir()
    with responses([*calls, answer]) as url:
        (home / ".codex" / "config.toml").write_text(_CONFIG.format(url=url))
        flags = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
        told = ran([str(programs / "codex"), "exec", *flags, ASKED], home, project)
    ended = [json.loads(line) for line in told.splitlines() if line.startswith('{"type":"turn.completed"')]
    usage = ended[-1]["usage"]
    with sqlite3.connect(next((home / ".codex").glob("state_*.sqlite"))) as state:
        [[used]] = state.execute("SELECT tokens_used FROM threads").fetchall()
    cached, written = usage["cached_input_tokens"], usage.get("cache_write_input_tokens", 0)
    tokens = [usage["input_tokens"] - cached - written, cached, written, usage["output_tokens"]]
    assert sum(tokens) == used, (tokens, used)
    return {"model": "gpt-5-codex", "requests": 3, "tokens": tokens, "usd": None, "said": ASKED}


# ── Claude Code ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _claude_code(programs: Path, home: Path, project: Path) -> Json:
    with served([]) as model:
        model.otherwise = _answer
        more = {
            "ANTHROPIC_BASE_URL": model.base_url,
            "ANTHROPIC_API_KEY": "sk-test",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        flags = ["--output-format", "json", "--dangerously-skip-permissions", "--model", MODEL]
        told = json.loads(ran([str(programs / "claude"), "-p", ASKED, *flags], home, project, **more))
        requests = len(model.requests)
        assert not model.refused, model.refused
    usage = told["modelUsage"][MODEL]
    names = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens", "outputTokens")
    tokens = [usage[name] for name in names]
    usd = round(told["total_cost_usd"], 6)
    return {"model": MODEL, "requests": requests, "tokens": tokens, "usd": usd, "said": ASKED}


def _answer(request: Json) -> Play:
    """By how far the conversation is: both commands, an agent of its own, the end."""
    same: Json = {"usage": _USAGE, "model": request["model"]}
    if CORNER in json.dumps(request["messages"][0]):
        return text("The corner is empty.") | same
    agent = {
        "description": "A corner",
        "prompt": CORNER,
        "subagent_type": "general-purpose",
        "run_in_background": False,
    }
    plays: list[Json] = [call("Bash", {"command": command, "description": "run it"}) for command, _ in COMMANDS]
    plays += [call("Agent", agent), text("Done with it.")]
    done = sum(one["role"] == "assistant" for one in request["messages"])
    answer: Json = plays[min(done, len(plays) - 1)] | same
    return answer
