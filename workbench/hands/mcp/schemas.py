"""Input schemas of MCP tools, mended into what a model's API takes; pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from workbench.contracts.values import Json

DEEPEST: Final = 24
MOST_CHARACTERS_OF_A_NAME: Final = 64
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]")
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
_NOT_AT_THE_TOP: Final = frozenset({*_BRANCHES, "not", "if", "then", "else", "enum", "const", "$ref", "$schema", "$id"})
_DEFINITIONS: Final = ("$defs", "definitions")
_REFERENCE: Final = re.compile(r"#/(\$defs|definitions)/([^/]+)$")


def _is_schema(value: object) -> bool:
    return isinstance(value, dict | bool)


def _is_type(value: object) -> bool:
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(isinstance(one, str) and one in _TYPES for one in listed)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_KEEPS: Final[dict[str, Callable[[Any], bool]]] = {
    "type": _is_type,
    "required": _are_names,
    "enum": lambda value: isinstance(value, list) and bool(value),
    **dict.fromkeys(
        ("items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"), _is_schema
    ),
    **dict.fromkeys(("properties", "patternProperties", *_DEFINITIONS), lambda value: isinstance(value, dict)),
    **dict.fromkeys((*_BRANCHES, "prefixItems"), lambda value: isinstance(value, list) and bool(value)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _is_number),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        lambda value: _is_number(value) and value >= 0 and value == int(value),
    ),
    **dict.fromkeys(("pattern", "format", "title", "description", "$ref"), lambda value: isinstance(value, str)),
}
"""What JSON Schema 2020-12 says of a keyword's value; one of another shape, as older drafts have them, is left out."""


def taken(schema: object) -> tuple[Json, dict[str, str]]:
    """The schema as a model's API takes it, and the server's own names of properties by those that the model is told.

    At its top it is an object without branches and references, its properties have plain names, every reference has its
    definition, and every definition its reference.
    """
    whole = _valid(schema, DEEPEST) if isinstance(schema, dict) else {}
    definitions = {(key, name): one for key in _DEFINITIONS for name, one in whole.get(key, {}).items()}
    top = _flattened(whole, definitions, DEEPEST)
    properties, own = _named(top.get("properties", {}))
    told = {own_name: name for name, own_name in own.items()}
    names = [
        told.get(name, name) for name in dict.fromkeys(top.get("required", [])) if told.get(name, name) in properties
    ]
    flat = {key: value for key, value in top.items() if key not in _NOT_AT_THE_TOP and key not in _DEFINITIONS}
    flat |= {"type": "object", "properties": properties}
    flat.pop("required", None)
    if names:
        flat["required"] = names
    return _with_used(flat, definitions), own


def _valid(value: Any, depth: int) -> Any:
    """The schema without what is no JSON Schema 2020-12."""
    if not isinstance(value, dict):
        return value if isinstance(value, bool) else {}
    if not depth:
        return {}
    value = _of_today(value)
    kept = {key: one for key, one in value.items() if key not in _KEEPS or _KEEPS[key](one)}
    for key, one in kept.items():
        if key in ("properties", "patternProperties", *_DEFINITIONS):
            kept[key] = {name: _valid(inner, depth - 1) for name, inner in one.items()}
        elif key in (*_BRANCHES, "prefixItems"):
            kept[key] = [_valid(inner, depth - 1) for inner in one]
        elif _KEEPS.get(key) is _is_schema:
            kept[key] = _valid(one, depth - 1)
    return kept


def _of_today(schema: Json) -> Json:
    """Keywords of older drafts by their present names."""
    changed = dict(schema)
    if isinstance(changed.get("items"), list):
        changed["prefixItems"] = changed.pop("items")
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if changed.get(exclusive) is True and limit in changed:
            changed[exclusive] = changed.pop(limit)
    return changed


def _flattened(schema: Json, definitions: dict[tuple[str, str], Any], depth: int) -> Json:
    """The properties of all branches and of what is referred to, in one object; required is what every branch asks for."""
    if not depth:
        return {}
    flat = dict(schema)
    if (found := _referred(flat, definitions)) is not None:
        flat = _joined(flat, [_flattened(found, definitions, depth - 1)], every=True)
    for key in _BRANCHES:
        branches = [_flattened(one, definitions, depth - 1) for one in flat.get(key, []) if isinstance(one, dict)]
        if branches:
            flat = _joined(flat, branches, every=key == "allOf")
    return flat


def _referred(schema: Json, definitions: dict[tuple[str, str], Any]) -> Json | None:
    place = _REFERENCE.match(schema.get("$ref", ""))
    found = definitions.get((place[1], place[2])) if place else None
    return found if isinstance(found, dict) else None


def _joined(schema: Json, branches: list[Json], *, every: bool) -> Json:
    properties = dict(schema.get("properties", {}))
    for branch in branches:
        for name, one in branch.get("properties", {}).items():
            properties.setdefault(name, one)
    asked = [set(branch.get("required", [])) for branch in branches]
    common = set.union(*asked) if every else set.intersection(*asked)
    required = [*schema.get("required", []), *(name for name in properties if name in common)]
    return {**schema, "properties": properties, "required": list(dict.fromkeys(required))}


def _named(properties: Json) -> tuple[Json, dict[str, str]]:
    """Properties under plain names, and their own names where these differ."""
    plain: Json = {}
    own: dict[str, str] = {}
    for name, one in properties.items():
        told = _NOT_IN_NAMES.sub("_", name)[:MOST_CHARACTERS_OF_A_NAME] or "_"
        if told != name:
            if told in properties or told in plain:
                digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
                told = f"{told[: MOST_CHARACTERS_OF_A_NAME - 9]}_{digest}"
            own[told] = name
        plain[told] = one
    return plain, own


def _with_used(schema: Json, definitions: dict[tuple[str, str], Any]) -> Json:
    """The schema with the definitions that it refers to, straight or through others; a reference to nothing takes anything."""
    used: dict[tuple[str, str], Any] = {}
    waiting = list(_references(schema))
    while waiting:
        place = _REFERENCE.match(waiting.pop())
        named = (place[1], place[2]) if place else None
        if named in definitions and named not in used:
            used[named] = definitions[named]
            waiting += _references(used[named])
    whole: Json = _resolvable(schema, used)
    for (key, name), definition in used.items():
        whole.setdefault(key, {})[name] = _resolvable(definition, used)
    return whole


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _resolvable(value: Any, used: dict[tuple[str, str], Any]) -> Any:
    if isinstance(value, list):
        return [_resolvable(one, used) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _resolvable(one, used) for key, one in value.items()}
    if isinstance(reference := value.get("$ref"), str):
        place = _REFERENCE.match(reference)
        if place is None or (place[1], place[2]) not in used:
            del kept["$ref"]
    return kept
