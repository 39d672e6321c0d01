"""Whether a call that the model made may run: a pure function of the agent's tools and permission policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.brain import history, tools
from workbench.contracts import Json

Permission = Literal["allow", "ask", "deny"]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one call.

    `evaluation` is the wire object that names the policy behind `permission`; None where no policy applied. `refusal` is
    what a model whose call is denied reads. A `custom` call is the client's to run and is never gated.
    """

    permission: Permission
    evaluation: Json | None = None
    refusal: str = ""
    custom: bool = False


def judge(agent: Json, name: str) -> Verdict:
    """The verdict on a call of the tool `name`."""
    if name in tools.custom(agent):
        return Verdict("allow", custom=True)
    if name == history.NAME and tools.offers_history(agent):
        return Verdict("allow", {"type": "always_allow"})
    entry = tools.toolset(agent)
    if entry is None or name not in tools.BUILT_IN or not tools.is_enabled(entry, name):
        offered = ", ".join(definition["name"] for definition in tools.definitions(agent)) or "none"
        return Verdict("deny", refusal=f"There is no tool {name!r} in this session. Tools you can use: {offered}.")
    match _policy(entry, name):
        case "always_allow":
            return Verdict("allow", {"type": "always_allow"})
        case "auto":
            # Nothing here judges single calls, and a call without a judgement asks a person.
            judgement = {"type": "ask", "reason_code": "indeterminate"}
            return Verdict("ask", {"type": "auto", "evaluated_permission": judgement})
        case _:
            return Verdict("ask", {"type": "always_ask"})


def _policy(entry: Json, name: str) -> str:
    own = tools.settings_of(entry, name).get("permission_policy")
    default = (entry.get("default_config") or {}).get("permission_policy")
    chosen: Json = own or default or {"type": "always_allow"}
    return str(chosen["type"])
