"""inspect_ai's own check of a sandbox provider, every one of its cases, run by pytest in an environment that has inspect_ai."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from inspect_ai.util import SandboxEnvironment
from inspect_ai.util._sandbox.self_check import *  # noqa: F403

from tests.nightly.harnesses.inspect_sandbox import WorkbenchSandbox


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def environments() -> AsyncIterator[dict[str, SandboxEnvironment]]:
    made = await WorkbenchSandbox.sample_init("self_check", None, {})
    yield made
    await WorkbenchSandbox.sample_cleanup("self_check", None, made, interrupted=False)


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox_env(environments: dict[str, SandboxEnvironment]) -> SandboxEnvironment:
    return environments["default"]
