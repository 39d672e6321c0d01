"""Runs a checked program by walking its tree: each step is counted, and nothing of Python itself can be reached."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Sequence
from typing import Any

from workbench.contracts.workflows import Host, ProgramFault
from workbench.workflows import operations
from workbench.workflows.bounds import Overrun
from workbench.workflows.expressions import Expressions
from workbench.workflows.language import parsed
from workbench.workflows.scopes import (
    CAUGHT,
    Break,
    Continue,
    Function,
    Place,
    Raised,
    Return,
    Scope,
    fits,
    note,
    words,
)


async def run(text: str, args: Any, host: Host) -> Any:
    """What the program assigned to `result`.

    Raises:
        ProgramFault: with the line of its own that failed.
    """
    program = Program(host)
    tree = parsed(text)
    scope = Scope(names={"args": args})
    try:
        await program.block(tree.body, scope, Place())
        return scope.names.get("result")
    except (Overrun, *CAUGHT, RecursionError, Return, Break, Continue) as error:
        raise ProgramFault(f"line {getattr(error, 'line', 1)}: {words(error)}") from None


class Program(Expressions):
    """Runs statements."""

    async def block(self, body: Sequence[ast.stmt], scope: Scope, place: Place) -> None:
        for statement in body:
            self._bounds.step()
            try:
                await self._statement(statement, scope, place)
            except Exception as error:
                note(error, statement)
                raise

    async def _statement(self, node: ast.stmt, scope: Scope, place: Place) -> None:  # noqa: PLR0912 - one case a kind
        match node:
            case ast.Expr(value=value):
                await self.value(value, scope, place)
            case ast.Assign(targets=targets, value=value):
                given = await self.value(value, scope, place)
                for target in targets:
                    await self._assign(target, given, scope, place)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                await self._assign(target, await self.value(value, scope, place), scope, place)
            case ast.AugAssign(target=target, op=op, value=value):
                old = await self.value(target, scope, place)
                new = operations.binary(type(op), old, await self.value(value, scope, place), self._bounds)
                await self._assign(target, new, scope, place)
            case ast.If(test=test, body=body, orelse=orelse):
                await self.block(body if await self.value(test, scope, place) else orelse, scope, place)
            case ast.For() | ast.While():
                await self._loop(node, scope, place)
            case ast.FunctionDef(name=name):
                scope.names[name] = Function(node, scope)
            case ast.Return(value=value):
                raise Return(await self.value(value, scope, place) if value else None)
            case ast.Break():
                raise Break
            case ast.Continue():
                raise Continue
            case ast.Try():
                await self._try(node, scope, place)
            case ast.Raise(exc=exc):
                raise Raised(str(await self.value(exc, scope, place)) if exc else "raised without a reason")
            case ast.Assert(test=test, msg=msg):
                if not await self.value(test, scope, place):
                    raise Raised(str(await self.value(msg, scope, place)) if msg else "an assert does not hold")
            case _:
                pass

    async def _loop(self, node: ast.For | ast.While, scope: Scope, place: Place) -> None:
        async for _ in self._rounds(node, scope, place):
            self._bounds.step()
            try:
                await self.block(node.body, scope, place)
            except Continue:
                continue
            except Break:
                return
        await self.block(node.orelse, scope, place)

    async def _rounds(self, node: ast.For | ast.While, scope: Scope, place: Place) -> AsyncIterator[None]:
        if isinstance(node, ast.While):
            while await self.value(node.test, scope, place):
                yield
            return
        for item in operations.iterated(await self.value(node.iter, scope, place)):
            await self._assign(node.target, item, scope, place)
            yield

    async def _try(self, node: ast.Try, scope: Scope, place: Place) -> None:
        try:
            try:
                await self.block(node.body, scope, place)
            except CAUGHT as error:
                handler = next((one for one in node.handlers if fits(one, error)), None)
                if handler is None:
                    raise
                if handler.name:
                    scope.names[handler.name] = words(error)
                await self.block(handler.body, scope, place)
            else:
                await self.block(node.orelse, scope, place)
        finally:
            await self.block(node.finalbody, scope, place)
