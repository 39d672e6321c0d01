"""Fields of a front matter out of its YAML: as plain values, with their lines."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from workbench.skills.front_matter import Field, FrontMatterFault, Odd

DEEPEST: Final = 8
_TAG: Final = "tag:yaml.org,2002:"
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_OPEN: Final = ("while scanning a quoted scalar", "while scanning a simple key", "while parsing a flow")
_KINDS: Final = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty",
    "timestamp": "a date",
    "binary": "binary",
}


def fields_of(body: str) -> dict[str, Field]:
    """The fields, in order.

    Raises:
        FrontMatterFault: it is no plain YAML mapping.
    """
    try:
        _refuse_more_than_plain(body)
        return _fields(yaml.compose(body, yaml.SafeLoader), body)
    except yaml.MarkedYAMLError as error:
        # Of what has no end the beginning is the fault; the other mark is where something else was expected at last.
        begins = str(error.context or "").startswith(_OPEN)
        mark = (error.context_mark if begins else None) or error.problem_mark or error.context_mark
        raise FrontMatterFault(_line(body, mark), f"is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        place = getattr(error, "position", 0)
        line = body.count("\n", 0, place if isinstance(place, int) else 0) + 2
        raise FrontMatterFault(line, "is no YAML: it has a character that may not stand there") from None


def _refuse_more_than_plain(body: str) -> None:
    """By its events, before anything is built of them: an alias may stand for far more than is written."""
    depth, documents = 0, 0
    for event in yaml.parse(body, yaml.SafeLoader):
        line = _line(body, event.start_mark)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise FrontMatterFault(line, "the front matter is one YAML document, not several")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FrontMatterFault(
                line, "anchors and aliases (& and *) have no place in the front matter; put quotes around it"
            )
        if tag := getattr(event, "tag", None):
            raise FrontMatterFault(line, f"tags such as {str(tag)[:40]} have no place in the front matter")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise FrontMatterFault(line, f"the front matter is at most {DEEPEST} levels deep")


def _fields(node: yaml.Node | None, body: str) -> dict[str, Field]:
    if node is None:
        raise FrontMatterFault(1, "the front matter is empty; it needs name and description")
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterFault(_line(body, node.start_mark), "the front matter must be fields, as in name: pdf-forms")
    found: dict[str, Field] = {}
    for key, value in node.value:
        line = _line(body, key.start_mark)
        name = _plain(key, body)
        if not isinstance(name, str):
            raise FrontMatterFault(line, "the name of a field must be text")
        if name in found:
            raise FrontMatterFault(line, f"{name[:60]}: stands there twice, first in line {found[name].line}")
        inner = value.value if isinstance(value, yaml.MappingNode) else ()
        lines = {str(one.value): _line(body, one.start_mark) for one, _ in inner}
        found[name] = Field(line, _plain(value, body), lines)
    return found


def _plain(node: yaml.Node, body: str) -> object:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, body) for one in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(_plain(key, body)): _plain(value, body) for key, value in node.value}
    kind = str(node.tag).removeprefix(_TAG)
    if _NO_TEXT.search(node.value):
        # An escape in quotes may name what no text has: half a surrogate pair, or a sign that steers a terminal.
        raise FrontMatterFault(_line(body, node.start_mark), "has a sign that is no part of a text")
    return str(node.value) if kind == "str" else Odd(_KINDS.get(kind, "no text"))


def _line(body: str, mark: Any) -> int:
    """The line of the file; YAML itself ends lines at signs where no editor does."""
    return body.count("\n", 0, mark.index) + 2 if mark else 1
