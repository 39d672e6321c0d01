"""Pictures that are scaled down, and those that cannot be: each is one answer."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.pictures import picture, sides
from tests.web.stage import play
from workbench.contracts.extraction import Extracted, Unreadable, Wanted
from workbench.extraction.worker_process import WorkerProcesses

MOST_BYTES = 3_932_160


async def scaled(content: bytes, most_bytes: int = MOST_BYTES) -> Extracted | Unreadable:
    return await WorkerProcesses().extracted(Wanted("picture", most_side=2000, most_bytes=most_bytes), content)


@pytest.mark.parametrize(
    ("content", "made"),
    [
        (picture(9000, 4000), ("PNG", 2000, 889)),
        (picture(6000, 6000, mode="RGBA"), ("PNG", 2000, 2000)),
        (picture(6000, 6000, mode="P", transparency=0), ("PNG", 2000, 2000)),
        (picture(9000, 1000, mode="I;16"), ("PNG", 2000, 222)),
        (picture(9000, 1000, mode="1"), ("PNG", 2000, 222)),
        (picture(9000, 3000, "WEBP"), ("PNG", 2000, 667)),
        (picture(9000, 3000, "GIF", mode="P"), ("PNG", 2000, 667)),
        (picture(20000, 10000, "JPEG"), ("JPEG", 2000, 1000)),
        (picture(9000, 1000, "JPEG", mode="CMYK"), ("JPEG", 2000, 222)),
        (picture(1, 60000), ("PNG", 1, 2000)),
        (picture(2400, 2400, noisy=True), ("JPEG", 2000, 2000)),
    ],
    ids=["PNG", "RGBA", "palette", "16 bits", "1 bit", "WebP", "GIF", "large JPEG", "CMYK", "a line", "noise"],
)
def test_a_picture_gets_as_small_as_wanted_and_stays_a_picture(content: bytes, made: tuple[str, int, int]) -> None:
    async def story() -> None:
        given = await scaled(content)
        assert isinstance(given, Extracted)
        assert sides(given.pictures[0]) == made
        assert len(given.pictures[0]) <= MOST_BYTES

    play(story)


def test_a_picture_of_too_many_bytes_gets_smaller_until_it_fits() -> None:
    async def story() -> None:
        given = await scaled(picture(2400, 2400, noisy=True), 200_000)
        assert isinstance(given, Extracted)
        assert len(given.pictures[0]) <= 200_000
        assert sides(given.pictures[0])[1] < 1000
        assert await scaled(picture(100, 100), 10) == Unreadable("cannot be made small enough.")

    play(story)


def test_a_picture_of_a_camera_stays_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    async def story() -> None:
        given = await scaled(picture(9000, 3000, "JPEG", exif=exif))
        assert isinstance(given, Extracted)
        assert sides(given.pictures[0]) == ("JPEG", 667, 2000)

    play(story)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (picture(30000, 30000, mode="1"), "has 900,000,000 pixels; at most 40,000,000 are scaled down"),
        (picture(9000, 1000)[:-40], "is damaged"),
        (picture(9000, 1000, "JPEG", noisy=True)[:-4000], "is damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is damaged"),
        (picture(10, 10, "BMP"), "is damaged"),
        (b"", "is damaged"),
    ],
    ids=["a bomb", "cut PNG", "cut JPEG", "SVG", "BMP", "nothing"],
)
def test_what_cannot_be_scaled_is_told_in_words(content: bytes, why: str) -> None:
    async def story() -> None:
        given = await scaled(content)
        assert isinstance(given, Unreadable)
        assert given.why.startswith(why)

    play(story)


def test_colours_survive() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (9000, 10), (255, 0, 0, 255)).save(file, "PNG")

    async def story() -> None:
        given = await scaled(file.getvalue())
        assert isinstance(given, Extracted)
        with Image.open(io.BytesIO(given.pictures[0])) as image:
            assert image.getpixel((5, 1)) == (255, 0, 0, 255)

    play(story)
