"""The first words with an agent: the protocol's version, and a session of its own, new or loaded. Every line of it is hostile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contracts.acp import PROTOCOL_VERSION, AcpTalk, Modes
from workbench.contracts.acp_messages import AUTH_REQUIRED, NOT_OFFERED, error_words, is_request, read, refused, written
from workbench.contracts.servers import STDIO, server_command
from workbench.contracts.values import Json

_SHOWN: Final = 300
_CLIENT: Final = {"name": "workbench", "title": "workbench", "version": "1"}


class AcpRefused(Exception):
    """The agent did not do what it was asked; the text says what it did instead."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.code = code


@dataclass
class Handshake:
    """Asks one thing after the other; `said` and `heard` count the lines."""

    talk: AcpTalk
    said: int = 0
    heard: int = 0
    stray: str = ""
    """The first line that was no message."""
    methods: object = None
    """How the agent signs in, by its own word."""

    async def hello(self, limit_s: float) -> Json:
        """What the agent can.

        Raises:
            AcpRefused: it speaks another version, or does not answer.
        """
        capabilities = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        params = {"protocolVersion": PROTOCOL_VERSION, "clientCapabilities": capabilities, "clientInfo": _CLIENT}
        told = await self._ask("initialize", params, limit_s)
        if (version := told.get("protocolVersion")) != PROTOCOL_VERSION:
            raise AcpRefused(
                f"it speaks version {str(version)[:20]} of the Agent Client Protocol, and the workbench version {PROTOCOL_VERSION}"
            )
        self.methods = told.get("authMethods")
        found = told.get("agentCapabilities")
        return found if isinstance(found, dict) else {}

    async def sign_in(self, limit_s: float) -> bool:
        """By a key that it has in its environment, where it has a method for that; whether it did.

        Raises:
            AcpRefused: it does not take the key.
        """
        methods = self.methods if isinstance(self.methods, list) else []
        ids = [one["id"] for one in methods if isinstance(one, dict) and isinstance(one.get("id"), str)]
        by_key = next((one for one in ids if "api" in one and "key" in one), None)
        if by_key is not None:
            await self._ask("authenticate", {"methodId": by_key}, limit_s)
        return by_key is not None

    async def session(self, cwd: str, servers: Sequence[Json], limit_s: float) -> Json:
        """A new session of the agent's; its answer has the `sessionId`.

        Raises:
            AcpRefused: it makes none.
        """
        params = {"cwd": cwd, "mcpServers": list(servers)}
        try:
            told = await self._ask("session/new", params, limit_s)
        except AcpRefused as refused:
            if refused.code != AUTH_REQUIRED or not await self.sign_in(limit_s):
                raise
            told = await self._ask("session/new", params, limit_s)
        if not isinstance(told.get("sessionId"), str):
            raise AcpRefused("it made a session without an id")
        return told

    async def load(
        self, capabilities: Json, session_id: str, cwd: str, servers: Sequence[Json], limit_s: float
    ) -> Json | None:
        """Its earlier session, by whichever way it offers; None where it offers none or does not know it any more."""
        of_sessions = capabilities.get("sessionCapabilities")
        can_resume = isinstance(of_sessions, dict) and of_sessions.get("resume") is not None
        if not can_resume and not capabilities.get("loadSession"):
            return None
        method = "session/resume" if can_resume else "session/load"
        params = {"sessionId": session_id, "cwd": cwd, "mcpServers": list(servers)}
        try:
            return await self._ask(method, params, limit_s)
        except AcpRefused:
            if self.talk.ending is not None:
                raise
            return None

    async def _ask(self, method: str, params: Json, limit_s: float) -> Json:
        request_id = f"{method}-{self.said + 1}"
        self._say({"id": request_id, "method": method, "params": params})
        try:
            async with asyncio.timeout(limit_s):
                return await self._answer(request_id, method)
        except TimeoutError:
            raise AcpRefused(f"it did not answer {method} within {limit_s:g} s{self._stray()}") from None

    async def _answer(self, request_id: str, method: str) -> Json:
        while (line := await self.talk.next()) is not None:
            self.heard = line.number
            message = read(line.text)
            if message is None:
                self.stray = self.stray or line.text[:_SHOWN]
            elif is_request(message):
                self._say(refused(message, NOT_OFFERED, f"{str(message['method'])[:100]} is not offered"))
            elif message.get("id") == request_id:
                return _result(message, method)
        raise AcpRefused(f"{self.talk.ending}{self._stray()}")

    def _say(self, message: Json) -> None:
        self.said += 1
        self.talk.say(self.said, written(message))

    def _stray(self) -> str:
        return f"; its output begins with {self.stray!r}, which is no message of the protocol" if self.stray else ""


def _result(message: Json, method: str) -> Json:
    error = message.get("error")
    if isinstance(error, dict):
        code = error.get("code")
        raise AcpRefused(f"it refused {method}: {error_words(error)}", code if isinstance(code, int) else 0)
    result = message.get("result")
    return result if isinstance(result, dict) else {}


def own_servers(agent: Json, capabilities: Json) -> list[Json]:
    """The MCP servers of the session's agent as the protocol names them: those inside, and over HTTP where it can."""
    can = capabilities.get("mcpCapabilities")
    speaks_http = isinstance(can, dict) and bool(can.get("http"))
    found: list[Json] = []
    for server in agent.get("mcp_servers") or ():
        url = str(server["url"])
        if url.startswith(STDIO):
            program, *arguments = server_command(url) or ("",)
            found.append({"name": server["name"], "command": program, "args": arguments, "env": []})
        elif speaks_http:
            found.append({"type": "http", "name": server["name"], "url": url, "headers": []})
    return found


def modes_of(made: Json) -> Modes:
    """The modes of an agent's session, which are a list of their own, or one of its options."""
    own = made.get("modes")
    if isinstance(own, dict):
        return Modes(_ids(own.get("availableModes"), "id"), str(own.get("currentModeId") or ""))
    options = made.get("configOptions")
    for option in options if isinstance(options, list) else ():
        if isinstance(option, dict) and option.get("category") == "mode":
            ids = _ids(option.get("options"), "value")
            return Modes(ids, str(option.get("currentValue") or ""), str(option.get("id") or ""))
    return Modes()


def _ids(listed: object, key: str) -> tuple[str, ...]:
    found = listed if isinstance(listed, list) else []
    return tuple(one[key] for one in found if isinstance(one, dict) and isinstance(one.get(key), str))[:50]
