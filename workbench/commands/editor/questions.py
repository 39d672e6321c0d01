"""Questions of a session put to the person at an editor, and the answers that go back. Pure but for the requests."""

from __future__ import annotations

from typing import Any, Final

from workbench.client import paths
from workbench.client.app import Link
from workbench.commands.editor.updates import Updates
from workbench.commands.editor.wire import Peer
from workbench.contracts import elicitation
from workbench.contracts.tools import PROPOSE_PLAN

Json = dict[str, Any]

ONCE, ALWAYS, REJECT = "allow-once", "allow-always", "reject-once"
_OPTIONS: Final = (
    {"optionId": ONCE, "name": "Allow", "kind": "allow_once"},
    {"optionId": ALWAYS, "name": "Allow exactly this for the session", "kind": "allow_always"},
    {"optionId": REJECT, "name": "Reject", "kind": "reject_once"},
)
_PLAN_OPTIONS: Final = (
    {"optionId": ONCE, "name": "Approve the plan", "kind": "allow_once"},
    {"optionId": REJECT, "name": "Go on planning", "kind": "reject_once"},
)
NO_FORM: Final = (
    "{name} asks something that an editor has no form for; it is declined. `workbench attach` shows such questions."
)
NO_PROGRAM: Final = "The tool {name} waits for the program that owns it; the session goes on when that has answered."


class Questions:
    """Asks once for each call that waits; `said` takes what cannot be asked."""

    def __init__(self, engine: Link, peer: Peer, session_id: str, updates: Updates) -> None:
        self._engine, self._peer, self._session_id, self._updates = engine, peer, session_id, updates

    async def ask(self, event_ids: list[str]) -> tuple[bool, list[str]]:
        """Whether all of them are answered, or an editor has given up the turn; and sentences about those that nobody here answers."""
        said: list[str] = []
        is_answered = True
        for call in await self._calls(event_ids):
            if elicitation.is_question(call):
                said.append(NO_FORM.format(name=call["input"].get("mcp_server_name", "a server")))
                await self._send(elicitation.answer_event(call["id"], None))
            elif call["type"] == "agent.custom_tool_use" or call.get("evaluated_permission") != "ask":
                said.append(NO_PROGRAM.format(name=call["name"]))
                is_answered = False
            else:
                await self._permit(call)
        return is_answered, said

    async def _permit(self, call: Json) -> None:
        options = _PLAN_OPTIONS if call["name"] == PROPOSE_PLAN.name else _OPTIONS
        shown = self._updates.shown(call) | {"status": "pending"}
        asked = {"sessionId": self._session_id, "toolCall": shown, "options": [*options]}
        outcome = (await self._peer.request("session/request_permission", asked)).get("outcome") or {}
        chosen = outcome.get("optionId") if outcome.get("outcome") == "selected" else None
        if chosen == ALWAYS:
            exact = {"tool": call["name"], "input": call["input"]}
            await self._engine.post(paths.RULES, {"exact": exact, "session": self._session_id})
        if outcome.get("outcome") == "cancelled":
            await self._send({"type": "user.interrupt"})
            return
        result = "allow" if chosen in (ONCE, ALWAYS) else "deny"
        await self._send({"type": "user.tool_confirmation", "tool_use_id": call["id"], "result": result})

    async def _calls(self, event_ids: list[str]) -> list[Json]:
        types = [("types[]", name) for name in ("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use")]
        query = [*types, ("order", "desc"), ("limit", "1000")]
        found = (await self._engine.get(paths.events(self._session_id), query))["data"]
        return [call for call in reversed(found) if call["id"] in event_ids]

    async def _send(self, event: Json) -> None:
        await self._engine.post(paths.events(self._session_id), {"events": [event]})
