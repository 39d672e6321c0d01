"""harbor's agent: the agent of the sandbox's own session is told the task, and works until it rests."""

from __future__ import annotations

from harbor.agents.base import BaseAgent
from harbor.environments.base import BaseEnvironment
from harbor.models.agent.context import AgentContext

from tests.nightly.harnesses.harbor_environment import WorkbenchEnvironment


class WorkbenchAgent(BaseAgent):
    """`--agent tests.nightly.harnesses.harbor_agent:WorkbenchAgent`; it works in no other environment than ours."""

    @staticmethod
    def name() -> str:
        return "workbench"

    def version(self) -> str:
        return "1"

    async def setup(self, environment: BaseEnvironment) -> None:
        if not isinstance(environment, WorkbenchEnvironment):
            raise TypeError("this agent is that of a sandbox's session: use it with its environment")

    async def run(self, instruction: str, environment: BaseEnvironment, context: AgentContext) -> None:
        assert isinstance(environment, WorkbenchEnvironment)
        session = await environment.sandbox.prompted(instruction)
        usage = session["usage"]
        context.n_input_tokens = usage["input_tokens"] + usage.get("cache_read_input_tokens", 0)
        context.n_output_tokens = usage["output_tokens"]
        context.metadata = {"session_id": session["id"]}
