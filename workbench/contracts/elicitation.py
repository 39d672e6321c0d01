"""Questions that MCP servers ask a person in mid-call: as events of the session, and their answers as servers take them. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.contracts.tools import Json

NAME: Final = "mcp__elicitation"
"""The name of the `agent.custom_tool_use` that is such a question: reserved, so that no tool of an agent has it."""
DECLINED: Final[Json] = {"action": "decline"}
CANCELLED: Final[Json] = {"action": "cancel"}
_MOST_MESSAGE: Final = 4000
_YES: Final = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


@dataclass(frozen=True)
class Question:
    """`key` is the server's name of it; `schema` describes an object of plain fields, `url` is a page to open instead."""

    key: str
    message: str
    schema: Json | None = None
    url: str | None = None


@dataclass(frozen=True)
class Field:
    """One field of a question's form; `choices` are its values by what a person is shown of them."""

    name: str
    kind: str
    title: str
    is_required: bool
    default: Any = None
    choices: Mapping[str, str] | None = None
    is_many: bool = False


class Unfit(ValueError):
    """An answer that does not fit its question; the words say why and what does."""


def is_question(event: Mapping[str, Any]) -> bool:
    """Whether an event asks a person on behalf of a server."""
    return bool(event["type"] == "agent.custom_tool_use" and event["name"] == NAME)


def event_input(server: str, tool_use_id: str, question: Question) -> Json:
    """What stands in the event of a question."""
    asked: Json = {"mcp_server_name": server, "tool_use_id": tool_use_id, "message": question.message[:_MOST_MESSAGE]}
    if question.url is not None:
        return asked | {"url": question.url}
    return asked | {"requested_schema": question.schema or {"type": "object", "properties": {}}}


def answer_event(question_id: str, text: str | None) -> Json:
    """The event with which a client answers a question; None declines it."""
    event: Json = {"type": "user.custom_tool_result", "custom_tool_use_id": question_id}
    if text is None:
        return event | {"is_error": True, "content": [{"type": "text", "text": "declined"}]}
    return event | {"content": [{"type": "text", "text": text}] if text.strip() else []}


