"""Structured answers: `run --json-schema` checks the agent's answer and has it mended until it fits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import approvals, following, surface
from workbench.commands.call_results import CallResults
from workbench.commands.surface import Json, Wrong

MISFIT: Final = 6
"""The exit code of an answer that did not fit."""
MOST_REPAIRS: Final = 5
MOST_FAULTS: Final = 5
_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)
_ORDER: Final = (
    "\n\nWhen you are done, answer with one JSON value and nothing else: no prose, no code fence. It must be valid under this"
    " JSON Schema:\n{schema}"
)
_AGAIN: Final = "Your answer does not fit the JSON Schema: {faults}. Answer again with the whole corrected JSON value and nothing else."


def schema_of(given: str) -> Json | bool:
    """The schema, as a file or as text.

    Raises:
        Wrong: it is not there, no JSON, or no schema.
    """
    # Late: only `--json-schema` needs it.
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    file = Path(given).expanduser()
    try:
        text = given if given.lstrip().startswith("{") else file.read_text(encoding="utf-8")
        schema: Json | bool = json.loads(text)
        validator_for(schema).check_schema(schema)
    except OSError as error:
        raise Wrong(f"--json-schema: {file}: {error.strerror}; give a file, or the schema itself") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise Wrong(f"--json-schema: {given[:60]!r} is no JSON: {error}") from None
    except SchemaError as error:
        raise Wrong(f"--json-schema: it is no JSON Schema: {error.json_path}: {error.message}") from None
    return schema


def task_with(task: str, schema: Json | bool) -> str:
    """The task, and how it is to be answered."""
    return task + _ORDER.format(schema=json.dumps(schema, ensure_ascii=False))


def answered(
    engine: Client, session_id: str, schema: Json | bool, results: CallResults, *, interrupted: bool = False
) -> int:
    """Wait for an answer that fits and print it; gives the exit code. `results` counts how calls end.

    Ctrl-C, which `interrupted` says has come already, interrupts the agent and waits for nothing more.
    """
    if not interrupted:
        try:
            return _fitting(engine, session_id, schema, results)
        except KeyboardInterrupt:
            pass
    following.interrupt(engine, session_id)
    return surface.INTERRUPTED


def _fitting(engine: Client, session_id: str, schema: Json | bool, results: CallResults) -> int:
    after, faults = 0, [""]
    for repair in range(MOST_REPAIRS + 1):
        code, after, said = _until_rest(engine, session_id, after, results)
        if code:
            return code
        value, faults = _checked(said, schema)
        if not faults:
            surface.print_json(value)
            return 0
        if repair < MOST_REPAIRS:
            surface.say(f"the answer does not fit ({faults[0]}); asking again, {repair + 1} of {MOST_REPAIRS}")
            words = {"type": "text", "text": _AGAIN.format(faults="; ".join(faults))}
            sent = {"events": [{"type": "user.message", "content": [words]}]}
            engine.post(paths.events(session_id), sent)
    surface.complain(f"the answer does not fit the schema after {MOST_REPAIRS} corrections: {'; '.join(faults)}")
    return MISFIT


def _until_rest(engine: Client, session_id: str, after: int, results: CallResults) -> tuple[int, int, str]:
    """The exit code of the turn, the cursor behind it, and the agent's last words in it."""
    said = ""
    for frame in following.frames(engine, session_id, after=after, previews=False):
        after = frame.cursor or after
        event = frame.data
        results.note(event)
        if event.get("type") == "agent.message":
            said = "".join(block["text"] for block in event["content"] if block["type"] == "text")
        if not following.is_at_rest(engine, session_id, event):
            continue
        if approvals.can_ask(event):
            approvals.ask(engine, session_id, event)
            continue
        code = following.exit_code(event)
        if code == surface.WAITING:
            approvals.say_how(engine, session_id, event)
        return code, after, said
    return surface.FAILED, after, said


def _checked(said: str, schema: Json | bool) -> tuple[Any, list[str]]:
    """The value in the answer, and where it does not fit."""
    # Late: only `--json-schema` needs it.
    from jsonschema.validators import validator_for

    fenced = _FENCED.findall(said)
    try:
        value = json.loads(fenced[-1] if fenced else said)
    except ValueError as error:
        return None, [f"it is no JSON value ({error})"]
    found = validator_for(schema)(schema).iter_errors(value)
    return value, [
        f"{error.json_path}: {error.message[:200]}" for error, _ in zip(found, range(MOST_FAULTS), strict=False)
    ]
