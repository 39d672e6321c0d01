"""The agent of others that an agent's metadata names as the brain of its sessions, checked when it is saved."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from workbench.catalog.errors import Refused
from workbench.catalog.outcomes import DefineOutcome
from workbench.contracts.acp_agents import ACP_ENVIRONMENT_KEY as ENVIRONMENT_KEY
from workbench.contracts.acp_agents import ACP_KEY, KNOWN, AcpAgent
from workbench.contracts.values import SELF_HOSTED, Json


def named_agent(name: str, metadata: Mapping[str, str]) -> AcpAgent | None:
    """What the metadata of the agent of this name names; None where our own brain thinks.

    Raises:
        Refused: it names none that is known and is no command line either, or variables that are none.
    """
    if (named := metadata.get(ACP_KEY)) is None:
        if ENVIRONMENT_KEY in metadata:
            raise Refused(f"metadata.{ENVIRONMENT_KEY}: goes with metadata.{ACP_KEY}")
        return None
    more = _variables(metadata.get(ENVIRONMENT_KEY, "{}"))
    if (known := KNOWN.get(named)) is not None:
        command = tuple(shlex.split(known.command))
        return AcpAgent(named, command, {**known.environment, **more}, known.credential, known.hosts)
    try:
        words = tuple(shlex.split(named))
    except ValueError as error:
        raise Refused(f"metadata.{ACP_KEY}: the command cannot be split into words: {error}") from None
    if not any(words[:1]) or "\0" in named:
        raise Refused(f"metadata.{ACP_KEY}: must be one of {', '.join(KNOWN)}, or a command line")
    if len(words) == 1 and (near := get_close_matches(named, KNOWN, n=1)):
        raise Refused(f"metadata.{ACP_KEY}: there is no {named!r}; did you mean {near[0]!r}?")
    return AcpAgent(name, words, more)


def own_brain(agent: Json, metadata: Mapping[str, str], environment: Json) -> Json | None:
    """What the record of a session keeps of the agent that thinks in it; None where our own brain does.

    Raises:
        Refused: an agent of others, with what it cannot be the brain of.
    """
    if (acp := named_agent(agent["name"], metadata)) is None:
        return None
    if environment["config"]["type"] == SELF_HOSTED:
        raise Refused(
            f"the agent {acp.name} (metadata.{ACP_KEY}) runs inside a sandbox of ours, and a self-hosted environment has none"
        )
    if agent["multiagent"] is not None:
        raise Refused(
            f"multiagent: the agent {acp.name} (metadata.{ACP_KEY}) has agents of its own, and cannot be given others"
        )
    return acp.record


def refuse_for_others(acp: AcpAgent | None, what: str, instead: str) -> None:
    """Raises: Refused: the session thinks with an agent of others, which what is asked is not possible with."""
    if acp is not None:
        raise Refused(f"the agent {acp.name} is the brain of this session, and {what}; {instead}")


def refuse_outcomes(acp: AcpAgent | None, batch: Sequence[Any]) -> None:
    """Raises: Refused: an outcome for an agent of others, which hears no verdicts."""
    if any(isinstance(item, DefineOutcome) for item in batch):
        refuse_for_others(acp, "it is not graded", "say in a message what shall be reached")


def _variables(written: str) -> dict[str, str]:
    try:
        told: Any = json.loads(written)
    except ValueError as error:
        raise Refused(f"metadata.{ENVIRONMENT_KEY}: is no JSON: {error}") from None
    if not isinstance(told, dict) or not all(_is_variable(name, value) for name, value in told.items()):
        raise Refused(f"metadata.{ENVIRONMENT_KEY}: must be a JSON object of variables, each a name and a text")
    return told


def _is_variable(name: str, value: Any) -> bool:
    return bool(name) and not set("=\0") & set(name) and isinstance(value, str) and "\0" not in value
