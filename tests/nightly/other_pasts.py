"""Homes that opencode, Gemini CLI, Qwen Code and Mistral Vibe made themselves, and what their own counters say of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.nightly.completions_server import completions
from tests.nightly.in_home import ran
from workbench.contracts.values import Json

VIBE: Final = "mistral-vibe==3.0.2"
_VIBE_CONFIG: Final = """active_model = "past-vibe"
enable_telemetry = false
enable_update_checks = false
[[providers]]
name = "scripted"
api_base = "{url}/v1"
api_key_env_var = "SCRIPTED_KEY"
backend = "generic"
[[models]]
name = "past-vibe"
provider = "scripted"
alias = "past-vibe"
"""


def opencode(programs: Path, home: Path, project: Path, asked: str, commands: Sequence[str]) -> Json:
    with completions(commands) as (url, script):
        options = {"baseURL": f"{url}/v1", "apiKey": "sk-test"}
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "name": "scripted",
            "options": options,
            "models": {"past-opencode": {"name": "past-opencode", "limit": {"context": 100_000, "output": 8_000}}},
        }
        config = {"autoupdate": False, "share": "disabled", "provider": {"scripted": provider}}
        _written(home / ".config" / "opencode" / "opencode.json", config | {"permission": {"bash": "allow"}})
        ran([str(programs / "opencode"), "run", "-m", "scripted/past-opencode", asked], home, project)
    with closing(sqlite3.connect(home / ".local" / "share" / "opencode" / "opencode.db")) as database:
        names = ("input", "cache_read", "cache_write", "output", "reasoning")
        columns = ", ".join(f"tokens_{name}" for name in names)
        [[given, cached, written, output, reasoning]] = database.execute(f"SELECT {columns} FROM session").fetchall()
    # It puts what stands behind `run` in quotation marks.
    return _told("past-opencode", script.requests, [given, cached, written, output + reasoning], f'"{asked}"')


def gemini(programs: Path, home: Path, project: Path, asked: str, commands: Sequence[str]) -> Json:
    _written(home / ".gemini" / "settings.json", {"security": {"auth": {"selectedType": "gemini-api-key"}}})
    model = "gemini-2.5-pro"
    with completions(commands) as (url, script):
        flags = ["--skip-trust", "-m", model, "--approval-mode", "yolo", "--output-format", "json", "-p", asked]
        more = {"GEMINI_API_KEY": "sk-test", "GOOGLE_GEMINI_BASE_URL": url}
        told = ran([str(programs / "gemini"), *flags], home, project, **more)
    used = json.loads(told[told.index("{") :])["stats"]["models"][model]["tokens"]
    return _told(
        model, script.requests, [used["input"], used["cached"], 0, used["candidates"] + used["thoughts"]], asked
    )


def qwen(programs: Path, home: Path, project: Path, asked: str, commands: Sequence[str]) -> Json:
    model = "qwen3-coder-plus"
    with completions(commands) as (url, script):
        flags = ["--approval-mode", "yolo", "--auth-type", "openai", "--output-format", "json", "-p", asked]
        more = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": model}
        ran([str(programs / "qwen"), *flags], home, project, **more)
    [line] = (home / ".qwen" / "usage_record.jsonl").read_text().splitlines()
    used = json.loads(line)["models"][model]
    tokens = [used["inputTokens"] - used["cachedTokens"], used["cachedTokens"], 0, used["outputTokens"]]
    return _told(model, script.requests, tokens, asked)


def vibe(programs: Path, home: Path, project: Path, asked: str, commands: Sequence[str]) -> Json:
    with completions(commands) as (url, script):
        (home / ".vibe").mkdir()
        (home / ".vibe" / "config.toml").write_text(_VIBE_CONFIG.format(url=url))
        flags = ["-p", asked, "--trust", "--yolo", "--output-dir", str(home / "told")]
        ran([str(programs / "vibe"), *flags], home, project, SCRIPTED_KEY="sk-test")
    used = json.loads((home / "told" / "export.json").read_text())["usage"]
    cached = used["cached_input_tokens"]
    return _told("past-vibe", script.requests, [used["input_tokens"] - cached, cached, 0, used["output_tokens"]], asked)


def _told(model: str, requests: int, tokens: Sequence[int], said: str) -> Json:
    return {"model": model, "requests": requests, "tokens": list(tokens), "usd": None, "said": said}


def _written(file: Path, value: Json) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value))
