"""The words of the command, each with what it does: read by the command itself, its help and shell completion."""

from __future__ import annotations

import keyword
from typing import Final

WORDS: Final = {
    "help": "the manual: topics, or one of them",
    "run": "give an agent a task and watch it work",
    "ps": "list sessions",
    "peek": "what a session did last, and what it waits for",
    "recap": "what ended, failed, waits, changed and cost since a moment",
    "handover": "what another person needs to go on with a session",
    "attach": "open the terminal app on one session",
    "panes": "open the terminal app on sessions side by side",
    "inbox": "open the terminal app on what needs you; without a terminal, print it",
    "rules": "what is always allowed: list, add, remove",
    "keys": "the terminal app's keys: every action with its id",
    "threads": "the agents that a session's agent started, and its workflow runs",
    "logs": "everything that happened in a session; -f follows",
    "send": "send a message to a session",
    "allow": "allow the call that a session waits for",
    "deny": "deny the call that a session waits for",
    "answer": "answer what an MCP server asks in a session",
    "set": "a session's permission mode, model and effort",
    "interrupt": "stop what a session is doing",
    "diff": "what a session changed in its project; -i reviews it",
    "apply": "bring a session's changes into the project",
    "discard": "put a session's files, or hunks of them, back to what the project has",
    "branch": "bring a session's commits into the repository as a branch",
    "commit": "apply a session's changes and commit them",
    "patch": "print a session's commits as mails, or its changes as a diff",
    "proposal": "title and text of a pull request about what a session did",
    "fork": "a second session with the same history and files",
    "rewind": "put a session's files back to an earlier turn",
    "budget": "what sessions and groups of them may cost",
    "vault": "secrets that sandboxes may use and never see",
    "login": "store the model's key",
    "net": "what a session wanted to reach, and what was decided",
    "archive": "end sessions for good; their history stays",
    "rm": "delete sessions with their history and files",
    "agents": "agents as YAML: apply, list, show",
    "environments": "environments as YAML: apply, list, show",
    "files": "files for sessions and of sessions: list, upload, get, rm",
    "deploy": "agents that start on schedule or by hand: apply, list, run, pause, runs",
    "trigger": "what starts a deployment: files, commits, webhooks, other sessions",
    "skills": "skills of agents and projects: list, show, add, remove, check, trust",
    "mcp": "MCP servers of agents: add, list, test, remove",
    "memory": "what agents remember: stores, memories, versions",
    "dream": "learn from past sessions: proposals with evidence, which you accept or turn down",
    "sql": "ask the log with SQL",
    "export": "sessions as JSONL and Parquet",
    "import": "sessions of an export, Claude Code's transcripts, and settings of Claude Code and Codex",
    "demo": "watch an agent repair a small project, a team, or a workflow run, without any account",
    "doctor": "check this machine and say the cures",
    "up": "start the engine",
    "down": "stop the engine; what was running goes on at the next start",
    "status": "is the engine running, and on what",
    "tokens": "tokens of the API: who may what, until when",
    "webhooks": "tell what happens to other programs, signed",
    "limits": "what may be spent in a day",
    "serve": "let SDK programs in over 127.0.0.1",
    "image": "build the sandbox image",
    "podman": "Podman on the workbench's own images and containers",
    "log": "rebuild the DuckDB file from the journal",
    "bench": "measure this installation, as ratios side by side",
    "completion": "print shell completion for bash, zsh or fish",
}


def module_of(word: str) -> str:
    """The word's module: of its name, and with a _ behind one that Python has for itself."""
    return f"workbench.commands.{word}{'_' if keyword.iskeyword(word) else ''}"
