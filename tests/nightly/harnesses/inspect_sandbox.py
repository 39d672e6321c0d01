"""inspect_ai's sandbox provider: each sample in a sandbox of ours."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironment,
    SandboxEnvironmentLimits,
    SandboxUserUnsupportedError,
    sandboxenv,
)

from tests.nightly.harnesses.engine import Engine, Refused, Sandbox

NAME = "workbench"
NETWORKING = {"type": "limited", "allow_package_managers": True}
_NOT_EXECUTABLE = 126
_ERRORS = {
    "not_found": FileNotFoundError,
    "not_permitted": PermissionError,
    "is_a_directory": IsADirectoryError,
}


@sandboxenv(name=NAME)
class WorkbenchSandbox(SandboxEnvironment):
    """`sandbox="workbench"` of a task; the session is deleted behind its sample."""

    def __init__(self, engine: Engine, sandbox: Sandbox) -> None:
        super().__init__()
        self.engine, self.sandbox = engine, sandbox

    @classmethod
    async def sample_init(cls, task_name: str, config: Any, metadata: dict[str, str]) -> dict[str, SandboxEnvironment]:
        engine = Engine()
        name = f"inspect-{secrets.token_hex(4)}"
        return {"default": cls(engine, await engine.session(name, metadata={}, networking=NETWORKING))}

    @classmethod
    async def sample_cleanup(
        cls, task_name: str, config: Any, environments: dict[str, SandboxEnvironment], interrupted: bool
    ) -> None:
        for one in environments.values():
            ours = one.as_type(WorkbenchSandbox)
            await ours.sandbox.delete()
            await ours.engine.aclose()

    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,  # noqa: A002
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        async with self._given(input) as stdin:
            try:
                ran = await self.sandbox.ran(cmd, cwd=cwd, env=env, user=user, timeout_s=timeout, stdin=stdin)
            except Refused as refused:
                if user is not None and str(refused).startswith("user: "):
                    raise SandboxUserUnsupportedError(str(refused)) from None
                raise
        if ran["timed_out"]:
            raise TimeoutError(f"{cmd[0]} took more than {timeout} s")
        if ran["exit_code"] == _NOT_EXECUTABLE and ran["stderr"] == f"{cmd[0]}: permission denied\n":
            raise PermissionError(ran["stderr"].strip())
        if ran["stdout_cut_bytes"] or ran["stderr_cut_bytes"]:
            raise OutputLimitExceededError("4 MiB", ran["stdout"] + ran["stderr"])
        return ExecResult(ran["exit_code"] == 0, ran["exit_code"], ran["stdout"], ran["stderr"])

    @contextlib.asynccontextmanager
    async def _given(self, content: str | bytes | None) -> AsyncIterator[str | None]:
        """A file of the sandbox with what a command shall read, while it runs."""
        if content is None:
            yield None
            return
        path = f"/tmp/inspect-{secrets.token_hex(8)}"
        await self.sandbox.write(path, content.encode() if isinstance(content, str) else content)
        try:
            yield path
        finally:
            await self.sandbox.ran(["rm", "-f", path])

    async def write_file(self, file: str, contents: str | bytes) -> None:
        with _translated(file):
            await self.sandbox.write(file, contents.encode() if isinstance(contents, str) else contents)

    async def read_file(self, file: str, text: bool = True) -> Any:
        with _translated(file):
            found = await self.sandbox.look(file)
            if found["kind"] == "file" and found["size_bytes"] > SandboxEnvironmentLimits.MAX_READ_FILE_SIZE:
                raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None)
            content = await self.sandbox.read(file)
        return content.decode() if text else content


@contextlib.contextmanager
def _translated(file: str) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        if refused.code in _ERRORS:
            raise _ERRORS[refused.code](f"{file}: {refused}") from None
        raise
