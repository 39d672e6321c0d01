"""A small change of one source file: as new text, and as the strings of an edit and of its taking back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from workbench.text.lines import whole_lines_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Patch:
    """`what` tells a person; lower `rank` is tried earlier."""

    line: int
    what: str
    before: str
    after: str
    rank: int = 5

    def edit(self) -> tuple[str, str]:
        """The shortest run of whole lines that changed, with lines around it until old and new are each unique."""
        before, after = whole_lines_of(self.before), whole_lines_of(self.after)
        changes = [
            code for code in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes() if code[0] != "equal"
        ]
        start, old_end, new_end = changes[0][1], changes[-1][2], changes[-1][4]
        while True:
            old, new = "".join(before[start:old_end]), "".join(after[start:new_end])
            if old and new and self.before.count(old) == 1 and self.after.count(new) == 1:
                return old, new
            start, old_end, new_end = max(0, start - 1), old_end + 1, new_end + 1


def replaced(source: str, node: ast.expr | ast.stmt, text: str) -> str:
    """The source with one node's text changed."""
    raw = source.encode()
    start, end = (
        _offset(raw, node.lineno, node.col_offset),
        _offset(raw, node.end_lineno or 0, node.end_col_offset or 0),
    )
    return (raw[:start] + text.encode() + raw[end:]).decode()


def _offset(raw: bytes, line: int, column: int) -> int:
    return sum(len(one) for one in raw.splitlines(keepends=True)[: line - 1]) + column


def text_of(source: str, node: ast.AST) -> str:
    return ast.get_source_segment(source, node) or ""


def inserted(source: str, line: int, text: str) -> str:
    """The source with whole lines put before line number `line`."""
    lines = whole_lines_of(source)
    return "".join([*lines[: line - 1], text, *lines[line - 1 :]])


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def function_at(tree: ast.AST, line: int) -> Function | None:
    """The innermost function around a line."""
    around = [one for one in functions(tree) if one.lineno <= line <= (one.end_lineno or 0)]
    return max(around, key=lambda one: one.lineno, default=None)


def first_statement(function: Function) -> ast.stmt:
    """The first statement after the docstring."""
    body = function.body
    has_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    return body[1] if has_docstring else body[0]


def guarded(source: str, function: Function, condition: str, value: str) -> str:
    """The source with `if condition: return value` at the head of a function."""
    first = first_statement(function)
    indent = " " * first.col_offset
    return inserted(source, first.lineno, f"{indent}if {condition}:\n{indent}    return {value}\n")
