"""Content blocks as clients send them, checked before they stand in a history for ever."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sandboxes.runner import media
from workbench.catalog.base_models import Body


class Text(Body):
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]


class Base64Source(Body):
    type: Literal["base64"]
    media_type: str
    data: str

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Base64Source:
        """What an endpoint would refuse is refused here, before it stands in the session's history for ever."""
        try:
            content = base64.b64decode(self.data, validate=True)
        except ValueError:
            raise ValueError("data: is no base64") from None
        if fault := media.fault_of(content):
            raise ValueError(f"data: {fault}")
        if (kind := media.kind_of(content)) != self.media_type:
            raise ValueError(f"media_type: the content is {kind}, not {self.media_type}")
        return self


class UrlSource(Body):
    type: Literal["url"]
    url: Annotated[str, Field(pattern=r"^https?://")]


class FileSource(Body):
    type: Literal["file"]
    file_id: Annotated[str, Field(min_length=1, max_length=200)]


class PlainTextSource(Body):
    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class Image(Body):
    type: Literal["image"]
    source: Annotated[Base64Source | UrlSource | FileSource, Field(discriminator="type")]

    @model_validator(mode="after")
    def _is_a_picture(self) -> Image:
        if isinstance(self.source, Base64Source) and not self.source.media_type.startswith("image/"):
            raise ValueError(f"source.media_type: {self.source.media_type} is no picture; send it as a document")
        return self


class DocumentBlock(Body):
    type: Literal["document"]
    source: Annotated[Base64Source | PlainTextSource | UrlSource | FileSource, Field(discriminator="type")]
    title: str | None = None
    context: str | None = None

    @model_validator(mode="after")
    def _is_a_document(self) -> DocumentBlock:
        if isinstance(self.source, Base64Source) and self.source.media_type != media.PDF:
            raise ValueError(f"source.media_type: {self.source.media_type} is no PDF; send a picture as an image")
        return self


class Citations(Body):
    enabled: bool


class SearchResult(Body):
    type: Literal["search_result"]
    source: str
    title: str
    content: list[Text]
    citations: Citations


Block = Annotated[Text | Image | DocumentBlock, Field(discriminator="type")]
ResultBlock = Annotated[Text | Image | DocumentBlock | SearchResult, Field(discriminator="type")]
