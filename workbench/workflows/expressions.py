"""Values of a program: each part of an expression is a step, and calls of agents wait for their answers."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from workbench.contracts.workflows import Host
from workbench.workflows import operations
from workbench.workflows.asking import Asked
from workbench.workflows.bounds import Bounds
from workbench.workflows.language import SPECIAL
from workbench.workflows.scopes import (
    ERRORS,
    AgentError,
    Function,
    Named,
    Place,
    Return,
    Scope,
    note,
)


class Expressions:
    """Evaluates expressions of one run; what it used, and the agents that it has asked for."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._bounds = Bounds()
        self._asked = Asked()

    async def block(self, body: Sequence[ast.stmt], scope: Scope, place: Place) -> None:
        """Run statements, as those of a function."""
        raise AssertionError("a program has statements")

    # ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def value(self, node: ast.expr, scope: Scope, place: Place) -> Any:
        self._bounds.step()
        try:
            return await self._value(node, scope, place)
        except Exception as error:
            note(error, node)
            raise

    async def _value(self, node: ast.expr, scope: Scope, place: Place) -> Any:  # noqa: PLR0911, PLR0912 - one case a kind
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return scope.find(name)
            case ast.BinOp(left=left, op=op, right=right):
                one, other = await self.value(left, scope, place), await self.value(right, scope, place)
                return operations.binary(type(op), one, other, self._bounds)
            case ast.UnaryOp(op=op, operand=operand):
                return operations.unary(type(op), await self.value(operand, scope, place))
            case ast.BoolOp():
                return await self._bool(node, scope, place)
            case ast.Compare():
                return await self._compare(node, scope, place)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return await self.value(body if await self.value(test, scope, place) else orelse, scope, place)
            case ast.Call():
                return await self._call(node, scope, place)
            case ast.Lambda():
                return Function(node, scope)
            case ast.Subscript(value=owner, slice=index):
                return await self._item(owner, index, scope, place)
            case ast.JoinedStr() | ast.FormattedValue():
                return await self._text(node, scope, place)
            case ast.List(elts=parts):
                return self._bounds.made(await self._parts(parts, scope, place))
            case ast.Tuple(elts=parts):
                return self._bounds.made(tuple(await self._parts(parts, scope, place)))
            case ast.Set(elts=parts):
                return self._bounds.made(set(await self._parts(parts, scope, place)))
            case ast.Dict():
                return await self._dict(node, scope, place)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                return await self._comprehension(node, scope, place)
            case ast.Attribute(attr=name):
                raise TypeError(f"{name!r} can only be called, as a method")
        raise TypeError(f"a program has no {type(node).__name__} here")

    async def _bool(self, node: ast.BoolOp, scope: Scope, place: Place) -> Any:
        found: Any = None
        for one in node.values:
            found = await self.value(one, scope, place)
            if bool(found) is isinstance(node.op, ast.Or):
                return found
        return found

    async def _compare(self, node: ast.Compare, scope: Scope, place: Place) -> bool:
        left = await self.value(node.left, scope, place)
        for op, other in zip(node.ops, node.comparators, strict=True):
            right = await self.value(other, scope, place)
            if not operations.compare(type(op), left, right):
                return False
            left = right
        return True

    async def _item(self, owner: ast.expr, index: ast.expr, scope: Scope, place: Place) -> Any:
        holder = await self.value(owner, scope, place)
        if not isinstance(holder, (str, list, tuple, dict)):
            raise TypeError(f"{type(holder).__name__} has no items")
        if isinstance(index, ast.Slice):
            parts = [
                await self.value(one, scope, place) if one else None for one in (index.lower, index.upper, index.step)
            ]
            return self._bounds.made(holder[slice(*parts)])
        return holder[await self.value(index, scope, place)]

    async def _text(self, node: ast.JoinedStr | ast.FormattedValue, scope: Scope, place: Place) -> str:
        if isinstance(node, ast.FormattedValue):
            spec = await self.value(node.format_spec, scope, place) if node.format_spec else ""
            given = await self.value(node.value, scope, place)
            return operations.formatted(repr(given) if node.conversion == ord("r") else given, str(spec), self._bounds)
        parts = [str(await self.value(one, scope, place)) for one in node.values]
        return str(self._bounds.made("".join(parts)))

    async def _parts(self, nodes: Sequence[ast.expr], scope: Scope, place: Place) -> list[Any]:
        found: list[Any] = []
        for one in nodes:
            if isinstance(one, ast.Starred):
                found += operations.iterated(await self.value(one.value, scope, place))
            else:
                found.append(await self.value(one, scope, place))
        return found

    async def _dict(self, node: ast.Dict, scope: Scope, place: Place) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            given = await self.value(value, scope, place)
            found |= {await self.value(key, scope, place): given} if key else dict(given)
        return dict(self._bounds.made(found))

    async def _comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp, scope: Scope, place: Place
    ) -> Any:
        found: list[Any] = []
        async for inner in self._each(node.generators, Scope(scope), place):
            if isinstance(node, ast.DictComp):
                key = await self.value(node.key, inner, place)
                found.append((key, await self.value(node.value, inner, place)))
            else:
                found.append(await self.value(node.elt, inner, place))
        if isinstance(node, ast.DictComp):
            return self._bounds.made(dict(found))
        return self._bounds.made(set(found) if isinstance(node, ast.SetComp) else found)

    async def _each(self, generators: Sequence[ast.comprehension], scope: Scope, place: Place) -> AsyncIterator[Scope]:
        if not generators:
            yield scope
            return
        first, *others = generators
        for item in operations.iterated(await self.value(first.iter, scope, place)):
            self._bounds.step()
            inner = Scope(scope)
            await self._assign(first.target, item, inner, place)
            if all([await self.value(test, inner, place) for test in first.ifs]):
                async for deeper in self._each(others, inner, place):
                    yield deeper

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _call(self, node: ast.Call, scope: Scope, place: Place) -> Any:
        if isinstance(node.func, ast.Attribute):
            owner = await self.value(node.func.value, scope, place)
            given, named = await self._given(node, scope, place)
            return operations.method(owner, node.func.attr, given, named, self._bounds)
        called = await self.value(node.func, scope, place)
        if called == Named("parallel"):
            return await self._parallel(node.args[0], scope, place.at(node))
        given, named = await self._given(node, scope, place)
        return await self._called(called, given, named, place, node)

    async def _called(self, called: Any, given: list[Any], named: dict[str, Any], place: Place, node: ast.AST) -> Any:
        match called:
            case Function():
                return await self._own(called, given, named, place.deeper(node))
            case Named(name=name) if name in SPECIAL:
                return await self._special(name, given, named, place.at(node), node)
            case Named(name="isinstance"):
                kinds = [one.name if isinstance(one, Named) else one for one in given[1:]]
                return operations.function("isinstance", [given[0], *kinds], named, self._bounds)
            case Named(name=name) if name in ERRORS:
                return operations.shown(given[0] if given else name, self._bounds)
            case Named(name=name):
                return operations.function(name, *await self._plain(name, given, named, place, node), self._bounds)
        raise TypeError(f"{type(called).__name__} cannot be called")

    async def _special(self, name: str, given: list[Any], named: dict[str, Any], place: Place, node: ast.AST) -> Any:
        if name == "agent":
            return await self._agent(given, named, place)
        if name == "pipeline":
            return await self._pipeline(given, place, node)
        told = given[0] if given else ""
        return await (
            self._host.phase(str(told)) if name == "phase" else self._host.log(operations.shown(told, self._bounds))
        )

    async def _plain(
        self, name: str, given: list[Any], named: dict[str, Any], place: Place, node: ast.AST
    ) -> tuple[list[Any], dict[str, Any]]:
        """Arguments without functions of the program: a key to sort by is made before."""
        key = named.pop("key", None)
        if key is None or name not in ("sorted", "min", "max"):
            return given, named
        items = operations.iterated(given[0])
        keys = [await self._called(key, [one], {}, place, node) for one in items]
        order = sorted(
            range(len(items)), key=keys.__getitem__, reverse=bool(named.pop("reverse", False)) and name == "sorted"
        )
        if name == "sorted":
            return [_Ordered([items[one] for one in order])], {"key": _first}
        return [[items[order[0 if name == "min" else -1]]]], named

    async def _given(self, node: ast.Call, scope: Scope, place: Place) -> tuple[list[Any], dict[str, Any]]:
        given = await self._parts(node.args, scope, place)
        named: dict[str, Any] = {}
        for one in node.keywords:
            value = await self.value(one.value, scope, place)
            named |= {one.arg: value} if one.arg else dict(value)
        return given, named

    async def _own(self, function: Function, given: list[Any], named: dict[str, Any], place: Place) -> Any:
        """Call a function of the program."""
        arguments = function.node.args
        scope = Scope(function.scope)
        wanted = [one.arg for one in arguments.args]
        defaults = dict(zip(wanted[len(wanted) - len(arguments.defaults) :], arguments.defaults, strict=True))
        if len(given) > len(wanted) or set(named) - set(wanted):
            raise TypeError(f"the function takes {', '.join(wanted) or 'nothing'}")
        scope.names |= dict(zip(wanted, given, strict=False)) | named
        for name in wanted:
            if name not in scope.names:
                if name not in defaults:
                    raise TypeError(f"{name} is missing")
                scope.names[name] = await self.value(defaults[name], function.scope, place)
        if isinstance(function.node, ast.Lambda):
            return await self.value(function.node.body, scope, place)
        try:
            await self.block(function.node.body, scope, place)
        except Return as returned:
            return returned.value
        return None

    # ── agents ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _parallel(self, node: ast.expr, scope: Scope, place: Place) -> list[Any]:
        works = []
        if isinstance(node, ast.List):
            works = [self.value(one, scope, place.item(number)) for number, one in enumerate(node.elts)]
        elif isinstance(node, ast.ListComp):
            number = 0
            async for inner in self._each(node.generators, Scope(scope), place):
                works.append(self.value(node.elt, inner, place.item(number)))
                number += 1
        return await self._together(works)

    async def _pipeline(self, given: list[Any], place: Place, node: ast.AST) -> list[Any]:
        if not given:
            raise TypeError("pipeline takes items, and what each goes through")

        async def through(number: int, item: Any) -> Any:
            for stage, function in enumerate(given[1:]):
                item = await self._called(function, [item], {}, place.item(number).item(stage), node)
            return item

        return await self._together(
            [through(number, item) for number, item in enumerate(operations.iterated(given[0]))]
        )

    async def _together(self, works: Sequence[Any]) -> list[Any]:
        """All of them side by side; when one fails, the others are still ended before it is told."""
        found = await asyncio.gather(*works, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return list(self._bounds.made(list(found)))

    async def _agent(self, given: list[Any], named: dict[str, Any], place: Place) -> Any:
        call, is_skipped = self._asked.call(given, named, place)
        answer = await self._host.agent(call)
        if answer.error is None:
            return self._bounds.made(answer.value)
        if is_skipped:
            return None
        raise AgentError(f"an agent failed: {answer.error}")

    async def _assign(self, target: ast.expr, value: Any, scope: Scope, place: Place) -> None:
        match target:
            case ast.Name(id=name):
                scope.names[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                values = operations.iterated(value)
                if len(values) != len(targets):
                    raise ValueError(f"{len(targets)} variables, and {len(values)} values")
                for one, part in zip(targets, values, strict=True):
                    await self._assign(one, part, scope, place)
            case ast.Subscript(value=owner, slice=index):
                holder = await self.value(owner, scope, place)
                if not isinstance(holder, (list, dict)):
                    raise TypeError(f"{type(holder).__name__} cannot be changed")
                self._bounds.hold(16)
                holder[await self.value(index, scope, place)] = value
            case _:
                raise TypeError("only variables and places in lists and dicts can be assigned")


class _Ordered(list[Any]):
    """A list that was put in order already."""


def _first(_: Any) -> int:
    return 0
