"""The engine as a harness reaches it: over the port of `workbench serve`, with its token and httpx, and nothing of this project's."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

BEHIND_S = 60.0
"""How much longer than a command an answer is waited for."""
START_S = 1800.0
"""An image is built first."""


class Refused(Exception):
    """The engine's own words, with the status and the word for programs."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


class Engine:
    """The one that ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY name, as `eval "$(workbench serve)"` sets them."""

    def __init__(self) -> None:
        headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"]}
        base_url = os.environ["ANTHROPIC_BASE_URL"]
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, trust_env=False, timeout=START_S)

    async def session(
        self, name: str, *, metadata: Mapping[str, str], networking: Mapping[str, Any], model: str = "offline"
    ) -> Sandbox:
        """A new session in a new environment, whose agent has the built-in tools and is asked nothing yet."""
        config = {"type": "cloud", "networking": dict(networking)}
        given = {"name": name, "config": config, "metadata": dict(metadata)}
        environment = await self.asked("POST", "/v1/environments", json=given)
        tools = [{"type": "agent_toolset_20260401"}]
        agent = await self.asked("POST", "/v1/agents", json={"name": name, "model": model, "tools": tools})
        made = {"agent": agent["id"], "environment_id": environment["id"]}
        session = await self.asked("POST", "/v1/sessions", json=made)
        return Sandbox(self, session["id"])

    async def asked(self, method: str, path: str, **more: Any) -> Any:
        """An answer in JSON.

        Raises:
            Refused: the engine refuses.
        """
        return _checked(await self._http.request(method, path, **more)).json()

    async def downloaded(self, address: str, **query: str) -> bytes:
        content: bytes = _checked(await self._http.get(address, params=query)).content
        return content

    async def aclose(self) -> None:
        await self._http.aclose()


class Sandbox:
    """One session's sandbox."""

    def __init__(self, engine: Engine, session_id: str) -> None:
        self.engine, self.session_id = engine, session_id
        self._own = f"/workbench/v1/sessions/{session_id}/sandbox"

    async def ran(self, command: str | Sequence[str], **given: Any) -> Any:
        """A command, to its end."""
        named = {name: value for name, value in given.items() if value is not None}
        body = {"command": command if isinstance(command, str) else list(command), **named}
        timeout = named["timeout_s"] + BEHIND_S if "timeout_s" in named else None
        return await self.engine.asked("POST", f"{self._own}/exec", json=body, timeout=timeout)

    async def look(self, path: str) -> Any:
        return await self.engine.asked("GET", f"{self._own}/stat", params={"path": path})

    async def read(self, path: str) -> bytes:
        return await self.engine.downloaded(f"{self._own}/files", path=path)

    async def write(self, path: str, content: bytes, mode: int | None = None) -> None:
        query = {"path": path} if mode is None else {"path": path, "mode": f"{mode:o}"}
        await self.engine.asked("PUT", f"{self._own}/files", params=query, content=content)

    async def read_folder(self, path: str, target: Path) -> None:
        """What is in a folder, into one of this machine."""
        packed = await self.engine.downloaded(f"{self._own}/files", path=path, format="tar")
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(target, filter="data")

    async def write_folder(self, source: Path, path: str) -> None:
        """What is in a folder of this machine."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for inner in sorted(source.iterdir()):
                archive.add(inner, inner.name)
        query = {"path": path, "format": "tar"}
        await self.engine.asked("PUT", f"{self._own}/files", params=query, content=packed.getvalue())

    async def prompted(self, text: str) -> Any:
        """Have the session's agent do this; gives the session as it is when it rests."""
        message = {"type": "user.message", "content": [{"type": "text", "text": text}]}
        session = f"/v1/sessions/{self.session_id}"
        stream = self.engine._http.stream("GET", f"{session}/events/stream", timeout=None)
        async with stream as events:
            await self.engine.asked("POST", f"{session}/events", json={"events": [message]})
            async for line in events.aiter_lines():
                if line.startswith("data:") and '"session.status_idle"' in line:
                    break
        return await self.engine.asked("GET", session)

    async def delete(self) -> None:
        """The session with its files."""
        await self.engine.asked("DELETE", f"/v1/sessions/{self.session_id}")


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code == httpx.codes.OK:
        return answer
    try:
        error = answer.json()["error"]
        code = (error.get("details") or {}).get("error_code", "")
        raise Refused(answer.status_code, code, error["message"])
    except (ValueError, KeyError):
        raise Refused(answer.status_code, "", answer.text[:500]) from None
