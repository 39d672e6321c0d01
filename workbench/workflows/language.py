"""The language of workflow programs: which parts of Python there are, checked on the tree and said in the program's own lines."""

from __future__ import annotations

import ast
from typing import Final

from workbench.contracts.workflows import MOST_PROGRAM, Plan, ProgramFault

SPECIAL: Final = frozenset({"agent", "parallel", "pipeline", "phase", "log"})
GIVEN: Final = frozenset({*SPECIAL, "args"})

_STATEMENTS: Final = (
    *(
        ast.Module,
        ast.Expr,
        ast.Assign,
        ast.AugAssign,
        ast.AnnAssign,
        ast.If,
        ast.For,
        ast.While,
        ast.Break,
        ast.Continue,
    ),
    *(ast.Pass, ast.Return, ast.FunctionDef, ast.Try, ast.ExceptHandler, ast.Raise, ast.Assert, ast.arguments, ast.arg),
)
_EXPRESSIONS: Final = (
    *(
        ast.Constant,
        ast.Name,
        ast.BinOp,
        ast.UnaryOp,
        ast.BoolOp,
        ast.Compare,
        ast.IfExp,
        ast.Call,
        ast.keyword,
        ast.Attribute,
    ),
    *(ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp),
    *(ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue, ast.Lambda, ast.Starred),
)
_SMALL: Final = (ast.expr_context, ast.boolop, ast.unaryop, ast.cmpop, ast.operator)
_NO_OPERATORS: Final = (ast.MatMult, ast.LShift, ast.RShift)
_DEEPEST: Final = 60
_NAMES: Final = {
    "Import": "imports nothing",
    "ImportFrom": "imports nothing",
    "ClassDef": "has no classes",
    "AsyncFunctionDef": "has no async",
    "Await": "has no await: agent() waits by itself",
    "With": "has no with",
    "Global": "has no global",
    "Nonlocal": "has no nonlocal",
    "Delete": "has no del",
    "Yield": "has no yield",
    "YieldFrom": "has no yield",
    "Match": "has no match",
    "NamedExpr": "has no :=",
    "TryStar": "has no except*",
}


def checked(text: str) -> Plan:
    """The program with the phases that it declares.

    Raises:
        ProgramFault: with the line of what it may not have.
    """
    if len(text) > MOST_PROGRAM:
        raise ProgramFault(f"the program has {len(text)} characters; at most {MOST_PROGRAM} are run")
    tree = parsed(text)
    phases: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and (name := _phase_of(statement.value)) is not None:
            if name in phases:
                raise ProgramFault(f"line {statement.lineno}: the phase {name!r} was there already; each is begun once")
            phases.append(name)
    return Plan(text, tuple(phases))


def parsed(text: str) -> ast.Module:
    """The tree, of which every part is of the language.

    Raises:
        ProgramFault: it is not.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ProgramFault(f"line {line}: {getattr(error, 'msg', None) or error}") from None
    except (RecursionError, MemoryError):
        raise ProgramFault("line 1: the program is nested too deeply") from None
    top = {statement.value for statement in tree.body if isinstance(statement, ast.Expr)}
    _Checker(top).check(tree, 1, 0)
    return tree


class _Checker:
    def __init__(self, top: set[ast.expr]) -> None:
        self._top = top
        self._called: set[ast.AST] = set()

    def check(self, node: ast.AST, line: int, depth: int) -> None:
        line = getattr(node, "lineno", line)
        if depth > _DEEPEST:
            raise ProgramFault(f"line {line}: the program is nested too deeply")
        if isinstance(node, _NO_OPERATORS) or not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS, *_SMALL)):
            words = _NAMES.get(type(node).__name__, f"has no {type(node).__name__}")
            raise ProgramFault(f"line {line}: a program {words}")
        if isinstance(node, ast.Call):
            self._called.add(node.func)
        self._refuse(node, line)
        for child in ast.iter_child_nodes(node):
            self.check(child, line, depth + 1)

    def _refuse(self, node: ast.AST, line: int) -> None:
        match node:
            case ast.Name(id=name) if name.startswith("_"):
                raise ProgramFault(f"line {line}: the name {name!r} begins with _")
            case ast.Name(id=name, ctx=ast.Load()) if name in SPECIAL and node not in self._called:
                raise ProgramFault(f"line {line}: {name} can only be called")
            case ast.Name(id=name, ctx=ast.Store()) if name in GIVEN:
                raise ProgramFault(f"line {line}: {name} is given and cannot be assigned")
            case ast.Attribute(attr=name) if name.startswith("_"):
                raise ProgramFault(f"line {line}: a program has no attribute {name!r}")
            case ast.Attribute() if isinstance(node.ctx, ast.Store):
                raise ProgramFault(f"line {line}: a program sets no attributes")
            case ast.FunctionDef():
                _refuse_function(node, line)
            case ast.Constant(value=value) if isinstance(value, (bytes, complex)) or value is ...:
                raise ProgramFault(f"line {line}: a program has no such value")
            case ast.Call(func=ast.Name(id="phase")) if node not in self._top or _phase_of(node) is None:
                raise ProgramFault(f"line {line}: phase stands at the top level, with its name as a text")
            case ast.Call(func=ast.Name(id="parallel")):
                _refuse_parallel(node, line)
            case ast.comprehension(is_async=1):
                raise ProgramFault(f"line {line}: a program has no async")
            case _:
                pass


def _refuse_function(node: ast.FunctionDef, line: int) -> None:
    if node.decorator_list:
        raise ProgramFault(f"line {line}: a program has no decorators")
    if node.name.startswith("_") or node.name in GIVEN:
        raise ProgramFault(f"line {line}: a function cannot have the name {node.name!r}")


def _refuse_parallel(node: ast.Call, line: int) -> None:
    """Its elements run side by side, so it is given them and not their results."""
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], (ast.List, ast.ListComp)):
        raise ProgramFault(
            f"line {line}: parallel takes one list, written out or as a comprehension, of what runs side by side"
        )
    if isinstance(node.args[0], ast.List) and any(isinstance(one, ast.Starred) for one in node.args[0].elts):
        raise ProgramFault(f"line {line}: parallel takes no * in its list")


def _phase_of(node: ast.expr) -> str | None:
    """The name in `phase('name')`; None for anything else."""
    match node:
        case ast.Call(func=ast.Name(id="phase"), args=[ast.Constant(value=str(name))], keywords=[]) if name.strip():
            return name
    return None
