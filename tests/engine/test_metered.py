"""A metered network pauses where its owner said so; what cannot be known pauses nothing, and is said."""

from __future__ import annotations

import asyncio
import sys

import pytest

from workbench.engine.automation.metered import WORDS, MeteredNetwork


def asking(printed: str, code: int = 0) -> MeteredNetwork:
    """What is found where the program prints this."""
    program = (sys.executable, "-c", f"print({printed!r}); raise SystemExit({code})")
    network = MeteredNetwork((("no-such-program-here",), program))
    asyncio.run(network.look())
    return network


@pytest.mark.parametrize(
    ("printed", "metered"),
    [("u 1", True), ("u 3", True), ("u 2", False), ("u 4", False), ("(<uint32 1>,)", True), ("(<uint32 4>,)", False)],
)
def test_the_property_of_networkmanager_decides(printed: str, metered: bool) -> None:
    network = asking(printed)
    assert (network.held(), network.trouble) == (WORDS if metered else None, "")


def test_what_cannot_be_known_pauses_nothing_and_is_said() -> None:
    nothing = MeteredNetwork((("no-such-program-here",),))
    asyncio.run(nothing.look())
    for network, why in ((asking("u 0"), "does not know"), (asking("", 1), "does not answer"), (nothing, "neither")):
        assert network.held() is None
        assert why in network.trouble
