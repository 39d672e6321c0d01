"""/workbench/v1/sessions/{id}/command: a person's own command in the session's sandbox, and its end."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.replaced_calls import Replacement
from workbench.contracts.values import Outcome
from workbench.engine.console import Ran
from workbench.engine.facade import Engine


class Command(Body):
    command: str
    instead_of: str | None = None


def routes(engine: Engine) -> list[Route]:
    async def command(request: Request) -> Response:
        given = checked(Command, await read_object(request))
        session_id = identifier(request, "session_id")
        if given.instead_of is None:
            ran = await engine.console.run(session_id, given.command, apart=True)
        else:
            ran = await _instead(engine, session_id, given.command, given.instead_of)
        return answer({"id": ran.call_id, "output": _text(ran.outcome), "is_error": ran.outcome.is_error})

    async def stop(request: Request) -> Response:
        return answer({"stopped": engine.console.stop(identifier(request, "session_id"))})

    path = "/workbench/v1/sessions/{session_id}/command"
    return [Route(path, command, methods=["POST"]), Route(path, stop, methods=["DELETE"])]


async def _instead(engine: Engine, session_id: str, command: str, call_id: str) -> Ran:
    """Run a command in place of a call that waits, then deny the call with what was run and what came of it."""
    document = await engine.records.document(session_id)
    if call_id not in engine.log.states.state(document.id).waiting_for:
        raise Refused(f"instead_of: {call_id} does not wait for an answer (any more)")
    ran = await engine.console.run(session_id, command, apart=False)
    message = Replacement(command, _text(ran.outcome), ran.outcome.is_error).message()
    denial = {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": "deny", "deny_message": message}
    await engine.sessions.send(session_id, {"events": [denial]})
    return ran


def _text(outcome: Outcome) -> str:
    return "\n".join(str(block.get("text", "")) for block in outcome.content if block.get("type") == "text")
