"""Commands that a sandbox did not find: read from results, with what brings each."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.client.missing_commands import missing_in, missing_of, packages_of
from workbench.contracts import sandbox_notices
from workbench.hands.mcp.cures import cure


def _result(text: str, *, is_error: bool = True) -> dict[str, Any]:
    return {"type": "agent.tool_result", "content": [{"type": "text", "text": text}], "is_error": is_error}


def _notice(text: str) -> dict[str, Any]:
    return {"type": "system.message", "content": [{"type": "text", "text": text}]}


def test_each_kind_of_missing_command_has_what_brings_it_and_unknown_ones_are_left_out() -> None:
    said = "bash: line 1: {}: command not found\n[a hint]\n[exit code 127]"
    found = missing_in(said.format(name) for name in ("cmake", "make", "yarn", "ruff", "frobnicate", "docker", "cmake"))
    assert [(one.command, one.says, one.package) for one in found] == [
        ("make", "a new sandbox, with the tools of the default image (unless `sandbox.tools` is none)", ""),
        ("yarn", "the environment node", ""),
        ("ruff", "the pip package ruff", "pip:ruff"),
        ("cmake", "the Debian package cmake", "apt:cmake"),
    ]


def test_a_call_that_read_of_it_did_not_miss_a_command() -> None:
    assert missing_of([_result("bash: line 1: cmake: command not found", is_error=False)]) == []


def test_a_server_that_cannot_be_started_lacks_its_program() -> None:
    said = f"The MCP server 'files' cannot be reached: it ended with 127{cure(['npx', 'x'], 127, 'sh: 1: npx: not found')}."
    event = {"type": "session.error", "error": {"type": "mcp_connection_failed_error", "message": said}}
    [missing] = missing_of([event])
    assert (missing.command, missing.says) == (
        "npx",
        "a new sandbox, with the tools of the default image (unless `sandbox.tools` is none)",
    )


@pytest.mark.parametrize("written", [sandbox_notices.AGAIN, sandbox_notices.MOVED, sandbox_notices.PACKED])
def test_a_new_sandbox_lacks_nothing_yet(written: str) -> None:
    missing = _result("bash: line 1: cmake: command not found")
    assert missing_of([missing, _notice(written.format(name="a {name}"))]) == []
    assert [one.command for one in missing_of([missing, _notice("The user has said: your next call")])] == ["cmake"]


def test_what_is_no_package_is_refused_with_what_to_write() -> None:
    assert packages_of(["apt:cmake", "apt:ninja-build", "npm:@scope/tool"]) == {
        "apt": ["cmake", "ninja-build"],
        "npm": ["@scope/tool"],
    }
    for wrong in ("cmake", "apt:", ":cmake"):
        with pytest.raises(ValueError, match="write MANAGER:PACKAGE"):
            packages_of([wrong])
