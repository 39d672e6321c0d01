"""What MCP servers say, tidied before their library reads it: one bad tool or block takes nothing else with it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.contracts.values import Json

if TYPE_CHECKING:
    from mcp.shared.message import SessionMessage

NO_NAME = "(a tool without a name)"
TASK = "workbench.task"
"""In the `_meta` of a result: the task that a server of 2025-11-25 gave in its place, which the library has no shape for."""


@dataclass
class Tidied:
    """Answers of one server: `faults` say by name why tools of its listing cannot be used."""

    faults: dict[str, str] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def streams(self, transport: contextlib.AbstractAsyncContextManager[Any]) -> AsyncIterator[Any]:
        """The transport's streams; what is heard comes tidied."""
        async with transport as (hearing, saying):
            yield _Hearing(hearing, self), saying

    def take(self, message: SessionMessage | Exception) -> SessionMessage | Exception:
        """Mend the result in a message; anything else passes as it is."""
        result = getattr(getattr(message, "message", None), "result", None)
        if isinstance(result, dict):
            if isinstance(result.get("tools"), list):
                self._tidy_listing(result)
            elif isinstance(result.get("content"), list):
                tidy_answer(result)
            elif isinstance(result.get("task"), dict) and "taskId" in result["task"]:
                task = result.pop("task")
                result.update(content=[], _meta={TASK: task})
        return message

    def _tidy_listing(self, result: Json) -> None:
        kept = []
        for tool in result["tools"]:
            name = tool.get("name") if isinstance(tool, dict) else None
            if not isinstance(name, str) or not name.strip():
                self.faults[NO_NAME] = "it cannot be called"
                continue
            schema = tool.get("inputSchema")
            described = tool.get("description")
            kept.append(
                {
                    "name": name,
                    "inputSchema": {**(schema if isinstance(schema, dict) else {}), "type": "object"},
                    **({"description": described} if isinstance(described, str) else {}),
                    **({"execution": {"taskSupport": "required"}} if _is_task(tool) else {}),
                }
            )
        result["tools"] = kept
        cursor = result.pop("nextCursor", None)
        if isinstance(cursor, str | int) and not isinstance(cursor, bool):
            result["nextCursor"] = str(cursor)


def _is_task(tool: Json) -> bool:
    execution = tool.get("execution")
    return isinstance(execution, dict) and execution.get("taskSupport") == "required"


def tidy_answer(result: Json) -> None:
    """Mend the result of a tool in its place."""
    result["content"] = [block if _is_block(block) else _named(block) for block in result["content"]]
    if not isinstance(result.get("isError", False), bool):
        result["isError"] = bool(result["isError"])
    if result.get("structuredContent") is not None and not isinstance(result["structuredContent"], dict):
        result["structuredContent"] = {"result": result["structuredContent"]}


def _is_block(block: object) -> bool:
    import mcp_types
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(mcp_types.ContentBlock).validate_python(block, by_name=False)
    except ValidationError:
        return False
    return True


def _named(block: object) -> Json:
    kind = block.get("type") if isinstance(block, dict) else None
    return {"type": "text", "text": f"[a block of type {kind!r}, which cannot be shown here]"}


class _Hearing:
    """A stream of messages, each of which is tidied."""

    def __init__(self, hearing: Any, tidied: Tidied) -> None:
        self._hearing = hearing
        self._tidied = tidied

    @property
    def last_context(self) -> Any:
        return getattr(self._hearing, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        return self._tidied.take(await self._hearing.receive())

    async def aclose(self) -> None:
        await self._hearing.aclose()

    def __aiter__(self) -> _Hearing:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return self._tidied.take(await anext(self._hearing))

    async def __aenter__(self) -> _Hearing:
        await self._hearing.__aenter__()
        return self

    async def __aexit__(self, *ending: Any) -> bool | None:
        ended: bool | None = await self._hearing.__aexit__(*ending)
        return ended
