"""harbor's environment: each trial in a sandbox of ours, whose image is the task's Dockerfile."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from harbor.environments.base import BaseEnvironment, ExecResult
from harbor.environments.capabilities import EnvironmentCapabilities
from harbor.models.task.config import NetworkMode

from tests.nightly.harnesses.engine import Engine, Sandbox

FOLDERS = ("/app", "/logs", "/solution", "/tests")
TIMED_OUT = 124
_WORKDIR = re.compile(r"^\s*WORKDIR\s+(/\S*)", re.MULTILINE | re.IGNORECASE)


class WorkbenchEnvironment(BaseEnvironment):
    """`--env tests.nightly.harnesses.harbor_environment:WorkbenchEnvironment`; WORKBENCH_MODEL names the agent's model."""

    sandbox: Sandbox

    @staticmethod
    def type() -> str:
        return "workbench"

    @property
    def capabilities(self) -> EnvironmentCapabilities:
        hosts = {"network_allowlist_hostnames": True, "network_allowlist_wildcard_hostnames": True}
        return EnvironmentCapabilities(disable_internet=True, network_allowlist=True, **hosts)

    def _validate_definition(self) -> None:
        if not self._dockerfile.is_file():
            raise FileNotFoundError(f"{self._dockerfile}: a sandbox is made of the task's Dockerfile")

    @property
    def _dockerfile(self) -> Path:
        return Path(self.environment_dir) / "Dockerfile"

    @property
    def _workdir(self) -> str:
        found = _WORKDIR.findall(self._dockerfile.read_text())
        return self.task_env_config.workdir or (found[-1] if found else FOLDERS[0])

    async def start(self, force_build: bool) -> None:
        folders = dict.fromkeys((*FOLDERS, self._workdir))
        metadata = {
            "workbench.containerfile": str(self._dockerfile.resolve()),
            "workbench.folders": ", ".join(one for one in folders if not one.startswith("/workspace")),
        }
        hosts = {"type": "limited", "allowed_hosts": list(self.network_policy.allowed_hosts)}
        is_public = self.network_policy.network_mode == NetworkMode.PUBLIC
        networking: dict[str, Any] = {"type": "unrestricted"} if is_public else hosts
        model = os.environ.get("WORKBENCH_MODEL", "offline")
        self._engine = Engine()
        name = re.sub(r"[^\w-]", "-", self.session_id)[:60]
        self.sandbox = await self._engine.session(name, metadata=metadata, networking=networking, model=model)
        await self.ensure_dirs(
            [*self._mount_targets(writable_only=True), "/logs/agent", "/logs/verifier", "/logs/artifacts"]
        )

    async def stop(self, delete: bool) -> None:
        if delete:
            await self.sandbox.delete()
        await self._engine.aclose()

    async def exec(
        self,
        command: str,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout_sec: int | None = None,
        user: str | int | None = None,
    ) -> ExecResult:
        chosen = self._resolve_user(user)
        ran = await self.sandbox.ran(
            command,
            cwd=cwd or self._workdir,
            env=self._merge_env(env),
            timeout_s=timeout_sec,
            user=None if chosen is None else str(chosen),
        )
        code = TIMED_OUT if ran["timed_out"] else ran["exit_code"]
        return ExecResult(stdout=ran["stdout"], stderr=ran["stderr"], return_code=code)

    async def upload_file(self, source_path: Path | str, target_path: str) -> None:
        source = Path(source_path)
        await self.sandbox.write(target_path, source.read_bytes(), source.stat().st_mode & 0o777)

    async def upload_dir(self, source_dir: Path | str, target_dir: str) -> None:
        await self.sandbox.write_folder(Path(source_dir), target_dir)

    async def download_file(self, source_path: str, target_path: Path | str) -> None:
        target = Path(target_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(await self.sandbox.read(source_path))

    async def download_dir(self, source_dir: str, target_dir: Path | str) -> None:
        await self.sandbox.read_folder(source_dir, Path(target_dir))
