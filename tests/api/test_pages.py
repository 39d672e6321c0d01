"""Pages of many: what is looked at around a cursor is the page that looking through all of them gives."""

from __future__ import annotations

import random

import pytest

from workbench.catalog.pages import paged, walked
from workbench.contracts.values import Json


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("seed", range(40))
def test_a_walk_is_the_page_of_all_that_is_wanted(order: str, seed: int) -> None:
    chance = random.Random(seed)
    keys = sorted({f"{chance.randrange(1000):03}" for _ in range(chance.randrange(30))})
    wanted = {key for key in keys if chance.randrange(3)}
    items: list[Json] = [{"key": key} for key in keys if key in wanted]
    items = items if order == "asc" else items[::-1]
    page: str | None = None
    for _ in range(40):
        limit = chance.randrange(1, 6)
        whole = paged(items, keys=[item["key"] for item in items], limit=limit, page=page, order=order)
        walk = walked(keys, lambda place: keys[place] in wanted, limit=limit, page=page, order=order)
        assert [keys[place] for place in walk.places] == [item["key"] for item in whole.items]
        assert (walk.next_page, walk.prev_page) == (whole.next_page, whole.prev_page)
        page = chance.choice([walk.next_page, walk.prev_page, page])
        if wanted and not chance.randrange(4):
            # What a cursor names may have gone meanwhile.
            gone = chance.choice(sorted(wanted))
            wanted.discard(gone)
            items = [item for item in items if item["key"] != gone]


def test_a_page_looks_at_no_more_than_lies_around_it() -> None:
    looked: list[int] = []
    keys = [f"{number:05}" for number in range(10_000)]

    def is_wanted(place: int) -> bool:
        looked.append(place)
        return True

    first = walked(keys, is_wanted, limit=20, page=None)
    walked(keys, is_wanted, limit=20, page=first.next_page)
    assert len(looked) < 60
