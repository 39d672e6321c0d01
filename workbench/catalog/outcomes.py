"""Outcomes as clients define them, read strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from workbench.catalog.base_models import Body
from workbench.contracts.outcomes import MOST_ITERATIONS, MOST_RUBRIC


class TextRubric(Body):
    type: Literal["text"]
    content: Annotated[str, Field(min_length=1, max_length=MOST_RUBRIC)]

    @field_validator("content")
    @classmethod
    def _says_something(cls, content: str) -> str:
        return _said(content)


class FileRubric(Body):
    type: Literal["file"]
    file_id: Annotated[str, Field(min_length=1, max_length=200)]


class DefineOutcome(Body):
    type: Literal["user.define_outcome"]
    description: Annotated[str, Field(min_length=1, max_length=MOST_RUBRIC)]
    rubric: Annotated[TextRubric | FileRubric, Field(discriminator="type")]
    max_iterations: Annotated[int | None, Field(strict=True, ge=1, le=MOST_ITERATIONS)] = None

    @field_validator("description")
    @classmethod
    def _says_something(cls, description: str) -> str:
        return _said(description)


def _said(text: str) -> str:
    """The text, if there is any."""
    if not text.strip():
        raise ValueError("is blank; say what is to be reached")
    return text
