"""Pictures as tests need them, of any size and kind."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(
    width: int, height: int, kind: str = "PNG", *, mode: str = "RGB", noisy: bool = False, **more: Any
) -> bytes:
    """A whole picture: of one colour, or of noise, which no way of keeping it makes small."""
    image = Image.effect_noise((width, height), 90).convert(mode) if noisy else Image.new(mode, (width, height))
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def sides(content: bytes) -> tuple[str | None, int, int]:
    """Its kind, width and height, as another program than ours reads them."""
    with Image.open(io.BytesIO(content)) as image:
        return image.format, image.width, image.height
