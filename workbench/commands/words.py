"""The words of the command, each with what it does: read by the command itself, its help and shell completion."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "run": "give an agent a task and watch it work",
    "ps": "list sessions",
    "peek": "what a session did last, and what it waits for",
    "attach": "open the terminal app on one session",
    "panes": "open the terminal app on sessions side by side",
    "inbox": "open the terminal app on what needs you; without a terminal, print it",
    "rules": "what was allowed for good: list, add, take back",
    "keys": "the terminal app's keys: every action with its id",
    "logs": "everything that happened in a session; -f follows",
    "send": "send a message to a session",
    "allow": "allow the call that a session waits for",
    "deny": "deny the call that a session waits for",
    "interrupt": "stop what a session is doing",
    "diff": "what a session changed in its project",
    "apply": "bring a session's changes into the project",
    "fork": "a second session with the same history and files",
    "rewind": "put a session's files back to an earlier turn",
    "budget": "what sessions and groups of them may cost",
    "archive": "end sessions for good; their history stays",
    "rm": "delete sessions with their history and files",
    "agents": "agents as YAML: apply, list, show",
    "environments": "environments as YAML: apply, list, show",
    "memory": "what agents remember: stores, memories, versions",
    "dream": "learn from past sessions: proposals with evidence, which you accept or turn down",
    "sql": "ask the log with SQL",
    "demo": "watch an agent repair a small project, without any account",
    "doctor": "check this machine and say the cures",
    "up": "start the engine",
    "down": "stop the engine; what was running goes on at the next start",
    "status": "is the engine running, and on what",
    "serve": "let SDK programs in over 127.0.0.1",
    "image": "build the sandbox image",
    "log": "rebuild the DuckDB file from the journal",
    "bench": "measure this installation, as ratios side by side",
    "completion": "print shell completion for bash, zsh or fish",
}
