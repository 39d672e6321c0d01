"""The methods that an editor calls: sessions begun, loaded and listed, prompts answered, modes, and commands of our own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workbench import __version__
from workbench.client import paths
from workbench.client.app import Link, pages
from workbench.client.errors import ApiError
from workbench.commands.editor.prompts import command_of, message
from workbench.commands.editor.questions import Questions
from workbench.commands.editor.updates import Updates
from workbench.commands.editor.wire import INVALID_PARAMS, NOT_FOUND, REFUSED, Method, Peer, RpcError
from workbench.contracts import modes

Json = dict[str, Any]
Begin = Callable[[str], Json]
"""Begins a session at rest that works on this folder."""

VERSION: Final = 1
OWN_POLICIES: Final = "agent"
_MOST_LISTED: Final = 50
COMMANDS: Final = {
    "apply": "bring what the session changed into your project",
    "diff": "what the session changed and you have not taken over",
    "discard": "put the session's files back to what the project has",
}
_STOPS: Final = {"end_turn": "end_turn", "refusal": "refusal", "requires_action": "end_turn"}


@dataclass
class Opened:
    """A session that the editor has opened: up to where its events were told, and whether its turn was cancelled."""

    updates: Updates
    cursor: int = 0
    is_cancelled: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class EditorAgent:
    """One editor's connection; `peer` is set when it is there."""

    engine: Link
    begin: Begin
    peer: Peer = field(init=False)
    opened: dict[str, Opened] = field(default_factory=dict)

    def methods(self) -> dict[str, Method]:
        """By their names on the wire."""
        return {
            "initialize": self.initialize,
            "authenticate": self.authenticate,
            "session/new": self.new,
            "session/load": self.load,
            "session/resume": self.resume,
            "session/list": self.list,
            "session/close": self.close,
            "session/set_mode": self.set_mode,
            "session/prompt": self.prompt,
            "session/cancel": self.cancel,
        }

    async def initialize(self, params: Json) -> Json:
        """What we speak: always our own version, and the editor hangs up where it does not."""
        if not isinstance(params.get("protocolVersion"), int):
            raise RpcError(INVALID_PARAMS, "protocolVersion: must be a number")
        return {
            "protocolVersion": VERSION,
            "agentInfo": {"name": "workbench", "title": "Workbench", "version": __version__},
            "agentCapabilities": {
                "loadSession": True,
                "promptCapabilities": {"image": True, "audio": False, "embeddedContext": True},
                "mcpCapabilities": {"http": False, "sse": False},
                "sessionCapabilities": {"list": {}, "resume": {}, "close": {}},
            },
            "authMethods": [],
        }

    async def authenticate(self, params: Json) -> Json:
        """Whoever may start this program may use the engine."""
        return {}

    async def new(self, params: Json) -> Json:
        """A session on the editor's folder. Servers of the editor stay its own: agents have theirs."""
        folder = _folder(params)
        session = await asyncio.to_thread(self.begin, folder)
        self._open(session)
        if params.get("mcpServers"):
            words = "The MCP servers of the editor are left out: `workbench mcp add` gives servers to an agent.\n"
            self._tell(
                session["id"], {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": words}}
            )
        self._tell_commands(session["id"])
        return {"sessionId": session["id"], "modes": _modes(session)}

    async def load(self, params: Json) -> Json:
        """Tell the whole history, and go on from there."""
        session = await self._known(params)
        opened = self._open(session)
        async for event in pages(self.engine, paths.events(session["id"]), [("limit", "1000")]):
            for update in opened.updates.of(event, is_past=True):
                self._tell(session["id"], update)
        return await self._resumed(session, opened)

    async def resume(self, params: Json) -> Json:
        """Go on without the history."""
        session = await self._known(params)
        return await self._resumed(session, self._open(session))

    async def _resumed(self, session: Json, opened: Opened) -> Json:
        state = await self.engine.get(paths.own(session["id"], "state"))
        opened.cursor = int(state["position"])
        self._tell_commands(session["id"])
        return {"modes": _modes(session)}

    async def list(self, params: Json) -> Json:
        """The sessions that have a project, newest first; with `cwd` those of that folder."""
        query = [("limit", str(_MOST_LISTED))]
        if isinstance(params.get("cursor"), str):
            query.append(("page", params["cursor"]))
        page = await self.engine.get(paths.SESSIONS, query)
        found = [_info(one) for one in page["data"] if one["metadata"].get("workbench.project")]
        wanted = params.get("cwd")
        shown = [one for one in found if wanted is None or one["cwd"] == str(Path(wanted).resolve())]
        return {"sessions": shown} | ({"nextCursor": page["next_page"]} if page.get("next_page") else {})

    async def close(self, params: Json) -> Json:
        """The editor is done with it: what it does is stopped, and it stays."""
        session_id = str(params.get("sessionId"))
        if session_id in self.opened:
            await self.cancel(params)
            del self.opened[session_id]
        return {}

    async def set_mode(self, params: Json) -> Json:
        session_id, mode = self._id(params), params.get("modeId")
        if mode not in (OWN_POLICIES, *modes.MODES):
            raise RpcError(INVALID_PARAMS, f"modeId: there is no mode {mode!r}")
        patch = {modes.KEY: None if mode == OWN_POLICIES else mode}
        await self.engine.post(paths.session(session_id), {"metadata": patch})
        self._tell(session_id, {"sessionUpdate": "current_mode_update", "currentModeId": mode})
        return {}

    async def cancel(self, params: Json) -> None:
        session_id = self._id(params)
        self.opened[session_id].is_cancelled = True
        with contextlib.suppress(ApiError):
            await self.engine.post(paths.events(session_id), {"events": [{"type": "user.interrupt"}]})

    async def prompt(self, params: Json) -> Json:
        """One turn, told as it goes; its end says why."""
        session_id = self._id(params)
        opened = self.opened[session_id]
        if opened.turn.locked():
            raise RpcError(REFUSED, "the session is at work on the last prompt; cancel it first")
        async with opened.turn:
            opened.is_cancelled = False
            name, rest = command_of(params.get("prompt"))
            if name in COMMANDS:
                return await self._commanded(session_id, name, rest)
            sent = message(params.get("prompt"), opened.updates.folder)
            await self.engine.post(paths.events(session_id), {"events": [sent]})
            stop = await self._followed(session_id, opened)
            return {"stopReason": "cancelled" if opened.is_cancelled else stop}

    # ── a turn ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _followed(self, session_id: str, opened: Opened) -> str:
        """Tell what comes until the session rests; its questions are the editor's.

        Raises:
            RpcError: the turn ended by an error.
        """
        query = [("after", str(opened.cursor)), ("event_deltas[]", "agent.message")]
        questions, failure = Questions(self.engine, self.peer, session_id, opened.updates), ""
        async with contextlib.aclosing(self.engine.stream(paths.own(session_id, "stream"), query)) as frames:
            async for frame in frames:
                opened.cursor = frame.cursor or opened.cursor
                event = frame.data
                for update in opened.updates.of(event):
                    self._tell(session_id, update)
                if event["type"] == "session.error":
                    failure = str(event["error"]["message"])
                if event["type"] in ("session.status_terminated", "session.deleted"):
                    raise RpcError(NOT_FOUND, f"session {session_id} has ended")
                if event["type"] != "session.status_idle" or not await self._is_at_rest(session_id):
                    continue
                reason = event["stop_reason"]
                if reason["type"] == "requires_action" and not opened.is_cancelled:
                    is_answered, said = await questions.ask(reason["event_ids"])
                    for words in said:
                        self._say(session_id, words)
                    if is_answered:
                        continue
                return _stop_of(reason["type"], failure)
        raise RpcError(REFUSED, "the engine ended the stream")

    async def _is_at_rest(self, session_id: str) -> bool:
        status: str = (await self.engine.get(paths.session(session_id)))["status"]
        return status in ("idle", "terminated")

    async def _commanded(self, session_id: str, name: str, rest: str) -> Json:
        """A command of ours, whose answer is words."""
        chosen = rest.split() or None
        if name == "diff":
            text = (await self.engine.get(paths.own(session_id, "diff")))["text"] or "Nothing is changed."
            self._say(session_id, f"```diff\n{text}\n```" if text.startswith("diff") else text)
        elif name == "apply":
            applied = await self.engine.post(paths.own(session_id, "apply"), {"paths": chosen, "force": False})
            named = "\n".join(f"- {one['path']}" for one in applied["changes"])
            self._say(session_id, f"Applied to the project:\n{named}" if named else "Nothing was left to apply.")
        else:
            await self.engine.post(paths.own(session_id, "discard"), {"paths": chosen})
            self._say(session_id, "The session's files are what the project has.")
        return {"stopReason": "end_turn"}

    # ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _id(self, params: Json) -> str:
        session_id = params.get("sessionId")
        if not isinstance(session_id, str) or session_id not in self.opened:
            raise RpcError(NOT_FOUND, f"session {session_id!r} is not open here; load it first")
        return session_id

    async def _known(self, params: Json) -> Json:
        try:
            return await self.engine.get(paths.session(str(params.get("sessionId"))))
        except ApiError as error:
            raise RpcError(NOT_FOUND, str(error)) from None

    def _open(self, session: Json) -> Opened:
        opened = Opened(Updates(session["metadata"].get("workbench.project")))
        self.opened[session["id"]] = opened
        return opened

    def _tell(self, session_id: str, update: Json) -> None:
        self.peer.notify("session/update", {"sessionId": session_id, "update": update})

    def _say(self, session_id: str, words: str) -> None:
        content = {"type": "text", "text": words}
        self._tell(session_id, {"sessionUpdate": "agent_message_chunk", "content": content})

    def _tell_commands(self, session_id: str) -> None:
        found = [{"name": name, "description": says} for name, says in COMMANDS.items()]
        self._tell(session_id, {"sessionUpdate": "available_commands_update", "availableCommands": found})


def _folder(params: Json) -> str:
    folder = params.get("cwd")
    if not isinstance(folder, str) or not Path(folder).is_absolute():
        raise RpcError(INVALID_PARAMS, "cwd: must be the absolute path of a folder")
    return folder


def _modes(session: Json) -> Json:
    named = [(OWN_POLICIES, "the agent's own policies"), *modes.MODES.items()]
    available = [{"id": mode, "name": mode, "description": says} for mode, says in named]
    return {"currentModeId": modes.mode_of(session["metadata"]) or OWN_POLICIES, "availableModes": available}


def _info(session: Json) -> Json:
    return {
        "sessionId": session["id"],
        "cwd": session["metadata"]["workbench.project"],
        "title": session["title"],
        "updatedAt": session["updated_at"],
    }


def _stop_of(reason: str, failure: str) -> str:
    """Raises: RpcError: the turn ended by an error, or at its budget."""
    if reason in _STOPS:
        return _STOPS[reason]
    words = "the session's budget is used up; `workbench budget` raises it" if reason == "budget_reached" else failure
    raise RpcError(REFUSED, words or "the turn ended by an error")
