"""Pictures scaled down, until a model's endpoint takes them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Final

# Each reads one kind, the one for TIFF what cameras write into a JPEG, and no module can be loaded once a worker is closed off.
from PIL import (  # noqa: F401
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from workbench.contracts.extraction import MOST_PIXELS, Extracted, Unreadable, Wanted

_KINDS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_KEPT_MODES: Final = frozenset({"L", "RGB", "RGBA"})
_QUALITY: Final = 85
_SMALLER: Final = 0.7
_LEAST_SIDE: Final = 64
_GAP: Final = 2.0
"""How much larger than wanted a picture is when it is made smaller the exact way."""
_TO_8_BITS: Final = 1 / 256

Image.preinit()


def scaled(content: bytes, wanted: Wanted) -> Extracted | Unreadable:
    """The picture with at most the wanted pixels on a side and the wanted bytes; the first one of a GIF that moves."""
    # The limit is our own, and is a refusal.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    try:
        with Image.open(io.BytesIO(content), formats=_KINDS) as image:
            pixels, is_lossless = image.width * image.height, image.format != "JPEG"
            image.draft(None, (wanted.most_side, wanted.most_side))
            if image.width * image.height > MOST_PIXELS:
                return Unreadable(
                    f"has {pixels:,} pixels; at most {MOST_PIXELS:,} are scaled down: make it smaller first."
                )
            flat = _plain(image)
    except (OSError, SyntaxError, ValueError, EOFError):
        return Unreadable("is damaged: it is cut off, or no such picture.")
    side = float(wanted.most_side)
    while side >= _LEAST_SIDE:
        flat.thumbnail((int(side), int(side)), reducing_gap=_GAP)
        # Only now: it would be a second picture of that size.
        flat = ImageOps.exif_transpose(flat)
        for made in _files(flat, is_lossless=is_lossless):
            if len(made) <= wanted.most_bytes:
                return Extracted(pictures=(made,))
        side = max(flat.size) * _SMALLER
    return Unreadable("cannot be made small enough.")


def _plain(image: Image.Image) -> Image.Image:
    """Unpacked, in one of the ways of keeping colours that every kind has."""
    if image.mode.startswith("I"):
        image = image.point(lambda depth: depth * _TO_8_BITS)
    if image.mode not in _KEPT_MODES:
        is_clear = image.mode in ("LA", "PA", "RGBa") or "transparency" in image.info
        return image.convert("RGBA" if is_clear else "L" if image.mode.startswith(("1", "I")) else "RGB")
    image.load()
    return image


def _files(image: Image.Image, *, is_lossless: bool) -> Iterator[bytes]:
    """The picture as it may be kept, the best way first: what had hard edges keeps them where there is room."""
    if is_lossless:
        yield _saved(image, "PNG")
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    yield _saved(image, "JPEG", quality=_QUALITY)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