def fields(asked: Json) -> list[Field]:
    """The fields of a question's form, in its order."""
    schema = asked.get("requested_schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    named = required if isinstance(required, list) else []
    if not isinstance(properties, dict):
        return []
    return [_field(name, one, name in named) for name, one in properties.items() if isinstance(one, dict)]


def _field(name: str, schema: Json, is_required: bool) -> Field:
    is_many = schema.get("type") == "array"
    items = schema.get("items") if is_many and isinstance(schema.get("items"), dict) else schema
    assert isinstance(items, dict)
    title = schema.get("title") or schema.get("description") or ""
    kind = str(items.get("type") or "string")
    return Field(name, kind, str(title), is_required, schema.get("default"), _choices(items), is_many)


def _choices(schema: Json) -> Mapping[str, str] | None:
    for key in ("oneOf", "anyOf"):
        if isinstance(listed := schema.get(key), list):
            known = [one for one in listed if isinstance(one, dict) and "const" in one]
            return {str(one.get("title") or one["const"]): str(one["const"]) for one in known}
    if isinstance(values := schema.get("enum"), list):
        titles = schema.get("enumNames")
        shown = titles if isinstance(titles, list) and len(titles) == len(values) else values
        return {str(title): str(value) for title, value in zip(shown, values, strict=True)}
    return None


def shown(asked: Json) -> list[str]:
    """The question as lines for a person: who asks, what, and what an answer may be."""
    lines = [f"The MCP server {asked.get('mcp_server_name', '')!s} asks:", *str(asked.get("message", "")).splitlines()]
    if "url" in asked:
        return [*lines, f"Open this page yourself, if you trust it: {asked['url']}", "Then accept, or decline."]
    return [*lines, *(_described(field) for field in fields(asked))]


def _described(field: Field) -> str:
    choices = f", one{' or more' * field.is_many} of {', '.join(field.choices)}" if field.choices else ""
    must = "required" if field.is_required else "may be left out"
    default = f", else {_written(field.default)}" if field.default is not None else ""
    title = f" ({field.title})" if field.title and field.title != field.name else ""
    return f"  {field.name}{title}: {field.kind}{choices}; {must}{default}"


def template(asked: Json) -> str:
    """What a person fills in: a line a field, with its default."""
    return "\n".join(
        f"{field.name}: {_written(field.default) if field.default is not None else ''}" for field in fields(asked)
    )


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def reply(asked: Json, text: str, *, is_error: bool) -> Json:
    """An answer as the server takes it: {action, content}; fields that are left out have their defaults.

    `text` is a JSON object, or lines `field: value`, or the value where there is one field; an error declines.

    Raises:
        Unfit: it is no answer to this question.
    """
    if is_error:
        return CANCELLED if text.strip() == "cancel" else DECLINED
    if "url" in asked:
        return {"action": "accept"}
    known = fields(asked)
    given = _given(text.strip(), known)
    content = {field.name: field.default for field in known if field.default is not None}
    for field in known:
        if field.name in given and given[field.name] not in ("", None):
            content[field.name] = _value(field, given[field.name])
        elif field.name not in content and field.is_required:
            raise Unfit(f"{field.name} is required{_what_fits(field)}")
    return {"action": "accept", "content": content}


def _given(text: str, known: Sequence[Field]) -> Json:
    names = [field.name for field in known]
    if text.startswith("{"):
        try:
            given = json.loads(text)
        except ValueError as error:
            raise Unfit(f"it is no JSON: {error}") from None
        if unknown := set(given) - set(names):
            raise Unfit(f"there is no field {', '.join(sorted(unknown))}; fields are {', '.join(names) or 'none'}")
        return dict(given)
    lines = [_split(line, names) for line in text.splitlines() if line.strip()]
    if lines and all(line is not None for line in lines):
        return dict(line for line in lines if line is not None)
    if not text:
        return {}
    if len(known) == 1:
        return {known[0].name: text}
    raise Unfit(f"write a line `field: value` for each of {', '.join(names)}" if names else "it takes no words")


def _split(line: str, names: Sequence[str]) -> tuple[str, str] | None:
    for sign in (":", "="):
        name, found, value = line.partition(sign)
        if found and name.strip() in names:
            return name.strip(), value.strip()
    return None


def _value(field: Field, given: Any) -> Any:
    if field.is_many:
        listed = given if isinstance(given, list) else [part.strip() for part in str(given).split(",") if part.strip()]
        return [_chosen(field, str(one)) for one in listed]
    match field.kind:
        case "boolean":
            if isinstance(given, bool) or str(given).lower() in _YES:
                return given if isinstance(given, bool) else _YES[str(given).lower()]
        case "integer" | "number":
            if (number := _number(given, whole=field.kind == "integer")) is not None:
                return number
        case _:
            return _chosen(field, given if isinstance(given, str) else _written(given))
    raise Unfit(f"{field.name}: {_written(given)!r} does not fit{_what_fits(field)}")


def _number(given: Any, *, whole: bool) -> float | int | None:
    if isinstance(given, bool):
        return None
    try:
        number = float(given)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number) or (whole and not number.is_integer()):
        return None
    return int(number) if number.is_integer() else number


def _chosen(field: Field, given: str) -> str:
    if field.choices is None:
        return given
    if given in field.choices.values():
        return given
    if given in field.choices:
        return field.choices[given]
    raise Unfit(f"{field.name}: {given!r} does not fit{_what_fits(field)}")


def _what_fits(field: Field) -> str:
    if field.choices:
        return f"; one of {', '.join(field.choices)}"
    kinds = {"boolean": "yes or no", "integer": "a whole number", "number": "a number"}
    return f"; it takes {kinds.get(field.kind, 'text')}"
