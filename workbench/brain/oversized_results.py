"""Results too long for a conversation: the whole text goes to a file in the sandbox, the model gets both its ends."""

from __future__ import annotations

from typing import Final

from workbench.contracts.tools import WRITE
from workbench.contracts.values import Call, Json, Outcome

MOST_CHARACTERS: Final = 100_000
FOLDER: Final = "/tmp/tool-results"
_SHOWN: Final = 4_000


def is_too_long(outcome: Outcome) -> bool:
    return len(_text(outcome)) > MOST_CHARACTERS


def path_of(call_id: str) -> str:
    """Where the result of this call is put, in the sandbox."""
    return f"{FOLDER}/{call_id}.txt"


def writing(call_id: str, outcome: Outcome) -> Call:
    """The call that writes the text down; under an id of its own, and the same however often it is made."""
    return Call(f"{call_id}-text", WRITE.name, {"file_path": path_of(call_id), "content": _text(outcome)})


def shortened(call_id: str, outcome: Outcome, written: Outcome | None) -> Outcome:
    """The outcome with a preview in place of its text; `written` is what the writing gave, None where it was cut short."""
    text = _text(outcome)
    fault = "the writing was interrupted" if written is None else _text(written) if written.is_error else None
    if fault is None:
        told = (
            f"The output is {len(text)} characters long; all of it is in {path_of(call_id)}. Search that file with grep, or"
            " read parts of it with view_range. Its beginning and its end:"
        )
    else:
        told = (
            f"The output is {len(text)} characters long and could not be kept in a file ({fault[:_SHOWN]}). Ask for less at"
            " a time. Its beginning and its end:"
        )
    left_out = f"… ({len(text) - 2 * _SHOWN} characters left out here) …"
    preview = "\n\n".join((told, text[:_SHOWN], left_out, text[-_SHOWN:]))
    others = tuple(block for block in outcome.content if not isinstance(block.get("text"), str))
    return Outcome(({"type": "text", "text": preview}, *others), outcome.is_error)


def _text(outcome: Outcome) -> str:
    blocks: list[Json] = [block for block in outcome.content if isinstance(block.get("text"), str)]
    return "\n".join(block["text"] for block in blocks)
