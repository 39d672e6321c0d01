"""Agents by trade: the templates that come along, each with its environment, skills, a rubric and an example."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sandboxes
from workbench.catalog.errors import not_found
from workbench.contracts.values import Json

FOLDER: Final = Path(sandboxes.__file__).parent / "agents"
ENVIRONMENTS: Final = Path(sandboxes.__file__).parent / "environments"
SKILLS: Final = FOLDER / "skills"
TRADES: Final = ("developers", "finance", "legal", "knowledge")
TEMPLATE_KEY: Final = "workbench.template"
"""Metadata of an agent: the template that it was made from, as `TRADE/NAME`."""
ENVIRONMENT_KEY: Final = "workbench.environment"
"""Metadata of an agent: the name of the environment that its sessions get where none is named."""


@dataclass(frozen=True)
class AgentTemplate:
    """One template: `agent` is the body of its creation without name, model and skills; `skills` are names of skills that come along.

    `example` has a `task`, `files` (path → text), further criteria in `rubric`, and in `offline` what the offline model can carry out.
    """

    name: str
    trade: str
    summary: str
    needs: str
    environment: str
    skills: tuple[str, ...]
    agent: Json
    rubric: str
    example: Json

    @property
    def metadata(self) -> dict[str, str]:
        return {TEMPLATE_KEY: f"{self.trade}/{self.name}", ENVIRONMENT_KEY: self.environment}

    def wire(self) -> Json:
        """The template as the API shows it."""
        return {
            "type": "agent_template",
            "name": self.name,
            "trade": self.trade,
            "summary": self.summary,
            "needs": self.needs,
            "environment": environment_body(self.environment),
            "skills": list(self.skills),
            "agent": self.agent,
            "rubric": self.rubric,
            "example": self.example,
        }

    def body(self, name: str, model: str | Json, skill_ids: list[str]) -> Json:
        """The body with which the agent is created."""
        skills = [{"type": "custom", "skill_id": one} for one in skill_ids]
        return (
            self.agent
            | {"name": name, "model": model, "metadata": self.metadata}
            | ({"skills": skills} if skills else {})
        )


def templates() -> list[AgentTemplate]:
    """Every template, by trade and name."""
    return [_read(file, trade) for trade in TRADES for file in sorted((FOLDER / trade).glob("*.yaml"))]


def template(name: str) -> AgentTemplate:
    """Raises: Refused: 404, no template is called so."""
    for trade in TRADES:
        file = FOLDER / trade / f"{name}.yaml"
        if file.parent == FOLDER / trade and file.is_file():
            return _read(file, trade)
    raise not_found("agent template", name)


def environment_body(name: str) -> Json:
    """The body with which an environment that comes along is created."""
    body: Json = _content(ENVIRONMENTS / f"{name}.yaml")
    return body


def _read(file: Path, trade: str) -> AgentTemplate:
    content = _content(file)
    return AgentTemplate(
        name=file.stem,
        trade=trade,
        summary=content["summary"],
        needs=content["needs"],
        environment=content["environment"],
        skills=tuple(content.get("skills", ())),
        agent=content["agent"],
        rubric=content["rubric"],
        example={"files": {}, "rubric": "", "offline": ""} | content["example"],
    )


def _content(file: Path) -> Json:
    # Late: an engine starts without it.
    import yaml

    # The C reader is ten times as fast; all templates are read for a list.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: Json = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    return content
