"""What a running program is made of: variables, functions, its place in itself, and the ways in which it ends."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.workflows import operations
from workbench.workflows.bounds import MOST_CALLS_DEEP, Overrun
from workbench.workflows.language import SPECIAL

CAUGHT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
ERRORS: Final = frozenset({"Exception", "AgentError", "ValueError", "TypeError", "KeyError", "IndexError"})


class AgentError(ValueError):
    """An agent gave no answer; a program can catch it."""


class Raised(ValueError):
    """The program raised it."""


@dataclass(frozen=True)
class Named:
    """A function of the language."""

    name: str


@dataclass(frozen=True)
class Function:
    """A function that the program made, with the variables that it sees."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope


@dataclass
class Scope:
    """Variables of a function or of the program, and those around it."""

    outer: Scope | None = None
    names: dict[str, Any] = field(default_factory=dict)

    def find(self, name: str) -> Any:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        if name in operations.FUNCTIONS or name in SPECIAL or name in ERRORS:
            return Named(name)
        raise ValueError(f"there is no variable {name!r}")


@dataclass(frozen=True)
class Place:
    """Where in the run: lines and items, the same in every run; and how deep functions are called."""

    path: str = ""
    depth: int = 0

    def item(self, number: int) -> Place:
        return Place(f"{self.path}[{number}]", self.depth)

    def at(self, node: ast.AST) -> Place:
        return Place(f"{self.path}/{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}", self.depth)

    def deeper(self, node: ast.AST) -> Place:
        if self.depth >= MOST_CALLS_DEEP:
            raise Overrun(f"functions call each other more than {MOST_CALLS_DEEP} deep")
        return Place(self.at(node).path, self.depth + 1)


class Return(Exception):
    """A function is left with a value."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Break(Exception):
    """A loop is left."""


class Continue(Exception):
    """A loop goes on with its next round."""


def words(error: BaseException) -> str:
    """What a program or a person reads of an error."""
    match error:
        case Overrun() | AgentError():
            return str(error)
        case Raised():
            return str(error)
        case RecursionError():
            return "the program is nested too deeply"
        case Return() | Break() | Continue():
            return "return, break and continue stand in functions and loops"
        case KeyError():
            return f"there is no key {error.args[0]!r}" if error.args else "there is no such key"
    return str(error) or type(error).__name__


def fits(handler: ast.ExceptHandler, error: Exception) -> bool:
    """Whether an except clause is for the error."""
    named = handler.type.id if isinstance(handler.type, ast.Name) else "Exception"
    return named == "Exception" or named == type(error).__name__


def note(error: Exception, node: ast.AST) -> None:
    """The line of the innermost part that failed."""
    if not hasattr(error, "line"):
        error.line = getattr(node, "lineno", 1)  # type: ignore[attr-defined]
